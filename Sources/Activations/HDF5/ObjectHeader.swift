// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The header of a group or dataset, where its attributes are, read from the file itself.
///
/// libhdf5 gives no access to an attribute's elements as they are stored, and to follow those of strings for it is
/// not safe (`GlobalHeap`). Attributes beyond eight of an object in the newest formats lie elsewhere and are not found.
struct ObjectHeader {
    private let file: RawFile
    /// Runs of messages and how those begin.
    private var chunks: [ArraySlice<UInt8>] = []
    private let hasOrder: Bool
    private let isFirstVersion: Bool

    private static let attribute = 0x0C
    private static let continuation = 0x10
    /// Limits for damaged files, whose headers may lead in circles.
    private static let maximumBytes = 16 << 20
    private static let maximumChunks = 1024

    /// - Parameter address: of the object in `file`
    init(_ file: RawFile, at address: Int) throws(InfoLensError) {
        self.file = file
        let start = try Self.bytes(file, at: address, count: min(64, file.available(at: address)))
        let first: Range<Int>
        if start.starts(with: "OHDR".utf8), start.count >= 6 {
            let flags = start[5]
            isFirstVersion = false
            hasOrder = flags & 0x04 != 0
            let sizePlace = 6 + (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0)
            let sizeBytes = 1 << Int(flags & 3)
            guard start[4] == 2, start.count >= sizePlace + sizeBytes,
                let size = RawFile.integer(start[sizePlace..<sizePlace + sizeBytes]), size <= Self.maximumBytes
            else { throw Self.damaged(file) }
            first = sizePlace + sizeBytes..<sizePlace + sizeBytes + size
        } else {
            isFirstVersion = true
            hasOrder = false
            guard start.count >= 16, start[0] == 1, let size = RawFile.integer(start[8..<12]),
                size <= Self.maximumBytes
            else { throw Self.damaged(file) }
            first = 16..<16 + size
        }
        chunks = [try Self.bytes(file, at: address, count: first.upperBound)[first]]
        try followContinuations()
    }

    /// The elements of the attribute `name` as they are stored, perhaps with a few bytes behind; nil if it is not here.
    func elements(of name: String) throws(InfoLensError) -> ArraySlice<UInt8>? {
        for chunk in chunks {
            var found: ArraySlice<UInt8>?
            forEachMessage(in: chunk) { type, flags, data in
                // A shared message is only the place of the one that counts.
                guard type == Self.attribute, flags & 0x02 == 0, found == nil else { return }
                found = elements(data, of: name)
            }
            if let found { return found }
        }
        return nil
    }

    var addressBytes: Int { file.addressBytes }
    var undefinedAddress: Int { file.undefinedAddress }

    /// The first message of a type; nil where there is none, or only the place of one that others share.
    func message(of wanted: Int) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        for chunk in chunks where found == nil {
            forEachMessage(in: chunk) { type, flags, data in
                if type == wanted, flags & 0x02 == 0, found == nil { found = data }
            }
        }
        return found
    }

    /// The part of an attribute message behind name, type and extent, if the name is `name`.
    private func elements(_ message: ArraySlice<UInt8>, of name: String) -> ArraySlice<UInt8>? {
        let bytes = Array(message)
        guard bytes.count >= 9, (1...3).contains(bytes[0]) else { return nil }
        let sizes = [2, 4, 6].map { Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8 }
        var place = bytes[0] == 3 ? 9 : 8
        guard bytes.count >= place + sizes[0],
            bytes[place..<place + sizes[0]].prefix(while: { $0 != 0 }).elementsEqual(name.utf8)
        else { return nil }
        for size in sizes { place += bytes[0] == 1 ? (size + 7) & ~7 : size }
        return place <= bytes.count ? bytes[place...] : nil
    }

    private mutating func followContinuations() throws(InfoLensError) {
        var total = 0
        var next = 0
        while next < chunks.count {
            var places: [(address: Int, count: Int)] = []
            forEachMessage(in: chunks[next]) { type, _, data in
                guard type == Self.continuation, data.count >= file.addressBytes + file.lengthBytes else { return }
                let data = Array(data)
                guard let address = RawFile.integer(data[..<file.addressBytes]),
                    let count = RawFile.integer(data[file.addressBytes..<file.addressBytes + file.lengthBytes])
                else { return }
                places.append((address, count))
            }
            for (address, count) in places {
                guard count <= Self.maximumBytes - total, chunks.count < Self.maximumChunks else {
                    throw Self.damaged(file)
                }
                total += count
                let bytes = try Self.bytes(file, at: address, count: count)
                if isFirstVersion {
                    chunks.append(bytes[...])
                } else {
                    // A signature before, a checksum behind.
                    guard count >= 8, bytes.starts(with: "OCHK".utf8) else { throw Self.damaged(file) }
                    chunks.append(bytes[4..<count - 4])
                }
            }
            next += 1
        }
    }

    private func forEachMessage(
        in chunk: ArraySlice<UInt8>, _ body: (_ type: Int, _ flags: UInt8, _ data: ArraySlice<UInt8>) -> Void
    ) {
        let head = isFirstVersion ? 8 : hasOrder ? 6 : 4
        var place = chunk.startIndex
        while chunk.endIndex - place >= head {
            let typeBytes = isFirstVersion ? 2 : 1
            let type = isFirstVersion ? Int(chunk[place]) | Int(chunk[place + 1]) << 8 : Int(chunk[place])
            let size = Int(chunk[place + typeBytes]) | Int(chunk[place + typeBytes + 1]) << 8
            let flags = chunk[place + typeBytes + 2]
            place += head
            guard size <= chunk.endIndex - place else { return }
            body(type, flags, chunk[place..<place + size])
            place += size
        }
    }

    private static func bytes(_ file: RawFile, at address: Int, count: Int) throws(InfoLensError) -> [UInt8] {
        guard file.holds(count, at: address) else { throw damaged(file) }
        return try file.bytes(at: address, count: count)
    }

    private static func damaged(_ file: RawFile) -> InfoLensError {
        InfoLensError(.format, "\(file.what): its object's header is damaged; the file is corrupt")
    }
}
