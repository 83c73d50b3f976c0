// SPDX-License-Identifier: Apache-2.0
import CHDF5
import CNumerics
import Glibc
import Kernels

/// Chunked data, decoded by as many threads as read, outside of HDF5's lock.
///
/// Where the index of the chunks is known, they are read straight from the file in the order in which they lie there;
/// otherwise HDF5 hands them out as they are stored, one at a time.
struct ChunkReader: RowReader {
    let slab: Slab
    let transfer: Transfer
    private let dataset: Dataset
    private let grid: ChunkGrid
    private let index: ChunkIndex?
    private let descriptor: Int32
    private let length: FileLength
    /// Bytes of a decoded chunk.
    private let chunkBytes: Int
    /// Chunks that stick out of the extent are stored without filters.
    private let leavesEdgesUnfiltered: Bool
    /// An element for what was never written, as it is stored; nil where that is an error.
    private let fill: [UInt8]?

    /// Of chunks without filters, any rows can be read alone: so many that a call of the system is worth it.
    var preferredRows: Int? {
        let rows = grid.chunk[slab.sampleAxis]
        guard dataset.facts.filters.isEmpty, index != nil, !slab.samplesAreLast else { return rows }
        let pieces = max(1, chunkBytes / Self.pieceBytes)
        return (rows &- 1) / pieces &+ 1
    }

    private static let pieceBytes = 64 << 10

    /// The two sides of the decoder, or a chunk and the elements of a run.
    func workspaceBytes(rows: Int) -> Int { 2 &* ChunkDecoder.capacity(chunkBytes: chunkBytes) }

