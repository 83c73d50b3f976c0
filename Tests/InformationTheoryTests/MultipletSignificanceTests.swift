// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import Multiplets
import TestSupport
import Testing

@testable import InformationTheory

/// Many triplets, each of neurons that are a mixture of normals of their own and one in common, all independent of one
/// another and of the same known covariance: one layer of as many data sets.
private struct Triplets {
    static let count = 20
    let matrix: MemoryMatrix
    let multiplets: MultipletList

    /// - Parameter common: variance of what a triplet's neurons have in common, their own being 1
    init(samples: Int, common: Double, seed: UInt64) {
        let noise = normalNumbers(samples * 4 * Triplets.count, seed: seed)
        let values = (0..<samples).flatMap { i in
            (0..<3 * Triplets.count).map { neuron -> Double in
                let row = noise[(i * 4 * Triplets.count)...].prefix(4 * Triplets.count)
                let first = row.startIndex + neuron / 3 * 4
                return row[first + 1 + neuron % 3] + common.squareRoot() * row[first]
            }
        }
        matrix = MemoryMatrix(values, neurons: 3 * Triplets.count)
        multiplets = MultipletList((0..<Triplets.count).map { [3 * $0, 3 * $0 + 1, 3 * $0 + 2] })
    }

    /// Ω of each triplet in the population: correlations r = v / (1 + v) of all pairs.
    static func truth(common: Double) -> Double {
        let r = common / (1 + common)
        let determinant = (1 - r) * (1 - r) * (1 + 2 * r)
        // −log det R − ½ Σ log P_jj with P_jj = (1 − r²) / det R.
        return -log(determinant) - 1.5 * log((1 - r * r) / determinant)
    }
}

@Suite("Significance of multiplets")
struct MultipletSignificanceTests {
    private func outcomes(
        _ multiplets: MultipletList, _ matrix: any ActivationMatrix, _ fit: GaussianFit, _ classes: SampleClasses
    ) throws -> [MultipletOutcome] {
        try evaluate(
            multiplets, of: fit.joint(of: matrix, classes: classes, run: run()).joint, MultipletRequest(), run: run())
    }

    private func value(_ outcome: MultipletOutcome) -> Double {
        if case .values(let values) = outcome { values.oInformation } else { .nan }
    }

