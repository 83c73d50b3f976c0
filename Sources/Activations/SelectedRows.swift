// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A copy of some samples of a matrix, in the matrix's element type.
///
/// - Parameters:
///   - rows: indices of samples, in any order; one may come twice
///   - memory: bytes that the copy and reading may take together
/// - Throws: `shape` for fewer than two rows; `argument` for one that is not there; `memory` when copy and one row
///   of what is read do not fit; what reading throws.
public func selectRows(
    of matrix: any ActivationMatrix, rows: [Int], memory: Int
) throws(InfoLensError) -> any ActivationMatrix {
    try checkSelection(rows, of: matrix.samples)
    let rowBytes = matrix.neurons &* matrix.element.size
    let copyBytes = checkedProduct([rows.count, matrix.neurons, matrix.element.size]) ?? .max
    let (needed, overflow) = copyBytes.addingReportingOverflow(matrix.scratchBytes(rows: 1))
    guard !overflow, needed <= memory else {
        throw InfoLensError(
            .memory,
            """
            rows: a copy of \(rows.count) rows of layer "\(matrix.name)" takes \(overflow ? .max : needed) bytes, the \
            memory budget is \(memory); select fewer rows, or raise the context's memory
            """
        )
    }
    let copy = try AlignedBuffer(byteCount: copyBytes, cleared: false)
    guard let target = copy.bytes.baseAddress else {
        throw InfoLensError(.internal, "rows: a buffer without memory")
    }

    // In the order in which they lie in the file, each block of rows is read once.
    let order = rows.indices.sorted { rows[$0] < rows[$1] }
    let blockRows = blockRows(of: matrix, memory: memory &- copyBytes)
    let scratch = try AlignedBuffer(byteCount: matrix.scratchBytes(rows: blockRows), cleared: false)
    var next = 0
    while next < order.count {
        let wanted = rows[order[next]]
        let first = wanted &- wanted % blockRows
        let block = try matrix.read(rows: first..<min(first &+ blockRows, matrix.samples), scratch: scratch.bytes)
        while next < order.count, rows[order[next]] &- first < block.rows {
            let offset = (rows[order[next]] &- first) &* block.rowStride &* matrix.element.size
            (target + order[next] &* rowBytes).copyMemory(from: block.base + offset, byteCount: rowBytes)
            next &+= 1
        }
    }
    return CopiedRows(
        name: matrix.name, samples: rows.count, neurons: matrix.neurons, element: matrix.element, copy: copy)
}

extension Labels {
    /// The labels of some samples. Classes keep their names and codes; some may be left without samples.
    ///
    /// - Parameter rows: indices of samples, in any order; one may come twice
    /// - Throws: `shape` for fewer than two rows; `argument` for one that is not there.
    public func selecting(rows: [Int]) throws(InfoLensError) -> Labels {
        try checkSelection(rows, of: count)
        return Labels(codes: rows.map { codes[$0] }, classes: classes)
    }
}

private func checkSelection(_ rows: [Int], of samples: Int) throws(InfoLensError) {
    guard rows.count >= 2 else {
        throw InfoLensError(.shape, "rows: \(rows.count) of them; information needs at least two samples")
    }
    if let position = rows.firstIndex(where: { $0 < 0 || $0 >= samples }) {
        throw InfoLensError(
            .argument, "rows: \(rows[position]) at position \(position) is not a row; they are 0 … \(samples - 1)")
    }
}

/// Rows to read at a time: whole chunks, about a megabyte, as far as `memory` goes; at least one.
private func blockRows(of matrix: any ActivationMatrix, memory: Int) -> Int {
    let preferred = min(max(1, matrix.preferredRows ?? 1), matrix.samples)
    let rowBytes = max(1, matrix.scratchBytes(rows: 1))
    // Of what is in memory already, nothing is read that was not asked for.
    var rows = matrix.scratchBytes(rows: 1) == 0 ? matrix.samples : max(preferred, (1 << 20) / rowBytes)
    rows = min(rows - rows % preferred, matrix.samples)
    while rows > 1, matrix.scratchBytes(rows: rows) > memory { rows = (rows + 1) / 2 }
    return rows
}
