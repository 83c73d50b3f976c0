// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization

/// Mean of every neuron: a compensated float64 sum, good to about one unit in the last
/// place for any number of samples, divided by N.
///
/// - Throws: `numeric` at NaN or infinity, naming the first; what `matrix.read` throws
public func columnMeans(of matrix: any ActivationMatrix, run: Run) throws(InfoLensError) -> [Double] {
    let classes = SampleClasses(unlabelled: matrix.samples)
    return try columnMeans(of: matrix, classes: classes, run: run)[0]
}

/// Mean of every neuron over the samples of each class, as above: [class][neuron]; NaN for a class
/// without samples.
///
/// The rows are cut into pieces that depend on the shape only; each piece is summed in
/// row order and the pieces in theirs, so that the bits do not depend on threads or
/// blocks.
public func columnMeans(
    of matrix: any ActivationMatrix, classes: SampleClasses, run: Run
) throws(InfoLensError) -> [[Double]] {
    let (samples, neurons) = (matrix.samples, matrix.neurons)
    let width = neurons * classes.count
    let pieces = min(max((1 << 15) / width, 1), 64, samples)
    let rowsPerPiece = (samples - 1) / pieces + 1
    // The blocks' plan gives their size and the number of workers; each worker streams its own piece.
    let blocks = try RowBlocks(of: matrix, run: run, bytesPerWorker: 2 * width * MemoryLayout<Double>.stride)
    let sums = try AlignedBuffer(count: 2 * pieces * width, of: Double.self)
    let workers = min(blocks.workers, pieces)
    var scratch: [AlignedBuffer] = []
    for _ in 0..<workers { scratch.append(try AlignedBuffer(byteCount: matrix.scratchBytes(rows: blocks.rows))) }
    let buffers = scratch
    let found = Atomic<Bool>(false)
    try forEachItem(count: pieces, workers: workers, run: run) { (worker, piece) throws(InfoLensError) in
        let sum = sums.values(of: Double.self) + 2 * piece * width
        let end = min((piece + 1) * rowsPerPiece, samples)
        var row = piece * rowsPerPiece
        while row < end, !found.load(ordering: .relaxed) {
            let range = row..<min(row + blocks.rows, end)
            let block = try matrix.read(rows: range, scratch: buffers[worker].bytes)
            if addColumns(of: block, classes: classes, to: sum, correction: sum + width) != 0 {
                found.store(true, ordering: .relaxed)
            }
            run.advance(by: range.count &* neurons)
            row = range.upperBound
            try run.checkpoint()
        }
    }
    if found.load(ordering: .relaxed) { throw firstOffender(in: matrix, run: run) }
    let all = sums.values(of: Double.self)
    return (0..<classes.count).map { c in
        let count = Double(classes.samples[c])
        return (c * neurons..<(c + 1) * neurons).map { column in
            var (total, correction) = (0.0, 0.0)
            for piece in 0..<pieces {
                let part = all + 2 * piece * width
                let (sum, error) = exactSum(total, part[column])
                total = sum
                correction += error + part[width + column]
            }
            // One step of Newton's division with the exact remainder: dividing the rounded sum would lose as
            // much as the mean of a neuron with rounding noise has to tell.
            let mean = total / count
            let remainder = total.addingProduct(-mean, count)
            return mean + (remainder + correction) / count
        }
    }
}

/// a + b rounded, and what the rounding lost (Knuth's two-sum).
private func exactSum(_ a: Double, _ b: Double) -> (sum: Double, error: Double) {
    let sum = a + b
    let fromB = sum - a
    return (sum, (a - (sum - fromB)) + (b - fromB))
}

private func addColumns(
    of block: RowBlock, classes: SampleClasses, to sum: UnsafeMutablePointer<Double>,
    correction: UnsafeMutablePointer<Double>
) -> Int32 {
    func add(_ rows: Range<Int>, class c: Int) -> Int32 {
        let (count, columns, stride) = (Int64(rows.count), Int64(block.neurons), Int64(block.rowStride))
        let (offset, first) = (c * block.neurons, rows.lowerBound * block.rowStride)
        return switch block.element {
        case .float32:
            cn_sums_f32(
                block.base.assumingMemoryBound(to: Float.self) + first, count, columns, stride, sum + offset,
                correction + offset)
        case .float64:
            cn_sums_f64(
                block.base.assumingMemoryBound(to: Double.self) + first, count, columns, stride, sum + offset,
                correction + offset)
        }
    }
    guard !classes.codes.isEmpty else { return add(0..<block.rows, class: 0) }
    var flags: Int32 = 0
    for row in 0..<block.rows { flags |= add(row..<row + 1, class: Int(classes.codes[block.firstRow + row])) }
    return flags
}