    @Test("the bootstrap's spread is that of fresh samples, and its intervals hold the truth as often as they say")
    func intervals() throws {
        // 160 data sets of 100 samples, of which 20 each share their draws.
        let fit = GaussianFit(copula: nil)
        let classes = SampleClasses(unlabelled: 100)
        let truth = Triplets.truth(common: 1)
        var estimates: [Double] = []
        var intervals: [MultipletInterval] = []
        for seed: UInt64 in 1...8 {
            let data = Triplets(samples: 100, common: 1, seed: seed)
            let outcomes = try outcomes(data.multiplets, data.matrix, fit, classes)
            estimates += outcomes.map(value)
            intervals += try bootstrap(
                data.multiplets, outcomes: outcomes, of: .gaussian(matrix: data.matrix, classes: classes, fit: fit),
                replicates: 99, confidence: 0.9, seed: seed, unit: .nats, run: run()
            ).compactMap(\.self)
        }
        let n = Double(estimates.count)
        #expect(n == 160 && intervals.count == 160)
        let mean = estimates.reduce(0, +) / n
        let spread = (estimates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot()
        let deviation = intervals.reduce(0) { $0 + $1.deviation } / n
        // The spread is known to a share of 1/√(2n) of it, 6 %; the bootstrap's differs by terms of order k/N, 3 %.
        #expect(abs(deviation / spread - 1) < 4 * (1 / (2 * n).squareRoot()) + 0.06)
        // Binomial error of 160 trials, and as much as Ω's bias at 100 samples, which intervals do not correct.
        let covered = Double(intervals.filter { $0.low <= truth && truth <= $0.high }.count) / n
        #expect(abs(covered - 0.9) < 3 * (0.9 * 0.1 / n).squareRoot() + 0.05, "\(covered)")
        #expect(intervals.allSatisfy { $0.missing == 0 && $0.low < $0.high })
    }

    @Test("of independent neurons p values are uniform, of redundant ones the least that there is")
    func surrogates() throws {
        let classes = randomClasses(samples: 60, count: 2)
        for label in [LabelTreatment.none, .classConditional] {
            let fit = GaussianFit(copula: .average, label: label)
            func tests(common: Double) throws -> [MultipletSignificance] {
                try (1...4).flatMap { (seed: UInt64) in
                    let data = Triplets(samples: 60, common: common, seed: seed)
                    return try significance(
                        data.multiplets, outcomes: try outcomes(data.multiplets, data.matrix, fit, classes),
                        of: .gaussian(matrix: data.matrix, classes: classes, fit: fit), surrogates: 19, seed: seed,
                        unit: .nats, run: run()
                    ).compactMap(\.self)
                }
            }
            let (least, n) = (1.0 / 20, 80.0)
            let independent = try tests(common: 0).map(\.pValue)
            #expect(independent.count == 80)
            #expect(independent.allSatisfy { $0 >= least && $0 <= 1 })
            // A uniform number of {1, …, 20} / 20: mean 0.525, deviation 0.288; a tenth are at most 0.1.
            let mean = independent.reduce(0, +) / n
            #expect(abs(mean - 0.525) < 4 * 0.288 / n.squareRoot())
            let small = Double(independent.filter { $0 <= 0.1 }.count)
            #expect(abs(small - 0.1 * n) < 4 * (n * 0.1 * 0.9).squareRoot())
            let redundant = try tests(common: 20)
            #expect(redundant.allSatisfy { $0.pValue == least })
            #expect(redundant.allSatisfy { abs($0.mean) < 0.2 && $0.deviation < 0.2 })
            let q = MultipletSignificance.qValues(redundant.map(Optional.some) + [nil])
            #expect(q.dropLast().allSatisfy { $0 == least })
            #expect(q[80].isNaN)
        }
    }

    @Test("two variables, whose O-information is 0, are as far from 0 as any surrogate")
    func pairs() throws {
        let data = Triplets(samples: 60, common: 1, seed: 4)
        let pairs = MultipletList((0..<Triplets.count).map { [3 * $0, 3 * $0 + 1] })
        let fit = GaussianFit(copula: .average)
        let classes = SampleClasses(unlabelled: 60)
        let tests = try significance(
            pairs, outcomes: try outcomes(pairs, data.matrix, fit, classes),
            of: .gaussian(matrix: data.matrix, classes: classes, fit: fit), surrogates: 9, seed: 1, unit: .bits,
            run: run())
        #expect(tests.allSatisfy { $0?.pValue == 1 })
    }

    @Test("exclusive or is significant synergy")
    func exclusiveOr() throws {
        let bits = (0..<200).flatMap { i -> [Double] in
            let (a, b) = (i % 2, i / 2 % 2)
            return [a, b, a ^ b, i / 4 % 2].map(Double.init)
        }
        let joint = try DiscreteJoint.make(
            of: MemoryMatrix(bits, neurons: 4), quantizer: .integer, label: nil, estimator: .plugIn, alphabet: .full,
            run: run())
        let multiplets = MultipletList([[0, 1, 2], [0, 1, 3]])
        let outcomes = try evaluate(multiplets, of: joint, MultipletRequest(unit: .bits), run: run())
        let tests = try significance(
            multiplets, outcomes: outcomes, of: .discrete(joint), surrogates: 99, seed: 1, unit: .bits, run: run())
        #expect(tests[0]?.pValue == 0.01 && tests[0]?.missing == 0)
        #expect(tests[1]?.pValue == 1)
        let intervals = try bootstrap(
            multiplets, outcomes: outcomes, of: .discrete(joint), replicates: 50, confidence: 0.95, seed: 1,
            unit: .bits, run: run())
        let interval = try #require(intervals[0])
        // Bits that are not quite fair carry a little less than one bit.
        #expect(interval.low >= -1 && interval.high < -0.95 && interval.deviation > 0)
    }

    @Test("replicates in which a multiplet is singular are left out and counted")
    func singular() throws {
        var columns = LabelledNormals(samples: 40, neurons: 3, classes: 2, seed: 8).columns
        // One sample alone makes this neuron vary: it is missing in (1 − 1/40)⁴⁰ = 36 % of the replicates.
        columns[2] = (0..<40).map { $0 == 11 ? 1 : 0 }
        columns.append([Double](repeating: 3, count: 40))
        let matrix = MemoryMatrix((0..<40).flatMap { i in columns.map { $0[i] } }, neurons: 4)
        let multiplets = MultipletList([[0, 1, 2], [0, 1, 3]])
        let classes = SampleClasses(unlabelled: 40)
        for copula in [nil, TieRule.average] {
            let fit = GaussianFit(copula: copula)
            let outcomes = try outcomes(multiplets, matrix, fit, classes)
            let intervals = try bootstrap(
                multiplets, outcomes: outcomes, of: .gaussian(matrix: matrix, classes: classes, fit: fit),
                replicates: 200, confidence: 0.95, seed: 2, unit: .nats, run: run())
            let interval = try #require(intervals[0])
            #expect(abs(Double(interval.missing) - 72.6) < 4 * (200 * 0.363 * 0.637).squareRoot())
            #expect(interval.low.isFinite && interval.low < interval.high && interval.deviation > 0)
            #expect(intervals[1] == nil)
        }
    }

    @Test("quantiles, deviations and p values are of the resamples that have a value")
    func summaries() {
        var values = [Double.nan, 4, 1, .nan, 2, 3, 5]
        let interval = values.withUnsafeMutableBufferPointer { MultipletInterval($0, confidence: 0.5) }
        #expect(interval.low == 2 && interval.high == 4 && interval.missing == 2)
        #expect(abs(interval.deviation - 2.5.squareRoot()) < 1e-15)
        values = [.nan, -4, 1, .nan, -2, 3, 5]
        let test = values.withUnsafeMutableBufferPointer {
            MultipletSignificance($0, observed: 3 + 1e-13, unit: .nats)
        }
        #expect(test.pValue == 4.0 / 6 && abs(test.mean - 0.6) < 1e-15 && test.missing == 2)
        values = [.nan, .nan]
        let nothing = values.withUnsafeMutableBufferPointer { MultipletInterval($0, confidence: 0.5) }
        #expect(nothing.low.isNaN && nothing.high.isNaN && nothing.deviation.isNaN && nothing.missing == 2)
        let untested = values.withUnsafeMutableBufferPointer {
            MultipletSignificance($0, observed: 3, unit: .nats)
        }
        #expect(untested.pValue.isNaN && untested.mean.isNaN && untested.deviation.isNaN)
        values = [7]
        let single = values.withUnsafeMutableBufferPointer { MultipletInterval($0, confidence: 0.9) }
        #expect(single.low == 7 && single.high == 7 && single.deviation.isNaN)
    }
}
