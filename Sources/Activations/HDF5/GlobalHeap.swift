// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Strings of variable length, read from the heaps of a file themselves.
///
/// An element is a length and the place of an object in a heap. libhdf5 copies the
/// object into memory of that length, whatever the object's own: a damaged file
/// overwrites the process's memory. Here neither is believed without the other.
struct GlobalHeap {
    private let file: RawFile
    /// Longer strings are an error.
    private let limit: Int
    /// Bytes that may still be read.
    private var readable: Int
    /// Collections met last, by address.
    private var collections: [Int: Collection] = [:]
    private var collectionBytes = 0

    /// A collection's bytes and where its objects lie in them.
    private struct Collection {
        let bytes: [UInt8]
        let objects: [Int: Range<Int>]
    }

    /// Collections are let go of beyond this.
    private static let heldBytes = 16 << 20
    private static let largestCollection = 256 << 20

    /// Bytes of an element.
    var elementBytes: Int { 4 &+ file.addressBytes &+ 4 }

    /// - Parameters:
    ///   - limit: bytes of the longest string
    ///   - readable: bytes that may be read of collections, which elements can make one read again and again
    init(_ file: RawFile, limit: Int, readable: Int = .max) {
        self.file = file
        self.limit = limit
        self.readable = readable
    }

    /// The string of an element up to its first NUL; empty for one that was never written.
    ///
    /// - Parameters:
    ///   - element: `elementBytes` bytes
    ///   - row: of the element, for errors
    mutating func text(_ element: some Swift.Collection<UInt8>, row: Int) throws(InfoLensError) -> ArraySlice<UInt8> {
        let element = Array(element)
        let addressEnd = 4 &+ file.addressBytes
        let length = RawFile.integer(element[..<4])
        let address = RawFile.integer(element[4..<addressEnd])
        let index = RawFile.integer(element[addressEnd...])
        guard let length, let address, let index else { throw damaged(row, "lies beyond any file") }
        if length == 0 || address == 0 { return [] }
        guard length < limit else { throw Self.tooLong(file.what, row: row, limit: limit) }
        let collection = try collection(at: address, row: row)
        guard let object = collection.objects[index] else { throw damaged(row, "is not in the heap") }
        guard length <= object.count else { throw damaged(row, "is longer than its place in the heap") }
        let bytes = collection.bytes[object.lowerBound..<object.lowerBound &+ length]
        return bytes.firstIndex(of: 0).map { bytes[..<$0] } ?? bytes
    }

    static func tooLong(_ what: String, row: Int, limit: Int) -> InfoLensError {
        InfoLensError(.dtype, "\(what): the string at row \(row) is longer than \(limit) bytes, the most that is read")
    }

    private mutating func collection(at address: Int, row: Int) throws(InfoLensError) -> Collection {
        if let known = collections[address] { return known }
        let header = 8 &+ file.lengthBytes
        guard file.holds(header, at: address) else { throw damaged(row, "lies beyond the file") }
        let head = try file.bytes(at: address, count: header)
        guard head.starts(with: "GCOL".utf8), head[4] == 1, let size = RawFile.integer(head[8...]), size >= header,
            file.holds(size, at: address)
        else { throw damaged(row, "has no heap") }
        guard size <= Self.largestCollection else {
            throw InfoLensError(
                .memory, "\(file.what): its strings share a heap of \(size) bytes; rewrite them alone")
        }
        guard size <= readable else {
            throw InfoLensError(.memory, "\(file.what): its strings lie in too many or too large heaps")
        }
        readable &-= size
        if collectionBytes &+ size > Self.heldBytes {
            collections.removeAll()
            collectionBytes = 0
        }
        let bytes = try file.bytes(at: address, count: size)
        var objects: [Int: Range<Int>] = [:]
        var place = header
        // An object has its index, a count of references, four bytes of nothing, its size, and data in units of 8.
        while place <= size &- header {
            guard let index = RawFile.integer(bytes[place..<place &+ 2]), index != 0,
                let count = RawFile.integer(bytes[(place &+ 8)..<place &+ header])
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

    private func damaged(_ row: Int, _ how: String) -> InfoLensError {
        InfoLensError(.format, "\(file.what): the string at row \(row) \(how); the file is corrupt")
    }
}
