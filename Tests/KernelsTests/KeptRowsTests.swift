// SPDX-License-Identifier: Apache-2.0
import Kernels
import Synchronization
import TestSupport
import Testing

/// A matrix that must be decoded to be read, and counts how often each row was.
private final class CountingMatrix: ActivationMatrix {
    let inner: MemoryMatrix
    let reads: Mutex<[Int]>
    let failures: Mutex<Int>

    init(_ inner: MemoryMatrix, failures: Int = 0) {
        self.inner = inner
        reads = Mutex([Int](repeating: 0, count: inner.samples))
        self.failures = Mutex(failures)
    }

    var name: String { inner.name }
    var samples: Int { inner.samples }
    var neurons: Int { inner.neurons }
    var element: Element { inner.element }
    var preferredRows: Int? { 16 }
    var rereadingIsCheap: Bool { false }

    func scratchBytes(rows: Int) -> Int { inner.scratchBytes(rows: rows) }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        let fails = failures.withLock { left in
            left -= 1
            return left >= 0
        }
        if fails { throw InfoLensError(.io, "not now") }
        reads.withLock { for row in rows { $0[row] += 1 } }
        return try inner.read(rows: rows, scratch: scratch)
    }
}

@Suite("Rows that are kept between passes")
struct KeptRowsTests {
    @Test("each row is decoded once, whatever the number of passes and threads", arguments: [1, 4])
    func once(threads: Int) throws {
        let inner = reluLike(samples: 5000, neurons: 70)
        let matrix = CountingMatrix(inner)
        let run = Run(threads: threads, memory: 1 << 24)
        try run.keepingRows(of: matrix, passes: 3) { (kept) throws(InfoLensError) in
            for _ in 0..<3 {
                let (low, high) = try columnExtrema(of: kept, run: run)
                #expect(low == (0..<70).map { inner.column($0).min() })
                #expect(high == (0..<70).map { inner.column($0).max() })
            }
        }
        #expect(matrix.reads.withLock { Set($0) } == [1])
        #expect(run.memory == 1 << 24)
    }

    @Test("what is kept is taken out of the budget, and nothing is where it does not fit or pay")
    func budget() throws {
        let matrix = CountingMatrix(reluLike(samples: 10_000, neurons: 32))
        let bytes = 10_000 * 32 * 4
        for (memory, passes, expected) in [(2 * bytes, 2, 1), (2 * bytes - 2, 2, 2), (8 * bytes, 1, 2)] {
            matrix.reads.withLock { $0 = [Int](repeating: 0, count: 10_000) }
            let run = Run(threads: 2, memory: memory)
            try run.keepingRows(of: matrix, passes: passes) { (kept) throws(InfoLensError) in
                #expect(run.memory == (expected == 1 ? memory - bytes : memory))
                for _ in 0..<2 { _ = try columnRanges(of: kept, run: run) }
            }
            #expect(matrix.reads.withLock { Set($0) } == [expected])
        }
        let cheap = reluLike(samples: 1000, neurons: 32)
        try Run(threads: 1, memory: 8 * bytes).keepingRows(of: cheap, passes: 2) { kept in
            #expect(!(kept is KeptRows))
        }
    }

    @Test("a reading that failed is tried again, and its error is the reading's")
    func failure() throws {
        let matrix = CountingMatrix(reluLike(samples: 100, neurons: 4), failures: 1)
        let run = Run(threads: 1, memory: 1 << 20)
        try run.keepingRows(of: matrix, passes: 2) { (kept) throws(InfoLensError) in
            #expect(throws: InfoLensError(.io, "not now")) { try columnExtrema(of: kept, run: run) }
            _ = try columnExtrema(of: kept, run: run)
        }
    }
}

@Suite("Ranges of neurons")
struct ColumnRangesTests {
    @Test("minima, maxima, zeros and undefined values, in every instruction set")
    func ranges() throws {
        try forEachInstructionSet { _ in
            for element in [Element.float32, .float64] {
                for neurons in [1, 63, 64, 65, 130] {
                    var values = reluLike(samples: 101, neurons: neurons, element: element).values
                    values[0] = .nan
                    if neurons > 3 {
                        values[neurons + 1] = .infinity
                        values[2 * neurons + 1] = -.infinity
                        for row in 0..<101 { values[row * neurons + 2] = .nan }
                        values[5 * neurons + 3] = -0.0
                    }
                    let matrix = MemoryMatrix(values, neurons: neurons, element: element)
                    let found = try columnRanges(of: matrix, run: run(threads: 2, memory: 1 << 20))
                    for (neuron, range) in found.enumerated() {
                        let column = matrix.column(neuron)
                        let finite = column.filter(\.isFinite)
                        #expect(range.zeros == column.count { $0 == 0 })
                        #expect(range.undefined == column.count - finite.count)
                        #expect(range.minimum == finite.min() || (finite.isEmpty && range.minimum.isNaN))
                        #expect(range.maximum == finite.max() || (finite.isEmpty && range.maximum.isNaN))
                    }
                }
            }
        }
    }
}
