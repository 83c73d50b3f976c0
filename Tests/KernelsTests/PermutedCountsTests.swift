// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TestSupport
import Testing

@testable import Kernels

private struct NoWalk: LevelWalk {
    func level(of value: Double) -> Double { value }
}

/// The codes of integer-valued neurons, all at once.
private func coded(
    _ matrix: MemoryMatrix, levels: Int, run: Run = TestSupport.run(),
    _ body: (LevelCodes) throws(InfoLensError) -> Void
) throws {
    let coding = LevelCoding.integers(first: [Double](repeating: 0, count: matrix.neurons), levels: levels)
    try forEachCodedGroup(
        of: matrix, plan: LevelPlan(coding: coding, others: []) { (_, _) in NoWalk() }, neurons: 0..<matrix.neurons,
        bytesPerNeuron: 0, run: run,
        body: body)
}

private func labels(_ permuted: PermutedLabels, _ index: Int) -> [Int] {
    var bytes = [UInt8](repeating: 0, count: permuted.classes.total * permuted.size)
    bytes.withUnsafeMutableBytes { buffer in
        guard let base = buffer.baseAddress else { return }
        permuted.write(permutation: index, to: base)
    }
    return (0..<permuted.classes.total).map { i in
        (0..<permuted.size).reduce(0) { $0 + Int(bytes[i * permuted.size + $1]) << (8 * $1) }
    }
}

/// A function of cells that hardly two tables share.
private func hash(_ c: Int, _ count: Int) -> Double {
    var generator = FixedGenerator(seed: UInt64(c) << 32 | UInt64(count))
    return Double.random(in: -1...1, using: &generator) * Double(count)
}

@Suite(.serialized) struct PermutedCountsTests {
    @Test(
        "sums over permuted tables equal brute force, in every instruction set",
        arguments: [
            (1, 1, 1), (1, 5, 3), (2, 2, 2), (9, 3, 4), (64, 2, 1), (500, 10, 12), (700, 17, 5), (300, 40, 30),
        ],
        [3, 520])
    func bruteForce(shape: (Int, Int, Int), permutations: Int) throws {
        try compare(samples: shape.0, classes: shape.1, levels: shape.2, permutations: permutations)
    }

    @Test(
        "and for any number of classes",
        arguments: [1, 2, 3, 4, 5, 8, 15, 16, 31, 100, 128, 255, 256, 257, 300, 70_000])
    func classCounts(count: Int) throws {
        try compare(samples: 333, classes: count, levels: 4, permutations: 70)
    }

    private func compare(samples: Int, classes count: Int, levels: Int, permutations: Int) throws {
        var generator = FixedGenerator(seed: 4)
        // The first level is half of the samples, as zeros are in rectified layers.
        let values = (0..<samples * 3).map { _ in
            Double(max(0, Int.random(in: -levels + 1..<levels, using: &generator)))
        }
        let matrix = MemoryMatrix(values, neurons: 3)
        let classes =
            count == 1 ? SampleClasses(unlabelled: samples) : randomClasses(samples: samples, count: count)
        let permuted = try PermutedLabels(classes, seed: 11)
        let tables = try CellTables(classes, cell: hash)
        try forEachInstructionSet { (set) throws in
            try coded(matrix, levels: levels) { (codes) throws(InfoLensError) in
                let counts = try PermutedCounts(
                    codes: codes, labels: permuted, permutations: permutations, tables: tables, run: run())
                let found = Mutex([[Int64]](repeating: [], count: 3))
                try counts.observed { neuron, sum in found.withLock { $0[neuron] = [sum] } }
                try counts.permuted { neuron, first, sums in
                    #expect(found.withLock { $0[neuron].count } == first + 1)
                    found.withLock { $0[neuron] += sums }
                }
                for b in [-1, 0, 1, permutations / 2, permutations - 1] {
                    let order =
                        b < 0
                        ? (classes.codes.isEmpty ? [Int](repeating: 0, count: samples) : classes.codes.map(Int.init))
                        : labels(permuted, b)
                    for neuron in 0..<3 {
                        var cells: [Int: Int] = [:]
                        for (i, value) in matrix.column(neuron).enumerated() {
                            cells[Int(value) * count + order[i], default: 0] += 1
                        }
                        let expected = cells.reduce(Int64(0)) { $0 + (tables.pointers[$1.key % count]?[$1.value] ?? 0) }
                        #expect(found.withLock { $0[neuron][b + 1] } == expected, "\(set), permutation \(b)")
                    }
                }
            }
        }
    }

    @Test("threads and budgets change no sum")
    func threadsAndBudgets() throws {
        let relu = reluLike(samples: 1500, neurons: 150)
        let matrix = MemoryMatrix(relu.values.map { ($0 * 10).rounded() }, neurons: 150)
        let classes = randomClasses(samples: 1500, count: 10)
        let permuted = try PermutedLabels(classes, seed: 3)
        let tables = try CellTables(classes, cell: hash)
        func sums(_ run: Run) throws -> [Int64] {
            let found = Mutex([[Int64]](repeating: [], count: 150))
            try coded(matrix, levels: 31, run: run) { (codes) throws(InfoLensError) in
                try PermutedCounts(codes: codes, labels: permuted, permutations: 70, tables: tables, run: run)
                    .permuted { neuron, _, sums in found.withLock { $0[neuron] += sums } }
            }
            return found.withLock { Array($0.joined()) }
        }
        let reference = try sums(run(threads: 1))
        #expect(reference.count == 70 * 150)
        for (threads, memory) in [(2, 1 << 30), (3, 1 << 19), (8, 1 << 30), (1, 1 << 19), (8, 3 << 19)] {
            let isEqual = try sums(run(threads: threads, memory: memory)) == reference
            #expect(isEqual, "\(threads) threads, \(memory) bytes")
        }
    }

    @Test("permutations keep the labels and differ from each other")
    func permutations() throws {
        let classes = randomClasses(samples: 50, count: 300)
        let permuted = try PermutedLabels(classes, seed: 5)
        let orders = (0..<20).map { labels(permuted, $0) }
        for order in orders { #expect(order.sorted() == classes.codes.map(Int.init).sorted()) }
        #expect(Set(orders).count == 20)
        #expect(labels(try PermutedLabels(classes, seed: 6), 0) != orders[0])
    }

    @Test("a cancelled run ends")
    func cancellation() throws {
        let matrix = MemoryMatrix([Double](repeating: 1, count: 4000), neurons: 4)
        let classes = randomClasses(samples: 1000, count: 2)
        let stopped = Run(threads: 2, memory: 1 << 30, isCancelled: { true })
        let error = #expect(throws: InfoLensError.self) {
            try coded(matrix, levels: 2) { (codes) throws(InfoLensError) in
                try PermutedCounts(
                    codes: codes, labels: PermutedLabels(classes, seed: 1), permutations: 10,
                    tables: CellTables(classes, cell: hash), run: stopped
                ).permuted { _, _, _ in }
            }
        }
        #expect(error?.kind == .cancelled)
    }
}
