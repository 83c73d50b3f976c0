// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A dataset with one number an element: the indices of a sparse matrix, the times of spikes, codes of labels.
final class StoredVector: Sendable {
    let what: String
    let count: Int
    let encoding: Encoding
    let facts: DatasetFacts
    /// Elements that are cheapest read together, or nil.
    let chunk: Int?

    private let reader: any RowReader
    /// How the elements are read.
    let storage: StoragePlan

    /// - Throws: `shape` for another rank than 1; `dtype` for elements that are no numbers; `memory` for a chunk that
    ///   is too large; what `StoragePlan.choose` throws
    init(_ file: OpenFile, _ path: BytePath, memory: Int) throws(InfoLensError) {
        let dataset = try Dataset(file, path, access: file.uncachedAccess)
        facts = dataset.facts
        what = dataset.what
        guard !facts.isNull, facts.shape.count == 1 else {
            throw InfoLensError(
                .shape, "\(what): shape \(describe(shape: facts.shape)); one number after the other is wanted, rank 1")
        }
        guard let encoding = facts.type.encoding else {
            throw InfoLensError(.dtype, "\(what) holds elements of type \(facts.type.name); numbers are wanted")
        }
        self.encoding = encoding
        count = facts.shape[0]
        (reader, storage) = try dataset.rowReader(Transfer(raw: encoding.dtype.size), memory: memory)
        chunk = reader.preferredRows
    }

    var isInteger: Bool { !encoding.dtype.isFloat }

    /// - Throws: `dtype` for floating-point elements
    func checkIntegers() throws(InfoLensError) {
        guard isInteger else {
            throw InfoLensError(.dtype, "\(what) holds elements of type \(facts.type.name); integers are wanted")
        }
    }

    /// Bytes of workspace to read this many elements.
    func scratchBytes(_ count: Int) -> Int {
        alignedProduct(count, encoding.dtype.size) &+ aligned(reader.workspaceBytes(rows: count))
    }

    /// The elements as stored, at the beginning of `scratch`.
    ///
    /// - Precondition: `range` lies within the vector, `scratch` has `scratchBytes(range.count)`
    private func stored(_ range: Range<Int>, _ scratch: UnsafeMutableRawPointer) throws(InfoLensError) {
        guard !range.isEmpty else { return }
        let workspace = scratch + alignedProduct(range.count, encoding.dtype.size)
        try reader.read(rows: range, into: scratch, workspace: workspace)
    }

    /// Integers of any type; uint64 keeps its bits.
    ///
    /// - Precondition: as for `stored`, room for them in `output`, integer elements
    func read(_ range: Range<Int>, to output: UnsafeMutablePointer<Int64>, scratch: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        try stored(range, scratch)
        encoding.integers(scratch, stride: encoding.dtype.size, count: range.count, to: output)
    }

    /// Numbers as values of `element`, which is no narrower than the elements'.
    ///
    /// - Returns: nil, or the position of the first 64-bit integer that a float64 does not hold
    /// - Precondition: as for `stored`, room for them in `output`
    func read(
        _ range: Range<Int>, as element: Element, to output: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
    ) throws(InfoLensError) -> Int? {
        try stored(range, scratch)
        let bad = encoding.convert(
            scratch, stride: encoding.dtype.size, count: range.count, to: element, output)
        return bad.map { range.lowerBound + $0 }
    }

    /// Elements to read at a time: whole chunks, about so many.
    func piece(about wanted: Int) -> Int {
        guard let chunk else { return max(1, wanted) }
        return chunk >= wanted ? chunk : wanted - wanted % chunk
    }

    /// Calls `body` for pieces of the vector, in order, as doubles.
    ///
    /// - Throws: `numeric` for a 64-bit integer that has no exact double; what `body` throws
    func forEachPiece(
        _ body: (_ start: Int, _ values: UnsafeBufferPointer<Double>) throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        let piece = min(piece(about: 1 << 16), max(count, 1))
        let output = try AlignedBuffer(count: piece, of: Double.self)
        let scratch = try Scratch(bytes: scratchBytes(piece), for: what)
        let values = output.values(of: Double.self)
        for start in stride(from: 0, to: count, by: piece) {
            let range = start..<min(start + piece, count)
            if let bad = try read(range, as: .float64, to: values, scratch: scratch.base) {
                throw inexactInteger(in: what, row: bad, neuron: 0)
            }
            try body(start, UnsafeBufferPointer(start: values, count: range.count))
        }
        withExtendedLifetime(output) {}
    }

    /// All elements, of what is small.
    ///
    /// - Throws: `memory` for more than `limit` bytes; `numeric`, `format`, `io`
    func doubles(limit: Int) throws(InfoLensError) -> [Double] {
        try check(bytes: saturatingProduct(count, MemoryLayout<Double>.size), limit: limit)
        // Where the system has no such amount, that is an error here, and the end in an array.
        _ = try Scratch(bytes: count &* MemoryLayout<Double>.size, for: what)
        var result: [Double] = []
        result.reserveCapacity(count)
        try forEachPiece { (_, values) throws(InfoLensError) in result.append(contentsOf: values) }
        return result
    }

    /// All elements, of integers.
    ///
    /// - Throws: `memory` for more than `limit` bytes; `dtype`, `format`, `io`
    func integers(limit: Int) throws(InfoLensError) -> AlignedBuffer {
        try checkIntegers()
        try check(bytes: saturatingProduct(count, MemoryLayout<Int64>.size), limit: limit)
        let buffer = try AlignedBuffer(count: count, of: Int64.self)
        let piece = min(piece(about: 1 << 16), max(count, 1))
        let scratch = try Scratch(bytes: scratchBytes(piece), for: what)
        for start in stride(from: 0, to: count, by: piece) {
            let range = start..<min(start + piece, count)
            try read(range, to: buffer.values(of: Int64.self) + start, scratch: scratch.base)
        }
        return buffer
    }

    private func check(bytes: Int, limit: Int) throws(InfoLensError) {
        guard bytes <= limit else {
            throw InfoLensError(
                .memory,
                "\(what): its \(count) elements take \(bytes) bytes, more than \(limit); raise the memory budget")
        }
    }
}
