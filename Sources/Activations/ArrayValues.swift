// SPDX-License-Identifier: Apache-2.0
import Kernels

extension StridedArray {
    /// The values of a vector or a matrix in C order, for what is small and kept: weights and biases.
    ///
    /// - Throws: `shape` for other ranks; `numeric` for a 64-bit integer beyond ±2^53; `memory`
    public func doubles() throws(InfoLensError) -> [Double] {
        guard (1...2).contains(shape.count) else {
            throw InfoLensError(.shape, "\(argument): rank \(shape.count); give a vector or a matrix")
        }
        guard count > 0, let base else { return [] }
        let rows = shape.count == 2 ? shape[0] : 1
        let columns = shape[shape.count - 1]
        // Where the system has no such amount, that is an error here, and the end in an array.
        _ = try AlignedBuffer(byteCount: saturatingProduct(count, MemoryLayout<Double>.stride), cleared: false)
        var values = [Double](repeating: 0, count: count)
        var failure: (row: Int, column: Int)?
        values.withUnsafeMutableBufferPointer { values in
            for row in 0..<rows {
                let source = base + (shape.count == 2 ? row &* strides[0] : 0)
                guard let target = values.baseAddress else { return }
                if let bad = Encoding(dtype: dtype).convert(
                    source, stride: strides[shape.count - 1], count: columns, to: .float64, target + row * columns)
                {
                    failure = (row, bad)
                    return
                }
            }
        }
        if let failure { throw inexactInteger(in: argument, row: failure.row, neuron: failure.column) }
        return values
    }
}
