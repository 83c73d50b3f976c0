// SPDX-License-Identifier: Apache-2.0
import Multiplets
import TestSupport
import Testing

@testable import InformationTheory
@testable import Kernels

/// A matrix of columns.
private func matrix(_ columns: [[Double]]) -> MemoryMatrix {
    MemoryMatrix((0..<columns[0].count).flatMap { i in columns.map { $0[i] } }, neurons: columns.count)
}

/// Ω of multiplets, NaN for singular ones.
private func oInformation(_ multiplets: MultipletList, _ joint: GaussianJoint) throws -> [Double] {
    try evaluate(multiplets, of: joint, MultipletRequest(), run: run()).map(value)
}

private func value(_ outcome: MultipletOutcome) -> Double {
    if case .values(let values) = outcome { values.oInformation } else { .nan }
}

/// The values of each multiplet in all resamples.
private func resampled(
    _ multiplets: MultipletList, _ samples: JointSamples, _ kind: Resampling, count: Int, seed: UInt64 = 5,
    run: Run = TestSupport.run()
) throws -> [[Double]] {
    var all = [[Double]](repeating: [], count: multiplets.count)
    let request = ResamplingRequest(kind, count: count, seed: seed, unit: .nats)
    try forEachResampled(multiplets, of: samples, request, run: run) { index, values in all[index] = Array(values) }
    return all
}

private func isSame(_ a: [[Double]], _ b: [[Double]]) -> Bool {
    a.map { $0.map(\.bitPattern) } == b.map { $0.map(\.bitPattern) }
}

/// The largest distance; infinite where one is NaN and the other is not.
private func distance(_ a: [[Double]], _ b: [[Double]]) -> Double {
    zip(a.flatMap(\.self), b.flatMap(\.self)).reduce(0) { worst, pair in
        if pair.0.isNaN || pair.1.isNaN { return pair.0.isNaN == pair.1.isNaN ? worst : .infinity }
        return max(worst, abs(pair.0 - pair.1))
    }
}

@Suite("Resamples of multiplets")
struct MultipletResamplingTests {
    private let multiplets = MultipletList([[0, 1, 2], [4, 1, 6], [6, 5, 3, 1], [2, 4]])
    private let labels: [LabelTreatment] = [.none, .classConditional, .oneHot, .ordinal]

    /// Some correlated neurons, one of them a ReLU, with the classes of the samples.
    private func data(samples: Int = 90) -> (columns: [[Double]], codes: [Int]) {
        let data = LabelledNormals(samples: samples, neurons: 7, classes: 3, seed: 17)
        var columns = data.columns
        columns[1] = columns[1].map { max($0, 0) }
        return (columns, data.codes)
    }

    private func expanded<Value>(_ values: [Value], _ weights: [UInt32]) -> [Value] {
        zip(values, weights).flatMap { [Value](repeating: $0, count: Int($1)) }
    }

    private func weights(_ resample: Int, samples: Int, seed: UInt64 = 5) -> [UInt32] {
        var weights = [UInt32](repeating: 0, count: samples)
        _ = SampleClasses(unlabelled: samples).resample(resample, seed: seed, into: &weights)
        return weights
    }

    private func classes(_ codes: [Int], _ label: LabelTreatment) -> SampleClasses {
        label == .none ? SampleClasses(unlabelled: codes.count) : TestSupport.classes(codes, count: 3)
    }

    @Test("a replicate is what the samples drawn give alone", arguments: [nil, TieRule.average], [false, true])
    func bootstrap(copula: TieRule?, isCorrected: Bool) throws {
        let (columns, codes) = data()
        for label in labels {
            let fit = GaussianFit(copula: copula, label: label, isCorrected: isCorrected)
            let samples = JointSamples.gaussian(matrix: matrix(columns), classes: classes(codes, label), fit: fit)
            let found = try resampled(multiplets, samples, .bootstrap, count: 6)
            let expected = try (0..<6).map { resample -> [Double] in
                let weights = weights(resample, samples: 90)
                #expect(weights.contains { $0 > 1 } && weights.reduce(0, +) == 90)
                let drawn = matrix(columns.map { expanded($0, weights) })
                let joint = try fit.joint(of: drawn, classes: classes(expanded(codes, weights), label), run: run())
                return try oInformation(multiplets, joint.joint)
            }
            // Values of a few nats, from covariances that 90 samples make to 1e-14.
            #expect(distance(found, byMultiplet(expected)) < 1e-12, "\(label)")
        }
    }

