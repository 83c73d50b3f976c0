// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import Synchronization
import TestSupport
import Testing

@testable import InformationTheory

private func plugInEntropy(_ counts: [Int]) -> Double {
    let n = Double(counts.reduce(0, +))
    return counts.reduce(0) { $1 == 0 ? $0 : $0 - Double($1) / n * log2(Double($1) / n) }
}

private func entropy(_ table: ContingencyTable) -> Double { plugInEntropy(table.marginal.map { Int($0) }) }

private func information(_ table: ContingencyTable) -> Double {
    let cells = table.classSamples.indices.flatMap { table.counts(ofClass: $0).map { Int($0) } }
    return entropy(table) + plugInEntropy(table.classSamples) - plugInEntropy(cells)
}

private var everything: [BootstrapStatistic] {
    [.entropy, .mutualInformation, .general { entropy($0) }, .general { information($0) }]
}

private func resample(
    _ matrix: MemoryMatrix, _ quantizer: Quantizer, _ classes: SampleClasses,
    _ statistics: [BootstrapStatistic] = everything, replicates: Int, confidence: Double = 0.95, seed: UInt64 = 1,
    run: Run = TestSupport.run()
) throws -> [[BootstrapInterval]] {
    try bootstrap(
        of: matrix, quantizer: quantizer, classes: classes, statistics: statistics, replicates: replicates,
        confidence: confidence, seed: seed, unit: .bits, run: run)
}

private func isClose(_ a: BootstrapInterval, _ b: BootstrapInterval, _ tolerance: Double = 1e-9) -> Bool {
    let pairs = [
        (a.estimate, b.estimate), (a.deviation, b.deviation), (a.percentile.low, b.percentile.low),
        (a.percentile.high, b.percentile.high), (a.bca.low, b.bca.low), (a.bca.high, b.bca.high),
    ]
    return pairs.allSatisfy { abs($0 - $1) < tolerance || $0.isNaN && $1.isNaN }
}

private func bits(_ found: [[BootstrapInterval]]) -> [UInt64] {
    found.joined().flatMap {
        [$0.estimate, $0.deviation, $0.percentile.low, $0.percentile.high, $0.bca.low, $0.bca.high].map(\.bitPattern)
    }
}

@Suite struct BootstrapTests {
    @Test("the entropy of a table without one sample is over the samples that are left")
    func leftOut() throws {
        let layer = try LayerSummary(
            function: EntropyFunction(.millerMadow, unit: .bits), alphabet: .full, levels: 3, total: 12,
            classSamples: [7, 5])
        let counts: [UInt32] = [3, 2, 2, 1, 2, 1]
        let marginal: [UInt32] = [4, 4, 3]
        counts.withUnsafeBufferPointer { counts in
            marginal.withUnsafeBufferPointer { marginal in
                guard let dense = counts.baseAddress else { return }
                let table = ContingencyTable(samples: 11, classSamples: [7, 4], marginal: marginal, dense: dense)
                var neuron = NeuronSummary(neuron: 0, table: table, layer: layer)
                func corrected(_ counts: [Int]) -> Double {
                    plugInEntropy(counts) + 2 / (2 * Double(counts.reduce(0, +)) * log(2))
                }
                let expected = corrected([4, 4, 3])
                #expect(abs(neuron.entropy - expected) < 1e-14)
                let within = (7 * corrected([3, 2, 2]) + 4 * corrected([1, 2, 1])) / 11
                #expect(abs(neuron.mutualInformation - (expected - within)) < 1e-14)
            }
        }
    }

