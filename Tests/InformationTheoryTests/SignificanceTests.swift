// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import InformationTheory

/// E[I] of two margins in nats.
private func expected(_ rows: [Int], _ columns: [Int]) throws -> Double {
    let function = try ExpectedMutualInformation(samples: rows.reduce(0, +))
    return rows.map { UInt32($0) }.withUnsafeBufferPointer { rows in
        columns.map { UInt32($0) }.withUnsafeBufferPointer { columns in function.nats(rows, columns) }
    }
}

@Suite struct ChanceInformation {
    @Test("is the sum over the hypergeometric distribution")
    func values() throws {
        // Computed with exact binomial coefficients.
        let table: [([Int], [Int], Double)] = [
            ([3, 2, 5], [4, 4, 2], 0.28261325796631653), ([1, 1, 1, 1, 1, 1], [2, 4], 0.6365141682948128),
            ([250, 700, 50], [400, 400, 200], 0.002019385776232708), ([1, 999], [500, 500], 0.0006936476811440297),
            ([30000, 30000], [6000, 54000], 8.334035632961774e-06),
        ]
        // The terms are of the size of n/N |log (N n/(a b))| ≤ 1 and cancel.
        for (rows, columns, value) in table { #expect(abs(try expected(rows, columns) - value) < 1e-14) }
    }

    @Test("is the mean over random permutations")
    func permutations() throws {
        let (neuron, labels) = ((0..<60).map { $0 / 20 }, (0..<60).map { $0 % 4 })
        var generator = FixedGenerator(seed: 12)
        var (sum, squares) = (0.0, 0.0)
        for _ in 0..<2000 {
            var joint = [Int](repeating: 0, count: 12)
            for (t, y) in zip(neuron, labels.shuffled(using: &generator)) { joint[4 * t + y] += 1 }
            let information = log(3) + log(4) - estimate(.plugIn, joint)
            sum += information
            squares += information * information
        }
        let mean = sum / 2000
        let error = ((squares / 2000 - mean * mean) / 2000).squareRoot()
        #expect(abs(mean - (try expected([20, 20, 20], [15, 15, 15, 15]))) < 4 * error)
    }

    @Test("is zero for one level, symmetric, and blind to empty and reordered levels")
    func properties() throws {
        #expect(try expected([50], [20, 30]) == 0)
        let value = try expected([5, 20, 25], [10, 40])
        #expect(abs(try expected([10, 40], [5, 20, 25]) - value) < 1e-15)
        #expect(try expected([25, 0, 5, 20], [40, 10, 0]) == value)
        // All samples distinct: whatever the order, Y is known from T.
        let labels = [4, 6]
        #expect(abs(try expected([Int](repeating: 1, count: 10), labels) - estimate(.plugIn, labels)) < 1e-15)
        // Beyond the table of logarithms, it is (K − 1)(C − 1)/(2N) to first order.
        #expect(abs(try expected([1_000_000, 2_000_000], [1_500_000, 1_500_000]) * 6e6 - 1) < 1e-5)
    }

    @Test("adjusts mutual information as scikit-learn does")
    func adjusted() throws {
        // 2000 samples of another program's: its margins, I, E[I] and adjusted I.
        let neuron = [
            76, 21, 17, 23, 35, 86, 59, 51, 52, 62, 55, 68, 65, 66, 61, 68, 70, 63, 56, 50, 65, 61, 67, 56, 62, 50, 49,
            52, 64, 370,
        ]
        let labels = [198, 221, 184, 180, 215, 208, 185, 209, 196, 204]
        let chance = try expected(neuron, labels)
        #expect(abs(chance - 0.06864619778493815) < 1e-12)
        let value = adjustedMutualInformation(
            information: 0.5981816982106463, expected: chance,
            entropies: (estimate(.plugIn, neuron), estimate(.plugIn, labels)))
        #expect(abs(value - 0.19793128262244986) < 1e-12)
    }

    @Test("adjusted information is 1 for a copy and 0 where there is nothing to know")
    func adjustedEnds() throws {
        let labels = [30, 20, 50]
        let entropy = estimate(.plugIn, labels)
        let chance = try expected(labels, labels)
        #expect(
            adjustedMutualInformation(information: entropy, expected: chance, entropies: (entropy, entropy)) == 1)
        #expect(adjustedMutualInformation(information: chance, expected: chance, entropies: (entropy, 1)) == 0)
        #expect(adjustedMutualInformation(information: 0, expected: 0, entropies: (0, 0)) == 0)
        #expect(adjustedMutualInformation(information: 0, expected: 0, entropies: (0, entropy)) == 0)
    }
}

@Suite struct AnalyticSignificance {
    @Test("the G-test is the chi-square probability of 2 N I")
    func gTest() {
        // Two degrees of freedom: e^(−N I).
        #expect(abs(gTestProbability(information: 0.01, samples: 400, levels: 3, classes: 2) - exp(-4)) < 1e-14)
        #expect(gTestProbability(information: 0, samples: 400, levels: 3, classes: 5) == 1)
        #expect(gTestProbability(information: 0, samples: 400, levels: 1, classes: 5) == 1)
        #expect(gTestProbability(information: 0, samples: 400, levels: 4, classes: 1) == 1)
        // The 95 % point of one degree of freedom is 1.96².
        let z = normalQuantile(0.975)
        #expect(abs(gTestProbability(information: z * z / 200, samples: 100, levels: 2, classes: 2) - 0.05) < 1e-14)
    }

    @Test("false discovery rates are those of Benjamini and Hochberg")
    func falseDiscovery() {
        // As scipy.stats.false_discovery_control gives them.
        let q = falseDiscoveryRates([0.01, 0.04, 0.03, 0.005, 0.55, 0.2, 0.03, 1])
        let expected = [0.04, 0.064, 0.06, 0.04, 0.6285714285714286, 0.26666666666666666, 0.06, 1.0]
        for (value, reference) in zip(q, expected) { #expect(abs(value - reference) < 1e-15) }
    }

    @Test("tests that were not made do not count, and the order does not matter")
    func missingTests() {
        #expect(falseDiscoveryRates([]).isEmpty && falseDiscoveryRates([0.3]) == [0.3])
        let with = falseDiscoveryRates([.nan, 0.02, 0.5, .nan, 0.01])
        let without = falseDiscoveryRates([0.01, 0.5, 0.02])
        #expect(with[0].isNaN && with[3].isNaN && [with[4], with[2], with[1]] == without)
    }

    @Test("rates keep the order of the p values, and are at least these and at most 1")
    func monotone() {
        var generator = FixedGenerator(seed: 3)
        let p = (0..<500).map { _ in pow(Double.random(in: 0...1, using: &generator), 3) }
        let pairs = zip(p, falseDiscoveryRates(p)).sorted { $0.0 < $1.0 }
        for (before, after) in zip(pairs, pairs.dropFirst()) { #expect(before.1 <= after.1) }
        #expect(pairs.allSatisfy { $0.1 >= $0.0 && $0.1 <= 1 })
    }
}
