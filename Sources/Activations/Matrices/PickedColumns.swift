// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Some columns of another matrix: a layer of a file that has all layers side by side, one position of a sequence.
///
/// Neighbouring columns are handed out where they lie; others are gathered.
final class PickedColumns: PlannedMatrix {
    let name: String
    let neurons: Int

    private let matrix: any PlannedMatrix
    /// Runs of neighbours.
    private let runs: [Range<Int>]

    var samples: Int { matrix.samples }
    var element: Element { matrix.element }
    var preferredRows: Int? { matrix.preferredRows }
    var plan: ReadingPlan { matrix.plan }
    var rereadingIsCheap: Bool { matrix.rereadingIsCheap }

    /// - Throws: `shape` for no columns, and for columns that do not ascend or are not there
    convenience init(_ columns: [Int], of matrix: any PlannedMatrix, name: String) throws(InfoLensError) {
        var runs: [Range<Int>] = []
        for column in columns {
            let last = runs.last?.upperBound ?? 0
            guard column >= last, column < matrix.neurons else {
                throw InfoLensError(
                    .shape,
                    """
                    layer "\(name)": column \(column) is none of the \(matrix.neurons) that are stored, or comes after \
                    \(last - 1)
                    """
                )
            }
            if !runs.isEmpty, column == last {
                runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<column + 1
            } else {
                runs.append(column..<column + 1)
            }
        }
        guard !runs.isEmpty else {
            throw InfoLensError(.shape, "layer \"\(name)\": none of the \(matrix.neurons) stored columns are its own")
        }
        self.init(runs: runs, of: matrix, name: name)
    }

    /// - Precondition: the columns are there, and there is at least one
    convenience init(range: Range<Int>, of matrix: any PlannedMatrix, name: String) {
        self.init(runs: [range], of: matrix, name: name)
    }

    private init(runs: [Range<Int>], of matrix: any PlannedMatrix, name: String) {
        self.name = name
        self.matrix = matrix
        self.runs = runs
        neurons = runs.reduce(0) { $0 + $1.count }
    }

    private func gatheredBytes(_ rows: Int) -> Int { runs.count == 1 ? 0 : alignedProduct(rows, neurons, element.size) }

    func scratchBytes(rows: Int) -> Int { gatheredBytes(rows) &+ matrix.scratchBytes(rows: rows) }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "layer \"\(name)\": \(scratch.count) bytes of scratch are too few")
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: scratch[gatheredBytes(rows.count)...])
        let block = try matrix.read(rows: rows, scratch: rest)
        let size = element.size
        guard runs.count > 1, let base = scratch.baseAddress else {
            return RowBlock(
                base: block.base + runs[0].lowerBound &* size, firstRow: block.firstRow, rows: block.rows,
                neurons: neurons, rowStride: block.rowStride, element: element)
        }
        var target = base
        for row in 0..<block.rows {
            let source = block.base + row &* block.rowStride &* size
            for run in runs {
                target.copyMemory(from: source + run.lowerBound &* size, byteCount: run.count &* size)
                target += run.count &* size
            }
        }
        return RowBlock(
            base: UnsafeRawPointer(base), firstRow: block.firstRow, rows: block.rows, neurons: neurons,
            rowStride: neurons, element: element)
    }
}
