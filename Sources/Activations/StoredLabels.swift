// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Labels of a dataset, read in pieces and in their stored type. NaN among floats is a sample without a label.
enum StoredLabels {
    /// Bytes read at a time.
    static let pieceBytes = 4 << 20
    /// Bytes that reading of labels may take, which belongs to no call's budget.
    static let memory = 1 << 30

    /// - Parameters:
    ///   - isPart: the labels are some of many: a scalar is a label
    ///   - rowsAreSamples: [1, C] is a row of one-hot labels, not C labels
    /// - Throws: `shape`, `dtype` or `numeric` for datasets that are no labels, `format` and `io` as for layers.
    static func read(
        _ dataset: Dataset, isPart: Bool = false, rowsAreSamples: Bool = false
    ) throws(InfoLensError) -> Labels {
        let facts = dataset.facts
        let what = dataset.what
        guard !facts.isNull else { throw InfoLensError(.shape, "\(what) holds no labels: it has no extent") }
        if case .other(let name) = facts.type {
            let fields = try dataset.recordFields.filter { !$0.name.isEmpty }
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
        let shape = isPart && facts.shape.isEmpty ? [1] : facts.shape
        if case .string(let size, let padding) = facts.type {
            return try StoredTexts(dataset, shape: shape).labels(size: size, padding: padding)
        }
        return try numbers(dataset, shape: shape, rowsAreSamples: rowsAreSamples)
    }

    private static func numbers(
        _ dataset: Dataset, shape: [Int], rowsAreSamples: Bool
    ) throws(InfoLensError) -> Labels {
        let facts = dataset.facts
        guard let encoding = facts.type.encoding else {
            throw InfoLensError(.dtype, "\(dataset.what) holds elements of type \(facts.type.name)")
        }
        var labels = try LabelReader(
            shape: shape, dtype: encoding.dtype, swapped: encoding.swapped, rowsAreSamples: rowsAreSamples,
            allowsMissing: true, argument: dataset.what)
        let size = encoding.dtype.size
        let rowBytes = shape.dropFirst().reduce(size, &*)
        let reader = try dataset.rowReader(Transfer(raw: size), memory: memory).reader
        let rows = max(1, min(shape[0], pieceBytes / rowBytes))
        let aligned = reader.preferredRows.map { rows > $0 ? rows / $0 &* $0 : rows } ?? rows

        let buffer = try Scratch(
            bytes: Activations.aligned(aligned &* rowBytes) &+ reader.workspaceBytes(rows: aligned), for: dataset.what)
        for start in stride(from: 0, to: shape[0], by: aligned) {
            let end = min(start + aligned, shape[0])
            try reader.read(
                rows: start..<end, into: buffer.base,
                workspace: buffer.base + Activations.aligned(aligned &* rowBytes))
            // [1, N] is one row of N labels; otherwise a row is a label.
            let isRow = labels.sampleAxis == 1
            try labels.append(
                UnsafeRawPointer(buffer.base), samples: isRow ? labels.samples : end - start,
                stride: isRow ? size : rowBytes, innerStride: size)
        }
        return try labels.labels(classNames: nil)
    }
}
