// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// Chunked data: chunks come from HDF5 as stored, one at a time, and are decoded
/// outside its lock by as many threads as read.
struct ChunkReader: RowReader {
    private let dataset: Dataset
    private let grid: ChunkGrid
    private let decoder: ChunkDecoder
    /// Chunks that stick out of the extent are stored without filters.
    private let leavesEdgesUnfiltered: Bool
    private let fill: [UInt8]

    var workspaceBytes: Int { 2 &* decoder.capacity }
    var preferredRows: Int? { grid.chunk[0] }

    /// - Throws: `memory` for a chunk that `memory` cannot hold.
    init(_ dataset: Dataset, chunk: [Int], elementSize: Int, memory: Int) throws(InfoLensError) {
        let chunkBytes = chunk.reduce(elementSize, &*)
        try checkChunk(chunk, of: dataset, memory: memory)
        self.dataset = dataset
        grid = ChunkGrid(shape: dataset.facts.shape, chunk: chunk, elementSize: elementSize)
        decoder = ChunkDecoder(filters: dataset.facts.filters, chunkBytes: chunkBytes)
        var options: UInt32 = 0
        var fill = [UInt8](repeating: 0, count: max(elementSize, 16))
        try HDF5.locked { () throws(InfoLensError) in
            guard H5Pget_chunk_opts(dataset.creationProperties, &options) >= 0 else { throw HDF5.failure(dataset.what) }
            var status = H5D_FILL_VALUE_UNDEFINED
            H5Pfill_value_defined(dataset.creationProperties, &status)
            guard status == H5D_FILL_VALUE_USER_DEFINED else { return }
            guard H5Pget_fill_value(dataset.creationProperties, dataset.typeID, &fill) >= 0 else {
                throw HDF5.failure("\(dataset.what): its fill value cannot be read")
            }
        }
        leavesEdgesUnfiltered = options & UInt32(H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0
        self.fill = Array(fill.prefix(elementSize))
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        for position in grid.positions(of: rows) {
            let box = grid.box(at: position, rows: rows)
            if let chunk = try decoded(at: box, workspace) {
                box.copy(from: UnsafeRawPointer(chunk), to: output)
            } else {
                box.fill(output, with: fill)
            }
        }
    }

    /// The chunk's decoded bytes, somewhere in `workspace`; nil if it was never written.
    private func decoded(at box: ChunkGrid.Box, _ workspace: UnsafeMutableRawPointer) throws(InfoLensError)
        -> UnsafeMutableRawPointer?
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
            guard size <= hsize_t(decoder.capacity) else {
                throw corrupt(box, "\(size) bytes are stored for \(decoder.chunkBytes)")
            }
            guard H5Dread_chunk(dataset.id, chdf5_default(), box.offset, &mask, workspace) >= 0 else {
                throw unreadable(box)
            }
            return Int(size)
        }
        if count == 0 { return nil }
        if leavesEdgesUnfiltered && box.isPartial { mask = .max }
        switch decoder.decode(workspace, count: count, mask: mask, swapping: workspace + decoder.capacity) {
        case .success(let chunk): return chunk
        case .failure(let corruption): throw corrupt(box, corruption.reason)
        }
    }

    private func unreadable(_ box: ChunkGrid.Box) -> InfoLensError {
        HDF5.failure("\(dataset.what): the chunk at \(box.offset) cannot be read")
    }

    private func corrupt(_ box: ChunkGrid.Box, _ reason: String) -> InfoLensError {
        InfoLensError(.format, "\(dataset.what): the chunk at \(box.offset) is corrupt: \(reason)")
    }
}
