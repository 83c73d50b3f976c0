// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import InformationTheory

/// A distribution whose entropy is known.
private struct Distribution: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let probabilities: [Double]

    var entropy: Double { -probabilities.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) } }

    func sample(_ samples: Int, using generator: inout FixedGenerator) -> [Int] {
        var counts = [Int](repeating: 0, count: probabilities.count)
        for _ in 0..<samples {
            var rest = Double.random(in: 0..<1, using: &generator)
            // Rounding may leave a rest after the last level.
            let level = probabilities.firstIndex { p in
                rest -= p
                return rest < 0
            }
            counts[level ?? counts.count - 1] += 1
        }
        return counts
    }
}

private let uniform = Distribution(testDescription: "ten equal levels", probabilities: .init(repeating: 0.1, count: 10))
private let geometric = Distribution(
    testDescription: "a geometric law",
    probabilities: (1...20).map { pow(0.7, Double($0 - 1)) * ($0 < 20 ? 0.3 : 1) })
private let zipf = Distribution(
    testDescription: "a Zipf law on 30 levels",
    probabilities: {
        let weights = (1...30).map { 1 / Double($0) }
        return weights.map { $0 / weights.reduce(0, +) }
    }())

/// Mean error and its standard error over samples of a distribution.
private func bias(
    _ estimator: EntropyEstimator, _ distribution: Distribution, samples: Int, repetitions: Int
) -> (mean: Double, standardError: Double) {
    // The same samples for every estimator.
    var generator = FixedGenerator(seed: 77)
    let errors = (0..<repetitions).map { _ in
        estimate(estimator, distribution.sample(samples, using: &generator)) - distribution.entropy
    }
    let mean = errors.reduce(0, +) / Double(repetitions)
    let variance = errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(repetitions - 1)
    return (mean, (variance / Double(repetitions)).squareRoot())
}

/// The mean of an estimate over all samples of two levels: Σ_n Binomial(n; N, p) Ĥ(n, N − n).
private func expectation(_ estimator: EntropyEstimator, p: Double, samples: Int) -> Double {
    var (sum, probability) = (0.0, pow(1 - p, Double(samples)))
    for n in 0...samples {
        sum += probability * estimate(estimator, [n, samples - n])
        probability *= Double(samples - n) / Double(n + 1) * p / (1 - p)
    }
    return sum
}

@Suite struct EstimatorBias {
    @Test("is smaller than the plug-in's by many standard errors", arguments: [uniform, geometric, zipf])
    private func lessThanPlugIn(distribution: Distribution) {
        let plugIn = bias(.plugIn, distribution, samples: 20, repetitions: 600)
        #expect(plugIn.mean < -8 * plugIn.standardError)
        for estimator in [EntropyEstimator.millerMadow, .grassberger, .nsb, .jackknife] {
            let corrected = bias(estimator, distribution, samples: 20, repetitions: 600)
            let noise = hypot(plugIn.standardError, corrected.standardError)
            #expect(abs(corrected.mean) < abs(plugIn.mean) - 5 * noise, "\(estimator)")
        }
    }

    @Test("of the plug-in is Miller's (K − 1)/2N to first order")
    func millersFormula() {
        // Ten levels, 100 samples: the next order is (1 − Σ 1/p)/(12 N²) = −99/120000.
        let plugIn = bias(.plugIn, uniform, samples: 100, repetitions: 2000)
        #expect(abs(plugIn.mean - (-9.0 / 200 - 99.0 / 120_000)) < 5 * plugIn.standardError)
    }

    @Test("of the plug-in of two levels is the sum over the binomial distribution")
    func twoLevels() {
        let distribution = Distribution(testDescription: "", probabilities: [0.2, 0.8])
        let exact = expectation(.plugIn, p: 0.2, samples: 10) - distribution.entropy
        let sampled = bias(.plugIn, distribution, samples: 10, repetitions: 3000)
        #expect(exact < 0 && abs(sampled.mean - exact) < 4 * sampled.standardError)
    }

    @Test("of two levels, exactly, falls to a part", arguments: [0.1, 0.3, 0.5])
    func exactTwoLevels(p: Double) {
        let entropy = -p * log(p) - (1 - p) * log(1 - p)
        let plugIn = expectation(.plugIn, p: p, samples: 30) - entropy
        for estimator in [EntropyEstimator.millerMadow, .jackknife] {
            let corrected = expectation(estimator, p: p, samples: 30) - entropy
            #expect(abs(corrected) < 0.2 * abs(plugIn), "\(estimator): \(corrected) against \(plugIn)")
        }
    }

    @Test("of two levels under Grassberger is log N − ψ(N), up to what falls with N exponentially")
    func grassbergerConverges() {
        // E[n G(n)] = N p (log p + ψ(N)) but for a remainder of the order |1 − 2p|ᴺ.
        let entropy = -0.3 * log(0.3) - 0.7 * log(0.7)
        for samples in [40, 41, 60] {
            let offset = log(Double(samples)) - digamma(Double(samples))
            #expect(abs(expectation(.grassberger, p: 0.3, samples: samples) - entropy - offset) < 1e-13)
        }
    }
}
