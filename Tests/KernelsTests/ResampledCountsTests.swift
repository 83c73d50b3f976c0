// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TestSupport
import Testing

@testable import Kernels

private struct NoWalk: LevelWalk {
    func level(of value: Double) -> Double { value }
}

private struct Cell: Hashable {
    let level: Int
    let label: Int
    let replicate: Int
}

/// Counts of every cell that occurs in the data, of all replicates, for each neuron.
private func counted(
    _ matrix: MemoryMatrix, levels: Int, classes: SampleClasses, replicates: Int, run: Run = TestSupport.run()
) throws -> [[Cell: Int]] {
    let found = Mutex([[Cell: Int]](repeating: [:], count: matrix.neurons))
    let coding = LevelCoding.integers(first: [Double](repeating: 0, count: matrix.neurons), levels: levels)
    try forEachCodedGroup(
        of: matrix, plan: LevelPlan(coding: coding, others: []) { (_, _) in NoWalk() }, neurons: 0..<matrix.neurons,
        bytesPerNeuron: 0, run: run
    ) { (codes) throws(InfoLensError) in
        try ResampledCounts(
            codes: codes, classes: classes, replicates: replicates, seed: 7, mostWorkers: .max, run: run
        ).resampled { (_, neuron, first, tables) throws(InfoLensError) in
            var cells: [Cell: Int] = [:]
            // A part of the replicates at a time.
            for replicates in [0..<tables.count / 3, tables.count / 3..<tables.count] {
                try tables.forEachCell(of: replicates) { cell, counts in
                    for (replicate, count) in zip(replicates, counts) {
                        cells[Cell(level: Int(cell.level), label: Int(cell.label), replicate: first + replicate)] = Int(
                            count)
                    }
                }
            }
            found.withLock { $0[neuron].merge(cells) { $0 + $1 } }
        }
    }
    return found.withLock { $0 }
}

@Suite(.serialized) struct ResampledCountsTests {
    @Test(
        "cells of replicates add up the draws of their samples, in every instruction set",
        arguments: [(1, 1, 1), (2, 2, 2), (40, 3, 5), (700, 4, 60)], [2, 520])
    func bruteForce(shape: (Int, Int, Int), replicates: Int) throws {
        let (samples, count, levels) = shape
        var generator = FixedGenerator(seed: 3)
        // All levels occur, so that a level is its own number.
        let values = (0..<samples * 2).map { i in
            Double(i / 2 < levels ? i / 2 : Int.random(in: 0..<levels, using: &generator))
        }
        let matrix = MemoryMatrix(values, neurons: 2)
        let classes = count == 1 ? SampleClasses(unlabelled: samples) : randomClasses(samples: samples, count: count)
        let weights = try ResampledWeights(classes, seed: 7, workers: 1)
        try forEachInstructionSet { (set) throws in
            let found = try counted(matrix, levels: levels, classes: classes, replicates: replicates)
            for replicate in [0, 1, replicates - 1] {
                var drawn = [UInt32](repeating: 0, count: samples)
                let (most, classSamples) = drawn.withUnsafeMutableBufferPointer { buffer in
                    buffer.baseAddress.map { weights.draw(replicate, weights: $0) } ?? (0, [])
                }
                #expect(drawn.reduce(0, +) == UInt32(samples) && classSamples.reduce(0, +) == samples)
                #expect(drawn.max() == UInt32(most))
                for neuron in 0..<2 {
                    var expected: [Cell: Int] = [:]
                    for (i, value) in matrix.column(neuron).enumerated() {
                        let label = classes.codes.isEmpty ? 0 : Int(classes.codes[i])
                        expected[Cell(level: Int(value), label: label, replicate: replicate), default: 0] += Int(
                            drawn[i])
                    }
                    let isEqual = found[neuron].filter { $0.key.replicate == replicate } == expected
                    #expect(isEqual, "\(set), replicate \(replicate), neuron \(neuron)")
                }
            }
        }
    }

    @Test("weights beyond the usual planes get more of them")
    func largeWeights() throws {
        let slices = try SampleSlices(samples: 70, planes: 3, numberSize: 4, workers: 2)
        func fill(_ slices: SampleSlices) throws -> Bool {
            try slices.fill(lanes: 100, run: run()) { lane, numbers in
                for i in 0..<70 { numbers.assumingMemoryBound(to: UInt32.self)[i] = i == 69 && lane == 99 ? 8 : 7 }
                return bitLength(lane == 99 ? 8 : 7)
            }
        }
        #expect(try !fill(slices))
        let wider = try SampleSlices(samples: 70, planes: 4, numberSize: 4, workers: 2)
        #expect(try fill(wider))
        // Plane 3 of the last sample has the bit of lane 99 and no other.
        #expect((0..<8).map { wider.words[(69 * 4 + 3) * 8 + $0] } == [0, 1 << 35, 0, 0, 0, 0, 0, 0])
    }

    @Test("replicates that do not fit on slices are counted a few at a time, with the same cells")
    func tightBudget() throws {
        // Slices take 290 bytes a sample, so that they do not fit; plain weights fit for 20 to 100 replicates.
        let (samples, levels) = (3000, 40)
        var generator = FixedGenerator(seed: 5)
        let matrix = MemoryMatrix(
            (0..<samples * 2).map { i in
                Double(i / 2 < levels ? i / 2 : Int.random(in: 0..<levels, using: &generator))
            }, neurons: 2)
        let classes = randomClasses(samples: samples, count: 3)
        let ample = try counted(matrix, levels: levels, classes: classes, replicates: 110)
        #expect(ample[0].count > 110 * 100 && ample[0] != ample[1])
        for (threads, memory) in [(1, 3 << 19), (2, 3 << 19), (1, 1 << 19), (3, 1 << 18)] {
            let found = try counted(
                matrix, levels: levels, classes: classes, replicates: 110, run: run(threads: threads, memory: memory))
            let isEqual = found == ample
            #expect(isEqual, "\(threads) threads, \(memory) bytes")
        }
    }

    @Test("a budget below one replicate says what is needed")
    func tooSmallBudget() {
        let matrix = MemoryMatrix([Double](repeating: 1, count: 50_000), neurons: 1)
        let error = #expect(throws: InfoLensError.self) {
            try counted(
                matrix, levels: 2, classes: SampleClasses(unlabelled: 50_000), replicates: 10, run: run(memory: 1 << 20)
            )
        }
        #expect(error?.kind == .memory)
    }
}
