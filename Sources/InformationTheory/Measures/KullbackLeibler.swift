// SPDX-License-Identifier: Apache-2.0
import Kernels

/// D_KL(p ‖ q) = Σ p log (p/q) of two discrete distributions (Kullback & Leibler 1951).
///
/// Both are given as equally many weights ≥ 0, which are divided by their sums. The result is
/// +∞ where p has mass and q has none, 0 for equal distributions up to rounding, never
/// negative, and NaN where weights are all 0 or not finite.
public func klDivergence(_ p: some Collection<Double>, _ q: some Collection<Double>, unit: Logarithm) -> Double {
    let (ofP, ofQ) = (Normalizer(p), Normalizer(q))
    guard ofP.isDistribution, ofQ.isDistribution else { return .nan }
    var sum = 0.0
    for (p, q) in zip(p, q) where p != 0 {
        if q == 0 { return .infinity }
        let (a, b) = (ofP.frequency(p), ofQ.frequency(q))
        // A frequency below float64 still has a logarithm.
        sum += a * (b.isNormal ? unit(a / b) : ofP.logFrequency(p, unit) - ofQ.logFrequency(q, unit))
    }
    return max(sum, 0)
}

/// The same of two histograms over the same levels.
public func klDivergence(
    _ p: UnsafeBufferPointer<UInt32>, _ q: UnsafeBufferPointer<UInt32>, unit: Logarithm
) -> Double {
    klDivergence(p.lazy.map(Double.init), q.lazy.map(Double.init), unit: unit)
}

/// Turns the weights of a distribution into frequencies.
struct Normalizer {
    private let largest: Double
    private let sum: Double

    init(_ weights: some Collection<Double>) {
        // Scaling by the largest one first keeps the sum of huge weights finite.
        let largest = weights.max() ?? 0
        self.largest = largest
        sum = weights.reduce(0) { $0 + $1 / largest }
    }

    /// Whether there is a positive finite weight, and no other than finite ones.
    var isDistribution: Bool { sum.isFinite }

    /// A weight's share of the sum.
    func frequency(_ weight: Double) -> Double { weight / largest / sum }

    /// Its logarithm, also where the frequency itself is too small for float64.
    func logFrequency(_ weight: Double, _ log: Logarithm) -> Double { log(weight) - log(largest) - log(sum) }
}
