// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization

/// Minimum and maximum of every neuron, exact.
///
/// - Returns: two vectors of `matrix.neurons` values
/// - Throws: `numeric` at NaN or infinity, naming the first; what `matrix.read` throws
public func columnExtrema(of matrix: any ActivationMatrix, run: Run) throws(InfoLensError) -> (
    low: [Double], high: [Double]
) {
    switch matrix.element {
    case .float32: return try extrema(of: matrix, run: run, kernel: cn_extrema_f32)
    case .float64: return try extrema(of: matrix, run: run, kernel: cn_extrema_f64)
    }
}

private typealias ExtremaKernel<Value> = (
    UnsafePointer<Value>?, Int64, Int64, Int64, UnsafeMutablePointer<Value>?, UnsafeMutablePointer<Value>?
) -> Int32

private func extrema<Value: BinaryFloatingPoint & BitwiseCopyable>(
    of matrix: any ActivationMatrix, run: Run, kernel: ExtremaKernel<Value>
) throws(InfoLensError) -> (low: [Double], high: [Double]) {
    let neurons = matrix.neurons
    let blocks = try RowBlocks(of: matrix, run: run, bytesPerWorker: 2 * neurons * matrix.element.size)
    var partials: [Extrema<Value>] = []
    for _ in 0..<blocks.workers { partials.append(try Extrema(neurons: neurons)) }
    let parts = partials
    let found = Atomic<Int32>(0)
    try blocks.forEach(unitsPerRow: neurons) { (worker, block) throws(InfoLensError) in
        let values = block.base.assumingMemoryBound(to: Value.self)
        let (low, high) = parts[worker].pointers
        let flags = kernel(values, Int64(block.rows), Int64(neurons), Int64(block.rowStride), low, high)
        found.bitwiseOr(flags, ordering: .relaxed)
    }
    if found.load(ordering: .relaxed) != 0 { throw firstNonFinite(in: matrix, run: run) }
    var low = [Double](repeating: .infinity, count: neurons)
    var high = [Double](repeating: -.infinity, count: neurons)
    for part in parts { part.fold(into: &low, &high) }
    return (low, high)
}

/// One worker's extrema so far.
private final class Extrema<Value: BinaryFloatingPoint & BitwiseCopyable>: @unchecked Sendable {
    let pointers: (low: UnsafeMutablePointer<Value>, high: UnsafeMutablePointer<Value>)
    private let buffer: AlignedBuffer
    private let neurons: Int

    init(neurons: Int) throws(InfoLensError) {
        buffer = try AlignedBuffer(count: 2 * neurons, of: Value.self)
        let base = buffer.values(of: Value.self)
        pointers = (base, base + neurons)
        self.neurons = neurons
        pointers.low.update(repeating: .infinity, count: neurons)
        pointers.high.update(repeating: -.infinity, count: neurons)
    }

    func fold(into low: inout [Double], _ high: inout [Double]) {
        for neuron in 0..<neurons {
            low[neuron] = min(low[neuron], Double(pointers.low[neuron]))
            high[neuron] = max(high[neuron], Double(pointers.high[neuron]))
        }
    }
}

/// Mean of every neuron, summed in float64.
///
/// The rows are cut into pieces that depend on the shape only; each piece is summed
/// in row order and the pieces in theirs, so that the bits do not depend on threads
/// or blocks.
///
/// - Throws: `numeric` at NaN or infinity, naming the first; what `matrix.read` throws
public func columnMeans(of matrix: any ActivationMatrix, run: Run) throws(InfoLensError) -> [Double] {
    let (samples, neurons) = (matrix.samples, matrix.neurons)
    let pieces = min(max((1 << 20) / neurons, 1), 64, samples)
    let sums = try AlignedBuffer(count: pieces * neurons, of: Double.self)
    let found = Atomic<Int32>(0)
    let rowsPerPiece = (samples - 1) / pieces + 1
    // Each worker streams its own piece: the blocks' plan gives their size and the number of workers.
    let blocks = try RowBlocks(of: matrix, run: run)
    let workers = min(blocks.workers, pieces)
    var scratch: [AlignedBuffer] = []
    for _ in 0..<workers { scratch.append(try AlignedBuffer(byteCount: matrix.scratchBytes(rows: blocks.rows))) }
    try forEachItem(count: pieces, workers: workers, run: run) { (worker, piece) throws(InfoLensError) in
        let sum = sums.values(of: Double.self) + piece * neurons
        let end = min((piece + 1) * rowsPerPiece, samples)
        var row = piece * rowsPerPiece
        while row < end {
            let range = row..<min(row + blocks.rows, end)
            let block = try matrix.read(rows: range, scratch: scratch[worker].bytes)
            found.bitwiseOr(addColumns(of: block, to: sum), ordering: .relaxed)
            run.advance(by: range.count &* neurons)
            row = range.upperBound
            if worker == 0 { try run.checkpoint() }
        }
    }
    if found.load(ordering: .relaxed) != 0 { throw firstNonFinite(in: matrix, run: run) }
    let all = sums.values(of: Double.self)
    return (0..<neurons).map { neuron in
        var total = 0.0
        for piece in 0..<pieces { total += all[piece * neurons + neuron] }
        return total / Double(samples)
    }
}

private func addColumns(of block: RowBlock, to sum: UnsafeMutablePointer<Double>) -> Int32 {
    let (rows, columns, stride) = (Int64(block.rows), Int64(block.neurons), Int64(block.rowStride))
    return switch block.element {
    case .float32: cn_sums_f32(block.base.assumingMemoryBound(to: Float.self), rows, columns, stride, sum)
    case .float64: cn_sums_f64(block.base.assumingMemoryBound(to: Double.self), rows, columns, stride, sum)
    }
}
