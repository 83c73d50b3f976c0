// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import Synchronization
import TestSupport
import Testing

@testable import InformationTheory

/// I(T;Y) in bits and its part that permutations change.
private func information(_ table: ContingencyTable) -> Double {
    var sum = 0.0
    for c in table.classSamples.indices {
        for (cell, count) in table.counts(ofClass: c).enumerated() where count > 0 {
            let level = table.marginal[table.level(ofCell: cell, class: c)]
            sum +=
                Double(count)
                * log2(Double(count) * Double(table.samples) / Double(level) / Double(table.classSamples[c]))
        }
    }
    return sum / Double(table.samples)
}

private func additive(_ samples: Int) -> PermutationStatistic {
    .additive { _, count in Double(count) * log2(Double(count)) / Double(samples) }
}

private func observed(
    _ matrix: MemoryMatrix, _ quantizer: Quantizer, _ classes: SampleClasses
) throws -> [Double] {
    let values = Mutex([Double](repeating: .nan, count: matrix.neurons))
    try forEachQuantizedNeuron(of: matrix, quantizer: quantizer, classes: classes, run: run()) { neuron, table in
        let value = information(table)
        values.withLock { $0[neuron] = value }
    }
    return values.withLock { $0 }
}

private func null(
    _ matrix: MemoryMatrix, _ quantizer: Quantizer, _ classes: SampleClasses, permutations: Int, seed: UInt64 = 1,
    general: Bool = false, run: Run = TestSupport.run()
) throws -> PermutationNull {
    try labelPermutations(
        of: matrix, quantizer: quantizer, classes: classes, observed: observed(matrix, quantizer, classes),
        permutations: permutations, seed: seed, statistic: general ? .general(information) : additive(matrix.samples),
        run: run)
}

private func bits(_ null: PermutationNull) -> [UInt64] {
    (null.mean + null.deviation + null.maxima).map(\.bitPattern) + null.countAtLeast.map { UInt64($0) }
}

