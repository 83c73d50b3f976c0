// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// How a dataset's elements will be read, and why.
struct StoragePlan: Sendable {
    enum Way: Sendable {
        /// Straight from the file, this many bytes from its start.
        case contiguous(offset: Int)
        /// Chunk by chunk, undoing the filters ourselves; straight from the file where the index is known.
        case chunks(ChunkIndex?)
        /// Through H5Dread, one reader at a time.
        case library
    }

    let way: Way
    /// Why it is not a faster way, and what would make it one; "" where there is none.
    let reason: String

    /// Checks that the data can be there and chooses how to read it.
    ///
    /// libhdf5 answers with fill values, zeros or stray memory where data is missing or cut
    /// off; here that is an error.
    ///
    /// - Parameter memory: bytes that reading may use; an index of chunks may take an eighth of it
    /// - Throws: `shape` for an extent that overflows, `dtype` for elements that are no numbers,
    ///   `format` for missing or truncated data, `io` or `notFound` for data in other files.
    static func choose(for dataset: Dataset, memory: Int) throws(InfoLensError) -> StoragePlan {
        let facts = dataset.facts
        try check(dataset)
        if case .converted(_, let name) = facts.type {
            return StoragePlan(way: .library, reason: "libhdf5 decodes elements of the type \(name)")
        }
        switch facts.layout {
        case .contiguous where facts.externalFiles == 0:
            guard facts.count != 0 else { return StoragePlan(way: .library, reason: "") }
            return StoragePlan(way: .contiguous(offset: try offset(of: dataset)), reason: "")
        case .contiguous: return StoragePlan(way: .library, reason: "its data is in other files")
        case .compact: return StoragePlan(way: .library, reason: "its few bytes are in the object's header")
        case .virtual:
            return StoragePlan(
                way: .library, reason: "it is put together from other datasets; open their files as a list instead")
        case .chunked(let chunk):
            if let filter = facts.filters.first(where: { !$0.isKnown }) {
                try checkWritten(writtenChunks(dataset), of: dataset, chunk: chunk)
                return StoragePlan(
                    way: .library,
                    reason: "libhdf5 undoes the filter \(filter.name); gzip and lzf are undone on all threads")
            }
            if let index = try ChunkIndex(of: dataset, chunk: chunk, memory: memory / 8) {
                try checkWritten(index.written, of: dataset, chunk: chunk)
                return StoragePlan(way: .chunks(index), reason: "")
            }
            try checkWritten(writtenChunks(dataset), of: dataset, chunk: chunk)
            let reason = "the index of its chunks is of a newer format, so that libhdf5 reads them one at a time"
            // H5Dread_chunk writes as many bytes as the file's index says, and only for filtered
            // datasets is that number told before.
            return StoragePlan(way: facts.filters.isEmpty ? .library : .chunks(nil), reason: reason)
        }
    }

    /// Checks everything that can be known without reading data.
    static func check(_ dataset: Dataset) throws(InfoLensError) {
        let facts = dataset.facts
        let what = dataset.what
        let elementSize = facts.elementBytes
        guard let count = facts.count, let bytes = checkedProduct([count, elementSize]) else {
            throw InfoLensError(
                .shape,
                "\(what): shape \(describe(shape: facts.shape)) overflows the address space; the file is corrupt")
        }
        if count == 0 { return }

        if facts.externalFiles > 0 {
            guard dataset.file.policy.allowsExternal else {
                throw InfoLensError(
                    .io,
                    "\(what) keeps its data in other files, which were not read; rewrite the file with h5repack, or "
                        + "open the dump with allow_external if you trust it")
            }
            try ExternalFiles.check(dataset, bytes: bytes)
            return
        }
        switch facts.layout {
        case .virtual:
            try VirtualSources.check(dataset)
        case .chunked(let chunk):
            guard checkedProduct(chunk + [elementSize]) != nil else {
                throw InfoLensError(.format, "\(what): chunks of \(describe(shape: chunk)) overflow the address space")
            }
            guard facts.storedBytes > 0 else { throw neverWritten(what) }
            let chunkBytes = chunk.reduce(elementSize, &*)
            try checkPresence(dataset, bytes: bytes, chunkBytes: chunkBytes)
            if facts.filters.isEmpty { try checkUnfilteredChunks(dataset, chunkBytes: chunkBytes) }
        case .contiguous, .compact:
            guard facts.storedBytes > 0 else { throw neverWritten(what) }
            guard facts.storedBytes >= UInt64(bytes) else {
                throw InfoLensError(
                    .format,
                    "\(what): shape \(describe(shape: facts.shape)) needs \(bytes) bytes, the file holds "
                        + "\(facts.storedBytes); the file is corrupt")
            }
            if facts.layout == .contiguous { _ = try offset(of: dataset) }
        }
    }

