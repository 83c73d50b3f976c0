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
struct LibraryReader: RowReader {
    let dataset: Dataset
    let preferredRows: Int?

    var workspaceBytes: Int { 0 }

    init(_ dataset: Dataset) {
        self.dataset = dataset
        preferredRows = if case .chunked(let chunk) = dataset.facts.layout { chunk[0] } else { nil }
    }

    /// Dataset access properties with a cache that holds a row of chunks if a quarter of `memory`
    /// can, lest each chunk be decoded once a block.
    ///
    /// - Parameter chunk: shape of the chunks that HDF5 must decode, nil if there are none
    static func access(for dataset: Dataset, chunk: [Int]?, memory: Int) throws(InfoLensError) -> HDF5ID {
        var cache: Int?
        if let chunk {
            let chunkBytes = chunk.reduce(HDF5.elementSize(dataset.typeID), &*)
            let across = zip(dataset.facts.shape, chunk).dropFirst().map { ($0 &+ $1 &- 1) / $1 }
            let band = checkedProduct(across + [chunkBytes]) ?? .max
            cache = band <= memory / 4 ? band : min(chunkBytes, memory / 4)
        }
        let properties = dataset.file.datasetAccess
        return try HDF5.locked { () throws(InfoLensError) in
            let access = try HDF5ID(H5Pcopy(properties), "dataset access properties", kind: .internal)
            // The number of slots is a prime well above the number of chunks that fit.
            if let cache { H5Pset_chunk_cache(access.raw, 12_421, cache, 1) }
            return access
        }
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        try HDF5.locked { () throws(InfoLensError) in
            let what = dataset.what
            let space = try HDF5ID(H5Dget_space(dataset.id), "\(what): its extent cannot be read")
            var start = [hsize_t](repeating: 0, count: max(1, dataset.facts.shape.count))
            var count = dataset.facts.shape.map { hsize_t($0) }
            if !count.isEmpty {
                start[0] = hsize_t(rows.lowerBound)
                count[0] = hsize_t(rows.count)
                guard H5Sselect_hyperslab(space.raw, H5S_SELECT_SET, start, nil, count, nil) >= 0 else {
                    throw HDF5.failure(what)
                }
            }
            let memory = try HDF5ID(H5Screate_simple(Int32(count.count), count, nil), what)
            guard H5Dread(dataset.id, memoryType, memory.raw, space.raw, chdf5_default(), output) >= 0 else {
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
    let bytes = checkedProduct(chunk + [HDF5.elementSize(dataset.typeID)]) ?? .max
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
            LibraryReader(self)
        }
    }
}
