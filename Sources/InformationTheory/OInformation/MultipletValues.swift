// SPDX-License-Identifier: Apache-2.0

/// What is asked of multiplets beside the four of the family.
public struct MultipletRequest: Sendable {
    /// ∂ᵢΩ of each variable.
    public var gradient: Bool
    /// Σ_T (−1)^(|T|+1) H(T).
    public var interaction: Bool
    /// Y of the redundancy–synergy index; nil: it is not wanted.
    public var target: MultipletTarget?
    public var unit: Logarithm

    public init(
        gradient: Bool = false, interaction: Bool = false, target: MultipletTarget? = nil, unit: Logarithm = .nats
    ) {
        self.gradient = gradient
        self.interaction = interaction
        self.target = target
        self.unit = unit
    }

    /// Most variables of a multiplet whose interaction information is computed: it takes the entropies of all 2ⁿ
    /// groups of them.
    public static let mostInteracting = 20
}

/// The variable of a multiplet that the others inform about.
public enum MultipletTarget: Sendable, Equatable {
    case label
    case neuron(Int)
}

/// The information that the variables of one multiplet share, in the unit of the request.
public struct MultipletValues: Sendable, Equatable {
    /// TC = Σ H(Zⱼ) − H(Z).
    public var totalCorrelation: Double
    /// DTC = H(Z) − Σ H(Zⱼ | the others).
    public var dualTotalCorrelation: Double
    /// ∂ᵢΩ = Ω(Z) − Ω(Z without i) of each neuron in the multiplet's order, then of the label if there is one; empty
    /// unless asked for.
    public var gradient: [Double] = []
    /// Σ_T (−1)^(|T|+1) H(T), positive for redundancy; NaN unless asked for.
    public var interaction = Double.nan
    /// I(S;Y) − Σ I(Xᵢ;Y), S being all variables but the target Y, positive for synergy; NaN unless asked for.
    public var redundancySynergy = Double.nan

    public init(totalCorrelation: Double, dualTotalCorrelation: Double) {
        self.totalCorrelation = totalCorrelation
        self.dualTotalCorrelation = dualTotalCorrelation
    }

    /// Ω = TC − DTC.
    public var oInformation: Double { totalCorrelation - dualTotalCorrelation }
    /// S = TC + DTC.
    public var sInformation: Double { totalCorrelation + dualTotalCorrelation }

    /// Whether everything that was asked for is a number.
    func isFinite(_ request: MultipletRequest) -> Bool {
        totalCorrelation.isFinite && dualTotalCorrelation.isFinite && gradient.allSatisfy(\.isFinite)
            && (!request.interaction || interaction.isFinite)
            && (request.target == nil || redundancySynergy.isFinite)
    }

    /// The same, of values in nats.
    func converted(to unit: Logarithm) -> MultipletValues {
        guard unit != .nats else { return self }
        var values = self
        values.totalCorrelation = unit.fromNats(totalCorrelation)
        values.dualTotalCorrelation = unit.fromNats(dualTotalCorrelation)
        values.gradient = gradient.map(unit.fromNats)
        values.interaction = unit.fromNats(interaction)
        values.redundancySynergy = unit.fromNats(redundancySynergy)
        return values
    }
}

/// Why a multiplet has no O-information.
public enum MultipletDefect: Sendable, Equatable {
    /// Among which samples, or given what.
    public enum Condition: Sendable, Equatable {
        case none
        case label
        /// Index of the class.
        case `class`(Int)
    }

    /// A neuron does not vary.
    case constant(neuron: Int, Condition)
    /// A neuron's variance given the others is this share of its own.
    case determined(neuron: Int, share: Double, Condition)
    /// A covariance of so many dimensions from so few samples is singular.
    case fewSamples(samples: Int, dimensions: Int, Condition)
    /// Rounding leaves nothing of a determinant, because singular was allowed to be too little.
    case rounded
    /// The estimator does not know the entropy of a group of the variables.
    case undefined(EntropyEstimator)

    /// As the status of a multiplet says it.
    /// - Parameter className: what a class is called, by its index
    public func description(className: (Int) -> String) -> String {
        func suffix(_ condition: Condition, _ label: String) -> String {
            switch condition {
            case .none: ""
            case .label: label
            case .class(let index): " in class \(className(index))"
            }
        }
        switch self {
        case .constant(let neuron, .label): return "singular: the label determines neuron \(neuron)"
        case .constant(let neuron, let condition):
            return "singular: neuron \(neuron) is constant\(suffix(condition, ""))"
        case .determined(let neuron, let share, let condition):
            let others = condition == .label ? "the label and the others" : "the others"
            return """
                singular: the variance of neuron \(neuron) given \(others) is \(twoDigits(share)) of its \
                own\(suffix(condition, ""))
                """
        case .fewSamples(let samples, let dimensions, let condition):
            let what = condition == .label ? "dimensions, the label's among them" : "neurons"
            return """
                singular: there are \(samples) samples\(suffix(condition, "")), no more than the multiplet's \
                \(dimensions) \(what)
                """
        case .rounded: return "singular: nothing is left of a determinant but rounding"
        case .undefined(let estimator):
            return "undefined: \(estimator.rawValue) cannot tell the entropy where \(estimator.undefinedWhen)"
        }
    }
}

/// A number ≥ 0 to two significant digits, for reading.
private func twoDigits(_ value: Double) -> String {
    guard value > 0, value.isNormal else { return "0" }
    var (scaled, exponent) = (value, 0)
    while scaled < 1 { (scaled, exponent) = (scaled * 10, exponent - 1) }
    while scaled >= 10 { (scaled, exponent) = (scaled / 10, exponent + 1) }
    let tenths = Int((scaled * 10).rounded())
    return exponent == 0 ? "\(Double(tenths) / 10)" : "\(Double(tenths) / 10)e\(exponent)"
}

/// What became of a multiplet.
public enum MultipletOutcome: Sendable, Equatable {
    case values(MultipletValues)
    case defect(MultipletDefect)
}
