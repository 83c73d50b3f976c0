// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InformationTheory
import Kernels

/// What `il_joint_options` asks for, checked as far as the options alone allow.
struct JointOptions {
    enum Kind: String, Sendable {
        case gaussianCopula = "gaussian-copula"
        case gaussian
        case discrete
    }

    let kind: Kind
    let label: LabelTreatment
    let ties: TieRule
    let isCorrected: Bool
    let singular: Double
    /// What discrete distributions need besides.
    let raw: il_joint_options

    init(_ pointer: UnsafePointer<il_joint_options>?, context: Context) throws(InfoLensError) {
        let options = try optionsOrDefaults(
            pointer, defaults: JointOptions.defaults, argument: "options", initializer: "il_joint_options_init()")
        raw = options
        kind = try choice(
            options.kind,
            of: [
                (Int(IL_JOINT_GAUSSIAN_COPULA), .gaussianCopula), (Int(IL_JOINT_GAUSSIAN), .gaussian),
                (Int(IL_JOINT_DISCRETE), .discrete),
            ], argument: "options.kind", names: "IL_JOINT_GAUSSIAN_COPULA, IL_JOINT_GAUSSIAN or IL_JOINT_DISCRETE")
        label = try choice(
            options.label,
            of: [
                (Int(IL_LABEL_NONE), .none), (Int(IL_LABEL_CLASS_CONDITIONAL), .classConditional),
                (Int(IL_LABEL_ONE_HOT), .oneHot), (Int(IL_LABEL_ORDINAL), .ordinal),
            ], argument: "options.label",
            names: "IL_LABEL_NONE, IL_LABEL_CLASS_CONDITIONAL, IL_LABEL_ONE_HOT or IL_LABEL_ORDINAL")
        ties = try TieRule.make(options.ties, seed: context.seed, argument: "options.ties")
        isCorrected = try choice(
            options.bias_correction, of: [(0, false), (1, true)], argument: "options.bias_correction", names: "0 or 1")
        guard options.singular == 0 || (1e-12..<1).contains(options.singular) else {
            throw InfoLensError(
                .argument,
                "options.singular: is \(options.singular); give a share from 1e-12 to 1, for instance 1e-8, or 0 for that"
            )
        }
        singular = options.singular == 0 ? GaussianJoint.defaultSingular : options.singular
        guard kind != .discrete else {
            guard !isCorrected else {
                throw InfoLensError(
                    .argument,
                    """
                    options.bias_correction: is of Gaussian entropies; leave it 0, and choose an estimator that corrects, \
                    such as "miller-madow"
                    """)
            }
            return
        }
        guard options.quantizer == nil, options.estimator == nil else {
            throw InfoLensError(
                .argument,
                """
                options: a quantizer or an estimator is given, which belong to IL_JOINT_DISCRETE; leave them NULL, or \
                choose that kind
                """)
        }
    }

    static var defaults: il_joint_options {
        var options = il_joint_options()
        options.struct_size = UInt32(MemoryLayout<il_joint_options>.size)
        options.kind = Int32(IL_JOINT_GAUSSIAN_COPULA)
        return options
    }

    /// How a Gaussian joint is made from samples.
    var fit: GaussianFit {
        GaussianFit(
            copula: kind == .gaussianCopula ? ties : nil, label: label, isCorrected: isCorrected, singular: singular)
    }
}

extension TieRule {
    static func make(_ value: Int32, seed: UInt64, argument: StaticString) throws(InfoLensError) -> TieRule {
        try choice(
            value,
            of: [
                (Int(IL_TIES_AVERAGE), .average), (Int(IL_TIES_ORDINAL), .ordinal),
                (Int(IL_TIES_RANDOM), .random(seed: seed)),
            ], argument: argument, names: "IL_TIES_AVERAGE, IL_TIES_ORDINAL or IL_TIES_RANDOM")
    }

    /// As metadata call it.
    var name: String {
        switch self {
        case .average: "average"
        case .ordinal: "ordinal"
        case .random: "random"
        }
    }
}

@c @implementation
public func il_joint_options_init(
    _ options: UnsafeMutablePointer<il_joint_options>!, _ structSize: UInt32
) -> il_status {
    guarded { () throws(InfoLensError) in
        try fill(options, size: structSize, defaults: JointOptions.defaults, argument: "options")
    }
}
