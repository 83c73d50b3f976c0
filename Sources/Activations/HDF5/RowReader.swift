// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Glibc
import Kernels

/// Reads whole samples of a dataset.
protocol RowReader: Sendable {
    var slab: Slab { get }
    /// What becomes of elements.
    var transfer: Transfer { get }
    /// Rows that are cheapest read together, or nil.
    var preferredRows: Int? { get }

    /// Bytes of workspace that `read` needs for this many rows. Does not shrink with more of them.
    func workspaceBytes(rows: Int) -> Int

    /// Fills `output` with the rows: in C order of the slab's shape, `rows.count` being the length of the samples'
    /// axis. Several threads may call this at once.
    ///
    /// - Precondition: `rows` lie within the dataset and are not empty, `output` has room for them and
    ///   `workspace` for `workspaceBytes`; both are aligned to 64 bytes.
    /// - Throws: `io`, `format`; `numeric` for an integer that has no exact float64.
    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
}

/// Contiguous data, read from the file itself: no lock is held, and no copy made but by conversions.
struct ContiguousReader: RowReader {
    let slab: Slab
    let transfer: Transfer
    /// Keeps the descriptor open.
    private let dataset: Dataset
    private let offset: Int
    private let descriptor: Int32

    /// Bytes converted at a time: what is read stays in the cache until it is converted.
    private static let pieceBytes = 128 << 10

    var preferredRows: Int? { nil }

    func workspaceBytes(rows: Int) -> Int { transfer.isCopy ? 0 : Self.pieceBytes }

    /// - Precondition: the dataset's data lies in its file from `offset` on.
    init(_ dataset: Dataset, slab: Slab, transfer: Transfer, offset: Int) throws(InfoLensError) {
        self.dataset = dataset
        self.slab = slab
        self.transfer = transfer
        self.offset = offset
        (descriptor, _) = try dataset.descriptor()
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        let rowElements = slab.rowElements
        if !slab.samplesAreLast {
            return try move(
                rows.lowerBound &* rowElements, rows.count &* rowElements, to: output, at: 0, rows, workspace)
        }
        for neuron in 0..<rowElements {
            try move(
                neuron &* slab.samples &+ rows.lowerBound, rows.count, to: output, at: neuron &* rows.count, rows,
                workspace)
        }
    }

    /// Reads `count` adjacent elements from the one with index `first` on to place `place` of the block.
    private func move(
        _ first: Int, _ count: Int, to output: UnsafeMutableRawPointer, at place: Int, _ rows: Range<Int>,
        _ workspace: UnsafeMutableRawPointer
    ) throws(InfoLensError) {
        let start = offset &+ first &* transfer.storedSize
        if transfer.isCopy {
            return try readFile(
                descriptor, count &* transfer.size, at: start, into: output + place &* transfer.size, slab.what)
        }
        let piece = Self.pieceBytes / transfer.storedSize
        var done = 0
        while done < count {
            let step = min(piece, count &- done)
            try readFile(
                descriptor, step &* transfer.storedSize, at: start &+ done &* transfer.storedSize, into: workspace,
                slab.what)
            let target = output + (place &+ done) &* transfer.size
            if let bad = transfer.move(workspace, count: step, to: target) {
                throw slab.inexact(place &+ done &+ bad, rows: rows)
            }
            done &+= step
        }
    }
}

/// Fills `output` with `count` bytes of a file from `offset` on.
///
/// - Throws: `format` where the file ends before, `io`.
func readFile(
    _ descriptor: Int32, _ count: Int, at offset: Int, into output: UnsafeMutableRawPointer, _ what: String
) throws(InfoLensError) {
    let result = cn_read_at(descriptor, output, Int64(count), Int64(offset))
    if result == count { return }
    if result < 0 {
        throw InfoLensError(
            .io, "\(what): reading failed: \(String(cString: strerror(Int32(truncatingIfNeeded: -result))))")
    }
    throw InfoLensError(
        .format, "\(what): truncated: the file ends at byte \(offset &+ Int(result)), within its data")
}

extension Dataset {
    /// The reader that the dataset's storage asks for.
    ///
    /// - Parameters:
    ///   - transfer: what becomes of elements
    ///   - memory: bytes that reading may use
    /// - Throws: `memory` for a chunk of which `memory` does not hold two; what `StoragePlan.choose` throws.
    func rowReader(
        _ transfer: Transfer, samplesAreLast: Bool = false, memory: Int
    ) throws(InfoLensError) -> (reader: any RowReader, plan: StoragePlan) {
        if case .chunked(let chunk) = facts.layout { try checkChunk(chunk, of: self, memory: memory) }
        let plan = try StoragePlan.choose(for: self, memory: memory)
        let slab = Slab(shape: facts.shape, samplesAreLast: samplesAreLast, what: what)
        let reader: any RowReader =
            switch (plan.way, facts.layout) {
            case (.contiguous(let offset), _):
                try ContiguousReader(self, slab: slab, transfer: transfer, offset: offset)
            case (.chunks(let index), .chunked(let chunk)):
                try ChunkReader(self, slab: slab, transfer: transfer, chunk: chunk, index: index)
            default:
                try LibraryReader(self, slab: slab, transfer: transfer)
            }
        return (reader, plan)
    }
}

/// - Throws: `memory` when a chunk, once as stored and once decoded, does not fit into `memory`.
func checkChunk(_ chunk: [Int], of dataset: Dataset, memory: Int) throws(InfoLensError) {
    let bytes = checkedProduct(chunk + [dataset.facts.elementBytes]) ?? .max
    guard bytes <= memory / 2 else {
        throw InfoLensError(
            .memory,
            "\(dataset.what): one chunk of \(describe(shape: chunk)) holds \(bytes) bytes and reading it takes twice "
                + "that, more than the memory budget of \(memory) bytes; raise the budget, or rechunk the file with h5repack"
        )
    }
}