@Suite struct LabelPermutationsTests {
    @Test("a statistic as a sum over cells and from whole tables gives the same null distribution")
    func additiveAndGeneral() throws {
        let matrix = reluLike(samples: 200, neurons: 12)
        let classes = randomClasses(samples: 200, count: 4)
        for quantizer in [Quantizer.uniform(bins: 5, range: .neuron), .threshold(.median), .width(0.01)] {
            let a = try null(matrix, quantizer, classes, permutations: 60)
            let b = try null(matrix, quantizer, classes, permutations: 60, general: true)
            #expect(a.countAtLeast == b.countAtLeast)
            for neuron in 0..<12 {
                #expect(abs(a.mean[neuron] - b.mean[neuron]) < 1e-12)
                #expect(abs(a.deviation[neuron] - b.deviation[neuron]) < 1e-12)
            }
            for (x, y) in zip(a.maxima, b.maxima) { #expect(abs(x - y) < 1e-12) }
        }
    }

    @Test("the same bits for every number of threads and budget")
    func reproducible() throws {
        let matrix = reluLike(samples: 600, neurons: 130)
        let classes = randomClasses(samples: 600, count: 7)
        for quantizer in [Quantizer.uniform(bins: 9, range: .neuron), .quantile(bins: 4)] {
            let reference = bits(try null(matrix, quantizer, classes, permutations: 40, run: run(threads: 1)))
            for (threads, memory) in [(2, 1 << 30), (3, 3 << 18), (8, 1 << 20), (1, 3 << 18)] {
                let found = try null(
                    matrix, quantizer, classes, permutations: 40, run: run(threads: threads, memory: memory))
                #expect(bits(found) == reference, "\(threads) threads, \(memory) bytes")
            }
        }
    }

    @Test("more permutations begin with the same ones; another seed gives others")
    func prefix() throws {
        let matrix = reluLike(samples: 100, neurons: 3)
        let classes = randomClasses(samples: 100, count: 3)
        let quantizer = Quantizer.uniform(bins: 4, range: .neuron)
        let few = try null(matrix, quantizer, classes, permutations: 20)
        let many = try null(matrix, quantizer, classes, permutations: 600)
        #expect(Array(many.maxima.prefix(20)) == few.maxima)
        let others = try null(matrix, quantizer, classes, permutations: 20, seed: 2)
        #expect(others.maxima != few.maxima)
    }

    @Test("p values of unrelated neurons are uniform (Kolmogorov–Smirnov)")
    func uniformUnderTheNull() throws {
        // Continuous enough: with 400 samples, 8 bins and 3 classes hardly two tables tie.
        let (neurons, permutations) = (400, 199)
        var generator = FixedGenerator(seed: 21)
        let values = (0..<400 * neurons).map { _ in Double.random(in: 0..<1, using: &generator) }
        let result = try null(
            MemoryMatrix(values, neurons: neurons), .uniform(bins: 8, range: .given(low: 0, high: 1)),
            randomClasses(samples: 400, count: 3), permutations: permutations)
        let p = result.countAtLeast.map { Double(1 + $0) / Double(1 + permutations) }.sorted()
        let distance = p.enumerated().map { max(abs($1 - Double($0) / 400), abs($1 - Double($0 + 1) / 400)) }.max() ?? 1
        // The 0.999 quantile of √n D is 1.95; the grid of 1/200 adds at most one step.
        #expect(distance < 1.95 / 20 + 1.0 / 200)
    }

    @Test("p of a tiny table is that of all its permutations")
    func fullEnumeration() throws {
        // 8 samples, 4 of each class: 70 arrangements, each equally likely.
        let codes = [0, 0, 0, 0, 1, 1, 1, 1]
        let matrix = MemoryMatrix([0, 0, 0, 1, 0, 1, 2, 2], neurons: 1)
        let value = try observed(matrix, .integer, classes(codes, count: 2))[0]
        var (atLeast, total) = (0, 0)
        for chosen in 0..<256 where chosen.nonzeroBitCount == 4 {
            let permuted = classes((0..<8).map { chosen >> $0 & 1 }, count: 2)
            total += 1
            if try observed(matrix, .integer, permuted)[0] > value - 1e-12 { atLeast += 1 }
        }
        #expect(total == 70)
        let exact = Double(atLeast) / 70
        let permutations = 4000
        for general in [false, true] {
            let found = try null(
                matrix, .integer, classes(codes, count: 2), permutations: permutations, general: general)
            // Five standard errors.
            let error = (exact * (1 - exact) / Double(permutations)).squareRoot()
            #expect(abs(Double(found.countAtLeast[0]) / Double(permutations) - exact) < 5 * error)
        }
    }

    @Test("tables that cannot change have no deviation and always tie")
    func degenerate() throws {
        let constant = MemoryMatrix([Double](repeating: 2, count: 30), neurons: 1)
        let distinct = MemoryMatrix((0..<30).map(Double.init), neurons: 1)
        for matrix in [constant, distinct] {
            for classes in [
                randomClasses(samples: 30, count: 3), SampleClasses(unlabelled: 30),
                classes([Int](repeating: 2, count: 30), count: 4),
            ] {
                let found = try null(matrix, .integer, classes, permutations: 9)
                #expect(found.countAtLeast == [9])
                #expect(found.deviation == [0])
                #expect(abs(found.mean[0] - (try observed(matrix, .integer, classes)[0])) < 1e-12)
            }
        }
        let one = try null(MemoryMatrix([1], neurons: 1), .integer, SampleClasses(unlabelled: 1), permutations: 1)
        #expect(one.countAtLeast == [1] && one.mean == [0] && one.deviation[0].isNaN)
        let none = try null(constant, .integer, randomClasses(samples: 30, count: 3), permutations: 0)
        #expect(none.countAtLeast == [0] && none.mean[0].isNaN && none.maxima.isEmpty)
    }

    @Test("the family's maxima count for the observed values")
    func family() throws {
        var generator = FixedGenerator(seed: 8)
        let codes = (0..<300).map { $0 % 3 }
        // Neuron 0 is the class, the others are noise.
        let values = (0..<300 * 20).map {
            $0 % 20 == 0 ? Double(codes[$0 / 20]) : Double(Int.random(in: 0..<4, using: &generator))
        }
        let matrix = MemoryMatrix(values, neurons: 20)
        let found = try null(matrix, .integer, classes(codes, count: 3), permutations: 99)
        let information = try observed(matrix, .integer, classes(codes, count: 3))
        #expect(PermutationNull.countAtLeast(information[0], sorted: found.maxima.sorted()) == 0)
        for neuron in 0..<20 {
            #expect(
                PermutationNull.countAtLeast(information[neuron], sorted: found.maxima.sorted())
                    >= found.countAtLeast[neuron])
        }
        #expect(PermutationNull.countAtLeast(0, sorted: found.maxima.sorted()) == 99)
        // The plug-in bias, about (levels − 1)(classes − 1) / (2 N ln 2).
        let bias = 6 / (600 * M_LN2)
        for neuron in 1..<20 { #expect(abs(found.mean[neuron] - bias) < bias / 3) }
    }
}
