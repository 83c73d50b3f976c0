// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The Jensen–Shannon divergence ½ D_KL(p ‖ m) + ½ D_KL(q ‖ m), m = (p + q)/2, of two
/// discrete distributions given as weights as for `klDivergence` (Lin 1991).
///
/// It is symmetric to the last bit and within 0 … log 2: 0 for equal distributions, log 2
/// for those without a common level.
public func jensenShannonDivergence(
    _ p: some Collection<Double>, _ q: some Collection<Double>, unit: Logarithm
) -> Double {
    let (ofP, ofQ) = (Normalizer(p), Normalizer(q))
    guard ofP.isDistribution, ofQ.isDistribution else { return .nan }
    var sum = 0.0
    for (p, q) in zip(p, q) {
        let (a, b) = (ofP.frequency(p), ofQ.frequency(q))
        let mean = 0.5 * (a + b)
        sum += 0.5 * (term(a, mean, unit) + term(b, mean, unit))
    }
    return min(max(sum, 0), unit(2))
}

/// The same of two histograms over the same levels.
public func jensenShannonDivergence(
    _ p: UnsafeBufferPointer<UInt32>, _ q: UnsafeBufferPointer<UInt32>, unit: Logarithm
) -> Double {
    jensenShannonDivergence(p.lazy.map(Double.init), q.lazy.map(Double.init), unit: unit)
}

/// a log (a/m), 0 for a = 0.
private func term(_ a: Double, _ m: Double, _ unit: Logarithm) -> Double { a == 0 ? 0 : a * unit(a / m) }
