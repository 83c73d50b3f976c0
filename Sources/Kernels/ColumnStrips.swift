// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// Whole columns in memory, as many at a time as the budget allows: for what needs a
/// neuron's samples together, such as order statistics.
///
/// - Parameters:
///   - neurons: which columns, ascending
///   - memory: bytes to stay within, or nil for the whole budget of the call
///   - toolBytes: memory of one tool
///   - makeTool: makes what each worker needs for itself
///   - body: called once a neuron, several at a time, with the neuron's samples in order, which it may overwrite
/// - Throws: `memory` when the budget does not hold one column; `numeric` at NaN or infinity, naming the
///   first; what `matrix.read` and the closures throw
public func forEachColumn<Tool>(
    of matrix: any ActivationMatrix, neurons: [Int], run: Run, memory: Int? = nil, toolBytes: Int,
    makeTool: () throws(InfoLensError) -> Tool,
    body: (_ tool: Tool, _ neuron: Int, _ column: UnsafeMutableBufferPointer<Double>) throws(InfoLensError) -> Void
) throws(InfoLensError) {
    let samples = matrix.samples
    let columnBytes = samples * MemoryLayout<Double>.stride
    // A quarter of the budget is left for reading rows.
    let memory = memory ?? run.memory
    let budget = memory / 4 * 3
    guard toolBytes + columnBytes <= budget else {
        throw InfoLensError(
            .memory,
            """
            memory: sorting one neuron of layer "\(matrix.name)" takes \((toolBytes + columnBytes + 2) / 3 * 4) bytes, \
            but the budget leaves \(memory); give the context more, or use another quantizer
            """
        )
    }
    let workers = min(run.threads, neurons.count, budget / (toolBytes + columnBytes))
    var tools: [Tool] = []
    for _ in 0..<workers { tools.append(try makeTool()) }
    let ready = tools
    let width = min((budget - workers * toolBytes) / columnBytes, neurons.count)
    let strip = try AlignedBuffer(count: width * samples, of: Double.self)
    let base = strip.values(of: Double.self)
    defer { withExtendedLifetime(strip) {} }
    for first in stride(from: 0, to: neurons.count, by: width) {
        let columns = neurons[first..<min(first + width, neurons.count)]
        try readColumns(of: matrix, columns: columns, into: base, memory: memory / 4, run: run)
        try forEachItem(count: columns.count, workers: workers, run: run) { (worker, item) throws(InfoLensError) in
            let column = UnsafeMutableBufferPointer(start: base + item * samples, count: samples)
            try body(ready[worker], neurons[first + item], column)
            run.advance(by: samples)
        }
    }
}

/// Reads whole columns, one after another.
/// - Throws: `numeric` at NaN or infinity, naming the first; what `matrix.read` throws
func readColumns(
    of matrix: any ActivationMatrix, columns: ArraySlice<Int>, into base: UnsafeMutablePointer<Double>, memory: Int,
    run: Run
) throws(InfoLensError) {
    let samples = matrix.samples
    let blocks = try RowBlocks(of: matrix, run: run, memory: memory)
    let runs = consecutive(columns)
    let flags = try blocks.forEach(unitsPerRow: 0) { (_, block) throws(InfoLensError) in
        var flags: Int32 = 0
        var target = base + block.firstRow
        let (stride, rows) = (Int64(block.rowStride), Int64(block.rows))
        for run in runs {
            let count = Int64(run.count)
            switch block.element {
            case .float32:
                let values = block.base.assumingMemoryBound(to: Float.self) + run.lowerBound
                flags |= cn_to_columns_f32(values, stride, rows, count, target, Int64(samples))
            case .float64:
                let values = block.base.assumingMemoryBound(to: Double.self) + run.lowerBound
                flags |= cn_to_columns_f64(values, stride, rows, count, target, Int64(samples))
            }
            target += run.count * samples
        }
        return flags
    }
    if flags != 0 { throw firstOffender(in: matrix, run: run) }
}

/// The runs of consecutive numbers in ascending ones.
private func consecutive(_ numbers: ArraySlice<Int>) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for number in numbers {
        if let last = runs.last, last.upperBound == number {
            runs[runs.count - 1] = last.lowerBound..<number + 1
        } else {
            runs.append(number..<number + 1)
        }
    }
    return runs
}
