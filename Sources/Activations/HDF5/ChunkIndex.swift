// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// Where each chunk of a dataset lies in its file, read from the version-1 B-tree that HDF5 keeps of them.
///
/// libhdf5 1.10 finds one chunk in the time of one search, under its lock, and all of them in time quadratic in their
/// number. A walk over the tree is linear, and what it finds can be read by any thread.
struct ChunkIndex: Sendable {
    /// A chunk as it is stored.
    struct Entry: Sendable {
        /// Bytes from the file's start; −1 for a chunk that was never written.
        var offset: Int
        /// Bytes.
        var size: UInt32
        /// Bit i set: filter i was not applied.
        var mask: UInt32
    }

    /// By position in the grid, in C order.
    private let entries: [Entry]
    private let lengths: [Int]
    /// Chunks that were written.
    let written: Int

    /// Chunks altogether.
    var count: Int { entries.count }

    func entry(at position: [Int]) -> Entry {
        var index = 0
        for (axis, place) in position.enumerated() { index = index &* lengths[axis] &+ place }
        return entries[index]
    }

    private init(entries: [Entry], lengths: [Int], written: Int) {
        (self.entries, self.lengths, self.written) = (entries, lengths, written)
    }

    /// The index of a chunked dataset; nil where the file keeps another kind of index, where the file is open for
    /// writing in this process, whose changes may not be in it yet, and where the index takes more than `memory`.
    ///
    /// - Throws: `format` for a damaged tree and for chunks that lie outside of the file; `io`.
    init?(of dataset: Dataset, chunk: [Int], memory: Int) throws(InfoLensError) {
        let shape = dataset.facts.shape
        let lengths = zip(shape, chunk).map { ($0 &- 1) / $1 &+ 1 }
        guard let count = checkedProduct(lengths), count <= memory / MemoryLayout<Entry>.stride,
            try !Self.isWritten(dataset)
        else { return nil }
        let file = try RawFile(of: dataset.id, dataset.what)
        let header = try ObjectHeader(file, at: dataset.headerAddress())
        guard let root = header.chunkTree(rank: shape.count) else { return nil }
        var walk = Walk(
            file: file, chunk: chunk, lengths: lengths,
            entries: [Entry](repeating: Entry(offset: -1, size: 0, mask: 0), count: count))
        // A tree of no chunk has no root.
        if root != file.undefinedAddress { try walk.visit(root) }
        self.init(entries: walk.entries, lengths: lengths, written: walk.written)
    }

    private static func isWritten(_ dataset: Dataset) throws(InfoLensError) -> Bool {
        let (descriptor, _) = try dataset.descriptor()
        return fcntl(descriptor, F_GETFL) & O_ACCMODE != O_RDONLY
    }
}

/// A walk over a tree. What a damaged or hostile tree can do is bounded: every node is one level below its parent,
/// and there are no more nodes, and no more children of them together, than chunks could need.
private struct Walk {
    let file: RawFile
    let chunk: [Int]
    let lengths: [Int]
    var entries: [ChunkIndex.Entry]
    var written = 0
    private var nodes = 0
    private var children = 0
    /// Position of the chunk that was met last.
    private var last = -1

    init(file: RawFile, chunk: [Int], lengths: [Int], entries: [ChunkIndex.Entry]) {
        (self.file, self.chunk, self.lengths, self.entries) = (file, chunk, lengths, entries)
    }

    private var damaged: InfoLensError {
        InfoLensError(.format, "\(file.what): the index of its chunks is damaged; the file is corrupt")
    }

    mutating func visit(_ root: Int) throws(InfoLensError) {
        var waiting: [(address: Int, level: Int?)] = [(root, nil)]
        while let (address, expected) = waiting.popLast() {
            nodes += 1
            // A node has an entry at least, and each level fewer nodes than the one below.
            guard nodes <= 2 &* entries.count &+ 64 else { throw damaged }
            try visitNode(address, level: expected, &waiting)
        }
    }

