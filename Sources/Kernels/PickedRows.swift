// SPDX-License-Identifier: Apache-2.0

/// Some rows of another matrix, which are read where they are: the samples of a class.
public final class PickedRows: ActivationMatrix {
    private let matrix: any ActivationMatrix
    private let rows: [Int]

    public var name: String { matrix.name }
    public var samples: Int { rows.count }
    public var neurons: Int { matrix.neurons }
    public var element: Element { matrix.element }
    public var preferredRows: Int? { matrix.preferredRows }
    public var rereadingIsCheap: Bool { matrix.rereadingIsCheap }

    /// - Parameter rows: at least one, ascending, each a row of the matrix
    public init(_ rows: [Int], of matrix: any ActivationMatrix) {
        self.matrix = matrix
        self.rows = rows
    }

    public func label(ofNeuron neuron: Int) -> (subject: String, neuron: String) { matrix.label(ofNeuron: neuron) }

    public func scratchBytes(rows: Int) -> Int { pickedBytes(rows) + matrix.scratchBytes(rows: rows) }

    private func pickedBytes(_ rows: Int) -> Int {
        (min(saturatingProduct(rows, neurons, element.size), Int.max / 16) + 63) & ~63
    }

    /// From one row to the next that is read with it: within a page, or within what is decoded together.
    private var gap: Int {
        max(1, rereadingIsCheap ? 4096 / max(1, neurons &* element.size) : preferredRows ?? 64)
    }

    public func read(rows range: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let base = scratch.baseAddress, scratch.count >= scratchBytes(rows: range.count) else {
            throw InfoLensError(.internal, "layer \"\(name)\": \(scratch.count) bytes of scratch are too few")
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: scratch[pickedBytes(range.count)...])
        let rowBytes = neurons &* element.size
        let gap = gap
        var next = range.lowerBound
        while next < range.upperBound {
            // Neighbours are read together, with what lies between them.
            let first = rows[next]
            var end = next &+ 1
            while end < range.upperBound, rows[end] &- rows[end &- 1] <= gap, rows[end] &- first < range.count {
                end &+= 1
            }
            let block = try matrix.read(rows: first..<rows[end &- 1] &+ 1, scratch: rest)
            for index in next..<end {
                (base + (index &- range.lowerBound) &* rowBytes).copyMemory(
                    from: block.base + (rows[index] &- first) &* block.rowStride &* element.size, byteCount: rowBytes)
            }
            next = end
        }
        return RowBlock(
            base: UnsafeRawPointer(base), firstRow: range.lowerBound, rows: range.count, neurons: neurons,
            rowStride: neurons, element: element)
    }
}

extension SampleClasses {
    /// The samples of each class, ascending.
    public var rows: [[Int]] {
        guard !codes.isEmpty else { return [Array(0..<total)] }
        var rows = samples.map { count -> [Int] in
            var rows: [Int] = []
            rows.reserveCapacity(count)
            return rows
        }
        for (row, code) in codes.enumerated() { rows[Int(code)].append(row) }
        return rows
    }
}
