// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels

private func pending() -> il_status {
    guarded { () throws(InfoLensError) in throw InfoLensError(.internal, "to come") }
}

@c @implementation
public func il_network_export(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!, _ removed: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ path: UnsafePointer<CChar>!
) -> il_status { pending() }