    /// A node: signature, type 1, level, number of children, siblings; then keys and children in turn. A key: size in
    /// bytes and filter mask of a chunk, its first element, and 0 for the bytes within an element.
    private mutating func visitNode(
        _ address: Int, level expected: Int?, _ waiting: inout [(address: Int, level: Int?)]
    ) throws(InfoLensError) {
        let headBytes = 8 &+ 2 &* file.addressBytes
        guard file.holds(headBytes, at: address) else { throw damaged }
        let head = try file.bytes(at: address, count: headBytes)
        let level = Int(head[5])
        let children = Int(head[6]) | Int(head[7]) << 8
        self.children &+= children
        guard head.starts(with: "TREE".utf8), head[4] == 1, expected == nil || level == expected,
            self.children <= 4 &* entries.count &+ 1 << 16
        else { throw damaged }
        let keyBytes = 8 &+ 8 &* (chunk.count &+ 1)
        let step = keyBytes &+ file.addressBytes
        guard file.holds(children &* step, at: address &+ headBytes) else { throw damaged }
        let bytes = try file.bytes(at: address &+ headBytes, count: children &* step)
        // What waits is visited from the last on; thus chunks are met in C order, as a tree has them.
        let order =
            level > 0
            ? stride(from: children &- 1, through: 0, by: -1) : stride(from: 0, through: children &- 1, by: 1)
        for child in order {
            let key = bytes[(child &* step)..<(child &* step &+ keyBytes)]
            guard let place = RawFile.integer(bytes[(child &* step &+ keyBytes)..<(child &* step &+ step)]) else {
                throw damaged
            }
            if level > 0 {
                waiting.append((place, level &- 1))
            } else {
                try add(key, at: place)
            }
        }
    }

    private mutating func add(_ key: ArraySlice<UInt8>, at address: Int) throws(InfoLensError) {
        let (size, mask, first, inElement) = key.withUnsafeBytes { bytes in
            (
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)),
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
                chunk.indices.map {
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 &+ 8 &* $0, as: UInt64.self))
                },
                bytes.loadUnaligned(fromByteOffset: 8 &+ 8 &* chunk.count, as: UInt64.self)
            )
        }
        var index = 0
        for axis in chunk.indices {
            let (position, rest) = first[axis].quotientAndRemainder(dividingBy: UInt64(chunk[axis]))
            guard rest == 0 else { throw damaged }
            // Of a dataset that has shrunk, chunks may be left outside.
            guard position < UInt64(lengths[axis]) else { return }
            index = index &* lengths[axis] &+ Int(position)
        }
        guard file.holds(Int(size), at: address), let offset = file.offset(of: address), size > 0 else {
            throw InfoLensError(
                .format,
                "\(file.what): truncated: the chunk at \(first) is not in the file, which is cut off or corrupt")
        }
        // Otherwise libhdf5 would not find it by its search, or find another.
        guard index > last, inElement == 0 else { throw damaged }
        last = index
        entries[index] = ChunkIndex.Entry(offset: offset, size: size, mask: mask)
        written += 1
    }
}

extension ObjectHeader {
    /// The address of the version-1 B-tree of a chunked dataset's chunks, from its layout message; nil where the
    /// layout is another.
    func chunkTree(rank: Int) -> Int? {
        guard let message = message(of: 0x08) else { return nil }
        let bytes = Array(message)
        let place: Int
        switch bytes.first {
        case 1, 2:
            // Version, rank and one, class, five bytes of nothing.
            guard bytes.count > 3, Int(bytes[1]) == rank + 1, bytes[2] == 2 else { return nil }
            place = 8
        case 3:
            guard bytes.count > 3, bytes[1] == 2, Int(bytes[2]) == rank + 1 else { return nil }
            place = 3
        default: return nil
        }
        guard bytes.count >= place + addressBytes else { return nil }
        return RawFile.integer(bytes[place..<place + addressBytes]) ?? undefinedAddress
    }
}

extension Dataset {
    /// The address of its object header.
    func headerAddress() throws(InfoLensError) -> Int {
        try HDF5.locked { () throws(InfoLensError) in
            var object = chdf5_object()
            guard chdf5_object_at(id, ".", chdf5_default(), &object) >= 0 else { throw HDF5.failure(what) }
            return Int(clamping: object.address)
        }
    }
}
