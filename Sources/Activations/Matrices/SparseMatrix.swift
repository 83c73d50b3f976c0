// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A matrix stored as compressed sparse rows, handed out dense.
///
/// Row i has `values[p]` in column `indices[p]` for p of `pointers[i] ..< pointers[i + 1]`; all else is 0. Columns
/// of a row may come in any order; values of one column add up in the order in which they are stored.
/// Nothing of the file is believed: pointers must ascend from 0 to the number of values, and columns exist.
final class SparseMatrix: PlannedMatrix {
    let name: String
    let samples: Int
    let neurons: Int
    let element: Element
    let preferredRows: Int?
    let plan: ReadingPlan
    var rereadingIsCheap: Bool { false }

    private let values: StoredVector
    private let indices: StoredVector
    private let pointers: RowPointers
    /// Values that are read together; boundaries of pieces are its multiples.
    private let piece: Int

    /// - Parameter memory: bytes that reading may use
    /// - Throws: `shape`, `dtype` or `format` for datasets that are no such matrix; `memory` for a chunk that is too
    ///   large; what reading throws
    init(name: String, file: OpenFile, place: SparsePlace, memory: Int) throws(InfoLensError) {
        values = try StoredVector(file, place.values, memory: memory / 2)
        indices = try StoredVector(file, place.indices, memory: memory / 2)
        try indices.checkIntegers()
        guard place.shape.count == 2, place.shape.allSatisfy({ $0 > 0 }), place.shape[1] <= Int.max / 64 else {
            throw InfoLensError(
                .shape,
                """
                \(values.what): a sparse matrix of shape \(describe(shape: place.shape)); two axes, neither empty, \
                are wanted
                """
            )
        }
        guard indices.count == values.count else {
            throw InfoLensError(
                .format, "\(indices.what) has \(indices.count) elements for \(values.count) values; the file is corrupt"
            )
        }
        samples = place.shape[0]
        neurons = place.shape[1]
        pointers = try RowPointers(
            StoredVector(file, place.pointers, memory: memory / 2), rows: samples, values: values.count,
            memory: memory / 8)
        self.name = name
        element = values.encoding.dtype.element
        // Chunks of both, as far as one count can be a multiple of either.
        let wanted = max(1 << 10, min(1 << 15, memory >> 8))
        piece = max(values.piece(about: wanted), indices.piece(about: wanted))
        preferredRows = Self.preferredRows(
            samples: samples, values: values.count, chunk: max(values.chunk ?? 0, indices.chunk ?? 0))
        plan = Self.plan([values, indices])
    }

    /// Rows whose values are several chunks, since those at the border of two blocks are decoded for each.
    private static func preferredRows(samples: Int, values: Int, chunk: Int) -> Int? {
        guard chunk > 0 else { return nil }
        let mean = max(1, values / samples)
        return max(1, min(samples, saturatingProduct(4, chunk) / mean))
    }

    private static func plan(_ parts: [StoredVector]) -> ReadingPlan {
        var joined = JoinedPlan()
        for part in parts {
            joined.add(
                ReadingPlan(
                    path: part.storage.path, reason: part.storage.reason, dtype: part.facts.type.name, conversion: "",
                    storage: "",
                    bytes: saturatingProduct(part.count, part.encoding.dtype.size),
                    storedBytes: Int(clamping: part.facts.storedBytes)))
        }
        var plan = joined.plan
        plan.dtype = parts[0].facts.type.name
        plan.conversion = "sparse rows to dense"
        plan.storage = "sparse rows, \(parts[0].facts.storage)"
        return plan
    }

    /// Parts of the scratch memory, one after the other.
    private struct Parts {
        let output: Int
        let pointers: Int
        let values: Int
        let indices: Int
        let workspace: Int

        var total: Int { [output, pointers, values, indices, workspace].saturatingSum() }
    }

    private func parts(rows: Int) -> Parts {
        Parts(
            output: alignedProduct(rows, neurons, element.size), pointers: pointers.scratchBytes(rows: rows),
            values: alignedProduct(piece, element.size), indices: alignedProduct(piece, MemoryLayout<Int64>.size),
            workspace: max(values.scratchBytes(piece), indices.scratchBytes(piece)))
    }

