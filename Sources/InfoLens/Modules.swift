// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels

@c @implementation
public func il_joint_modules(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ modules: Int64, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }

@c @implementation
public func il_network_modules(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ modules: Int64,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }
