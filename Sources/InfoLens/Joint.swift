// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// How the neurons of a layer are distributed together, behind `il_joint`.
final class Joint: HandleObject, Sendable {
    static let typeName: StaticString = "il_joint"
    static let origin: StaticString =
        "il_joint_from_source(), il_joint_from_covariance() or il_joint_from_counts()"

    enum Distribution: Sendable {
        case gaussian(GaussianJoint)
        case discrete(DiscreteJoint)
    }

    /// The samples that a joint was made from: what is computed anew from them later.
    struct Sampled: Sendable {
        let matrix: any ActivationMatrix
        /// The classes of the samples; one class where the label does not take part.
        let classes: SampleClasses
        /// What the classes are called; nil where the label does not take part.
        let classNames: ClassNames?
        /// How a Gaussian joint was made; nil of a discrete one.
        let fit: GaussianFit?
    }

    let distribution: Distribution
    /// Name of the layer; "" of matrices and counts.
    let layer: String
    /// Nil of matrices and counts.
    let sampled: Sampled?
    /// What made it: the entries that every table about it has.
    let metadata: [(key: String, value: String)]
    let neurons: GaussianFit.Neurons

    init(
        _ distribution: Distribution, layer: String, sampled: Sampled?, neurons: GaussianFit.Neurons,
        metadata: [(key: String, value: String)]
    ) {
        self.distribution = distribution
        self.layer = layer
        self.sampled = sampled
        self.neurons = neurons
        self.metadata = metadata
    }

    /// Number of neurons, d.
    var width: Int { neurons.isConstant.count }

    /// Metadata of a Gaussian joint.
    static func metadata(
        of joint: GaussianJoint, layer: String, options: JointOptions, classes: Int
    ) -> [(key: String, value: String)] {
        [
            ("layer", layer), ("estimator", options.kind.rawValue), ("label", joint.label.rawValue),
            ("ties", options.kind == .gaussianCopula ? options.ties.name : "none"), ("samples", "\(joint.samples)"),
            ("classes", "\(classes)"), ("bias_correction", "\(joint.isCorrected)"),
            ("singular_below", "\(joint.singular)"),
        ]
    }

    /// - Throws: `argument` for a discrete one
    func gaussian() throws(InfoLensError) -> GaussianJoint {
        switch distribution {
        case .gaussian(let joint): return joint
        case .discrete:
            throw InfoLensError(
                .argument,
                """
                joint: it is discrete, and has no correlations; choose IL_JOINT_GAUSSIAN_COPULA or IL_JOINT_GAUSSIAN
                """)
        }
    }

    /// Whether the label is one of the variables of every multiplet.
    var hasLabel: Bool {
        switch distribution {
        case .gaussian(let joint): joint.label != .none
        case .discrete(let joint): joint.hasLabel
        }
    }
}

extension Source.Contents {
    /// The layer of a name, or the only one for nil.
    /// - Throws: `notFound`
    func layer(named name: String?) throws(InfoLensError) -> any ActivationMatrix {
        let names = layers.map { "\"\($0.matrix.name)\"" }.joined(separator: ", ")
        guard let first = layers.first else {
            throw InfoLensError(.shape, "source: it has no layers; add them with il_source_add_layer()")
        }
        guard let name else {
            guard layers.count == 1 else {
                throw InfoLensError(.notFound, "layer: is NULL, but the source has \(names); name one")
            }
            return first.matrix
        }
        guard let layer = layers.first(where: { isSameText($0.matrix.name, name) }) else {
            throw InfoLensError(.notFound, "layer: there is no layer \"\(name)\"; the source has \(names)")
        }
        return layer.matrix
    }

    /// The classes for a treatment of the label: all samples in one where it takes no part.
    /// - Throws: `notFound` where there are no labels
    func classes(for label: LabelTreatment) throws(InfoLensError) -> SampleClasses {
        guard label != .none else { return SampleClasses(unlabelled: samples ?? 0) }
        guard labels != nil else {
            throw noLabels(
                "\"\(label.rawValue)\" needs them", candidates: labelCandidates, otherwise: ", or leave the label out")
        }
        return sampleClasses
    }
}

@c @implementation
public func il_joint_from_source(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ layer: UnsafePointer<CChar>!,
    _ options: UnsafePointer<il_joint_options>!, _ joint: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let contents = try Handles.object(source, Source.self, argument: "source").contents
        let output = try required(joint, "joint")
        let options = try JointOptions(options, context: context)
        let name = try layer.map { (name) throws(InfoLensError) in try requiredText(name, "layer") }
        let matrix = try contents.layer(named: name)
        let classes = try contents.classes(for: options.label)
        let names = options.label == .none ? nil : contents.labels?.classes
        switch options.kind {
        case .gaussianCopula, .gaussian:
            let fit = options.fit
            let result = try context.run(total: fit.workUnits(of: matrix)) { (run) throws(InfoLensError) in
                run.enter(stage: "covariance: \(matrix.name)")
                return try run.keepingRows(of: matrix, passes: 2) { (matrix) throws(InfoLensError) in
                    try fit.joint(of: matrix, classes: classes, run: run)
                }
            }
            let metadata = Joint.metadata(
                of: result.joint, layer: matrix.name, options: options,
                classes: options.label == .none ? 0 : classes.count)
            output.pointee = Handles.insert(
                Joint(
                    .gaussian(result.joint), layer: matrix.name,
                    sampled: Joint.Sampled(matrix: matrix, classes: classes, classNames: names, fit: fit),
                    neurons: result.neurons,
                    metadata: metadata))
        case .discrete:
            output.pointee = Handles.insert(
                try Joint.discrete(
                    Joint.Sampled(matrix: matrix, classes: classes, classNames: names, fit: nil), options,
                    context: context))
        }
    }
}

@c @implementation
public func il_joint_neurons(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let joint = try Handles.object(joint, Joint.self, argument: "joint")
        let neurons = joint.neurons
        return Table(
            columns: [
                Column(
                    "neuron", description: "index of the neuron in its layer",
                    integers: neurons.isConstant.indices.map { Int64($0) }),
                Column(
                    "tied", unit: "1", description: "share of the samples whose value another sample has too",
                    doubles: neurons.tied),
                Column(
                    "is_constant", description: "1 where all samples have the same value, else 0",
                    integers: neurons.isConstant.map { $0 ? 1 : 0 }),
            ], metadata: joint.metadata + [("version", "\(libraryVersion)")])
    }
}

@c @implementation
public func il_joint_correlation(_ joint: OpaquePointer!, _ correlation: UnsafeMutablePointer<Double>!) -> il_status {
    guarded { () throws(InfoLensError) in
        let joint = try Handles.object(joint, Joint.self, argument: "joint")
        let output = try required(correlation, "correlation")
        let matrix = try joint.gaussian().correlation
        output.update(from: matrix.values, count: matrix.order * matrix.order)
    }
}

@c @implementation
public func il_joint_free(_ joint: OpaquePointer!) { Handles.remove(joint, Joint.self) }