    @Test("sums of terms and whole tables give the same intervals")
    func termsAndTables() throws {
        let matrix = reluLike(samples: 150, neurons: 5)
        for classes in [randomClasses(samples: 150, count: 3), SampleClasses(unlabelled: 150)] {
            for quantizer in [Quantizer.uniform(bins: 6, range: .neuron), .quantile(bins: 3), .width(0.02)] {
                let found = try resample(matrix, quantizer, classes, replicates: 530)
                for neuron in 0..<5 {
                    #expect(isClose(found[0][neuron], found[2][neuron]))
                    // Rounding decides what information of 0 is below another 0: only its bias is unsure.
                    if classes.count > 1 { #expect(isClose(found[1][neuron], found[3][neuron])) }
                }
            }
        }
    }

    @Test("the same bits for every number of threads and budget")
    func reproducible() throws {
        let matrix = reluLike(samples: 300, neurons: 70)
        let classes = randomClasses(samples: 300, count: 4)
        let reference = try resample(matrix, .quantile(bins: 5), classes, replicates: 30, run: run(threads: 1))
        for (threads, memory) in [(2, 1 << 30), (3, 3 << 19), (8, 1 << 22), (1, 3 << 19)] {
            let found = try resample(
                matrix, .quantile(bins: 5), classes, replicates: 30, run: run(threads: threads, memory: memory))
            let isEqual = bits(found) == bits(reference)
            #expect(isEqual, "\(threads) threads, \(memory) bytes")
        }
        let other = try resample(matrix, .quantile(bins: 5), classes, replicates: 30, seed: 2)
        #expect(other[0][0].deviation != reference[0][0].deviation)
    }

    @Test("a budget too small for slices gives the same bits")
    func tightBudget() throws {
        let matrix = reluLike(samples: 4000, neurons: 3)
        let classes = randomClasses(samples: 4000, count: 4)
        func intervals(_ run: Run) throws -> [UInt64] {
            bits(
                try resample(
                    matrix, .uniform(bins: 8, range: .neuron), classes, [.mutualInformation, .general { entropy($0) }],
                    replicates: 70, run: run))
        }
        let ample = try intervals(run())
        for (threads, memory) in [(1, 3 << 19), (3, 3 << 19), (2, 1 << 19)] {
            let isEqual = try intervals(run(threads: threads, memory: memory)) == ample
            #expect(isEqual, "\(threads) threads, \(memory) bytes")
        }
    }

    @Test("two million samples fit in 1 GiB, and 20000 in 8 MiB", arguments: [(2_000_000, 1 << 30), (20_000, 8 << 20)])
    func manySamples(samples: Int, memory: Int) throws {
        let matrix = MemoryMatrix((0..<samples).map { Double($0 % 3) }, neurons: 1)
        let found = try resample(
            matrix, .integer, SampleClasses(unlabelled: samples), [.entropy], replicates: 2, run: run(memory: memory))
        #expect(abs(found[0][0].estimate - log2(3)) < 1e-6 && found[0][0].deviation < 1e-4)
    }

    @Test("work stops between the samples left out and between the replicates of a neuron")
    func cancellation() {
        let matrix = MemoryMatrix((0..<50).map(Double.init), neurons: 1)
        // The data, 50 samples left out, 100 replicates.
        for most in [1, 20, 51, 90] {
            let calls = Atomic<Int>(0)
            let run = Run(
                threads: 1, memory: 1 << 24, isCancelled: { calls.load(ordering: .relaxed) >= most })
            let statistic = BootstrapStatistic.general { table in
                calls.add(1, ordering: .relaxed)
                return entropy(table)
            }
            let error = #expect(throws: InfoLensError.self) {
                try resample(matrix, .integer, SampleClasses(unlabelled: 50), [statistic], replicates: 100, run: run)
            }
            #expect(error?.kind == .cancelled && calls.load(ordering: .relaxed) == most)
        }
    }

    @Test("progress within a neuron reaches what was announced")
    func progress() throws {
        let matrix = MemoryMatrix((0..<100).map { Double($0 % 7) }, neurons: 1)
        let seen = Mutex([Int]())
        let run = Run(
            threads: 1, memory: 1 << 24,
            report: { _, done, _ in
                seen.withLock { $0.append(done) }
                return true
            })
        run.begin(total: bootstrapWorkUnits(of: matrix, quantizer: .integer, replicates: 64))
        let slow = BootstrapStatistic.general { table in
            usleep(5000)
            return entropy(table)
        }
        _ = try resample(matrix, .integer, SampleClasses(unlabelled: 100), [slow], replicates: 64, run: run)
        try run.finish()
        let reported = seen.withLock { $0 }
        #expect(Set(reported).count > 4 && reported == reported.sorted() && reported.last ?? 0 >= 200)
    }

