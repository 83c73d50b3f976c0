// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels

private func pending() -> il_status {
    guarded { () throws(InfoLensError) in throw InfoLensError(.internal, "to come") }
}

@c @implementation
public func il_network_options_init(_ options: UnsafeMutablePointer<il_network_options>!, _ structSize: UInt32)
    -> il_status
{ pending() }

@c @implementation
public func il_network_from_dump(
    _ context: OpaquePointer!, _ dump: OpaquePointer!, _ options: UnsafePointer<il_network_options>!,
    _ network: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_network_new(
    _ context: OpaquePointer!, _ options: UnsafePointer<il_network_options>!,
    _ network: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_network_add_layer(
    _ network: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ weight: UnsafePointer<il_array>!,
    _ bias: UnsafePointer<il_array>!, _ activation: UnsafePointer<CChar>!
) -> il_status { pending() }

@c @implementation
public func il_network_from_callback(
    _ context: OpaquePointer!, _ layers: UnsafePointer<UnsafePointer<CChar>?>!, _ neurons: UnsafePointer<Int64>!,
    _ layerCount: Int64, _ scores: UnsafePointer<UnsafePointer<CChar>?>!, _ scoreCount: Int64,
    _ callback: il_ablation_callback!, _ user: UnsafeMutableRawPointer!,
    _ network: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_network_layers(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_source_for_network(
    _ context: OpaquePointer!, _ dump: OpaquePointer!, _ network: OpaquePointer!,
    _ options: UnsafePointer<il_source_options>!, _ source: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_network_check(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!, _ tolerance: Double,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_network_free(_ network: OpaquePointer!) {}

@c @implementation
public func il_source_select(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ rows: UnsafePointer<Int64>!, _ count: Int64,
    _ selected: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_ablation_options_init(_ options: UnsafeMutablePointer<il_ablation_options>!, _ structSize: UInt32)
    -> il_status
{ pending() }

@c @implementation
public func il_ablate(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_ablate_single(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_ablate_groups(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!, _ groups: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_diagnosis_options_init(_ options: UnsafeMutablePointer<il_diagnosis_options>!, _ structSize: UInt32)
    -> il_status
{ pending() }

@c @implementation
public func il_diagnose(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!,
    _ options: UnsafePointer<il_diagnosis_options>!, _ layers: UnsafeMutablePointer<OpaquePointer?>!,
    _ correlations: UnsafeMutablePointer<OpaquePointer?>!, _ neurons: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { pending() }

@c @implementation
public func il_network_export(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!, _ removed: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ path: UnsafePointer<CChar>!
) -> il_status { pending() }
