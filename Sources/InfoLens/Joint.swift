// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// How the neurons of a layer are distributed together, behind `il_joint`.
final class Joint: HandleObject, @unchecked Sendable {
    static let typeName: StaticString = "il_joint"
    static let origin: StaticString =
        "il_joint_from_source(), il_joint_from_covariance() or il_joint_from_counts()"

    enum Distribution: Sendable {
        case gaussian(GaussianJoint)
    }

    let distribution: Distribution
    /// Name of the layer; "" of matrices and counts.
    let layer: String

    init(_ distribution: Distribution, layer: String) {
        self.distribution = distribution
        self.layer = layer
    }
}

/// What is not there yet.
func notYet() -> il_status {
    guarded { () throws(InfoLensError) in throw InfoLensError(.internal, "not implemented yet") }
}

@c @implementation
public func il_joint_options_init(_ options: UnsafeMutablePointer<il_joint_options>!, _ structSize: UInt32) -> il_status
{
    notYet()
}

@c @implementation
public func il_joint_from_source(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ layer: UnsafePointer<CChar>!,
    _ options: UnsafePointer<il_joint_options>!, _ joint: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }

@c @implementation
public func il_joint_from_covariance(
    _ context: OpaquePointer!, _ covariance: UnsafePointer<il_array>!, _ samples: Int64,
    _ options: UnsafePointer<il_joint_options>!, _ joint: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }

@c @implementation
public func il_joint_from_counts(
    _ context: OpaquePointer!, _ patterns: UnsafePointer<il_array>!, _ counts: UnsafePointer<il_array>!,
    _ options: UnsafePointer<il_joint_options>!, _ joint: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }

@c @implementation
public func il_joint_neurons(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status { notYet() }

@c @implementation
public func il_joint_correlation(_ joint: OpaquePointer!, _ correlation: UnsafeMutablePointer<Double>!) -> il_status {
    notYet()
}

@c @implementation
public func il_joint_free(_ joint: OpaquePointer!) { Handles.remove(joint, Joint.self) }