    @Test("the information of all samples but one is that of the others", arguments: EntropyEstimator.allCases)
    func leavingOneOut(estimator: EntropyEstimator) throws {
        // A level of one sample; and classes of one sample, of two samples that differ, of two that do not.
        var generator = FixedGenerator(seed: 11)
        let many = (0..<40).map { _ in (level: Int.random(in: 0..<4, using: &generator), label: 0) }
            .map { (level: $0.level, label: ($0.level + Int.random(in: 0..<3, using: &generator)) % 3) }
        let shared = many + [(5, 0), (2, 1)]
        let two = [(0, 0), (0, 0), (0, 1), (0, 1), (0, 1), (1, 1)]
        for (data, count) in [
            (shared, 3), (shared + [(1, 3)], 4), (shared + [(1, 3), (2, 4)], 5), (shared + [(0, 3), (1, 3)], 4),
            (shared + [(3, 3), (3, 3)], 4), (two, 2),
        ] {
            let edges = Quantizer.explicit(edges: [0.5, 1.5, 2.5, 7])
            for (quantizer, alphabet) in [(Quantizer.integer, Alphabet.full), (.integer, .observed), (edges, .full)] {
                let request = MeasureRequest(
                    NeuronMeasure.all.filter { "\($0.name)" == "mutual_information" },
                    function: EntropyFunction(estimator, unit: .bits), alphabet: alphabet)
                func matrix(_ data: [(level: Int, label: Int)]) -> (MemoryMatrix, SampleClasses) {
                    (MemoryMatrix(data.map { Double($0.level) }, neurons: 1), classes(data.map(\.label), count: count))
                }
                let (values, labels) = matrix(data)
                let layer = try request.layer(quantizer: quantizer, classes: labels)
                let terms = try PlugInTerms(samples: data.count, unit: .bits)
                var left: [(weight: Double, value: Double)] = []
                var cells: [SampleCell] = []
                try forEachCodedGroup(of: values, quantizer: quantizer, bytesPerNeuron: 0, run: run()) {
                    (codes) throws(InfoLensError) in
                    let evaluator = try ReplicateEvaluator(
                        [request.bootstrapStatistic(layer)], terms: terms, codes: codes, classes: labels, workers: 1,
                        run: run(threads: 1))
                    let found = Mutex<([(weight: Double, value: Double)], [SampleCell])>(([], []))
                    try ResampledCounts(
                        codes: codes, classes: labels, replicates: 1, seed: 1, mostWorkers: 1, run: run()
                    ).original { (worker, _, _, tables) throws(InfoLensError) in
                        let values = try evaluator.jackknife(0, of: tables, worker: worker)
                        found.withLock { $0 = (values, Array(tables.cells)) }
                    }
                    (left, cells) = found.withLock { $0 }
                }
                #expect(left.reduce(0) { $0 + $1.weight } == Double(data.count))
                /// The level that a sample has among those that occur.
                func levels(_ data: [(level: Int, label: Int)]) -> [Int] {
                    let cuts = data.map { quantizer == .integer ? $0.level : [0, 1, 2, 3, 3, 3][$0.level] }
                    let all = Set(cuts).sorted()
                    return cuts.map { all.firstIndex(of: $0) ?? -1 }
                }
                let numbers = levels(data)
                for (cell, left) in zip(cells, left) {
                    let removed = data.indices.first {
                        numbers[$0] == cell.level && data[$0].label == cell.label
                    }
                    var others = data
                    others.remove(at: try #require(removed))
                    let (values, labels) = matrix(others)
                    let measures = try evaluate(request, of: values, quantizer: quantizer, classes: labels, run: run())
                    let expected = measures.values[0].values(of: Double.self)[0]
                    let isEqual = abs(left.value - expected) < 1e-12 || left.value.isNaN && expected.isNaN
                    #expect(isEqual, "\(quantizer), \(alphabet), \(count) classes: \(left.value), not \(expected)")
                }
            }
        }
    }

    @Test("BCa is Efron's, computed independently")
    func independentBCa() throws {
        let codes = (0..<60).map { $0 * $0 % 3 }
        let values = (0..<60).map { Double($0 * 7 % 5 / 2 + (codes[$0] == 1 ? 1 : 0)) }
        let classes = classes(codes, count: 3)
        // The replicates as the statistic sees them, in order.
        let seen = Mutex([Double]())
        let statistic = BootstrapStatistic.general { table in
            let value = information(table)
            if table.samples == 60 { seen.withLock { $0.append(value) } }
            return value
        }
        let found = try resample(
            MemoryMatrix(values, neurons: 1), .integer, classes, [statistic], replicates: 999, confidence: 0.9,
            run: run(threads: 1))[0][0]
        let all = seen.withLock { $0 }
        #expect(all.count == 1000 && all[0] == found.estimate)
        let replicates = Array(all.dropFirst())
        func kept(_ kept: [Int]) -> Double {
            func entropy(_ key: (Int) -> Int) -> Double {
                plugInEntropy(Array(Dictionary(kept.map { (key($0), 1) }, uniquingKeysWith: +).values))
            }
            return entropy { Int(values[$0]) } + entropy { codes[$0] } - entropy { Int(values[$0]) * 3 + codes[$0] }
        }
        #expect(abs(kept(Array(0..<60)) - found.estimate) < 1e-12)
        let jackknife = (0..<60).map { left in kept((0..<60).filter { $0 != left }) }
        let mean = jackknife.reduce(0, +) / 60
        let cubes = jackknife.reduce(0) { $0 + pow(mean - $1, 3) }
        let squares = jackknife.reduce(0) { $0 + pow(mean - $1, 2) }
        let a = cubes / (6 * pow(squares, 1.5))
        let below = Double(replicates.count { $0 < found.estimate - 1e-12 })
        let equal = Double(replicates.count { abs($0 - found.estimate) <= 1e-12 })
        /// Φ⁻¹ by bisection.
        func quantile(_ p: Double) -> Double {
            var (low, high) = (-10.0, 10.0)
            for _ in 0..<60 {
                let middle = (low + high) / 2
                if erfc(-middle / 2.0.squareRoot()) / 2 < p { low = middle } else { high = middle }
            }
            return low
        }
        let z0 = quantile((below + equal / 2) / 999)
        let sorted = replicates.sorted()
        for (share, end) in [(0.05, found.bca.low), (0.95, found.bca.high)] {
            let z = z0 + quantile(share)
            let corrected = erfc(-(z0 + z / (1 - a * z)) / 2.0.squareRoot()) / 2
            let position = corrected * 998
            let index = Int(position)
            let expected = sorted[index] + (sorted[index + 1] - sorted[index]) * (position - Double(index))
            #expect(abs(end - expected) < 1e-9)
        }
        // Positions 0.05 · 998 and 0.95 · 998.
        #expect(abs(found.percentile.low - (sorted[49] + (sorted[50] - sorted[49]) * 0.9)) < 1e-9)
        #expect(abs(found.percentile.high - (sorted[948] + (sorted[949] - sorted[948]) * 0.1)) < 1e-9)
        let average = replicates.reduce(0, +) / 999
        let variance = replicates.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 998
        #expect(abs(found.deviation - variance.squareRoot()) < 1e-12)
    }

    @Test("intervals cover the truth about as often as they say")
    func coverage() throws {
        // 300 neurons, each a binary channel with error 0.2 of a balanced class: I = 1 − h(0.2).
        let (samples, neurons) = (400, 300)
        var generator = FixedGenerator(seed: 77)
        let codes = (0..<samples).map { _ in Int.random(in: 0..<2, using: &generator) }
        let values = (0..<samples * neurons).map { i in
            Double(Int.random(in: 0..<5, using: &generator) == 0 ? 1 - codes[i / neurons] : codes[i / neurons])
        }
        let found = try resample(
            MemoryMatrix(values, neurons: neurons), .integer, classes(codes, count: 2), [.mutualInformation],
            replicates: 500, confidence: 0.9)[0]
        let truth = 1 + 0.2 * log2(0.2) + 0.8 * log2(0.8)
        let percentile = Double(found.count { $0.percentile.low <= truth && truth <= $0.percentile.high }) / 300
        let bca = Double(found.count { $0.bca.low <= truth && truth <= $0.bca.high }) / 300
        // The standard error of a share of 0.9 of 300 is 0.017.
        #expect(abs(percentile - 0.9) < 0.06 && abs(bca - 0.9) < 0.06)
    }

    @Test("degenerate data have defined answers")
    func degenerate() throws {
        let constant = try resample(
            MemoryMatrix([Double](repeating: 3, count: 40), neurons: 1), .integer, randomClasses(samples: 40, count: 2),
            replicates: 50)
        for statistic in constant {
            #expect(statistic[0].estimate.magnitude < 1e-15 && statistic[0].deviation < 1e-15)
            #expect(statistic[0].percentile.high.magnitude < 1e-15 && statistic[0].bca.high.magnitude < 1e-15)
        }
        // All samples differ: every replicate has less entropy than the data, and no bias correction is finite.
        let distinct = try resample(
            MemoryMatrix((0..<40).map(Double.init), neurons: 1), .integer, SampleClasses(unlabelled: 40), [.entropy],
            replicates: 50)[0][0]
        #expect(distinct.bca.low.isNaN && distinct.bca.high.isNaN && distinct.percentile.high < distinct.estimate)
        let single = try resample(
            MemoryMatrix([5], neurons: 1), .integer, SampleClasses(unlabelled: 1), replicates: 1)[0][0]
        #expect(single.estimate == 0 && single.deviation.isNaN && single.percentile.low == 0)
        #expect(single.bca.low == 0 && single.bca.high == 0)
        let undefined = try resample(
            MemoryMatrix([5, 6], neurons: 1), .integer, SampleClasses(unlabelled: 2), [.general { _ in .nan }],
            replicates: 5)[0][0]
        #expect(undefined.percentile.low.isNaN && undefined.bca.low.isNaN && undefined.deviation.isNaN)
    }
}
