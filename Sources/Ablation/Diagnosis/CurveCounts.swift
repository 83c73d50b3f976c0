// SPDX-License-Identifier: Apache-2.0

/// How many of the highest-ranked neurons a layer needs, can spare and lives by: numbers read off the two curves of
/// accuracy after 0 … n removals, lowest-ranked first and highest-ranked first. An operational rule for the reading of
/// such curves in Liu, Amjad & Geiger 2018 (arXiv:1804.06679).
///
/// Curves are not monotone: accuracy may fall below a level and come back. Each number is the extreme that its
/// definition asks for, over the whole curve, so that it is read at the last step that keeps the level and at the
/// first that reaches chance; `sufficeThroughout` and `tolerateThroughout` are what a reader would take who stops where
/// the level is first lost.
///
/// Levels hold to within 10⁻⁷. Accuracies are counts over N samples, so that base − τ is met exactly quite often,
/// while neither the quotients nor a decimal τ are exact in binary, and a callback may have rounded to float32; two
/// counts differ by more for any N below ten million.
public struct CurveCounts: Equatable, Sendable {
    /// The fewest highest-ranked neurons kept with an accuracy of at least base − τ; 0 if none is needed.
    public let suffice: Int
    /// The fewest such that with every larger number, too, accuracy is at least base − τ; never below `suffice`.
    public let sufficeThroughout: Int
    /// The most highest-ranked neurons removed with an accuracy of at least base − τ.
    public let tolerate: Int
    /// The most such that with every smaller number, too, accuracy is at least base − τ; never above `tolerate`.
    public let tolerateThroughout: Int
    /// The fewest highest-ranked neurons removed with an accuracy of at most chance + margin; nil if that never happens.
    public let destroy: Int?

    /// - Parameters:
    ///   - lowFirst: accuracy after 0, 1, … n removals, lowest-ranked first; its first value is the base
    ///   - highFirst: the same for highest-ranked first, of the same length
    ///   - tolerance: τ, the accuracy that may be lost
    ///   - chance: see `chanceAccuracy`
    ///   - margin: what accuracy above chance counts as destroyed
    /// A NaN meets no level, and empty curves are those of no neurons.
    public init(lowFirst: [Double], highFirst: [Double], tolerance: Double, chance: Double, margin: Double) {
        let neurons = max(lowFirst.count - 1, 0)
        let level = (lowFirst.first ?? 0) - tolerance - CurveCounts.slack
        let ruin = chance + margin + CurveCounts.slack
        // The whole network meets the level by definition, also where τ < 0 would deny it.
        suffice = neurons - (lowFirst.lastIndex { $0 >= level } ?? 0)
        sufficeThroughout = neurons - max((lowFirst.firstIndex { !($0 >= level) } ?? lowFirst.count) - 1, 0)
        tolerate = highFirst.lastIndex { $0 >= level } ?? 0
        tolerateThroughout = max((highFirst.firstIndex { !($0 >= level) } ?? highFirst.count) - 1, 0)
        destroy = highFirst.firstIndex { $0 <= ruin }
    }

    /// How far from a level an accuracy may be that meets it.
    static let slack = 1e-7
}

/// The accuracy of whoever always says the most frequent class: the largest share of a class among the samples, and
/// 1/C where C classes are equally frequent. 0 for no samples.
///
/// - Parameter classSamples: number of samples of each class
public func chanceAccuracy(classSamples: [Int]) -> Double {
    let total = classSamples.reduce(0.0) { $0 + Double($1) }
    return total > 0 ? Double(classSamples.max() ?? 0) / total : 0
}
