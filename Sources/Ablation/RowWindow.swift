// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// Consecutive rows of a matrix in memory: the caller's own where the matrix lies there, else a copy.
final class RowWindow: @unchecked Sendable {
    private let block: RowBlock
    private let memory: AlignedBuffer?
    /// Whose memory the block may be.
    private let matrix: any ActivationMatrix

    /// Bytes a row that a window of `matrix` needs.
    static func bytesPerRow(of matrix: any ActivationMatrix) -> Int {
        matrix.scratchBytes(rows: 1) == 0 ? 0 : matrix.neurons * matrix.element.size
    }

    /// Reads the rows, several pieces at a time.
    ///
    /// - Parameter memory: bytes that reading may use on top of the window
    init(of matrix: any ActivationMatrix, rows: Range<Int>, memory budget: Int, run: Run) throws(InfoLensError) {
        self.matrix = matrix
        guard matrix.scratchBytes(rows: 1) > 0 else {
            memory = nil
            block = try matrix.read(rows: rows, scratch: UnsafeMutableRawBufferPointer(start: nil, count: 0))
            return
        }
        let rowBytes = matrix.neurons * matrix.element.size
        let memory = try AlignedBuffer(byteCount: rows.count * rowBytes, cleared: false)
        self.memory = memory
        block = RowBlock(
            base: UnsafeRawPointer(memory.bytes.baseAddress.unsafelyUnwrapped), firstRow: rows.lowerBound,
            rows: rows.count, neurons: matrix.neurons, rowStride: matrix.neurons, element: matrix.element)

        // Whole chunks of the file where they fit, of about a megabyte where it does not matter.
        let chunk = max(matrix.preferredRows ?? 1, 1)
        var piece = max((1 << 20) / max(rowBytes, 1), 1)
        piece = piece < chunk ? chunk : piece - piece % chunk
        while piece > 1, matrix.scratchBytes(rows: piece) > budget { piece = (piece + 1) / 2 }
        let scratchBytes = matrix.scratchBytes(rows: piece)
        guard scratchBytes <= budget else {
            throw InfoLensError(
                .memory,
                """
                memory: a budget of \(run.memory) bytes cannot hold what one row of layer "\(matrix.name)" takes to \
                read; give the context a larger one
                """
            )
        }
        let firstPiece = rows.lowerBound / piece
        let count = (rows.upperBound - 1) / piece - firstPiece + 1
        let workers = max(1, min(run.threads, count, budget / max(scratchBytes, 1)))
        var scratch: [AlignedBuffer] = []
        for _ in 0..<workers { scratch.append(try AlignedBuffer(byteCount: scratchBytes, cleared: false)) }
        try forEachItem(count: count, workers: workers, run: run) { (worker, item) throws(InfoLensError) in
            let part = ((firstPiece + item) * piece..<(firstPiece + item + 1) * piece).clamped(to: rows)
            let read = try matrix.read(rows: part, scratch: scratch[worker].bytes)
            let target = memory.bytes.baseAddress.unsafelyUnwrapped + (part.lowerBound - rows.lowerBound) * rowBytes
            for row in 0..<part.count {
                (target + row * rowBytes).copyMemory(
                    from: read.base + row &* read.rowStride &* read.element.size, byteCount: rowBytes)
            }
        }
        withExtendedLifetime(scratch) {}
    }

    /// The value of a neuron for a row of the matrix.
    subscript(row: Int, neuron: Int) -> Double { block[row - block.firstRow, neuron] }

    /// Panel of the rows from `first` on, `count` of them.
    /// - Throws: `numeric` for NaN or infinity, naming row and neuron
    func load(first: Int, count: Int, into panel: UnsafeMutablePointer<Float>) throws(InfoLensError) {
        let row = block.base + (first - block.firstRow) &* block.rowStride &* block.element.size
        let stride = Int64(block.rowStride)
        let bad =
            switch block.element {
            case .float32:
                cn_panel_load_f32(
                    row.assumingMemoryBound(to: Float.self), stride, Int64(count), Int64(block.neurons), panel)
            case .float64:
                cn_panel_load_f64(
                    row.assumingMemoryBound(to: Double.self), stride, Int64(count), Int64(block.neurons), panel)
            }
        guard bad != 0 else { return }
        for row in first..<first + count {
            for neuron in 0..<block.neurons where !Float(self[row, neuron]).isFinite {
                throw InfoLensError(
                    .numeric,
                    """
                    activations: layer "\(matrix.name)": row \(row), neuron \(neuron) is \(self[row, neuron]); remove or \
                    replace what is not finite, or beyond float32, before ablating
                    """
                )
            }
        }
    }
}
