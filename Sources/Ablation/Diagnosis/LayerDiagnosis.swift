// SPDX-License-Identifier: Apache-2.0

/// How a layer uses its neurons.
public struct LayerDiagnosis: Equatable, Sendable {
    public let neurons: Int
    /// Of the whole network.
    public let accuracy: Double
    /// τ, the accuracy that may be lost.
    public let tolerance: Double
    /// See `chanceAccuracy`.
    public let chance: Double
    /// What accuracy above chance counts as destroyed.
    public let margin: Double
    public let counts: CurveCounts
    /// Number of neurons for which `isInactive` holds.
    public let inactive: Int
    /// Number of `SynergisticCandidates`. A neuron may be counted here and as inactive.
    public let synergistic: Int

    /// Neurons that could say something and are not needed: n − suffice − inactive, at least 0.
    public var redundant: Int { max(neurons - counts.suffice - inactive, 0) }

    /// - Parameters:
    ///   - lowFirst: accuracy after 0, 1, … n removals by mutual information, lowest first
    ///   - highFirst: the same, highest first
    public init(
        lowFirst: [Double], highFirst: [Double], tolerance: Double, chance: Double, margin: Double, inactive: Int,
        synergistic: Int
    ) {
        neurons = max(lowFirst.count - 1, 0)
        accuracy = lowFirst.first ?? .nan
        counts = CurveCounts(
            lowFirst: lowFirst, highFirst: highFirst, tolerance: tolerance, chance: chance, margin: margin)
        self.tolerance = tolerance
        self.chance = chance
        self.margin = margin
        self.inactive = inactive
        self.synergistic = synergistic
    }
}

/// What a neuron is in its layer.
public enum NeuronRole: Equatable, Sendable {
    case inactive
    case synergisticCandidate
    /// Neither.
    case ordinary

    /// A candidate that is inactive by its own information is a candidate: its removal hurts.
    public init(isInactive: Bool, isSynergisticCandidate: Bool) {
        self = isSynergisticCandidate ? .synergisticCandidate : isInactive ? .inactive : .ordinary
    }

    /// As the table of neurons says it.
    public var name: String {
        switch self {
        case .inactive: "inactive"
        case .synergisticCandidate: "synergistic candidate"
        case .ordinary: ""
        }
    }
}
