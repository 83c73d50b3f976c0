// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels

@c @implementation
public func il_o_information_options_init(
    _ options: UnsafeMutablePointer<il_o_information_options>!, _ structSize: UInt32
) -> il_status { notYet() }

@c @implementation
public func il_o_information(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ neurons: UnsafePointer<Int64>!,
    _ orders: UnsafePointer<Int64>!, _ count: Int64, _ options: UnsafePointer<il_o_information_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }

@c @implementation
public func il_local_o_information(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ neurons: UnsafePointer<Int64>!,
    _ orders: UnsafePointer<Int64>!, _ count: Int64, _ unit: Int32, _ values: UnsafeMutablePointer<Double>!
) -> il_status { notYet() }
