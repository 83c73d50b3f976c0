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
    let flags = try blocks.forEach(unitsPerRow: neurons) { (worker, block) throws(InfoLensError) in
        let values = block.base.assumingMemoryBound(to: Value.self)
        let (low, high) = parts[worker].pointers
        return kernel(values, Int64(block.rows), Int64(neurons), Int64(block.rowStride), low, high)
    }
    if flags != 0 { throw firstOffender(in: matrix, run: run) }
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
