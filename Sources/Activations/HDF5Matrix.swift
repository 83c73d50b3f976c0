// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// Activations in an HDF5 dataset as samples × neurons, read a block of rows at a time.
final class HDF5Matrix: PlannedMatrix {
    let name: String
    let samples: Int
    let neurons: Int
    let element: Element
    let plan: ReadingPlan
    /// Rows of the dataset that make a sample: 1, or all where the dataset is one.
    private let rowsPerSample: Int

    private let what: String
    private let reader: any RowReader
    private let reduction: RowReduction
    /// What elements are once decoded.
    private let decoded: Element

    var preferredRows: Int? { rowsPerSample == 1 ? reader.preferredRows : nil }

    /// - Parameters:
    ///   - place: the dataset in `file`; a `field` of it is not for this type
    ///   - memory: bytes that reading may use
    /// - Throws: `shape` for a rank that the form's reduction does not take or an empty dataset; `dtype` for
    ///   elements that are no numbers; `memory` for a chunk that is too large; and what `StoragePlan.choose` throws.
    init(
        name: String, file: OpenFile, place: DatasetPlace, form: MatrixForm, memory: Int
    ) throws(InfoLensError) {
        let dataset = try Dataset(file, place.path, access: file.uncachedAccess)
        let facts = dataset.facts
        what = dataset.what
        guard var encoding = facts.type.encoding else {
            throw InfoLensError(
                .dtype, "\(what) holds elements of type \(facts.type.name); activations are floats, integers or bool")
        }
        guard !facts.isNull else {
            throw InfoLensError(.shape, "\(what) is empty: it was created without an extent")
        }
        if let dtype = place.dtype, dtype.size == encoding.dtype.size { encoding.dtype = dtype }
        let samplesAreLast = (place.samplesAreLast || form.samplesAreLast) && facts.shape.count > 1
        let rows = try RowReduction(
            form.reduction, shape: facts.shape, samplesAreLast: samplesAreLast, isOneSample: place.isOneSample, of: what
        )
        let (reader, storage) = try dataset.rowReader(
            Transfer(encoding), samplesAreLast: samplesAreLast, memory: memory)
        self.reader = reader
        rowsPerSample = place.isOneSample ? reader.slab.samples : 1
        samples = place.isOneSample ? 1 : reader.slab.samples
        self.name = name
        reduction = rows
        neurons = rows.neurons
        decoded = encoding.dtype.element
        element = rows.element(of: decoded)
        plan = ReadingPlan(
            path: storage.path, reason: storage.reason,
            dtype: place.dtype?.name ?? facts.type.name, conversion: conversionName(encoding),
            storage: facts.storage, bytes: saturatingProduct(facts.count ?? 0, encoding.dtype.size),
            storedBytes: Int(clamping: facts.storedBytes))
    }

    var rereadingIsCheap: Bool { plan.path == .blocks }

    /// Whether the reader's elements are the block's as they come.
    private var isDirect: Bool { reduction.rule == .identity && !reader.slab.samplesAreLast }

    /// Parts of the workspace, one after the other.
    private func parts(rows: Int) -> (decoded: Int, transposed: Int, reader: Int) {
        let values = isDirect ? 0 : alignedProduct(rows, reduction.rowElements, decoded.size)
        return (
            decoded: values,
            transposed: reader.slab.samplesAreLast && reduction.rule != .identity ? values : 0,
            reader: aligned(reader.workspaceBytes(rows: rows &* rowsPerSample))
        )
    }

    func workspaceBytes(rows: Int) -> Int {
        let parts = parts(rows: rows)
        return parts.decoded &+ parts.transposed &+ parts.reader
    }

    private func outputBytes(rows: Int) -> Int { alignedProduct(rows, neurons, element.size) }

    func scratchBytes(rows: Int) -> Int { outputBytes(rows: rows) &+ workspaceBytes(rows: rows) }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let output = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "\(what): \(scratch.count) bytes of scratch are too few")
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: scratch[outputBytes(rows: rows.count)...])
        try read(rows: rows, into: output, workspace: rest)
        return RowBlock(
            base: UnsafeRawPointer(output), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawBufferPointer)
        throws(InfoLensError)
    {
        let parts = parts(rows: rows.count)
        // An empty workspace has no address; then nothing is put there.
        let base = workspace.baseAddress ?? output
        let values = isDirect ? output : base
        let transposed = base + parts.decoded
        try reader.read(
            rows: rows.lowerBound &* rowsPerSample..<rows.upperBound &* rowsPerSample, into: values,
            workspace: transposed + parts.transposed)
        if !isDirect { arrange(rows.count, values, transposed, output) }
    }

    /// Turns columns into rows, and reduces rows.
    private func arrange(
        _ rows: Int, _ values: UnsafeMutableRawPointer, _ transposed: UnsafeMutableRawPointer,
        _ output: UnsafeMutableRawPointer
    ) {
        let isReduced = reduction.rule != .identity
        var samples = UnsafeRawPointer(values)
        if reader.slab.samplesAreLast {
            let target = isReduced ? transposed : output
            cn_transpose(
                values, Int64(reduction.rowElements), Int64(rows), Int64(decoded.size), target)
            samples = UnsafeRawPointer(target)
        }
        guard isReduced else { return }
        for row in 0..<rows {
            reduction.apply(
                samples + row &* reduction.rowElements &* decoded.size, stored: decoded,
                to: output + row &* neurons &* element.size)
        }
    }
}

extension StoragePlan {
    var path: ReadingPlan.Path {
        switch way {
        case .contiguous: .blocks
        case .chunks: .chunks
        case .library: .library
        }
    }
}
