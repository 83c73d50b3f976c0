// SPDX-License-Identifier: Apache-2.0

/// What stands before each message between a process and the one that reads for it.
///
/// Both run the same library on the same machine, so that integers lie as the machine has
/// them; a library of another version on the other side is recognised by the first word.
struct Frame: Equatable {
    /// What a message is. Requests are answered in the order in which they were sent, each by one `answer` or one
    /// `failure`.
    enum Kind: UInt32 {
        /// The first message of the reading process: it is ready.
        case ready = 1
        case open
        /// A further socket comes along, on which requests are answered at the same time.
        case channel
        /// Memory comes along, in which rows are handed over.
        case memory
        case matrix
        case rows
        case labels
        case network
        case answer
        /// The request failed as it would have in this process: an error's kind and text.
        case failure
    }

    var kind: Kind
    /// Number of the request on its socket; that of an answer is its request's.
    var number: UInt64
    /// Bytes that follow.
    var length: Int

    /// Bytes of a frame.
    static let size = 24
    /// "ILR" and the version of what is said: it grows with every change of a message.
    private static let magic: UInt32 = 0x494C_5200 | version
    static let version: UInt32 = 1

    /// Why bytes are no frame.
    enum Problem: Error, Equatable {
        case otherVersion
        case notAFrame
        case tooLong
    }

    init(_ kind: Kind, number: UInt64, length: Int) {
        self.kind = kind
        self.number = number
        self.length = length
    }

    /// - Parameters:
    ///   - bytes: `Frame.size` of them
    ///   - limit: longest message that is taken
    init(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(Problem) {
        guard bytes.count == Self.size else { throw .notAFrame }
        let magic = bytes.loadUnaligned(as: UInt32.self)
        guard magic & ~0xFF == Self.magic & ~0xFF else { throw .notAFrame }
        guard magic == Self.magic else { throw .otherVersion }
        guard let kind = Kind(rawValue: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) else {
            throw .notAFrame
        }
        let length = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        guard length <= UInt64(limit) else { throw .tooLong }
        self.kind = kind
        number = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        self.length = Int(length)
    }

    var bytes: [UInt8] {
        var writer = MessageWriter()
        writer.write(Self.magic)
        writer.write(kind.rawValue)
        writer.write(number)
        writer.write(UInt64(length))
        return writer.bytes
    }
}
