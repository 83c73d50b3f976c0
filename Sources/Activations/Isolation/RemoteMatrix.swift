// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A matrix of a dump that another process reads.
///
/// Rows come through memory that both processes see and are copied before they are used: what computes with them
/// relies on their staying as they are, and the other process is not relied on.
final class RemoteMatrix: PlannedMatrix {
    let name: String
    let plan: ReadingPlan

    private let facts: MatrixFacts
    private let id: UInt64
    private let reader: ReaderProcess

    var samples: Int { facts.samples }
    var neurons: Int { facts.neurons }
    var element: Element { facts.element }
    var preferredRows: Int? { facts.preferredRows }
    var rereadingIsCheap: Bool { facts.rereadingIsCheap }

    init(name: String, facts: MatrixFacts, id: UInt64, reader: ReaderProcess) {
        self.name = name
        self.facts = facts
        self.id = id
        self.reader = reader
        var plan = facts.plan
        let reason = plan.reason.isEmpty ? "" : ": \(plan.reason)"
        plan.reason = "isolate: a process of its own reads it, by \(plan.path.rawValue)\(reason)"
        plan.path = .process
        self.plan = plan
    }

    deinit { reader.forget(matrix: id) }

    /// Rows that are asked for at a time: so many that what is said about them does not count, so few that they are
    /// still in the processor's cache when they are copied; whole chunks.
    private var pieceRows: Int {
        let rows = max(1, Self.pieceBytes / (neurons &* element.size))
        guard let preferred = facts.preferredRows else { return rows }
        return max(rows - rows % preferred, min(preferred, samples))
    }

    private static let pieceBytes = 1 << 19

    private func outputBytes(rows: Int) -> Int { alignedProduct(rows, neurons, element.size) }

    /// What is shared with the other process: a piece, and behind it what that takes to read one.
    ///
    /// It is counted as workspace, which is for both: of the memory that this process is given it leaves that alone.
    func workspaceBytes(rows: Int) -> Int {
        let rows = min(rows, pieceRows)
        let workspace = saturatingProduct(rows, facts.workspacePerRow)
        return min([outputBytes(rows: rows), facts.fixedWorkspace, workspace].saturatingSum(), Int.max / 16)
    }

    func scratchBytes(rows: Int) -> Int { outputBytes(rows: rows) &+ workspaceBytes(rows: rows) }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let output = scratch.baseAddress, scratch.count >= outputBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "layer '\(name)': \(scratch.count) bytes of scratch are too few")
        }
        try read(rows: rows, into: output, workspace: scratch)
        return RowBlock(
            base: UnsafeRawPointer(output), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawBufferPointer)
        throws(InfoLensError)
    {
        let step = pieceRows
        let rowBytes = neurons &* element.size
        try reader.withChannel(while: "reading layer \"\(name)\"") { (channel) throws(ReadingFailure) in
            let memory = try channel.provide(byteCount: workspaceBytes(rows: rows.count))
            var first = rows.lowerBound
            while first < rows.upperBound {
                // Up to where a piece that began with the matrix would end.
                let piece = first..<min(first - first % step + step, rows.upperBound)
                let bytes = piece.count &* rowBytes
                _ = try channel.ask(RowsRequest(matrix: id, rows: piece), for: Done.self)
                guard let base = memory.bytes.baseAddress, bytes <= memory.bytes.count else { throw .garbled }
                (output + (first - rows.lowerBound) &* rowBytes).copyMemory(from: base, byteCount: bytes)
                first = piece.upperBound
            }
        }
    }
}
