// SPDX-License-Identifier: Apache-2.0

/// The error that names the first value, in row-major order, that measures cannot take:
/// NaN, an infinity, or, where values must be symbols, what is no integer.
///
/// Kernels only flag that there is one; this reads the matrix again, in order, so that
/// the text is the same for every number of threads and every budget.
public func firstOffender(
    in matrix: any ActivationMatrix, integers: Bool = false, run: Run
) -> InfoLensError {
    do throws(InfoLensError) {
        let rows = try RowBlocks(of: matrix, run: run).rows
        let scratch = try AlignedBuffer(byteCount: matrix.scratchBytes(rows: rows))
        for first in stride(from: 0, to: matrix.samples, by: rows) {
            let block = try matrix.read(rows: first..<min(first + rows, matrix.samples), scratch: scratch.bytes)
            for row in 0..<block.rows {
                for neuron in 0..<block.neurons {
                    let value = block[row, neuron]
                    if value.isFinite, !integers || isSymbol(value) { continue }
                    return InfoLensError(.numeric, text(value, row: first + row, neuron: neuron, of: matrix))
                }
            }
            try run.checkpoint()
        }
    } catch { return error }
    return InfoLensError(
        .numeric, "activations: layer \"\(matrix.name)\" changed while it was read; leave it alone meanwhile")
}

/// Whether a value is an integer that float64 tells from its neighbours.
public func isSymbol(_ value: Double) -> Bool { value.rounded() == value && value.magnitude <= 0x1p53 }

private func text(_ value: Double, row: Int, neuron: Int, of matrix: any ActivationMatrix) -> String {
    guard !value.isFinite else {
        return """
            quantizer: "integer" needs integers within ±2^53, but layer "\(matrix.name)" has \(value) at row \(row), \
            neuron \(neuron); choose another quantizer
            """
    }
    let label = matrix.label(ofNeuron: neuron)
    let what = value.isNaN ? "NaN" : value > 0 ? "+infinity" : "-infinity"
    return """
        \(label.subject) has \(what) at row \(row), \(label.neuron); measures need finite values: drop or replace such \
        samples
        """
}
