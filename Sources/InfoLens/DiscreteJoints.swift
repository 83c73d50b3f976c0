// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels

extension Joint {
    /// A discrete joint distribution of samples.
    static func discrete(
        _ sampled: Sampled, _ options: JointOptions, context: Context
    ) throws(InfoLensError) -> Joint {
        let quantizer = try Quantizer.make(options.raw.quantizer)
        let estimator = try EntropyEstimator.named(options.raw.estimator)
        let alphabet = try Alphabet.make(options.raw.alphabet)
        let (matrix, hasLabel) = (sampled.matrix, options.label != .none)
        let work = permutationWorkUnits(of: matrix, quantizer: quantizer, permutations: 0)
        let joint = try context.run(total: work) { (run) throws(InfoLensError) in
            run.enter(stage: "patterns: \(matrix.name)")
            return try DiscreteJoint.make(
                of: matrix, quantizer: quantizer, label: hasLabel ? sampled.classes : nil, estimator: estimator,
                alphabet: alphabet, run: run)
        }
        return Joint(
            .discrete(joint), layer: matrix.name, sampled: sampled, neurons: facts(of: joint),
            metadata: metadata(
                of: joint, layer: matrix.name, quantizer: quantizer.description,
                classes: hasLabel ? sampled.classes.count : 0))
    }

    /// A discrete joint distribution of counted patterns.
    fileprivate static func counted(
        _ patterns: StridedArray, _ counts: StridedArray, _ options: JointOptions
    ) throws(InfoLensError) -> Joint {
        guard patterns.shape.count == 2, patterns.count > 0 else {
            throw InfoLensError(
                .shape,
                """
                patterns: their rank is \(patterns.shape.count), of \(patterns.count) symbols; give [M, d], a row a pattern
                """)
        }
        guard counts.shape.count == 1, counts.shape[0] == patterns.shape[0] else {
            throw InfoLensError(
                .shape,
                """
                counts: there are \(counts.count), in \(counts.shape.count) axes, but \(patterns.shape[0]) patterns; give \
                [M], one a pattern
                """)
        }
        let joint = try DiscreteJoint.make(
            symbols: try patterns.doubles(), variables: patterns.shape[1], weights: try counts.doubles(),
            estimator: try EntropyEstimator.named(options.raw.estimator),
            alphabet: try Alphabet.make(options.raw.alphabet))
        return Joint(
            .discrete(joint), layer: "", sampled: nil, neurons: facts(of: joint),
            metadata: metadata(of: joint, layer: "", quantizer: "none", classes: 0))
    }

    private static func facts(of joint: DiscreteJoint) -> GaussianFit.Neurons {
        GaussianFit.Neurons(
            tied: [Double](repeating: .nan, count: joint.neurons), isConstant: (0..<joint.neurons).map(joint.isConstant)
        )
    }

    private static func metadata(
        of joint: DiscreteJoint, layer: String, quantizer: String, classes: Int
    ) -> [(key: String, value: String)] {
        [
            ("layer", layer), ("estimator", joint.estimator.rawValue), ("label", joint.hasLabel ? "discrete" : "none"),
            ("ties", "none"), ("samples", "\(joint.samples)"), ("classes", "\(classes)"),
            ("bias_correction", "false"), ("quantizer", quantizer),
            ("alphabet", joint.alphabet == .full ? "full" : "observed"),
        ]
    }
}

@c @implementation
public func il_joint_from_counts(
    _ context: OpaquePointer!, _ patterns: UnsafePointer<il_array>!, _ counts: UnsafePointer<il_array>!,
    _ options: UnsafePointer<il_joint_options>!, _ joint: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let output = try required(joint, "joint")
        var defaults = JointOptions.defaults
        defaults.kind = Int32(IL_JOINT_DISCRETE)
        let options =
            try options == nil
            ? JointOptions(&defaults, context: context) : JointOptions(options, context: context)
        guard options.kind == .discrete else {
            throw InfoLensError(
                .argument, "options.kind: counted patterns are discrete; choose IL_JOINT_DISCRETE, or pass NULL")
        }
        guard options.label == .none else {
            throw InfoLensError(
                .argument,
                """
                options.label: counted patterns know of no label; choose IL_LABEL_NONE, and give the label as one more \
                column of the patterns
                """)
        }
        guard options.raw.quantizer == nil else {
            throw InfoLensError(
                .argument, "options.quantizer: patterns are of symbols, which need none; leave it NULL")
        }
        output.pointee = Handles.insert(
            try Joint.counted(
                try stridedArray(patterns, argument: "patterns"), try stridedArray(counts, argument: "counts"), options)
        )
    }
}
