// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The estimate of Nemenman, Shafee & Bialek 2002 (NIPS 14, arXiv:physics/0108025), in nats:
/// the mean entropy a posteriori under a mixture of symmetric Dirichlet priors of
/// concentration β over the levels of the alphabet, mixed so that the mean entropy a priori
/// ξ(β) = ψ(Kβ + 1) − ψ(β + 1) is uniform on 0 … log K.
///
/// The mean is an integral over log β, whose integrand is analytic in a strip and falls off
/// exponentially on both sides; the trapezoidal rule then converges faster than any power of
/// the spacing. It is halved until two results agree. An alphabet of one level gives 0.
func nsbEntropy(of counts: UnsafeBufferPointer<UInt32>, total: Int, alphabet: Int) -> Double {
    let posterior = ConcentrationPosterior(counts: counts, total: total, alphabet: alphabet)
    guard posterior.levels > 1 else { return 0 }
    let (peak, width) = peak(of: posterior.logDensity)
    // On a normal density the first sum is good to e⁻²⁷, and to e⁻³⁹ by the width 2π of the strip.
    var spacing = min(0.85 * width, 0.5)
    let top = posterior.logDensity(peak)

    var sums = Sums()
    /// Adds what lies at log β; false where the density is negligible.
    func add(_ logBeta: Double) -> Bool {
        let exponent = posterior.logDensity(logBeta) - top
        guard exponent > negligible else { return false }
        let weight = exp(exponent)
        sums.weight += weight
        sums.entropy += weight * posterior.meanEntropy(logBeta)
        return true
    }
    func firstNegligible(_ direction: Double) -> Int {
        // The density falls by e or more a unit of log β in the end, hence the bound is never reached.
        for step in 1..<100_000 where !add(peak + direction * Double(step) * spacing) { return step }
        return 100_000
    }
    _ = add(peak)
    var first = -firstNegligible(-1)
    var last = firstNegligible(1)

    var estimate = sums.entropy / sums.weight
    for _ in 0..<6 {
        for step in first..<last { _ = add(peak + (Double(step) + 0.5) * spacing) }
        (first, last, spacing) = (2 * first, 2 * last, spacing / 2)
        let finer = sums.entropy / sums.weight
        let isConverged = abs(finer - estimate) <= 1e-11 * finer
        estimate = finer
        if isConverged { break }
    }
    return estimate
}

private struct Sums {
    var weight = 0.0
    var entropy = 0.0
}

/// Log of the relative density below which nothing is added: of the size of a rounding error.
private let negligible = -37.0

/// Where a function of log β with a single peak has it, and the standard deviation of the
/// normal density that fits it there.
private func peak(of function: (Double) -> Double) -> (position: Double, width: Double) {
    var (centre, step) = (0.0, 4.0)
    var (left, middle, right) = (function(centre - step), function(centre), function(centre + step))
    // Some tens of steps suffice; rounding errors must not make it endless.
    for _ in 0..<400 {
        if left > middle, left >= right {
            centre -= step
            (left, middle, right) = (function(centre - step), left, middle)
        } else if right > middle {
            centre += step
            (left, middle, right) = (middle, right, function(centre + step))
        } else if 2 * middle - left - right > 1 {
            step /= 2
            (left, right) = (function(centre - step), function(centre + step))
        } else {
            break
        }
    }
    let bend = 2 * middle - left - right
    return (centre, bend > 0 ? step / bend.squareRoot() : step)
}

/// What counts tell about the concentration β of a symmetric Dirichlet prior, as functions of log β.
private struct ConcentrationPosterior {
    /// K.
    let levels: Double
    private let samples: Double
    private let groups: [CountGroup]
    private let unseen: Double

    init(counts: UnsafeBufferPointer<UInt32>, total: Int, alphabet: Int) {
        groups = CountGroup.all(of: counts)
        let occupied = groups.reduce(0) { $0 + $1.levels }
        samples = Double(total)
        levels = Double(max(alphabet, occupied))
        unseen = levels - Double(occupied)
    }

    /// Log of likelihood × prior density of log β, up to a constant:
    /// Γ(Kβ)/Γ(N + Kβ) Π Γ(n + β)/Γ(β) · dξ/dβ · β.
    func logDensity(_ logBeta: Double) -> Double {
        let beta = exp(logBeta)
        var sum = -LogRisingFactorial(levels * beta)(samples)
        let rising = LogRisingFactorial(beta)
        for group in groups { sum += Double(group.levels) * rising(Double(group.count)) }
        return sum + log(priorSlope(beta)) + logBeta
    }

    /// dξ/dβ = K ψ′(Kβ + 1) − ψ′(β + 1), for K > 1.
    private func priorSlope(_ beta: Double) -> Double {
        let whole = levels * beta
        guard beta >= smallestOfTrigammaTail else { return levels * trigamma(whole + 1) - trigamma(beta + 1) }
        // ψ′(x + 1) = 1/x − 1/(2x²) + tail: the first terms cancel.
        return (1 - 1 / levels) / (2 * beta * beta) + levels * trigammaTail(whole) - trigammaTail(beta)
    }

    /// The mean entropy given β: ψ(A + 1) − Σ a/A ψ(a + 1) over all levels, a = n + β, A = N + Kβ.
    func meanEntropy(_ logBeta: Double) -> Double {
        let beta = exp(logBeta)
        let whole = samples + levels * beta
        let top = digamma(whole + 1)
        var sum = unseen * beta / whole * (top - digamma(beta + 1))
        for group in groups {
            let part = Double(group.count) + beta
            sum += Double(group.levels) * part / whole * (top - digamma(part + 1))
        }
        return sum
    }
}