    @Test("a surrogate is what shuffled neurons give alone", arguments: [nil, TieRule.average, .ordinal])
    func surrogates(copula: TieRule?) throws {
        let (columns, codes) = data()
        for label in labels {
            let fit = GaussianFit(copula: copula, label: label)
            let samples = JointSamples.gaussian(matrix: matrix(columns), classes: classes(codes, label), fit: fit)
            let found = try resampled(multiplets, samples, .surrogates, count: 4)
            // Ranks of ties in the order of appearance are those of the data.
            let ranked = copula == .ordinal ? columns.map(ranks) : columns
            let expected = try (0..<4).map { surrogate -> [Double] in
                let shuffled = ranked.enumerated().map { neuron, column in
                    var order = column.indices.map { UInt32($0) }
                    order.withUnsafeMutableBufferPointer {
                        Kernels.shuffle($0, seed: 5, purpose: .surrogate, index: surrogate, part: neuron)
                    }
                    return order.map { column[Int($0)] }
                }
                return try oInformation(
                    multiplets, fit.joint(of: matrix(shuffled), classes: classes(codes, label), run: run()).joint)
            }
            #expect(distance(found, byMultiplet(expected)) < 1e-12, "\(label)")
        }
    }

    /// What is listed by resample, by multiplet.
    private func byMultiplet(_ values: [[Double]]) -> [[Double]] {
        (0..<multiplets.count).map { index in values.map { $0[index] } }
    }

    private func ranks(_ column: [Double]) -> [Double] {
        var ranks = column
        let order = column.indices.sorted { (column[$0], $0) < (column[$1], $1) }
        for (rank, index) in order.enumerated() { ranks[index] = Double(rank) }
        return ranks
    }

    @Test(
        "drawing each sample once gives the very joint distribution of the data",
        arguments: [TieRule.average, .ordinal, .random(seed: 3)])
    func once(ties: TieRule) throws {
        try withSteadyInstructionSet {
            let (columns, codes) = data(samples: 300)
            let matrix = matrix(columns)
            let neurons = [1, 2, 4, 6]
            let run = run()
            for label in labels {
                let fit = GaussianFit(copula: ties, label: label)
                let classes = classes(codes, label)
                let whole = try fit.joint(of: matrix, classes: classes, run: run).joint.restricted(to: neurons)
                let table = try NormalScoreTable(samples: 300, run: run)
                let ranksLabel = label == .ordinal
                let sampled = try ResampledColumns(
                    of: matrix, neurons: neurons, ranking: .init(ties: ties, table: table),
                    label: ranksLabel ? codes.map(Double.init) : nil, memory: 1 << 20, run: run)
                let groups = fit.groups(classes, samples: 300)
                let scatter = try ReplicateScatter(
                    .init(
                        columns: sampled, neurons: neurons, totalColumns: 7, classes: classes, groups: groups,
                        ranksLabel: ranksLabel, seed: 1), run: run)
                let resampler = GaussianResampler(
                    scatter, fit: fit, groups: groups, multiplets: multiplets, order: 4,
                    ResamplingRequest(.bootstrap, count: 1, seed: 1, unit: .nats), run: run)
                let ones = [UInt32](repeating: 1, count: 300)
                let joint = try resampler.joint(of: scatter.resample(weights: ones, counts: classes.samples))
                let matrices = [joint, whole].map { [$0.correlation] + $0.conditional.map(\.covariance) }
                #expect(matrices[0].map(bits) == matrices[1].map(bits), "\(label)")
                #expect(joint.conditional.map(\.weight) == whole.conditional.map(\.weight))
                #expect(joint.labelDimensions == whole.labelDimensions && joint.samples == 300)
            }
        }
    }

    private func bits(_ matrix: SymmetricMatrix) -> [UInt64] {
        (0..<matrix.order * matrix.order).map { matrix.values[$0].bitPattern }
    }

    @Test("threads, the budget and the other multiplets change no bit", arguments: [Resampling.bootstrap, .surrogates])
    func deterministic(kind: Resampling) throws {
        try withSteadyInstructionSet { try compareBits(kind) }
    }

