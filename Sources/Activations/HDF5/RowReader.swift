// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// Reads whole samples of a dataset in their stored encoding.
protocol RowReader: Sendable {
    /// Bytes of workspace that a call of `read` needs, whatever the number of rows.
    var workspaceBytes: Int { get }
    /// Rows that are cheapest read together, or nil.
    var preferredRows: Int? { get }

    /// Fills `output` with the rows, in C order. Several threads may call this at once.
    ///
    /// - Precondition: `rows` lie within the dataset, `output` has room for them and
    ///   `workspace` for `workspaceBytes`; both are aligned to 64 bytes.
    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
}

/// Contiguous data, read from the file itself: no lock is held and no copy made.
struct ContiguousReader: RowReader {
    let dataset: Dataset
    let rowBytes: Int
    private let offset: Int
    private let descriptor: Int32

    var workspaceBytes: Int { 0 }
    var preferredRows: Int? { nil }

    /// - Precondition: the dataset's data lies in its file from `offset` on.
    init(_ dataset: Dataset, rowBytes: Int, offset: Int) throws(InfoLensError) {
        self.dataset = dataset
        self.rowBytes = rowBytes
        self.offset = offset
        (descriptor, _) = try dataset.descriptor()
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        let end = rows.count &* rowBytes
        let start = offset &+ rows.lowerBound &* rowBytes
        var done = 0
        while done < end {
            let count = pread(descriptor, output + done, end &- done, off_t(start &+ done))
            if count > 0 {
                done &+= count
            } else if count == 0 {
                throw InfoLensError(
                    .format, "\(dataset.what): truncated: the file ends at byte \(start &+ done), within its data")
            } else if errno != EINTR {
                throw InfoLensError(.io, "\(dataset.what): reading failed: \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// Anything else, read by HDF5 itself, one block at a time.
///
/// The dataset has no chunk cache: blocks of whole chunks decode each chunk once
/// without one, and what HDF5 keeps for each open dataset would be in no budget.
struct LibraryReader: RowReader {
    let dataset: Dataset
    let preferredRows: Int?
    let workspaceBytes: Int
    /// Chunks that are read one by one; nil if HDF5 is given all rows at once.
    private let grid: ChunkGrid?

    /// Without a cache HDF5 reads a chunk that has no filters run by run. From this length on runs
    /// are no slower than whole chunks.
    private static let longRun = 4096

    init(_ dataset: Dataset, elementSize: Int) {
        self.dataset = dataset
        guard case .chunked(let chunk) = dataset.facts.layout else {
            (preferredRows, workspaceBytes, grid) = (nil, 0, nil)
            return
        }
        preferredRows = chunk[0]
        let chunkBytes = chunk.reduce(dataset.facts.elementBytes, &*)
        let grid = ChunkGrid(shape: dataset.facts.shape, chunk: chunk, elementSize: elementSize)
        if !dataset.facts.filters.isEmpty {
            // Not ours, but HDF5's while it decodes: a chunk as stored and as decoded.
            (workspaceBytes, self.grid) = (aligned(2 &* chunkBytes), nil)
        } else if case .numeric = dataset.facts.type, grid.runBytes < Self.longRun {
            (workspaceBytes, self.grid) = (aligned(chunkBytes), grid)
        } else {
            (workspaceBytes, self.grid) = (0, nil)
        }
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        guard let grid else {
            var start = dataset.facts.shape.map { _ in hsize_t(0) }
            var count = dataset.facts.shape.map { hsize_t($0) }
            if !count.isEmpty {
                start[0] = hsize_t(rows.lowerBound)
                count[0] = hsize_t(rows.count)
            }
            return try read(start, count, into: output, extent: count, at: start.map { _ in 0 })
        }
        for position in grid.positions(of: rows) {
            let box = grid.box(at: position, rows: rows)
            var start = box.offset
            var end = zip(zip(start, grid.chunk), dataset.facts.shape).map { min($0.0 + hsize_t($0.1), hsize_t($1)) }
            start[0] = max(start[0], hsize_t(rows.lowerBound))
            end[0] = min(end[0], hsize_t(rows.upperBound))
            try read(
                start, zip(end, start).map { $0 - $1 }, into: workspace, extent: grid.chunk.map { hsize_t($0) },
                at: zip(start, box.offset).map { $0 - $1 })
            box.copy(from: UnsafeRawPointer(workspace), to: output)
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
        return InfoLensError(
            .format,
            "\(dataset.what): its chunks need the HDF5 filter \(missing.name), which is not installed; write the file "
                + "with gzip, or set HDF5_PLUGIN_PATH to the filter's folder")
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

extension Dataset {
    /// The reader that the dataset's storage asks for.
    ///
    /// - Parameters:
    ///   - rowBytes: bytes of a sample in the dataset's encoding
    ///   - elementSize: bytes of an element in the dataset's encoding
    ///   - memory: bytes that reading may use
    func rowReader(rowBytes: Int, elementSize: Int, memory: Int) throws(InfoLensError) -> any RowReader {
        switch (try StoragePlan.choose(for: self), facts.layout) {
        case (.contiguous(let offset), _):
            try ContiguousReader(self, rowBytes: rowBytes, offset: offset)
        case (.chunks, .chunked(let chunk)):
            try ChunkReader(self, chunk: chunk, elementSize: elementSize, memory: memory)
        default:
            LibraryReader(self, elementSize: elementSize)
        }
    }
}
