// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// Variable-length strings, read from the file's global heap itself.
///
/// An element is a length and the place of an object in a heap. libhdf5 copies the
/// object into memory of that length, whatever the object's own: a damaged file
/// overwrites the process's memory. Here neither is believed without the other.
struct HeapStrings {
    let what: String
    /// Longer strings are an error.
    private let limit: Int
    private let reader: any RowReader
    private let descriptor: Int32
    private let fileSize: Int
    /// Bytes before the HDF5 file proper, which addresses do not count.
    private let userBlock: Int
    private let addressBytes: Int
    private let lengthBytes: Int
    private let rows: Int
    private let rowElements: Int
    /// Collections met last, by address.
    private var collections: [Int: Collection] = [:]
    private var collectionBytes = 0

    /// A collection's bytes and where its objects lie in them.
    private struct Collection {
        let bytes: [UInt8]
        let objects: [Int: Range<Int>]
    }

    private static let pieceElements = 1 << 16
    /// Collections are let go of beyond this.
    private static let heldBytes = 16 << 20
    private static let largestCollection = 256 << 20
    /// Looking up an unfiltered chunk takes time with the number of chunks.
    private static let maximumChunks: hsize_t = 2048

    private var elementBytes: Int { 4 &+ addressBytes &+ 4 }

    /// nil for storage of which only HDF5 knows where the elements are.
    ///
    /// - Precondition: `StoragePlan.check` has passed the dataset, whose elements are such strings.
    init?(_ dataset: Dataset, limit: Int) throws(InfoLensError) {
        self.limit = limit
        let facts = dataset.facts
        rows = facts.shape.first ?? 1
        rowElements = facts.shape.dropFirst().reduce(1, &*)
        switch facts.layout {
        case .contiguous where facts.externalFiles == 0:
            let rowBytes = rowElements &* facts.elementBytes
            reader = try ContiguousReader(dataset, rowBytes: rowBytes, offset: StoragePlan.offset(of: dataset))
        case .chunked(let chunk) where facts.filters.allSatisfy(\.isKnown):
            guard try Self.hasPlainChunks(dataset) else { return nil }
            reader = try ChunkReader(dataset, chunk: chunk, elementSize: facts.elementBytes, memory: 1 << 30)
        default: return nil
        }
        what = dataset.what
        (descriptor, fileSize) = try dataset.descriptor()
        (userBlock, addressBytes, lengthBytes) = try HDF5.locked { () throws(InfoLensError) in
            let file = try HDF5ID(H5Iget_file_id(dataset.id), dataset.what, kind: .internal)
            let creation = try HDF5ID(H5Fget_create_plist(file.raw), dataset.what, kind: .internal)
            var userBlock: hsize_t = 0
            var addressBytes = 0
            var lengthBytes = 0
            guard H5Pget_userblock(creation.raw, &userBlock) >= 0,
                H5Pget_sizes(creation.raw, &addressBytes, &lengthBytes) >= 0
            else { throw HDF5.failure(dataset.what) }
            return (Int(clamping: userBlock), addressBytes, lengthBytes)
        }
    }

    /// Whether chunks that were never written hold empty strings, and all can be looked up.
    private static func hasPlainChunks(_ dataset: Dataset) throws(InfoLensError) -> Bool {
        try HDF5.locked { () throws(InfoLensError) in
            var status = H5D_FILL_VALUE_UNDEFINED
            H5Pfill_value_defined(dataset.creationProperties, &status)
            guard status != H5D_FILL_VALUE_USER_DEFINED else { return false }
            if !dataset.facts.filters.isEmpty { return true }
            let space = try HDF5ID(H5Dget_space(dataset.id), dataset.what)
            var count: hsize_t = 0
            return H5Dget_num_chunks(dataset.id, space.raw, &count) >= 0 && count <= maximumChunks
        }
    }