    private func compareBits(_ kind: Resampling) throws {
        let (columns, codes) = data(samples: 200)
        let treatments: [(LabelTreatment, TieRule?)] = [
            (.none, nil), (.classConditional, .average), (.ordinal, .average),
        ]
        for (label, copula) in treatments {
            let fit = GaussianFit(copula: copula, label: label)
            let samples = JointSamples.gaussian(matrix: matrix(columns), classes: classes(codes, label), fit: fit)
            let expected = try resampled(multiplets, samples, kind, count: 7, run: run(threads: 1))
            for (threads, memory) in [(2, 1 << 30), (16, 1 << 22), (3, 1 << 19)] {
                let run = run(threads: threads, memory: memory)
                #expect(isSame(try resampled(multiplets, samples, kind, count: 7, run: run), expected))
            }
            for index in 0..<multiplets.count {
                let alone = MultipletList([Array(multiplets[index])])
                #expect(isSame(try resampled(alone, samples, kind, count: 7), [expected[index]]))
            }
        }
        let matrix = reluLike(samples: 150, neurons: 7)
        let joint = try DiscreteJoint.make(
            of: matrix, quantizer: .threshold(.value(0)), label: randomClasses(samples: 150, count: 3),
            estimator: .plugIn, alphabet: .full, run: run())
        let expected = try resampled(multiplets, .discrete(joint), kind, count: 7, run: run(threads: 1))
        for (threads, memory) in [(2, 1 << 30), (16, 1 << 20)] {
            let run = run(threads: threads, memory: memory)
            #expect(isSame(try resampled(multiplets, .discrete(joint), kind, count: 7, run: run), expected))
        }
    }

    @Test(
        "resampled patterns are counted as those of the samples drawn or shuffled",
        arguments: [EntropyEstimator.plugIn, .millerMadow, .jamesStein, .chaoShen], [Alphabet.full, .observed])
    func discrete(estimator: EntropyEstimator, alphabet: Alphabet) throws {
        let matrix = reluLike(samples: 120, neurons: 7)
        let codes = (0..<120).map { ($0 * 7 + $0 / 5) % 3 }
        let quantizer = Quantizer.explicit(edges: [0.5, 1.5])
        func joint(_ columns: [[Double]], _ codes: [Int]) throws -> DiscreteJoint {
            try DiscreteJoint.make(
                of: InformationTheoryTests.matrix(columns), quantizer: quantizer,
                label: TestSupport.classes(codes, count: 3), estimator: estimator, alphabet: alphabet, run: run())
        }
        let columns = (0..<7).map(matrix.column)
        let samples = JointSamples.discrete(try joint(columns, codes))
        func check(_ kind: Resampling, _ resample: (Int) throws -> DiscreteJoint) throws {
            let found = try resampled(multiplets, samples, kind, count: 3)
            let expected = try (0..<3).map { index in
                try evaluate(multiplets, of: resample(index), MultipletRequest(), run: run()).map(value)
            }
            #expect(distance(found, byMultiplet(expected)) < 1e-13)
        }
        try check(.bootstrap) { resample in
            let weights = weights(resample, samples: 120)
            return try joint(columns.map { expanded($0, weights) }, expanded(codes, weights))
        }
        try check(.surrogates) { surrogate in
            let shuffled = columns.enumerated().map { neuron, column in
                var order = column.indices.map { UInt32($0) }
                order.withUnsafeMutableBufferPointer {
                    Kernels.shuffle($0, seed: 5, purpose: .surrogate, index: surrogate, part: neuron)
                }
                return order.map { column[Int($0)] }
            }
            return try joint(shuffled, codes)
        }
    }

    @Test("a budget that holds no multiplet's columns is refused by what it takes; cancellation ends the work")
    func refusals() throws {
        let (columns, codes) = data(samples: 3000)
        let fit = GaussianFit(copula: .average, label: .classConditional)
        let samples = JointSamples.gaussian(matrix: matrix(columns), classes: classes(codes, .oneHot), fit: fit)
        do {
            _ = try resampled(multiplets, samples, .bootstrap, count: 5, run: run(memory: 200_000))
            Issue.record("no error")
        } catch {
            let error = try #require(error as? InfoLensError)
            #expect(error.kind == .memory && "\(error)".contains("bytes, but the budget leaves"))
        }
        let cancelled = Run(threads: 2, memory: 1 << 28, isCancelled: { true })
        #expect(throws: InfoLensError.self) {
            try resampled(multiplets, samples, .surrogates, count: 5, run: cancelled)
        }
        let counted = try DiscreteJoint.make(
            symbols: [0, 1, 1, 0], variables: 2, weights: [1, 1], estimator: .plugIn, alphabet: .full)
        #expect(throws: InfoLensError.self) {
            try resampled(MultipletList([[0, 1]]), .discrete(counted), .bootstrap, count: 5)
        }
    }
}
