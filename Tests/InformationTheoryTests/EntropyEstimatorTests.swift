// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

/// The estimate for counts; the alphabet is that of the counts unless given.
func estimate(
    _ estimator: EntropyEstimator, _ counts: [Int], alphabet: Int? = nil, unit: Logarithm = .nats
) -> Double {
    let function = EntropyFunction(estimator, unit: unit)
    return counts.map { UInt32($0) }.withUnsafeBufferPointer { buffer in
        function.entropy(of: buffer, total: counts.reduce(0, +), alphabet: alphabet ?? counts.count)
    }
}

private func reason(_ estimator: EntropyEstimator, _ counts: [Int]) -> String? {
    counts.map { UInt32($0) }.withUnsafeBufferPointer { buffer in
        EntropyFunction(estimator, unit: .nats).reasonUndefined(of: buffer, total: counts.reduce(0, +)).map { "\($0)" }
    }
}

private func observed(_ counts: [Int]) -> Int { counts.filter { $0 > 0 }.count }

/// Histograms of many shapes: uniform, skewed, sparse, with one level, with one sample.
private let histograms: [[Int]] = [
    [3, 6, 5, 5, 7, 5, 6, 3, 6, 4], [4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1], [1000, 1, 0, 0, 1], [12, 12, 12, 12],
    [0, 50, 0], [2], [1, 1, 2], [900_000, 100_000, 3], [1, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0],
]

/// Counts with estimates in nats that another program computed from the definitions.
private struct Reference: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let counts: [Int]
    let values: [(EntropyEstimator, full: Double, observed: Double)]
}

private let references = [
    Reference(
        testDescription: "100 samples of a Zipf law",
        counts: [40, 9, 11, 8, 3, 3, 3, 2, 2, 3, 3, 1, 1, 1, 3, 2, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0],
        values: [
            (.plugIn, 2.262405346246192, 2.262405346246192), (.millerMadow, 2.362405346246192, 2.362405346246192),
            (.grassberger, 2.448683352046831, 2.448683352046831), (.chaoShen, 2.4646248253131238, 2.4646248253131238),
            (.jamesStein, 2.3900406653322794, 2.339789683154397), (.nsb, 2.4212867130390685, 2.3868339890938297),
        ]),
    Reference(
        testDescription: "2000 samples of a Zipf law",
        counts: [
            659, 300, 160, 120, 108, 78, 73, 51, 49, 36, 30, 34, 33, 30, 15, 27, 13, 21, 18, 12, 24, 16, 20, 13, 12,
            7, 10, 11, 13, 7,
        ],
        values: [
            (.plugIn, 2.5230210599981784, 2.5230210599981784), (.millerMadow, 2.5302710599981784, 2.5302710599981784),
            (.grassberger, 2.5301080341028825, 2.5301080341028825), (.chaoShen, 2.5230589770290823, 2.5230589770290823),
            (.jamesStein, 2.5290030567773756, 2.5290030567773756), (.nsb, 2.53378868916097, 2.53378868916097),
        ]),
    Reference(
        testDescription: "50 samples of ten equal levels", counts: [3, 6, 5, 5, 7, 5, 6, 3, 6, 4],
        values: [
            (.plugIn, 2.268993778378308, 2.268993778378308), (.millerMadow, 2.358993778378308, 2.358993778378308),
            (.grassberger, 2.3957191842229575, 2.3957191842229575), (.chaoShen, 2.293204502689241, 2.293204502689241),
            (.jamesStein, 2.3025850929940455, 2.3025850929940455), (.nsb, 2.2757856538388546, 2.2757856538388546),
        ]),
    Reference(
        testDescription: "a small sample", counts: [4, 2, 3, 0, 2, 4, 0, 0, 2, 1, 1],
        values: [
            (.plugIn, 1.9683824087283812, 1.9683824087283812), (.millerMadow, 2.152592935044171, 2.152592935044171),
            (.grassberger, 2.144626386031427, 2.144626386031427), (.chaoShen, 2.201137101279585, 2.201137101279585),
            (.jamesStein, 2.379602895309956, 2.0794415416798357), (.nsb, 2.187774461374462, 2.0028435453510975),
        ]),
]

@Suite struct EntropyEstimates {
    // Sums of some thirty terms of size 1 in float64; NSB's reference is itself an integral to 1e-9.
    @Test("agree with another program", arguments: references)
    private func reference(reference: Reference) {
        for (estimator, full, narrow) in reference.values {
            let tolerance = estimator == .nsb ? 1e-8 : 2e-14
            #expect(abs(estimate(estimator, reference.counts) - full) < tolerance, "\(estimator)")
            let alphabet = observed(reference.counts)
            #expect(abs(estimate(estimator, reference.counts, alphabet: alphabet) - narrow) < tolerance, "\(estimator)")
        }
    }