    init(_ dataset: Dataset, slab: Slab, transfer: Transfer, chunk: [Int], index: ChunkIndex?) throws(InfoLensError) {
        self.dataset = dataset
        self.slab = slab
        self.transfer = transfer
        self.index = index
        grid = ChunkGrid(slab, chunk: chunk, elementSize: transfer.storedSize)
        chunkBytes = chunk.reduce(transfer.storedSize, &*)
        (descriptor, _) = try dataset.descriptor()
        length = try FileLength(of: dataset)
        var options: UInt32 = 0
        let properties = dataset.creationProperties
        try HDF5.locked { () throws(InfoLensError) in
            guard H5Pget_chunk_opts(properties, &options) >= 0 else { throw HDF5.failure(dataset.what) }
        }
        leavesEdgesUnfiltered = options & UInt32(H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0
        fill = try dataset.fillElement(size: transfer.storedSize)
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        let decoder = ChunkDecoder(filters: dataset.facts.filters, chunkBytes: chunkBytes)
        guard let index else {
            for position in grid.positions(of: rows) {
                let box = grid.box(at: position, rows: rows)
                if let (count, mask) = try handedOut(box, into: workspace) {
                    try decode(box, count, mask, decoder, workspace, to: output, rows)
                } else {
                    try fillBox(box, output, workspace, rows)
                }
            }
            return
        }
        var boxes: [(entry: ChunkIndex.Entry, box: ChunkGrid.Box)] = []
        for position in grid.positions(of: rows) {
            let box = grid.box(at: position, rows: rows)
            boxes.append((index.entry(at: box.offset.indices.map { Int(box.offset[$0]) / grid.chunk[$0] }), box))
        }
        boxes.sort { $0.entry.offset < $1.entry.offset }
        for (entry, box) in boxes {
            if entry.offset < 0 {
                try fillBox(box, output, workspace, rows)
            } else {
                try read(box, entry, decoder, workspace, to: output, rows)
            }
        }
    }

    // MARK: From the file

    private func read(
        _ box: ChunkGrid.Box, _ entry: ChunkIndex.Entry, _ decoder: ChunkDecoder, _ workspace: UnsafeMutableRawPointer,
        to output: UnsafeMutableRawPointer, _ rows: Range<Int>
    ) throws(InfoLensError) {
        let size = Int(entry.size)
        let mask = leavesEdgesUnfiltered && box.isPartial ? UInt32.max : entry.mask
        let isPlain = dataset.facts.filters.indices.allSatisfy { mask & (1 << UInt32($0)) != 0 }
        guard size <= ChunkDecoder.capacity(chunkBytes: chunkBytes), !isPlain || size == chunkBytes else {
            throw corrupt(box, "\(size) bytes are stored for \(chunkBytes)")
        }
        // Of a chunk without filters only what is wanted is read, if it is in one piece.
        if isPlain, box.runsAreAdjacent { return try readPart(of: box, at: entry.offset, workspace, to: output, rows) }
        try readFile(descriptor, size, at: entry.offset, into: workspace, slab.what)
        try decode(box, size, mask, decoder, workspace, to: output, rows)
    }

    /// Reads adjacent runs of a chunk that has no filters: straight to where they belong if there is one, and through
    /// the nearest cache otherwise, since short pieces cost the system more than a copy.
    private func readPart(
        of box: ChunkGrid.Box, at offset: Int, _ workspace: UnsafeMutableRawPointer,
        to output: UnsafeMutableRawPointer, _ rows: Range<Int>
    ) throws(InfoLensError) {
        let runBytes = box.runLength &* transfer.storedSize
        let start = offset &+ box.chunkStart &* transfer.storedSize
        let runs = box.runs
        if runs == 1, transfer.isCopy {
            return try readFile(
                descriptor, runBytes, at: start, into: output + box.outputStart &* transfer.size, slab.what)
        }
        try readFile(descriptor, runs &* runBytes, at: start, into: workspace, slab.what)
        try box.forEachRun { (source, place) throws(InfoLensError) in
            let bad = transfer.move(
                workspace + (source &- box.chunkStart) &* transfer.storedSize, count: box.runLength,
                to: output + place &* transfer.size)
            if let bad { throw slab.inexact(place &+ bad, rows: rows) }
        }
    }

    /// Decodes a stored chunk of `count` bytes in `workspace`.
    private func decode(
        _ box: ChunkGrid.Box, _ count: Int, _ mask: UInt32, _ decoder: ChunkDecoder,
        _ workspace: UnsafeMutableRawPointer, to output: UnsafeMutableRawPointer, _ rows: Range<Int>
    ) throws(InfoLensError) {
        let other = workspace + ChunkDecoder.capacity(chunkBytes: chunkBytes)
        // A chunk that lies in the block as it is needs no place of its own.
        let isWhole = box.runs == 1 && box.runLength &* transfer.storedSize == chunkBytes
        let target = isWhole && transfer.isCopy ? output + box.outputStart &* transfer.size : nil
        switch decoder.decode(workspace, count: count, mask: mask, swapping: other, target: target) {
        case .failure(let corruption): throw corrupt(box, corruption.reason)
        case .success(let chunk):
            if chunk == target { return }
            try box.forEachRun { (source, place) throws(InfoLensError) in
                let bad = transfer.move(
                    chunk + source &* transfer.storedSize, count: box.runLength, to: output + place &* transfer.size)
                if let bad { throw slab.inexact(place &+ bad, rows: rows) }
            }
        }
    }

    // MARK: From HDF5

    /// Has HDF5 read the chunk as it is stored; nil if it was never written.
    private func handedOut(_ box: ChunkGrid.Box, into workspace: UnsafeMutableRawPointer) throws(InfoLensError)
        -> (count: Int, mask: UInt32)?
    {
        var mask: UInt32 = 0
        let count = try HDF5.locked { () throws(InfoLensError) -> Int in
            var size: hsize_t = 0
            guard H5Dget_chunk_storage_size(dataset.id, box.offset, &size) >= 0 else {
                // How 1.10 reports a chunk without storage; later versions give size 0.
                if HDF5.cause.contains("not allocated") { return 0 }
                throw unreadable(box)
            }
            if size == 0 { return 0 }
            if dataset.facts.filters.isEmpty {
                // The size above is the one declared; this is the one that will be read.
                var address: haddr_t = 0
                guard H5Dget_chunk_info_by_coord(dataset.id, box.offset, &mask, &address, &size) >= 0 else {
                    throw unreadable(box)
                }
                // Of chunks that were never written there is no address.
                if address == chdf5_undefined_address() { return 0 }
            }
            guard size <= hsize_t(ChunkDecoder.capacity(chunkBytes: chunkBytes)) else {
                throw corrupt(box, "\(size) bytes are stored for \(chunkBytes)")
            }
            guard H5Dread_chunk(dataset.id, chdf5_default(), box.offset, &mask, workspace) >= 0 else {
                throw unreadable(box)
            }
            return Int(size)
        }
        try length.check()
        return count == 0 ? nil : (count, leavesEdgesUnfiltered && box.isPartial ? .max : mask)
    }

    // MARK: What was never written

    private func fillBox(
        _ box: ChunkGrid.Box, _ output: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ rows: Range<Int>
    ) throws(InfoLensError) {
        guard let fill else {
            throw InfoLensError(
                .format,
                """
                \(slab.what): the chunk at \(box.offset) was never written: was the recording cut short? Run it again, \
                or open the dump with allow_missing to read zeros there
                """
            )
        }
        // A run of elements as they are stored, moved to each place.
        let size = transfer.storedSize
        for index in 0..<box.runLength &* size {
            workspace.storeBytes(of: fill[index % size], toByteOffset: index, as: UInt8.self)
        }
        try box.forEachRun { (_, place) throws(InfoLensError) in
            if let bad = transfer.move(workspace, count: box.runLength, to: output + place &* transfer.size) {
                throw slab.inexact(place &+ bad, rows: rows)
            }
        }
    }

    // MARK: Errors

    private func unreadable(_ box: ChunkGrid.Box) -> InfoLensError {
        HDF5.failure("\(slab.what): the chunk at \(box.offset) cannot be read")
    }

    private func corrupt(_ box: ChunkGrid.Box, _ reason: String) -> InfoLensError {
        InfoLensError(.format, "\(slab.what): the chunk at \(box.offset) is corrupt: \(reason)")
    }
}

extension ChunkGrid.Box {
    /// Whether the runs follow each other in the chunk.
    var runsAreAdjacent: Bool {
        var length = runLength
        for axis in axes.reversed() {
            guard axis.length == 1 || axis.chunk == length else { return false }
            length &*= axis.length
        }
        return true
    }
}

extension Dataset {
    /// An element for what was never written, as it is stored: the dataset's own fill value, or zeros where those are
    /// allowed. nil where neither is.
    func fillElement(size: Int) throws(InfoLensError) -> [UInt8]? {
        var fill: [UInt8] = []
        let isDefined = try HDF5.locked { () throws(InfoLensError) -> Bool in
            // In memory an element may be larger than in the file.
            fill = [UInt8](repeating: 0, count: max(size, 16, H5Tget_size(typeID)))
            var status = H5D_FILL_VALUE_UNDEFINED
            H5Pfill_value_defined(creationProperties, &status)
            guard status == H5D_FILL_VALUE_USER_DEFINED else { return false }
            guard H5Pget_fill_value(creationProperties, typeID, &fill) >= 0 else {
                throw HDF5.failure("\(what): its fill value cannot be read")
            }
            return true
        }
        return isDefined || file.policy.allowsMissing ? Array(fill.prefix(size)) : nil
    }
}
