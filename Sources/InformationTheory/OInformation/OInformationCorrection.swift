// SPDX-License-Identifier: Apache-2.0

/// What correcting every Gaussian entropy for few samples adds to total correlation and O-information, in nats.
///
/// An entropy of m dimensions from N samples is reduced by `gaussianEntropyBias`, b_m(N), so that the terms
/// depend on the number of neurons k alone and the order of multiplets of one size stays as it is. With
///
///     β_m = the bias of m neurons together with the label:
///         b_m(N) without a label, b_{m+q}(N) with a label of q dimensions, Σ_c p(c) b_m(N_c) given the class
///
/// TC gains β_k − k b_1 − β_0, and DTC gains k β_k − k β_{k−1} − b_k with a label, (k − 1) b_k − k b_{k−1} without
/// (Ince et al. 2017 for the bias; Rosas et al. 2019 for the sums of entropies). The entropy of a class label is
/// a count's and stays.
public struct OInformationCorrection: Sendable {
    private let isCorrected: Bool
    private let samples: Int
    private let label: LabelTreatment
    private let labelDimensions: Int
    private let classes: [(weight: Double, samples: Int)]

    public init(_ joint: GaussianJoint) {
        isCorrected = joint.isCorrected
        samples = joint.samples
        label = joint.label
        labelDimensions = joint.labelDimensions
        classes =
            label == .classConditional
            ? joint.conditional.map { (weight: $0.weight, samples: $0.samples) } : []
    }

    /// Both terms for multiplets of `order` neurons; 0 of a joint that is not corrected.
    ///
    /// - Parameter includesLabel: whether the label is one of the variables; of no account in a joint without one
    /// - Returns: NaN where samples do not suffice for the dimensions: such multiplets are singular
    public func terms(
        order: Int, includesLabel: Bool = true
    ) -> (totalCorrelation: Double, oInformation: Double) {
        guard isCorrected, order > 0 else { return (0, 0) }
        let k = Double(order)
        let hasLabel = includesLabel && label != .none
        func together(_ neurons: Int) -> Double { bias(neurons: neurons, includesLabel: hasLabel) }
        let total = together(order) - k * bias(neurons: 1, includesLabel: false) - together(0)
        let dual =
            hasLabel
            ? k * (together(order) - together(order - 1)) - bias(neurons: order, includesLabel: false)
            : (k - 1) * together(order) - k * together(order - 1)
        return (total, total - dual)
    }

    /// For the interaction information of all variables of a multiplet.
    public func interaction(order: Int) -> Double {
        guard isCorrected else { return 0 }
        // (−1)^|T| b_|T|, |T| counting the label as one variable, over the binomially many groups of each size.
        var (sum, groups, sign) = (0.0, 1.0, 1.0)
        for size in 0...order {
            var term = bias(neurons: size, includesLabel: false)
            if label != .none { term -= bias(neurons: size, includesLabel: true) }
            sum += sign * groups * term
            groups *= Double(order - size) / Double(size + 1)
            sign = -sign
        }
        return sum
    }

    /// For the redundancy–synergy index about a target.
    public func redundancySynergy(order: Int, target: MultipletTarget) -> Double {
        guard isCorrected else { return 0 }
        func own(_ neurons: Int) -> Double { bias(neurons: neurons, includesLabel: false) }
        func together(_ neurons: Int) -> Double { bias(neurons: neurons, includesLabel: label != .none) }
        // What I(neurons; label) gains.
        func aboutLabel(_ neurons: Int) -> Double { together(neurons) - own(neurons) - together(0) }
        switch target {
        case .label: return aboutLabel(order) - Double(order) * aboutLabel(1)
        case .neuron:
            let all = together(order) - own(1) - together(order - 1)
            let pairs = Double(order - 1) * (own(2) - 2 * own(1))
            return all - pairs - (label == .none ? 0 : aboutLabel(1))
        }
    }

    /// How much the entropy of some neurons, perhaps together with the label, is reduced; 0 of a joint that is not
    /// corrected.
    public func bias(neurons: Int, includesLabel: Bool) -> Double {
        guard isCorrected else { return 0 }
        guard includesLabel, label != .none else { return gaussianEntropyBias(variables: neurons, samples: samples) }
        guard label == .classConditional else {
            return gaussianEntropyBias(variables: neurons + labelDimensions, samples: samples)
        }
        return classes.reduce(0) { sum, one in
            one.weight > 0 ? sum + one.weight * gaussianEntropyBias(variables: neurons, samples: one.samples) : sum
        }
    }
}
