// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization

/// A matrix whose rows, once read, stay in memory: for computations that go over rows more than once, where reading
/// them again would be decoding them again.
public final class KeptRows: ActivationMatrix {
    private let matrix: any ActivationMatrix
    private let store: AlignedBuffer
    /// Rows that are read together.
    private let stripRows: Int
    private let strips: [Strip]

    /// Whether its rows are in the store, and who is reading them.
    private final class Strip: Sendable {
        let isRead = Atomic<Bool>(false)
        let reading = Mutex<Void>(())
    }

    public var name: String { matrix.name }
    public var samples: Int { matrix.samples }
    public var neurons: Int { matrix.neurons }
    public var element: Element { matrix.element }
    public var preferredRows: Int? { stripRows }
    public var isInMemory: Bool { true }

    /// Whether keeping the rows of a matrix is worth memory, and half of `memory` bytes has room for them and another
    /// part for reading them.
    public static func pays(for matrix: any ActivationMatrix, memory: Int) -> Bool {
        guard !matrix.rereadingIsCheap, bytes(of: matrix) <= memory / 2 else { return false }
        return matrix.workspaceBytes(rows: stripRows(of: matrix, memory: memory)) <= memory / 16
    }

    static func bytes(of matrix: any ActivationMatrix) -> Int {
        saturatingProduct(matrix.samples, matrix.neurons, matrix.element.size)
    }

    /// About a megabyte of rows in whole chunks, or less where there is little memory.
    private static func stripRows(of matrix: any ActivationMatrix, memory: Int) -> Int {
        let rowBytes = matrix.neurons &* matrix.element.size
        let chunk = max(matrix.preferredRows ?? 1, 1)
        let wanted = max(min(1 << 20, memory / 32) / rowBytes, 1)
        return min(max(wanted &- wanted % chunk, chunk), matrix.samples)
    }

    /// - Precondition: `pays` with the same memory
    fileprivate init(_ matrix: any ActivationMatrix, memory: Int) throws(InfoLensError) {
        self.matrix = matrix
        store = try AlignedBuffer(byteCount: Self.bytes(of: matrix), cleared: false)
        cn_prefer_large_pages(store.bytes.baseAddress, Int64(store.bytes.count))
        stripRows = Self.stripRows(of: matrix, memory: memory)
        strips = (0...(matrix.samples &- 1) / stripRows).map { _ in Strip() }
    }

    public func label(ofNeuron neuron: Int) -> (subject: String, neuron: String) { matrix.label(ofNeuron: neuron) }

    /// A strip is read whole, however few of its rows are wanted.
    public func scratchBytes(rows: Int) -> Int { matrix.workspaceBytes(rows: stripRows) }

    public func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        for index in rows.lowerBound / stripRows...(rows.upperBound &- 1) / stripRows {
            try readStrip(index, scratch)
        }
        let base = UnsafeRawPointer(place(of: rows.lowerBound))
        return RowBlock(
            base: base, firstRow: rows.lowerBound, rows: rows.count, neurons: neurons, rowStride: neurons,
            element: element)
    }

    private func readStrip(_ index: Int, _ scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) {
        let strip = strips[index]
        if strip.isRead.load(ordering: .acquiring) { return }
        var failure: InfoLensError?
        strip.reading.withLock { _ in
            if strip.isRead.load(ordering: .relaxed) { return }
            let first = index &* stripRows
            do throws(InfoLensError) {
                try matrix.read(
                    rows: first..<min(first &+ stripRows, samples), into: place(of: first), workspace: scratch)
                strip.isRead.store(true, ordering: .releasing)
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func place(of row: Int) -> UnsafeMutableRawPointer {
        // A buffer has at least 64 bytes, so the base address is never nil.
        store.bytes.baseAddress.unsafelyUnwrapped + row &* neurons &* element.size
    }
}

extension Run {
    /// Calls `body` with a matrix of the same rows, which keeps what it reads until then where that pays.
    ///
    /// - Parameter passes: how often the rows will be read
    public func keepingRows<Result>(
        of matrix: any ActivationMatrix, passes: Int,
        _ body: (any ActivationMatrix) throws(InfoLensError) -> Result
    ) throws(InfoLensError) -> Result {
        try keepingRows(of: [matrix], passes: passes) { (matrices) throws(InfoLensError) in try body(matrices[0]) }
    }

    /// The same for several, those being kept for which there is room, the first ones first.
    public func keepingRows<Result>(
        of matrices: [any ActivationMatrix], passes: Int,
        _ body: ([any ActivationMatrix]) throws(InfoLensError) -> Result
    ) throws(InfoLensError) -> Result {
        guard passes > 1, matrices.contains(where: { !$0.rereadingIsCheap }) else { return try body(matrices) }
        return try withReservations { () throws(InfoLensError) in
            var kept: [any ActivationMatrix] = []
            let half = memory / 2
            var left = half
            for matrix in matrices {
                guard KeptRows.pays(for: matrix, memory: 2 &* left) else {
                    kept.append(matrix)
                    continue
                }
                kept.append(try KeptRows(matrix, memory: 2 &* left))
                left -= KeptRows.bytes(of: matrix)
            }
            reserve(half - left)
            return try body(kept)
        }
    }
}
