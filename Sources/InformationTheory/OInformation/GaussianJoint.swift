// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How the label takes part in a multiplet.
public enum LabelTreatment: String, Sendable {
    case none
    /// H(S,Y) = H(Y) + Σ p(y) H(S|Y=y) with class covariances about their own means.
    case classConditional = "class-conditional"
    /// C − 1 indicators as one vector variable.
    case oneHot = "one-hot"
    /// The class's number, ranked like a neuron (Clauw, Marinazzo & Stramaglia 2022).
    case ordinal
}

/// Neurons that are jointly normal, perhaps after a copula transform, and the label beside them.
///
/// Whatever the treatment of the label, the O-information of a multiplet S of k neurons and of the label is
///
///     Ω = −½ [ log det R(S) + Σ_c w_c log( det M_c(S) · Π_j (M_c(S)⁻¹)_jj ) ],   TC = −½ Σ_c w_c log det M_c(S)
///
/// with R the correlation matrix over all samples and M_c covariances in the same units (each neuron's variance
/// over all samples is 1): without a label R itself, with weight 1; of the samples of class c about their own mean,
/// with weight p(c); or given the ordinal label or the indicators, with weight 1. H(Y) cancels in both
/// (Rosas et al. 2019, with H = ½ log det(2πe Σ) put in).
public struct GaussianJoint: Sendable {
    /// A covariance given the label.
    public struct Conditional: Sendable {
        /// p(c); the weights add up to 1.
        public let weight: Double
        /// Samples that the covariance was computed from.
        public let samples: Int
        /// M_c.
        public let covariance: SymmetricMatrix

        public init(weight: Double, samples: Int, covariance: SymmetricMatrix) {
            self.weight = weight
            self.samples = samples
            self.covariance = covariance
        }
    }

    public let label: LabelTreatment
    /// N; 0 when it is not known.
    public let samples: Int
    /// R. The row, the column and the diagonal element of a constant neuron are 0.
    public let correlation: SymmetricMatrix
    /// M_c; empty without a label, where M is R. The row and the column of a neuron whose variance there is at most
    /// `singular` are 0: it does not vary within the class, or is determined by the label, but for rounding.
    public let conditional: [Conditional]
    /// Dimensions of the label's variable: 0 but for `ordinal` (1) and `oneHot` (C − 1).
    public let labelDimensions: Int
    /// Whether entropies are corrected for few samples.
    public let isCorrected: Bool
    /// Singular is a multiplet of which some variable's variance given the others is below this share of its own.
    public let singular: Double

    public init(
        label: LabelTreatment, samples: Int, correlation: SymmetricMatrix, conditional: [Conditional],
        labelDimensions: Int, isCorrected: Bool, singular: Double
    ) {
        self.label = label
        self.samples = samples
        self.correlation = correlation
        for part in conditional {
            let covariance = part.covariance
            for j in 0..<covariance.order where covariance[j, j] <= singular && covariance[j, j] != 0 {
                for i in 0..<covariance.order { (covariance[i, j], covariance[j, i]) = (0, 0) }
            }
        }
        self.conditional = conditional
        self.labelDimensions = labelDimensions
        self.isCorrected = isCorrected
        self.singular = singular
    }

    /// d.
    public var neurons: Int { correlation.order }

    /// The default of `singular`. With a residual variance s, float64 keeps −log₁₀(10⁻¹⁶ / s) digits of it: eight at
    /// 10⁻⁸, where a neuron correlates by more than 0.999999995 with what the others say. Duplicates, which float32
    /// rounding tells apart, lie far below; neurons that anybody would call different lie far above.
    public static let defaultSingular = 1e-8
}
