// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Labels of a dataset, read in pieces and in their stored type. NaN among floats is a sample without a label.
enum StoredLabels {
    /// Bytes read at a time.
    static let pieceBytes = 4 << 20
    /// Bytes that reading of labels may take, which belongs to no call's budget.
    static let memory = 1 << 30

    /// How the elements of a dataset are labels.
    struct Form {
        /// The labels are some of many: a scalar is a label.
        var isPart = false
        /// [1, C] is a row of one-hot labels, not C labels.
        var rowsAreSamples = false
        /// One-hot labels are [C, N].
        var isTransposed = false
        /// Labels are this column of [N, k].
        var column: Int?
    }

    /// - Throws: `shape`, `dtype` or `numeric` for datasets that are no labels, `format` and `io` as for layers.
    static func read(_ dataset: Dataset, as form: Form = Form()) throws(InfoLensError) -> Labels {
        let facts = dataset.facts
        let what = dataset.what
        guard !facts.isNull else { throw InfoLensError(.shape, "\(what) holds no labels: it has no extent") }
        if case .other(let name) = facts.type {
            let fields = try dataset.fields()
            let hint = fields.isEmpty ? "" : "; name one of its fields as path[field]: \(Dataset.list(fields))"
            throw InfoLensError(
                .dtype,
                """
                \(what) holds elements of type \(name); labels are integers, bool, integer-valued floats or \
                strings\(hint)
                """
            )
        }
        try StoragePlan.check(dataset)
        let shape = form.isPart && facts.shape.isEmpty ? [1] : facts.shape
        if case .string(let size, let padding) = facts.type {
            guard form.column == nil else {
                throw InfoLensError(.dtype, "\(what) holds strings in columns; labels of strings are [N]")
            }
            return try StoredTexts(dataset, shape: shape).labels(size: size, padding: padding)
        }
        guard let encoding = facts.type.encoding else {
            throw InfoLensError(.dtype, "\(what) holds elements of type \(facts.type.name)")
        }
        let size = encoding.dtype.size
        var labels = try LabelReader(
            shape: labelShape(shape, form, of: what), dtype: encoding.dtype, swapped: encoding.swapped,
            rowsAreSamples: form.rowsAreSamples || form.isTransposed, allowsMissing: true, argument: what)
        let reader = try dataset.rowReader(Transfer(raw: size), samplesAreLast: form.isTransposed, memory: memory)
            .reader
        let rowBytes = reader.slab.rowElements &* size
        try forEachPiece(of: reader, rowBytes: rowBytes) { (buffer, count) throws(InfoLensError) in
            if form.isTransposed {
                try labels.append(buffer, samples: count, stride: size, innerStride: count &* size)
            } else if let column = form.column {
                try labels.append(buffer + column &* size, samples: count, stride: rowBytes, innerStride: size)
            } else {
                // [1, N] is one row of N labels; otherwise a row is a label.
                let isRow = labels.sampleAxis == 1
                try labels.append(
                    buffer, samples: isRow ? labels.samples : count, stride: isRow ? size : rowBytes,
                    innerStride: size)
            }
        }
        return try labels.labels(classNames: nil)
    }

    /// The labels' own shape.
    private static func labelShape(_ shape: [Int], _ form: Form, of what: String) throws(InfoLensError) -> [Int] {
        guard form.isTransposed || form.column != nil else { return shape }
        guard shape.count == 2, form.column ?? 0 < shape[1], !shape.contains(0) else {
            let wanted = form.isTransposed ? "[C, N]" : "[N, \((form.column ?? 0) + 1)] or wider"
            throw InfoLensError(.shape, "\(what): shape \(describe(shape: shape)); \(wanted) is wanted")
        }
        return form.isTransposed ? [shape[1], shape[0]] : [shape[0]]
    }

    private static func forEachPiece(
        of reader: any RowReader, rowBytes: Int, _ body: (UnsafeRawPointer, Int) throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        let samples = reader.slab.samples
        let wanted = max(1, min(samples, pieceBytes / max(rowBytes, 1)))
        let rows = reader.preferredRows.map { wanted > $0 ? wanted / $0 &* $0 : wanted } ?? wanted
        let bytes = alignedProduct(rows, rowBytes)
        let buffer = try Scratch(bytes: bytes &+ reader.workspaceBytes(rows: rows), for: reader.slab.what)
        for start in stride(from: 0, to: samples, by: rows) {
            let end = min(start + rows, samples)
            try reader.read(rows: start..<end, into: buffer.base, workspace: buffer.base + bytes)
            try body(UnsafeRawPointer(buffer.base), end - start)
        }
    }
}
