// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization
import TestSupport
import Testing

@testable import Kernels

/// Activations that are handed out where they lie, as a caller's array is, rows in either direction.
private final class ResidentMatrix: ActivationMatrix {
    let name = "layer"
    let samples: Int
    let neurons: Int
    let element: Element
    let preferredRows: Int? = nil
    private let memory: AlignedBuffer
    private let rowStride: Int

    init(_ matrix: MemoryMatrix, padding: Int, reversed: Bool) throws {
        (samples, neurons, element) = (matrix.samples, matrix.neurons, matrix.element)
        let stride = matrix.neurons + padding
        rowStride = reversed ? -stride : stride
        memory = try AlignedBuffer(count: samples * stride, of: Double.self)
        for row in 0..<samples {
            for neuron in 0..<neurons {
                let (place, value) = (offset(of: row) + neuron, matrix.values[row * neurons + neuron])
                switch element {
                case .float32: memory.values(of: Float.self)[place] = Float(value)
                case .float64: memory.values(of: Double.self)[place] = value
                }
            }
        }
    }

    private func offset(of row: Int) -> Int { rowStride < 0 ? (row - samples + 1) * rowStride : row * rowStride }

    func scratchBytes(rows: Int) -> Int { 0 }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        RowBlock(
            base: UnsafeRawPointer(memory.values(of: UInt8.self)) + offset(of: rows.lowerBound) * element.size,
            firstRow: rows.lowerBound, rows: rows.count, neurons: neurons, rowStride: rowStride, element: element)
    }
}

/// In the suite of the counted neurons: instruction sets are changed one test after another.
extension CountedNeuronsTests {
    /// Counts one strip of codes by a kernel that adds to what was there.
    private func counts(of codes: [UInt8], levels: Int) -> [UInt32] {
        var counts = [UInt32](repeating: 1, count: 64 * levels)
        cn_count_u8(codes, Int64(codes.count / 64), Int32(levels), &counts, 64)
        return counts
    }

    private func naiveCounts(of codes: [UInt8], levels: Int) -> [UInt32] {
        var counts = [UInt32](repeating: 1, count: 64 * levels)
        for (index, code) in codes.enumerated() where code > 0 { counts[Int(code) * 64 + index % 64] += 1 }
        return counts
    }

    @Test("a strip is counted exactly for every number of levels")
    func everyNumberOfLevels() {
        var generator = FixedGenerator(seed: 3)
        for levels in 1...64 {
            let codes = (0..<64 * 300).map { _ in UInt8.random(in: 0..<UInt8(levels), using: &generator) }
            let expected = naiveCounts(of: codes, levels: levels)
            forEachInstructionSet { set in
                #expect((counts(of: codes, levels: levels) == expected), "\(levels) levels, \(set)")
            }
        }
    }

    @Test("and for every number of rows, from one to several times what the counters hold")
    func everyNumberOfRows() {
        var generator = FixedGenerator(seed: 4)
        for rows in Array(0...70) + [127, 128, 247, 248, 249, 254, 255, 256, 257, 495, 496, 497, 511, 1000, 2048] {
            for levels in [2, 4, 30] {
                let codes = (0..<64 * rows).map { _ in UInt8.random(in: 0..<UInt8(levels), using: &generator) }
                let expected = naiveCounts(of: codes, levels: levels)
                forEachInstructionSet { set in
                    #expect((counts(of: codes, levels: levels) == expected), "\(rows) rows, \(set)")
                }
            }
        }
    }

    @Test("counters do not overflow when all rows have one level", arguments: [2, 3, 8, 9, 30, 33, 64])
    func oneLevelOnly(levels: Int) {
        for level in [1, levels / 2, levels - 1] {
            let codes = [UInt8](repeating: UInt8(level), count: 64 * 3000)
            let expected = naiveCounts(of: codes, levels: levels)
            forEachInstructionSet { set in #expect((counts(of: codes, levels: levels) == expected), "\(set)") }
        }
    }

    @Test("classes of any size are counted, in memory and in blocks", arguments: [1, 2, 12, 30, 64, 100])
    func unevenClasses(bins: Int) throws {
        let samples = 2600
        let matrix = reluLike(samples: samples, neurons: 67)
        // One sample, none, a run at the end, a few scattered ones, and the rest.
        let codes = (0..<samples).map { row in
            row == 77 ? 0 : row >= 2200 ? 2 : row % 41 == 0 ? 3 : 4
        }
        let step = [Double](repeating: 3 / Double(bins), count: 67)
        let coding = LevelCoding.grid(low: [Double](repeating: 0, count: 67), step: step, bins: bins)
        let groups = classes(codes, count: 5)
        var expected = [[[UInt32]]](
            repeating: [[UInt32]](repeating: [UInt32](repeating: 0, count: bins), count: 5), count: 67)
        for neuron in 0..<67 {
            for (row, value) in matrix.column(neuron).enumerated() {
                let level = (1..<max(bins, 2)).count { $0 < bins && Double($0) * step[0] <= value }
                expected[neuron][codes[row]][level] += 1
            }
        }
        let resident = [
            try ResidentMatrix(matrix, padding: 0, reversed: false),
            try ResidentMatrix(matrix, padding: 3, reversed: true),
        ]
        try forEachInstructionSet { (set) throws in
            #expect(try counted(matrix, coding, groups) == expected, "\(set)")
            for matrix in resident { #expect(try counted(matrix, coding, groups) == expected, "\(set), in memory") }
        }
    }

    @Test("extrema of rows in memory are exact for every instruction set")
    func extremaInMemory() throws {
        for element in [Element.float32, .float64] {
            let matrix = reluLike(samples: 3001, neurons: 133, element: element)
            let resident = try ResidentMatrix(matrix, padding: 1, reversed: true)
            try forEachInstructionSet { (set) throws in
                let (low, high) = try columnExtrema(of: resident, run: run(threads: 3))
                #expect((low == (0..<133).map { matrix.column($0).min() ?? .nan }), "\(set)")
                #expect((high == (0..<133).map { matrix.column($0).max() ?? .nan }), "\(set)")
            }
        }
    }
}
