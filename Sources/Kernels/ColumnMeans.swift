// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization

/// Mean of every neuron: a compensated float64 sum, good to about one unit in the last
/// place for any number of samples, divided by N.
///
/// The rows are cut into pieces that depend on the shape only; each piece is summed in
/// row order and the pieces in theirs, so that the bits do not depend on threads or
/// blocks.
///
/// - Throws: `numeric` at NaN or infinity, naming the first; what `matrix.read` throws
public func columnMeans(of matrix: any ActivationMatrix, run: Run) throws(InfoLensError) -> [Double] {
    let (samples, neurons) = (matrix.samples, matrix.neurons)
    let pieces = min(max((1 << 15) / neurons, 1), 64, samples)
    let rowsPerPiece = (samples - 1) / pieces + 1
    // The blocks' plan gives their size and the number of workers; each worker streams its own piece.
    let blocks = try RowBlocks(of: matrix, run: run, bytesPerWorker: 2 * neurons * MemoryLayout<Double>.stride)
    let sums = try AlignedBuffer(count: 2 * pieces * neurons, of: Double.self)
    let workers = min(blocks.workers, pieces)
    var scratch: [AlignedBuffer] = []
    for _ in 0..<workers { scratch.append(try AlignedBuffer(byteCount: matrix.scratchBytes(rows: blocks.rows))) }
    let buffers = scratch
    let found = Atomic<Bool>(false)
    try forEachItem(count: pieces, workers: workers, run: run) { (worker, piece) throws(InfoLensError) in
        let sum = sums.values(of: Double.self) + 2 * piece * neurons
        let end = min((piece + 1) * rowsPerPiece, samples)
        var row = piece * rowsPerPiece
        while row < end, !found.load(ordering: .relaxed) {
            let range = row..<min(row + blocks.rows, end)
            let block = try matrix.read(rows: range, scratch: buffers[worker].bytes)
            if addColumns(of: block, to: sum, correction: sum + neurons) != 0 { found.store(true, ordering: .relaxed) }
            run.advance(by: range.count &* neurons)
            row = range.upperBound
            try run.checkpoint()
        }
    }
    if found.load(ordering: .relaxed) { throw firstOffender(in: matrix, run: run) }
    let all = sums.values(of: Double.self)
    return (0..<neurons).map { neuron in
        var (total, correction) = (0.0, 0.0)
        for piece in 0..<pieces {
            let part = all + 2 * piece * neurons
            let (sum, error) = exactSum(total, part[neuron])
            total = sum
            correction += error + part[neurons + neuron]
        }
        // One step of Newton's division with the exact remainder: dividing the rounded sum would lose as
        // much as the mean of a neuron with rounding noise has to tell.
        let mean = total / Double(samples)
        let remainder = total.addingProduct(-mean, Double(samples))
        return mean + (remainder + correction) / Double(samples)
    }
}

/// a + b rounded, and what the rounding lost (Knuth's two-sum).
private func exactSum(_ a: Double, _ b: Double) -> (sum: Double, error: Double) {
    let sum = a + b
    let fromB = sum - a
    return (sum, (a - (sum - fromB)) + (b - fromB))
}

private func addColumns(
    of block: RowBlock, to sum: UnsafeMutablePointer<Double>, correction: UnsafeMutablePointer<Double>
) -> Int32 {
    let (rows, columns, stride) = (Int64(block.rows), Int64(block.neurons), Int64(block.rowStride))
    return switch block.element {
    case .float32:
        cn_sums_f32(block.base.assumingMemoryBound(to: Float.self), rows, columns, stride, sum, correction)
    case .float64:
        cn_sums_f64(block.base.assumingMemoryBound(to: Double.self), rows, columns, stride, sum, correction)
    }
}