    /// Chunks that were never written may count as fill values, but a file that declares far more
    /// than it can hold is not believed: reading it would take for ever.
    private static func checkPresence(_ dataset: Dataset, bytes: Int, chunkBytes: Int) throws(InfoLensError) {
        let facts = dataset.facts
        // Deflate makes nothing smaller than 1/1032; of other filters less is known.
        let ratio = facts.filters.allSatisfy(\.isKnown) ? 1100 : 1_000_000
        let (possible, overflow) = Int(clamping: facts.storedBytes).multipliedReportingOverflow(by: ratio)
        guard overflow || bytes <= max(possible, 2 &* chunkBytes) else {
            throw InfoLensError(
                .format,
                "\(dataset.what): shape \(describe(shape: facts.shape)) is \(bytes) bytes but the file holds "
                    + "\(facts.storedBytes): most of its data was never written")
        }
    }

    /// Refuses chunks that were never written unless the dataset says what they hold, or the caller wants zeros: a
    /// writer that was killed leaves such.
    private static func checkWritten(_ written: Int, of dataset: Dataset, chunk: [Int]) throws(InfoLensError) {
        let expected = zip(dataset.facts.shape, chunk).reduce(1) { $0 &* (($1.0 &- 1) / $1.1 &+ 1) }
        guard written < expected, try dataset.fillElement(size: dataset.facts.elementBytes) == nil else { return }
        throw InfoLensError(
            .format,
            """
            \(dataset.what): \(expected - written) of its \(expected) chunks were never written: was the recording \
            cut short? Run it again, or open the dump with allow_missing to read zeros there
            """
        )
    }

    private static func writtenChunks(_ dataset: Dataset) throws(InfoLensError) -> Int {
        try HDF5.locked { () throws(InfoLensError) -> Int in
            let space = try HDF5ID(H5Dget_space(dataset.id), dataset.what)
            var count: hsize_t = 0
            guard H5Dget_num_chunks(dataset.id, space.raw, &count) >= 0 else {
                throw HDF5.failure("\(dataset.what): its chunks cannot be counted")
            }
            return Int(clamping: count)
        }
    }

    /// Chunks without filters are all of one size, which libhdf5 takes for granted.
    private static func checkUnfilteredChunks(_ dataset: Dataset, chunkBytes: Int) throws(InfoLensError) {
        let what = dataset.what
        let chunks = try writtenChunks(dataset)
        let (bytes, overflow) = hsize_t(chunks).multipliedReportingOverflow(by: hsize_t(chunkBytes))
        guard !overflow, bytes == dataset.facts.storedBytes else {
            throw InfoLensError(
                .format,
                "\(what): \(chunks) chunks of \(chunkBytes) bytes take \(dataset.facts.storedBytes) bytes in the file; "
                    + "the file is corrupt")
        }
    }

    /// Where contiguous data begins in the file, all of it being there.
    static func offset(of dataset: Dataset) throws(InfoLensError) -> Int {
        let what = dataset.what
        let address = try HDF5.locked { () throws(InfoLensError) in H5Dget_offset(dataset.id) }
        guard address != chdf5_undefined_address(), let offset = Int(exactly: address) else { throw neverWritten(what) }
        let (_, size) = try dataset.descriptor()
        let (end, overflow) = offset.addingReportingOverflow(Int(clamping: dataset.facts.storedBytes))
        guard !overflow, end <= size else {
            throw InfoLensError(
                .format,
                """
                \(what): truncated: its data ends at byte \(offset) + \(dataset.facts.storedBytes), the file has \
                \(size)
                """
            )
        }
        return offset
    }

    private static func neverWritten(_ what: String) -> InfoLensError {
        InfoLensError(.format, "\(what): its data was never written; run the recording again")
    }
}

extension Dataset {
    /// The descriptor of the file that holds the dataset, which may be another than the
    /// dump, and that file's size. Valid while the dataset is open.
    func descriptor() throws(InfoLensError) -> (Int32, size: Int) {
        let descriptor = try HDF5.locked { () throws(InfoLensError) in
            let owner = try HDF5ID(H5Iget_file_id(id), "\(what): its file cannot be found", kind: .internal)
            return chdf5_descriptor(owner.raw)
        }
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw InfoLensError(.io, "\(what): its file cannot be read directly")
        }
        return (descriptor, Int(status.st_size))
    }
}
