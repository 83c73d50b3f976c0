// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The weight and bias of a layer, opened and not yet read.
struct StoredWeights {
    let place: WeightPlace
    let weight: Dataset
    let bias: Dataset?

    var rows: Int { weight.facts.shape[0] }
    var columns: Int { weight.facts.shape[1] }

    /// - Throws: `shape` for a bias that is no vector and for empty axes; `dtype` for elements that are no numbers;
    ///   `format` for a weight that is no matrix, or missing; `io`.
    init(_ place: WeightPlace, in file: OpenFile) throws(InfoLensError) {
        guard let found = place.weight else {
            throw InfoLensError(.format, "layer '\(place.name)' has \(place.obstacle ?? "no weight")")
        }
        self.place = place
        weight = try Self.open(found, in: file)
        guard weight.facts.shape.count == 2 else {
            throw InfoLensError(
                .format,
                """
                \(weight.what) has the shape \(describe(shape: weight.facts.shape)): layer '\(place.name)' is not \
                dense, and only dense layers can be computed
                """
            )
        }
        bias = if let found = place.bias { try Self.open(found, in: file) } else { nil }
        if let bias, bias.facts.shape.count != 1 {
            throw InfoLensError(
                .shape, "\(bias.what) has the shape \(describe(shape: bias.facts.shape)); a bias is a vector [neurons]")
        }
    }

    private static func open(_ found: FoundDataset, in file: OpenFile) throws(InfoLensError) -> Dataset {
        let dataset = try Dataset(file, found.path, access: file.uncachedAccess)
        guard dataset.facts.type.encoding != nil else {
            throw InfoLensError(
                .dtype, "\(dataset.what) holds elements of type \(dataset.facts.type.name); weights are numbers")
        }
        guard !dataset.facts.isNull, !dataset.facts.shape.contains(0) else {
            throw InfoLensError(.shape, "\(dataset.what) is empty")
        }
        return dataset
    }

    /// Bytes of the layer as float64; nil beyond any address space.
    var bytes: Int? {
        guard let weights = checkedProduct([rows, columns, 8]) else { return nil }
        let (sum, overflow) = weights.addingReportingOverflow((bias?.facts.shape[0] ?? 0) &* 8)
        return overflow || sum > Int.max / 2 ? nil : sum
    }

    /// The layer, read.
    ///
    /// - Parameter memory: bytes that reading may use beside the result
    /// - Throws: `numeric` for NaN, infinity, and integers without an exact float64; `memory`, `format`, `io`.
    func layer(_ layout: WeightLayout, activation: String?, memory: Int) throws(InfoLensError) -> StoredDenseLayer {
        let weights = try Self.values(of: weight, transposed: layout == .outIn, memory: memory)
        var biases: [Double]?
        if let bias { biases = try Self.values(of: bias, transposed: false, memory: memory) }
        return StoredDenseLayer(
            name: place.name, inputs: layout == .outIn ? columns : rows, neurons: layout == .outIn ? rows : columns,
            weight: weights, bias: biases, activation: activation)
    }

    /// All elements of a vector or matrix as float64, finite, in C order or that of the transposed matrix.
    private static func values(of dataset: Dataset, transposed: Bool, memory: Int) throws(InfoLensError) -> [Double] {
        let facts = dataset.facts
        guard let encoding = facts.type.encoding, let count = facts.count else {
            throw InfoLensError(.internal, "\(dataset.what) was not checked")
        }
        let rows = facts.shape[0]
        let columns = count / rows
        let size = encoding.dtype.size
        let reader = try dataset.rowReader(Transfer(raw: size), memory: memory).reader
        // A few pages at a time, or whole chunks.
        let piece = min(rows, max(reader.preferredRows ?? 1, (1 << 16) / (columns &* size), 1))
        let stored = alignedProduct(piece, columns, size)
        let needed = stored &+ alignedProduct(1, columns, 8) &+ reader.workspaceBytes(rows: piece)
        guard needed <= memory else {
            throw InfoLensError(
                .memory,
                "\(dataset.what): reading it takes \(needed) bytes more than the memory budget leaves; raise the budget"
            )
        }
        let buffer = try Scratch(bytes: needed, for: dataset.what)
        let row = (buffer.base + stored).assumingMemoryBound(to: Double.self)
        let workspace = buffer.base + stored + alignedProduct(1, columns, 8)

        var values = [Double](repeating: 0, count: count)
        for start in stride(from: 0, to: rows, by: piece) {
            let end = min(start + piece, rows)
            try reader.read(rows: start..<end, into: buffer.base, workspace: workspace)
            for index in start..<end {
                let source = buffer.base + (index &- start) &* columns &* size
                if let bad = encoding.convert(source, stride: size, count: columns, to: .float64, row) {
                    throw inexactInteger(in: dataset.what, row: index, neuron: bad)
                }
                for column in 0..<columns {
                    let value = row[column]
                    guard value.isFinite else { throw notFinite(value, in: dataset, row: index, column: column) }
                    values[transposed ? column &* rows &+ index : index &* columns &+ column] = value
                }
            }
        }
        return values
    }

    private static func notFinite(_ value: Double, in dataset: Dataset, row: Int, column: Int) -> InfoLensError {
        let index = dataset.facts.shape.count == 1 ? "\(row)" : "\(row), \(column)"
        return InfoLensError(
            .numeric, "\(dataset.what): the value at [\(index)] is \(value); weights are finite: did training diverge?")
    }
}
