// SPDX-License-Identifier: Apache-2.0

/// The error that names the first NaN or infinity in row-major order.
///
/// Kernels only flag that there is one; this reads the matrix again, in order, so
/// that the text is the same for every number of threads and every block size.
func firstNonFinite(in matrix: any ActivationMatrix, run: Run) -> InfoLensError {
    firstOffender(in: matrix, run: run, where: { !$0.isFinite }) { row, neuron, value in
        let what = value.isNaN ? "NaN" : value > 0 ? "+infinity" : "-infinity"
        return
            """
            activations: layer "\(matrix.name)" has \(what) at row \(row), neuron \(neuron); measures need finite \
            values: drop or replace such samples
            """
    }
}

/// The error that names the first value that is no symbol.
public func firstNonInteger(in matrix: any ActivationMatrix, run: Run) -> InfoLensError {
    firstOffender(in: matrix, run: run, where: { $0.rounded() != $0 || abs($0) > 0x1p53 }) { row, neuron, value in
        """
        quantizer: "integer" needs integers within ±2^53, but layer "\(matrix.name)" has \(value) at row \(row), \
        neuron \(neuron); choose another quantizer
        """
    }
}

private func firstOffender(
    in matrix: any ActivationMatrix, run: Run, where isBad: (Double) -> Bool, text: (Int, Int, Double) -> String
) -> InfoLensError {
    do throws(InfoLensError) {
        let rows = try RowBlocks(of: matrix, run: run).rows
        let scratch = try AlignedBuffer(byteCount: matrix.scratchBytes(rows: rows))
        for first in stride(from: 0, to: matrix.samples, by: rows) {
            let block = try matrix.read(rows: first..<min(first + rows, matrix.samples), scratch: scratch.bytes)
            for row in 0..<block.rows {
                for neuron in 0..<block.neurons where isBad(block[row, neuron]) {
                    return InfoLensError(.numeric, text(first + row, neuron, block[row, neuron]))
                }
            }
            try run.checkpoint()
        }
    } catch { return error }
    return InfoLensError(
        .numeric, "activations: layer \"\(matrix.name)\" changed while it was read; leave it alone meanwhile")
}
