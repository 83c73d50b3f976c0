// SPDX-License-Identifier: Apache-2.0

/// Arguments of a call side by side, as one matrix whose columns errors name by their argument.
public final class JoinedColumns: ActivationMatrix {
    /// An argument and its columns.
    public struct Part: Sendable {
        public let argument: String
        public let matrix: any ActivationMatrix

        public init(_ argument: String, _ matrix: any ActivationMatrix) {
            self.argument = argument
            self.matrix = matrix
        }
    }

    public let parts: [Part]
    public let name: String
    public let samples: Int
    public let neurons: Int
    public let element: Element
    public var preferredRows: Int? { parts.lazy.compactMap(\.matrix.preferredRows).max() }
    /// Whether rows are handed out where they lie.
    private var isDirect: Bool { parts.count == 1 }

    /// - Parameter parts: at least one, all of the same number of samples
    /// - Throws: `memory` for more columns than can be counted
    public init(_ parts: [Part]) throws(InfoLensError) {
        self.parts = parts
        name = parts.map(\.argument).joined(separator: ", ")
        samples = parts[0].matrix.samples
        neurons = parts.map(\.matrix.neurons).saturatingSum()
        guard neurons < Int.max / 64 else {
            throw InfoLensError(.memory, "out of memory: \(name) have more columns than an address space holds")
        }
        element = parts.allSatisfy { $0.matrix.element == .float32 } ? .float32 : .float64
    }

    /// The columns of one part.
    public func columns(of part: Int) -> Range<Int> {
        let first = parts[..<part].reduce(0) { $0 + $1.matrix.neurons }
        return first..<first + parts[part].matrix.neurons
    }

    public func label(ofNeuron neuron: Int) -> (subject: String, neuron: String) {
        var column = neuron
        for part in parts {
            if column < part.matrix.neurons { return ("\(part.argument):", "column \(column)") }
            column -= part.matrix.neurons
        }
        return ("\(name):", "column \(neuron)")
    }

    public func scratchBytes(rows: Int) -> Int {
        if isDirect { return parts[0].matrix.scratchBytes(rows: rows) }
        return joinedBytes(rows: rows) + (parts.map { $0.matrix.scratchBytes(rows: rows) }.max() ?? 0)
    }

    /// Bytes of rows side by side, up to a cache line.
    private func joinedBytes(rows: Int) -> Int {
        (min(saturatingProduct(rows, neurons, element.size), Int.max / 16) + 63) & ~63
    }

    public func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        if isDirect { return try parts[0].matrix.read(rows: rows, scratch: scratch) }
        guard let base = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "\(name): \(scratch.count) bytes of scratch are too few")
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: scratch[joinedBytes(rows: rows.count)...])
        var first = 0
        for part in parts {
            let block = try part.matrix.read(rows: rows, scratch: rest)
            for row in 0..<block.rows {
                let target = base + (row &* neurons &+ first) &* element.size
                if block.element == element {
                    target.copyMemory(
                        from: block.base + row &* block.rowStride &* element.size,
                        byteCount: block.neurons &* element.size)
                } else {
                    let values = target.assumingMemoryBound(to: Double.self)
                    for column in 0..<block.neurons { values[column] = block[row, column] }
                }
            }
            first += block.neurons
        }
        return RowBlock(
            base: UnsafeRawPointer(base), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }
}
