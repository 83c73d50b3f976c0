// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Activations in an HDF5 dataset as samples × neurons, read a block of rows at a time.
final class HDF5Matrix: PlannedMatrix {
    let name: String
    let samples: Int
    let neurons: Int
    let element: Element
    let plan: ReadingPlan

    private let what: String
    private let reader: any RowReader
    private let encoding: Encoding
    private let reduction: RowReduction

    var preferredRows: Int? { reader.preferredRows }

    /// - Parameters:
    ///   - path: the dataset's path in `file`
    ///   - memory: bytes that reading may use
    /// - Throws: `shape` for a rank that `reduction` does not take, an empty dataset or fewer than
    ///   two samples; `dtype` for elements that are no numbers; `memory` for a chunk that is too
    ///   large; and what `StoragePlan.choose` throws.
    init(name: String, file: OpenFile, path: BytePath, reduction: Reduction, memory: Int) throws(InfoLensError) {
        let dataset = try Dataset(file, path, access: file.uncachedAccess)
        let facts = dataset.facts
        what = dataset.what
        guard let encoding = facts.type.encoding else {
            throw InfoLensError(
                .dtype, "\(what) holds elements of type \(facts.type.name); activations are floats, integers or bool")
        }
        guard !facts.isNull else {
            throw InfoLensError(.shape, "\(what) is empty: it was created without an extent")
        }
        let rows = try RowReduction(reduction, shape: facts.shape, of: what)
        let size = encoding.dtype.size
        if case .chunked(let chunk) = facts.layout { try checkChunk(chunk, of: dataset, memory: memory) }
        reader = try dataset.rowReader(rowBytes: rows.rowElements &* size, elementSize: size, memory: memory)
        guard facts.shape[0] >= 2 else {
            throw InfoLensError(
                .shape, "\(what): fewer than two samples (axis 0 counts samples); information needs at least two")
        }
        self.name = name
        self.encoding = encoding
        self.reduction = rows
        samples = facts.shape[0]
        neurons = rows.neurons
        element = rows.element(of: encoding.dtype.element)
        plan = ReadingPlan(
            path: .library, reason: "", dtype: facts.type.name, conversion: "none", storage: facts.storage,
            bytes: facts.count.map { $0 &* size } ?? 0, storedBytes: Int(clamping: facts.storedBytes))
    }

    private var isDirect: Bool { encoding.isKernelElement && reduction.rule == .identity }

    /// Parts of the scratch memory, one after the other.
    private func parts(rows: Int) -> (output: Int, stored: Int, row: Int, workspace: Int) {
        (
            output: alignedProduct(rows, neurons, element.size),
            stored: isDirect ? 0 : alignedProduct(rows, reduction.rowElements, encoding.dtype.size),
            row: reduction.rule == .identity
                ? 0 : alignedProduct(1, reduction.rowElements, encoding.dtype.element.size),
            workspace: aligned(reader.workspaceBytes)
        )
    }

    func scratchBytes(rows: Int) -> Int {
        let parts = parts(rows: rows)
        return parts.output &+ parts.stored &+ parts.row &+ parts.workspace
    }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let output = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "\(what): \(scratch.count) bytes of scratch are too few")
        }
        let parts = parts(rows: rows.count)
        let stored = isDirect ? output : output + parts.output
        let row = output + parts.output + parts.stored
        try reader.read(rows: rows, into: stored, workspace: row + parts.row)
        if !isDirect { try convert(rows, stored: stored, row: row, to: output) }
        return RowBlock(
            base: UnsafeRawPointer(output), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }

    /// Decodes stored rows, and reduces each if there is a rule for it.
    private func convert(
        _ rows: Range<Int>, stored: UnsafeMutableRawPointer, row: UnsafeMutableRawPointer,
        to output: UnsafeMutableRawPointer
    ) throws(InfoLensError) {
        let size = encoding.dtype.size
        let decoded = encoding.dtype.element
        let count = reduction.rowElements
        for index in 0..<rows.count {
            let target = reduction.rule == .identity ? output + index &* neurons &* element.size : row
            if let bad = encoding.convert(
                stored + index &* count &* size, stride: size, count: count, to: decoded, target)
            {
                throw inexactInteger(in: what, row: rows.lowerBound + index, neuron: bad)
            }
            if reduction.rule != .identity {
                reduction.apply(row, stored: decoded, to: output + index &* neurons &* element.size)
            }
        }
    }
}
