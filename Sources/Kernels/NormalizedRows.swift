// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// Writes the normal scores of a matrix's columns in the place of its values: N × d, row after row.
///
/// - Parameters:
///   - scores: receives N · d values
///   - tied: receives for each column how many samples have a value that another has too
///   - makeTable: makes the table of scores, once it is known that the budget suffices
/// - Throws: `memory` when the budget does not hold a column; `numeric` at NaN or infinity, naming the first; what
///   `matrix.read` throws
public func normalizeRows(
    of matrix: any ActivationMatrix, ties: TieRule, run: Run, into scores: UnsafeMutablePointer<Double>,
    tied: UnsafeMutablePointer<Int>, makeTable: () throws(InfoLensError) -> NormalScoreTable
) throws(InfoLensError) {
    let (samples, columns) = (matrix.samples, matrix.neurons)
    let column = samples * MemoryLayout<Double>.stride
    let room = run.memory / 4 * 3
    func need(_ width: Int, _ workers: Int) -> Int {
        [ColumnScoring.bytes(samples: samples, workers: workers), saturatingProduct(width, column)].saturatingSum()
    }
    guard need(1, 1) <= room else {
        throw InfoLensError(
            .memory,
            """
            memory: ranking one column of "\(matrix.name)" takes \(need(1, 1) / 3 * 4) bytes, but the budget is \
            \(run.memory); give the context more
            """)
    }
    var workers = min(run.threads, columns)
    while workers > 1, need(workers, workers) > room { workers -= 1 }
    // What lies in memory costs nothing to read again: strips that stay in the last-level cache are better then.
    let most = matrix.scratchBytes(rows: 1) == 0 ? max(32, (16 << 20) / column / 16 * 16) : columns
    let width = min(columns, max(most, workers), (room - need(0, workers)) / column)
    let strip = try AlignedBuffer(byteCount: width * column, cleared: false)
    let values = strip.values(of: Double.self)
    let scoring = try ColumnScoring(table: try makeTable(), ties: ties, workers: workers)
    for from in stride(from: 0, to: columns, by: width) {
        let part = from..<min(from + width, columns)
        try scoring.fill(values, of: matrix, neurons: part, memory: run.memory / 4, run: run) { neuron, _, _, count in
            tied[neuron] = count
        }
        let piece = 1024
        try forEachItem(count: (samples - 1) / piece + 1, workers: run.threads, run: run) { _, item in
            let rows = item * piece..<min((item + 1) * piece, samples)
            cn_to_rows(
                values + rows.lowerBound, Int64(samples), Int64(rows.count), Int64(part.count), nil,
                scores + (rows.lowerBound &* columns &+ part.lowerBound), Int64(columns))
        }
    }
    withExtendedLifetime(strip) {}
}