    @Test("the plug-in of K equal levels is log K, and at most that")
    func uniform() {
        for levels in [1, 2, 3, 10, 1000] {
            let counts = [Int](repeating: 7, count: levels)
            // Each addition rounds a sum of at most log K.
            let tolerance = 1e-15 * Double(levels)
            #expect(abs(estimate(.plugIn, counts) - log(Double(levels))) < tolerance)
            #expect(abs(estimate(.plugIn, counts, unit: .bits) - log2(Double(levels))) < tolerance)
            // What is uniform already is not shrunk any further.
            #expect(abs(estimate(.jamesStein, counts) - log(Double(levels))) < tolerance)
        }
        for counts in histograms { #expect(estimate(.plugIn, counts) <= log(Double(observed(counts)))) }
    }

    @Test("the plug-in of a geometric distribution")
    func geometric() {
        // 2¹⁹, 2¹⁸, …, 1, 1 of 2²⁰ samples: H = 2 − 2⁻¹⁹ bits.
        let counts = (0..<20).map { 1 << $0 } + [1]
        #expect(estimate(.plugIn, counts, unit: .bits) == 2 - 0x1p-19)
    }

    @Test("plug-in has the bits of the entropies of tables")
    func sameBits() throws {
        for counts in histograms {
            for unit in [Logarithm.bits, .nats] {
                let total = counts.reduce(0, +)
                let logs = try FrequencyLogs(total: total, classSamples: [], unit: unit)
                for estimator in EntropyEstimator.allCases {
                    let looked = counts.map { UInt32($0) }.withUnsafeBufferPointer {
                        EntropyFunction(estimator, unit: unit).entropy(of: $0, log: logs.ofAll, alphabet: counts.count)
                    }
                    let computed = estimate(estimator, counts, unit: unit)
                    #expect(looked == computed || looked.isNaN && computed.isNaN)
                    if estimator == .plugIn {
                        let table = counts.map { UInt32($0) }.withUnsafeBufferPointer {
                            InformationTheory.entropy(of: $0, log: logs.ofAll)
                        }
                        #expect(table == computed)
                    }
                }
            }
        }
    }

    @Test("the jackknife is the definition's sum over left-out samples")
    func jackknife() {
        for counts in histograms where counts.reduce(0, +) < 10_000 {
            let samples = Double(counts.reduce(0, +))
            var leftOut = 0.0
            for (level, count) in counts.enumerated() where count > 0 {
                var rest = counts
                rest[level] -= 1
                leftOut += Double(count) / samples * (samples > 1 ? estimate(.plugIn, rest) : .nan)
            }
            let expected = samples * estimate(.plugIn, counts) - (samples - 1) * leftOut
            #expect(abs(estimate(.jackknife, counts) - expected) < 4e-15 * samples + 1e-14)
        }
    }

    @Test("Grassberger's G is his recursion")
    func grassberger() {
        let gamma = 0.5772156649015329
        var even = 2 - gamma - log(2)
        #expect(abs(grassbergerG(1) - (-gamma - log(2))) < 1e-15)
        for m in 1..<2000 {
            // The recursion's own rounding grows with the number of steps.
            #expect(abs(grassbergerG(UInt32(2 * m)) - even) < 2e-15 * Double(m))
            #expect(grassbergerG(UInt32(2 * m + 1)) == grassbergerG(UInt32(2 * m)))
            even += 2 / Double(2 * m + 1)
        }
        // Far out it is log n, to 1/(24 m²).
        #expect(abs(grassbergerG(4_000_000_000) - log(4e9)) < 1e-14)
    }

    @Test("one level has no entropy, whatever the sample", arguments: [2, 3, 50, 4_000_000_000])
    func oneLevel(samples: Int) {
        for estimator in EntropyEstimator.allCases where estimator != .grassberger {
            let value = estimate(estimator, [samples], alphabet: 1)
            #expect(value == 0 && value.sign == .plus, "\(estimator)")
        }
        #expect(abs(estimate(.grassberger, [samples])) < 1.2 / Double(samples))
        // Among other levels that could have occurred, all but the Bayesian one still say 0.
        for estimator in [EntropyEstimator.plugIn, .millerMadow, .chaoShen, .jamesStein, .jackknife] {
            #expect(estimate(estimator, [0, samples, 0]) == 0, "\(estimator)")
        }
        #expect(estimate(.nsb, [0, samples, 0]) > 0)
    }

    @Test("where an estimate is undefined it is NaN, and there is a reason")
    func undefined() {
        for estimator in EntropyEstimator.allCases {
            #expect(estimate(estimator, [0, 0]).isNaN && reason(estimator, [0, 0]) == "there are no samples")
            for counts in histograms + [[1, 1, 1], [1], [0, 1, 0]] {
                #expect(estimate(estimator, counts).isNaN == (reason(estimator, counts) != nil))
            }
        }
        #expect(reason(.chaoShen, [1, 0, 1, 1]) == "every level occurs only once")
        #expect(reason(.jackknife, [1]) == "there is only one sample")
        #expect(reason(.chaoShen, [2, 1, 1]) == nil && reason(.jackknife, [1, 1]) == nil)
    }

    @Test("the order of levels does not matter, nor do empty ones", arguments: EntropyEstimator.allCases)
    func invariance(estimator: EntropyEstimator) {
        var generator = FixedGenerator(seed: 5)
        for counts in histograms where reason(estimator, counts) == nil {
            let value = estimate(estimator, counts)
            #expect(abs(estimate(estimator, counts.shuffled(using: &generator)) - value) < 1e-14)
            // Equal alphabets: whether the empty ones are among the counts is the same.
            let dense = counts.filter { $0 > 0 }
            #expect(abs(estimate(estimator, dense, alphabet: counts.count) - value) < 1e-14)
            if !estimator.dependsOnAlphabet, estimator != .panzeriTreves {
                #expect(estimate(estimator, counts + [0, 0, 0]) == value)
            }
        }
    }

    @Test("bits are nats by log 2", arguments: EntropyEstimator.allCases)
    func units(estimator: EntropyEstimator) {
        for counts in histograms where reason(estimator, counts) == nil {
            let (bits, nats) = (estimate(estimator, counts, unit: .bits), estimate(estimator, counts))
            #expect(abs(bits * log(2) - nats) < 4e-15 * max(1, nats))
        }
    }

    @Test("every estimator is listed under its name, with a description and a source")
    func registry() {
        for estimator in EntropyEstimator.allCases {
            #expect("\(estimator.name)" == estimator.rawValue)
            #expect(estimator.description.utf8CodeUnitCount > 20 && estimator.reference.utf8CodeUnitCount > 10)
        }
    }
}
