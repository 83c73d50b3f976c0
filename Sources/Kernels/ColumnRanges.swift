// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// What a neuron's values are, short of their distribution.
public struct ColumnRange: Sendable {
    /// Of the finite values; NaN without any.
    public var minimum: Double
    public var maximum: Double
    /// Samples at 0.
    public var zeros: Int
    /// Samples at NaN or infinity.
    public var undefined: Int
}

/// The range of every neuron, in one pass. Nothing of it depends on the order of samples.
///
/// - Throws: what `matrix.read` throws; `memory`
public func columnRanges(of matrix: any ActivationMatrix, run: Run) throws(InfoLensError) -> [ColumnRange] {
    switch matrix.element {
    case .float32: return try ranges(of: matrix, run: run, counter: UInt32.self, kernel: cn_ranges_f32)
    case .float64: return try ranges(of: matrix, run: run, counter: UInt64.self, kernel: cn_ranges_f64)
    }
}

private typealias RangesKernel<Value> = (
    UnsafePointer<Value>?, Int64, Int64, Int64, UnsafeMutablePointer<Value>?, UnsafeMutablePointer<Value>?,
    UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
) -> Int32

private func ranges<Value: BinaryFloatingPoint & BitwiseCopyable, Counter: FixedWidthInteger & BitwiseCopyable>(
    of matrix: any ActivationMatrix, run: Run, counter: Counter.Type, kernel: RangesKernel<Value>
) throws(InfoLensError) -> [ColumnRange] {
    let neurons = matrix.neurons
    let blocks = try RowBlocks(of: matrix, run: run, bytesPerWorker: 4 * neurons * matrix.element.size)
    // Of each worker: minima, maxima, zeros, undefined.
    var buffers: [AlignedBuffer] = []
    for _ in 0..<blocks.workers {
        let buffer = try AlignedBuffer(count: 4 * neurons, of: Value.self)
        let values = buffer.values(of: Value.self)
        values.update(repeating: .infinity, count: neurons)
        (values + neurons).update(repeating: -.infinity, count: neurons)
        buffers.append(buffer)
    }
    let parts = buffers
    _ = try blocks.forEach(unitsPerRow: neurons) { (worker, block) throws(InfoLensError) in
        let values = parts[worker].values(of: Value.self)
        return kernel(
            block.base.assumingMemoryBound(to: Value.self), Int64(block.rows), Int64(neurons), Int64(block.rowStride),
            values, values + neurons, UnsafeMutableRawPointer(values + 2 * neurons),
            UnsafeMutableRawPointer(values + 3 * neurons))
    }
    var result = [ColumnRange](
        repeating: ColumnRange(minimum: .infinity, maximum: -.infinity, zeros: 0, undefined: 0), count: neurons)
    for part in parts {
        let values = part.values(of: Value.self)
        let counts = part.values(of: Counter.self)
        for neuron in 0..<neurons {
            result[neuron].minimum = min(result[neuron].minimum, Double(values[neuron]))
            result[neuron].maximum = max(result[neuron].maximum, Double(values[neurons + neuron]))
            result[neuron].zeros += Int(truncatingIfNeeded: counts[2 * neurons + neuron])
            result[neuron].undefined += Int(truncatingIfNeeded: counts[3 * neurons + neuron])
        }
    }
    for neuron in 0..<neurons where result[neuron].undefined == matrix.samples {
        result[neuron].minimum = .nan
        result[neuron].maximum = .nan
    }
    return result
}
