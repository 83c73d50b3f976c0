// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// What only HDF5 itself can read, one block at a time.
///
/// The dataset has no chunk cache: blocks of whole chunks decode each chunk once
/// without one, and what HDF5 keeps for each open dataset would be in no budget.
struct LibraryReader: RowReader {
    let slab: Slab
    let transfer: Transfer
    let preferredRows: Int?
    private let dataset: Dataset
    private let length: FileLength
    /// Chunks that are read one by one; nil if HDF5 is given all rows at once.
    private let grid: ChunkGrid?
    /// Of one chunk, or what HDF5 itself takes while it decodes one.
    private let chunkBytes: Int

    /// Without a cache HDF5 reads a chunk that has no filters run by run. From this length on runs
    /// are no slower than whole chunks.
    private static let longRun = 4096

    init(_ dataset: Dataset, slab: Slab, transfer: Transfer) throws(InfoLensError) {
        self.dataset = dataset
        length = try FileLength(of: dataset)
        self.slab = slab
        self.transfer = transfer
        guard case .chunked(let chunk) = dataset.facts.layout else {
            (preferredRows, chunkBytes, grid) = (nil, 0, nil)
            return
        }
        preferredRows = chunk[slab.sampleAxis]
        let bytes = chunk.reduce(dataset.facts.elementBytes, &*)
        let grid = ChunkGrid(slab, chunk: chunk, elementSize: transfer.storedSize)
        if !dataset.facts.filters.isEmpty {
            // A chunk as stored and as decoded.
            (chunkBytes, self.grid) = (aligned(2 &* bytes), nil)
        } else if case .numeric = dataset.facts.type, grid.runBytes < Self.longRun {
            (chunkBytes, self.grid) = (aligned(bytes), grid)
        } else {
            (chunkBytes, self.grid) = (0, nil)
        }
    }

    func workspaceBytes(rows: Int) -> Int {
        let stored = transfer.isCopy ? 0 : alignedProduct(rows, slab.rowElements, transfer.storedSize)
        return stored &+ chunkBytes
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        let count = rows.count &* slab.rowElements
        let stored = transfer.isCopy ? output : workspace
        let chunk =
            workspace + (transfer.isCopy ? 0 : alignedProduct(rows.count, slab.rowElements, transfer.storedSize))
        try readStored(rows, into: stored, chunk: chunk)
        if !transfer.isCopy, let bad = transfer.move(stored, count: count, to: output) {
            throw slab.inexact(bad, rows: rows)
        }
    }

    private func readStored(_ rows: Range<Int>, into output: UnsafeMutableRawPointer, chunk: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        let shape = dataset.facts.shape
        guard let grid else {
            var start = shape.map { _ in hsize_t(0) }
            var count = shape.map { hsize_t($0) }
            if !count.isEmpty {
                start[slab.sampleAxis] = hsize_t(rows.lowerBound)
                count[slab.sampleAxis] = hsize_t(rows.count)
            }
            return try read(start, count, into: output, extent: count, at: start.map { _ in 0 })
        }
        for position in grid.positions(of: rows) {
            let box = grid.box(at: position, rows: rows)
            var start = box.offset
            var end = zip(zip(start, grid.chunk), shape).map { min($0.0 + hsize_t($0.1), hsize_t($1)) }
            let axis = slab.sampleAxis
            start[axis] = max(start[axis], hsize_t(rows.lowerBound))
            end[axis] = min(end[axis], hsize_t(rows.upperBound))
            try read(
                start, zip(end, start).map { $0 - $1 }, into: chunk, extent: grid.chunk.map { hsize_t($0) },
                at: zip(start, box.offset).map { $0 - $1 })
            try box.forEachRun { (source, target) throws(InfoLensError) in
                (output + target &* transfer.storedSize).copyMemory(
                    from: chunk + source &* transfer.storedSize, byteCount: box.runLength &* transfer.storedSize)
            }
        }
    }

    /// Reads the box of `count` elements at `start` to the place `origin` in a buffer of shape `extent`.
    private func read(
        _ start: [hsize_t], _ count: [hsize_t], into buffer: UnsafeMutableRawPointer, extent: [hsize_t],
        at origin: [hsize_t]
    ) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            let what = dataset.what
            let space = try HDF5ID(H5Dget_space(dataset.id), "\(what): its extent cannot be read")
            let memory = try HDF5ID(H5Screate_simple(Int32(extent.count), extent, nil), what)
            if !count.isEmpty {
                guard H5Sselect_hyperslab(space.raw, H5S_SELECT_SET, start, nil, count, nil) >= 0,
                    H5Sselect_hyperslab(memory.raw, H5S_SELECT_SET, origin, nil, count, nil) >= 0
                else { throw HDF5.failure(what) }
            }
            guard H5Dread(dataset.id, memoryType, memory.raw, space.raw, chdf5_default(), buffer) >= 0 else {
                throw readingFailed()
            }
        }
        try length.check()
    }

    /// As stored, so that HDF5 converts nothing, except for numbers that only it can decode.
    private var memoryType: hid_t {
        guard case .converted(let dtype, _) = dataset.facts.type else { return dataset.typeID }
        switch dtype {
        case .int64: return chdf5_native_int64()
        case .uint64: return chdf5_native_uint64()
        default: return chdf5_native_double()
        }
    }

    /// Called inside HDF5's lock, right after the failure.
    private func readingFailed() -> InfoLensError {
        let cause = HDF5.failure("\(dataset.what): reading failed")
        guard let missing = dataset.facts.filters.first(where: { !$0.isAvailable }) else { return cause }
        return InfoLensError(.format, "\(dataset.what): \(missing.absence)")
    }
}