    /// Calls `body` for each string in C order, up to its first NUL.
    mutating func forEach(_ body: (ArraySlice<UInt8>) throws(InfoLensError) -> Void) throws(InfoLensError) {
        var piece = max(1, min(rows, Self.pieceElements / rowElements))
        if let preferred = reader.preferredRows, piece > preferred { piece -= piece % preferred }
        let bytes = aligned(piece &* rowElements &* elementBytes)
        let buffer = try Scratch(bytes: bytes &+ reader.workspaceBytes, for: what)
        for start in stride(from: 0, to: rows, by: piece) {
            let end = min(start &+ piece, rows)
            try reader.read(rows: start..<end, into: buffer.base, workspace: buffer.base + bytes)
            for element in 0..<(end &- start) &* rowElements {
                let raw = UnsafeRawBufferPointer(start: buffer.base + element &* elementBytes, count: elementBytes)
                try body(text(raw, row: start &* rowElements &+ element))
            }
        }
    }

    private mutating func text(_ element: UnsafeRawBufferPointer, row: Int) throws(InfoLensError) -> ArraySlice<UInt8> {
        let length = Self.integer(element[..<4])
        let address = Self.integer(element[4..<4 &+ addressBytes])
        let index = Self.integer(element[(4 &+ addressBytes)...])
        guard let length, let address, let index else { throw damaged(row, "lies beyond any file") }
        if length == 0 || address == 0 { return [] }
        guard length < limit else { throw StoredLabels.tooLong(what, row: row) }
        let collection = try collection(at: address, row: row)
        guard let object = collection.objects[index] else { throw damaged(row, "is not in the heap") }
        guard length <= object.count else { throw damaged(row, "is longer than its place in the heap") }
        let bytes = collection.bytes[object.lowerBound..<object.lowerBound &+ length]
        return bytes.firstIndex(of: 0).map { bytes[..<$0] } ?? bytes
    }

    private mutating func collection(at address: Int, row: Int) throws(InfoLensError) -> Collection {
        if let known = collections[address] { return known }
        let header = 8 &+ lengthBytes
        let (start, overflow) = address.addingReportingOverflow(userBlock)
        guard !overflow, start >= 0, start <= fileSize &- header else { throw damaged(row, "lies beyond the file") }
        let head = try bytes(at: start, count: header)
        guard head.starts(with: "GCOL".utf8), head[4] == 1, let size = Self.integer(head[8...]),
            size >= header, size <= fileSize &- start
        else { throw damaged(row, "has no heap") }
        guard size <= Self.largestCollection else {
            throw InfoLensError(.memory, "\(what): its strings share a heap of \(size) bytes; rewrite the labels alone")
        }
        if collectionBytes &+ size > Self.heldBytes {
            collections.removeAll()
            collectionBytes = 0
        }
        let bytes = try bytes(at: start, count: size)
        var objects: [Int: Range<Int>] = [:]
        var place = header
        // An object has its index, a count of references, four bytes of nothing, its size, and data in units of 8.
        while place <= size &- header {
            guard let index = Self.integer(bytes[place..<place &+ 2]), index != 0,
                let count = Self.integer(bytes[(place &+ 8)..<place &+ header])
            else { break }
            place &+= header
            guard count <= size &- place else { throw damaged(row, "is in a damaged heap") }
            objects[index] = place..<place &+ count
            place &+= (count &+ 7) & ~7
        }
        let collection = Collection(bytes: bytes, objects: objects)
        collections[address] = collection
        collectionBytes &+= size
        return collection
    }

    private func bytes(at offset: Int, count: Int) throws(InfoLensError) -> [UInt8] {
        var error: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count, let base = buffer.baseAddress {
                let step = pread(descriptor, base + done, count &- done, off_t(offset &+ done))
                if step > 0 {
                    done &+= step
                } else if step == 0 || errno != EINTR {
                    error = step == 0 ? 0 : errno
                    break
                }
            }
        }
        guard bytes.count == count else {
            throw InfoLensError(
                error == 0 ? .format : .io,
                "\(what): reading its strings failed: \(error == 0 ? "truncated" : String(cString: strerror(error)))")
        }
        return bytes
    }

    /// A little-endian number; nil beyond Int.
    private static func integer(_ bytes: some Swift.Collection<UInt8>) -> Int? {
        var value: UInt64 = 0
        for (position, byte) in bytes.enumerated() where byte != 0 {
            guard position < 8 else { return nil }
            value |= UInt64(byte) << UInt64(8 &* position)
        }
        return Int(exactly: value)
    }

    private func damaged(_ row: Int, _ how: String) -> InfoLensError {
        InfoLensError(.format, "\(what): the string at row \(row) \(how); the file is corrupt")
    }
}
