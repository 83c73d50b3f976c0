// SPDX-License-Identifier: Apache-2.0

/// What the removal of each of a layer's neurons costs, against what its own information says that it should cost.
///
/// Candidates are neurons that matter more than they tell by themselves, as the members of a parity do: each of them
/// knows nothing of it, and none can be spared. Whether their information is synergistic indeed takes a measure of
/// several neurons.
public struct SynergisticCandidates: Equatable, Sendable {
    /// For each neuron the increase expected from its information: the isotonic regression of the increases over the
    /// layer's neurons. NaN throughout where a value is.
    public let predictedIncrease: [Double]
    /// For each neuron whether its removal hurts, and more than predicted, by far.
    public let isCandidate: [Bool]

    /// With residuals r = increase − prediction, a neuron is a candidate if its increase and r exceed `resolution`, and
    /// if r lies more than three standard deviations above the median residual. Median and deviation are those of the
    /// neurons that are not inactive, lest dead ones, whose residuals agree, make others stand out; of all neurons
    /// where all are inactive. The deviation is what a few outliers do not move: the larger of 1.4826 × the median and
    /// 1.2533 × the mean absolute deviation from the median, each of which is the standard deviation of normal values
    /// (Iglewicz & Hoaglin 1993), times √(n / (n − k)) for a prediction of k different values among n neurons, whose
    /// degrees of freedom they are (Meyer & Woodroofe 2000, Ann. Statist. 28:1083).
    ///
    /// Where all residuals are equal there are no candidates. Of normal residuals about one in a thousand is one.
    ///
    /// - Parameters:
    ///   - information: of each neuron with the label; only its order counts
    ///   - increase: of the cross-entropy when the neuron is removed alone
    ///   - isInactive: see `isInactive`; a candidate may be inactive by this definition
    ///   - resolution: differences of the scores up to here are rounding, not loss; at least 0
    /// Lists of different lengths have no candidates.
    public init(information: [Double], increase: [Double], isInactive: [Bool], resolution: Double) {
        let predicted = isotonicRegression(information, increase)
        let residuals = zip(increase, predicted).map { $0 - $1 }
        let active = residuals.indices.filter { $0 < isInactive.count && !isInactive[$0] }
        let judged = active.isEmpty ? Array(residuals.indices) : active
        let levels = Set(judged.map { predicted[$0] }).count
        let (centre, spread) = robustSpread(of: judged.map { residuals[$0] })
        let deviation = spread * (Double(judged.count) / Double(max(judged.count - levels, 1))).squareRoot()
        predictedIncrease = predicted
        isCandidate = zip(residuals, increase).map { residual, increase in
            increase > resolution && residual > resolution && residual - centre > 3 * deviation
        }
    }
}

/// The median, and a deviation that is the standard deviation for normal values and that few outliers do not move.
/// Zeros for no values; NaN has no place.
private func robustSpread(of values: [Double]) -> (centre: Double, deviation: Double) {
    guard !values.isEmpty else { return (0, 0) }
    let centre = median(of: values)
    let distances = values.map { abs($0 - centre) }
    let mean = distances.reduce(0, +) / Double(distances.count)
    return (centre, max(1.4826 * median(of: distances), 1.2533 * mean))
}

/// The middle value, or the mean of the two in the middle.
private func median(of values: [Double]) -> Double {
    let sorted = values.sorted()
    let (below, above) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
    return below + (above - below) / 2
}