    func scratchBytes(rows: Int) -> Int { min(parts(rows: rows).total, Int.max / 16) }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let output = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "layer \"\(name)\": \(scratch.count) bytes of scratch are too few")
        }
        let parts = parts(rows: rows.count)
        let values = output + parts.output + parts.pointers
        let columns = (values + parts.values).bindMemory(to: Int64.self, capacity: piece)
        let workspace = values + parts.values + parts.indices
        let ends = try pointers.bounds(of: rows, scratch: output + parts.output)

        output.initializeMemory(as: UInt8.self, repeating: 0, count: rows.count &* neurons &* element.size)
        let last = Int(ends[rows.count])
        var start = Int(ends[0])
        var row = 0
        while start < last {
            let end = min((start / piece &+ 1) &* piece, last)
            if let bad = try self.values.read(start..<end, as: element, to: values, scratch: workspace) {
                throw inexactInteger(in: self.values.what, row: bad, neuron: 0)
            }
            try indices.read(start..<end, to: columns, scratch: workspace)
            if let bad = (0..<end &- start).first(where: { UInt64(bitPattern: columns[$0]) >= UInt64(neurons) }) {
                throw InfoLensError(
                    .format,
                    """
                    \(indices.what): column \(columns[bad]) at position \(start &+ bad) is not one of 0 … \
                    \(neurons - 1); the file is corrupt
                    """
                )
            }
            var position = start
            while position < end {
                while Int(ends[row &+ 1]) <= position { row &+= 1 }
                let stop = min(Int(ends[row &+ 1]), end)
                add(
                    values + (position &- start) &* element.size, columns + (position &- start),
                    count: stop &- position, to: output + row &* neurons &* element.size)
                position = stop
            }
            start = end
        }
        return RowBlock(
            base: UnsafeRawPointer(output), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }

    /// - Precondition: the columns are there
    private func add(
        _ values: UnsafeRawPointer, _ columns: UnsafePointer<Int64>, count: Int, to row: UnsafeMutableRawPointer
    ) {
        switch element {
        case .float32:
            let source = values.assumingMemoryBound(to: Float.self)
            let target = row.assumingMemoryBound(to: Float.self)
            for index in 0..<count { target[Int(columns[index])] += source[index] }
        case .float64:
            let source = values.assumingMemoryBound(to: Double.self)
            let target = row.assumingMemoryBound(to: Double.self)
            for index in 0..<count { target[Int(columns[index])] += source[index] }
        }
    }
}

/// Where each row of a sparse matrix begins among the values: in memory, or read with the rows where they are many.
private struct RowPointers: Sendable {
    private let stored: StoredVector
    private let values: Int
    private let loaded: AlignedBuffer?

    /// - Parameter memory: bytes that they may take for good
    /// - Throws: `dtype` or `format` for pointers that are none
    init(_ stored: StoredVector, rows: Int, values: Int, memory: Int) throws(InfoLensError) {
        try stored.checkIntegers()
        guard stored.count > 0, stored.count - 1 == rows else {
            throw InfoLensError(
                .format,
                "\(stored.what) has \(stored.count) elements for \(rows) rows, not one more; the file is corrupt")
        }
        self.stored = stored
        self.values = values
        let fits = saturatingProduct(stored.count, MemoryLayout<Int64>.size) <= memory
        loaded = fits ? try stored.integers(limit: memory) : nil
        if let loaded { try check(loaded.values(of: Int64.self), first: 0, count: stored.count) }
    }

    func scratchBytes(rows: Int) -> Int {
        loaded == nil
            ? alignedProduct(rows &+ 1, MemoryLayout<Int64>.size) &+ stored.scratchBytes(rows &+ 1) : 0
    }

    /// The pointers of the rows and the one behind them, all checked.
    func bounds(of rows: Range<Int>, scratch: UnsafeMutableRawPointer) throws(InfoLensError) -> UnsafePointer<Int64> {
        if let loaded { return UnsafePointer(loaded.values(of: Int64.self) + rows.lowerBound) }
        let count = rows.count &+ 1
        let pointers = scratch.bindMemory(to: Int64.self, capacity: count)
        try stored.read(
            rows.lowerBound..<rows.upperBound &+ 1, to: pointers,
            scratch: scratch + alignedProduct(count, MemoryLayout<Int64>.size))
        try check(pointers, first: rows.lowerBound, count: count)
        return UnsafePointer(pointers)
    }

    private func check(_ pointers: UnsafePointer<Int64>, first: Int, count: Int) throws(InfoLensError) {
        for index in 0..<count {
            let row = first &+ index
            let least: Int64 = index > 0 ? pointers[index &- 1] : 0
            guard pointers[index] >= least, pointers[index] <= Int64(values), row > 0 || pointers[index] == 0,
                row < stored.count &- 1 || pointers[index] == Int64(values)
            else {
                throw InfoLensError(
                    .format,
                    """
                    \(stored.what): element \(row) is \(pointers[index]); row pointers ascend from 0 to the \
                    \(values) values: the file is corrupt
                    """
                )
            }
        }
    }
}
