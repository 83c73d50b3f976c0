// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels

@c @implementation
public func il_gcmi_options_init(_ options: UnsafeMutablePointer<il_gcmi_options>!, _ structSize: UInt32) -> il_status {
    notYet()
}

@c @implementation
public func il_gcmi(
    _ context: OpaquePointer!, _ x: UnsafePointer<il_array>!, _ y: UnsafePointer<il_array>!,
    _ condition: UnsafePointer<il_array>!, _ conditionLabels: UnsafePointer<il_array>!,
    _ options: UnsafePointer<il_gcmi_options>!, _ information: UnsafeMutablePointer<Double>!
) -> il_status { notYet() }

@c @implementation
public func il_gcmi_model(
    _ context: OpaquePointer!, _ x: UnsafePointer<il_array>!, _ labels: UnsafePointer<il_array>!,
    _ options: UnsafePointer<il_gcmi_options>!, _ information: UnsafeMutablePointer<Double>!
) -> il_status { notYet() }

@c @implementation
public func il_gcmi_mixture(
    _ context: OpaquePointer!, _ x: UnsafePointer<il_array>!, _ labels: UnsafePointer<il_array>!,
    _ options: UnsafePointer<il_gcmi_options>!, _ information: UnsafeMutablePointer<Double>!,
    _ tied: UnsafeMutablePointer<Double>!
) -> il_status { notYet() }
