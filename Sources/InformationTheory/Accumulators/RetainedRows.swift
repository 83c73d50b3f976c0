// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Rows of a layer kept in memory, in the order in which they came.
struct RetainedRows: ActivationMatrix {
    let name: String
    let neurons: Int
    private(set) var element: Element
    /// Pieces of consecutive rows; they are shared and never changed.
    private(set) var pieces: [Piece] = []

    struct Piece: Sendable {
        let rows: Int
        let values: AlignedBuffer
    }

    init(name: String, neurons: Int, element: Element) {
        self.name = name
        self.neurons = neurons
        self.element = element
    }

    private(set) var samples = 0
    var preferredRows: Int? { nil }

    private var rowBytes: Int { neurons * element.size }

    func scratchBytes(rows: Int) -> Int { rows * rowBytes }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let target = scratch.baseAddress, scratch.count >= rows.count * rowBytes else {
            throw InfoLensError(.internal, "a buffer is too small for retained rows")
        }
        var start = 0
        for piece in pieces {
            let part = rows.clamped(to: start..<start + piece.rows)
            if !part.isEmpty, let source = piece.values.bytes.baseAddress {
                (target + (part.lowerBound - rows.lowerBound) * rowBytes).copyMemory(
                    from: source + (part.lowerBound - start) * rowBytes, byteCount: part.count * rowBytes)
            }
            start += piece.rows
        }
        return RowBlock(
            base: UnsafeRawPointer(target), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }

    /// These rows and those of `matrix`, copied.
    /// - Throws: `memory` when all of them exceed the budget of the call
    func adding(_ matrix: any ActivationMatrix, run: Run) throws(InfoLensError) -> RetainedRows {
        let size = max(element.size, matrix.element.size)
        try RetainedRows.checkBudget(samples + matrix.samples, rowBytes: neurons * size, layer: name, run: run)
        var result = try widened(to: matrix.element)
        let copy = try AlignedBuffer(byteCount: matrix.samples * neurons * size)
        let blocks = try RowBlocks(of: matrix, run: run)
        let neurons = neurons
        let flags = try blocks.forEach(unitsPerRow: neurons) { (_, block) throws(InfoLensError) in
            var isFinite = true
            for row in 0..<block.rows {
                let first = (block.firstRow + row) * neurons
                for neuron in 0..<neurons {
                    let value = block[row, neuron]
                    isFinite = isFinite && value.isFinite
                    if size == 4 {
                        copy.values(of: Float.self)[first + neuron] = Float(value)
                    } else {
                        copy.values(of: Double.self)[first + neuron] = value
                    }
                }
            }
            return isFinite ? 0 : 1
        }
        if flags != 0 { throw firstOffender(in: matrix, run: run) }
        try result.append(Piece(rows: matrix.samples, values: copy))
        return result
    }

    /// These rows and then those of `other`.
    func merged(with other: RetainedRows) throws(InfoLensError) -> RetainedRows {
        var result = try widened(to: other.element)
        for piece in try other.widened(to: element).pieces { try result.append(piece) }
        return result
    }

    /// Appends a piece, joined with the last ones where these are no larger: so there are few pieces however many
    /// have come, and each value is copied only as often as its piece has doubled.
    mutating func append(_ piece: Piece) throws(InfoLensError) {
        var joined = piece
        while let last = pieces.last, last.rows <= joined.rows {
            let values = try AlignedBuffer(byteCount: (last.rows + joined.rows) * rowBytes)
            if let target = values.bytes.baseAddress, let head = last.values.bytes.baseAddress,
                let tail = joined.values.bytes.baseAddress
            {
                target.copyMemory(from: head, byteCount: last.rows * rowBytes)
                (target + last.rows * rowBytes).copyMemory(from: tail, byteCount: joined.rows * rowBytes)
            }
            joined = Piece(rows: last.rows + joined.rows, values: values)
            pieces.removeLast()
        }
        pieces.append(joined)
        samples += piece.rows
    }

    /// The same rows as float64 where `other` is; every float32 is exact in it.
    private func widened(to other: Element) throws(InfoLensError) -> RetainedRows {
        guard element == .float32, other == .float64 else { return self }
        var result = RetainedRows(name: name, neurons: neurons, element: .float64)
        for piece in pieces {
            let count = piece.rows * neurons
            let wide = try AlignedBuffer(count: count, of: Double.self)
            let (from, to) = (piece.values.values(of: Float.self), wide.values(of: Double.self))
            for index in 0..<count { to[index] = Double(from[index]) }
            try result.append(Piece(rows: piece.rows, values: wide))
        }
        return result
    }

    private static func checkBudget(_ rows: Int, rowBytes: Int, layer: String, run: Run) throws(InfoLensError) {
        guard saturatingProduct(rows, rowBytes) > run.memory else { return }
        throw InfoLensError(
            .memory,
            """
            memory: means, medians and quantiles need every value of layer "\(layer)", which passes the budget of \
            \(run.memory) bytes at \(rows) samples; give the context more, or fit a range instead
            """
        )
    }

    /// What `value` makes of each neuron's values in ascending order.
    func sortedColumns<Value: Sendable>(
        run: Run, _ value: @escaping (UnsafeBufferPointer<Double>) -> Value
    ) throws(InfoLensError) -> [Value] {
        let results = Results<Value>(count: neurons)
        try forEachSortedColumn(of: self, run: run) { neuron, sorted in
            results[neuron] = value(sorted)
        }
        return results.all
    }
}

/// One value a neuron, each written once by whichever thread has it.
private final class Results<Value>: @unchecked Sendable {
    private let values: UnsafeMutableBufferPointer<Value?>

    init(count: Int) {
        values = .allocate(capacity: count)
        values.initialize(repeating: nil)
    }

    deinit {
        values.deinitialize()
        values.deallocate()
    }

    subscript(index: Int) -> Value? {
        get { values[index] }
        set { values[index] = newValue }
    }

    var all: [Value] { values.compactMap(\.self) }
}
