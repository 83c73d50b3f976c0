// SPDX-License-Identifier: Apache-2.0
import CHDF5
import CNumerics
import Kernels

/// Undoes the filters that a chunk went through.
///
/// libhdf5 hands out stray memory for a chunk that decodes short and accepts one
/// that decodes long; here a chunk has exactly its declared size or is an error.
struct ChunkDecoder: Sendable {
    /// In the order of writing; all of them known.
    let filters: [Filter]
    /// Bytes of a decoded chunk.
    let chunkBytes: Int

    /// Bytes that a buffer for a chunk in any stage needs. What deflate or a checksum can
    /// add is small; a stored chunk above this is corrupt.
    var capacity: Int { aligned(chunkBytes &+ chunkBytes / 512 &+ 256) }

    /// Decodes `count` bytes in `first`, with `second` to change sides into; both hold `capacity` bytes.
    ///
    /// - Parameter mask: bit i set: filter i was not applied to this chunk
    /// - Returns: the buffer that holds the decoded chunk, or the reason why it is corrupt
    func decode(
        _ first: UnsafeMutableRawPointer, count: Int, mask: UInt32, swapping second: UnsafeMutableRawPointer
    ) -> Result<UnsafeMutableRawPointer, Corruption> {
        var current = first
        var other = second
        var count = count
        for (index, filter) in filters.enumerated().reversed() where mask & (1 << UInt32(index)) == 0 {
            switch filter.identifier {
            case Filter.fletcher32:
                guard count >= 4, Self.checksumMatches(UnsafeRawBufferPointer(start: current, count: count)) else {
                    return .failure(Corruption(reason: "its Fletcher-32 checksum does not match"))
                }
                count -= 4
            case Filter.deflate:
                var length = uLongf(capacity)
                let status = uncompress(
                    other.assumingMemoryBound(to: UInt8.self), &length, current.assumingMemoryBound(to: UInt8.self),
                    uLong(count))
                guard status == Z_OK else {
                    let reason =
                        status == Z_BUF_ERROR ? "its gzip data has the wrong length" : "its gzip data is damaged"
                    return .failure(Corruption(reason: reason))
                }
                count = Int(length)
                swap(&current, &other)
            default:
                let size = Int(filter.values.first ?? 1)
                if size > 1 && count >= size {
                    cn_unshuffle(current, Int64(count), Int64(size), other)
                    swap(&current, &other)
                }
            }
        }
        guard count == chunkBytes else {
            return .failure(Corruption(reason: "it decodes to \(count) bytes instead of \(chunkBytes)"))
        }
        return .success(current)
    }

    struct Corruption: Error {
        let reason: String
    }

    /// Fletcher's checksum of big-endian 16-bit words modulo 65535, stored after the data in
    /// little-endian order. Old HDF5 versions stored it with the bytes of each half exchanged.
    static func checksumMatches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count - 4
        var low: UInt64 = 0
        var high: UInt64 = 0
        var index = 0
        while index < count {
            // Both sums stay below 2^64 for this many words.
            let end = min(count, index + 2 * 4096)
            while index < end {
                let second = index + 1 < count ? UInt64(bytes[index + 1]) : 0
                low &+= UInt64(bytes[index]) << 8 | second
                high &+= low
                index &+= 2
            }
            low = folded(low)
            high = folded(high)
        }
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: count, as: UInt32.self))
        let computed = UInt32(high) << 16 | UInt32(low)
        let exchanged = (computed & 0x00FF_00FF) << 8 | (computed & 0xFF00_FF00) >> 8
        return stored == computed || stored == exchanged
    }

    /// The residue modulo 65535 in 1 … 65535, or 0 for 0: end-around carries.
    private static func folded(_ sum: UInt64) -> UInt64 {
        var sum = sum
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + sum >> 16 }
        return sum
    }
}
