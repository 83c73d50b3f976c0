// SPDX-License-Identifier: Apache-2.0

/// Two curves of accuracy as two numbers: the mean over all steps, from no neuron removed to all of them, lowest value
/// of a measure first and highest first.
public struct CurveContrast: Equatable, Sendable {
    public let areaLowFirst: Double
    public let areaHighFirst: Double

    /// Low first less high first: positive where neurons of high values matter more.
    public var contrast: Double { areaLowFirst - areaHighFirst }

    /// Of accuracies after 0, 1, … n removals; NaN for no steps.
    public init(lowFirst: [Double], highFirst: [Double]) {
        areaLowFirst = lowFirst.reduce(0, +) / Double(lowFirst.count)
        areaHighFirst = highFirst.reduce(0, +) / Double(highFirst.count)
    }
}

/// Whether every part says the same and the whole the opposite: Simpson's paradox (Simpson 1951,
/// doi:10.1111/j.2517-6161.1951.tb00088.x).
///
/// Neurons of high information may matter more inside each layer and seem to matter less in the network, because the
/// layer where information is high is the one that can spare neurons. The numbers may be contrasts of curves or rank
/// correlations of a measure and a loss: anything whose sign says which neurons matter.
///
/// - Parameters:
///   - within: the number of each layer
///   - pooled: that of all neurons together
///   - least: magnitudes up to here have no sign. For contrasts of N samples 1/N, a single decision: whether
///     more would come out alike on other samples is for the caller to judge (docs/methods.md, "Diagnosis")
/// - Returns: false for fewer than two layers, whose whole cannot differ, and if a number has no sign or is NaN
public func isSimpsonsParadox(within: [Double], pooled: Double, least: Double) -> Bool {
    guard within.count > 1 else { return false }
    return pooled < -least && within.allSatisfy { $0 > least } || pooled > least && within.allSatisfy { $0 < -least }
}
