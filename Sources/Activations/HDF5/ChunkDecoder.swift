// SPDX-License-Identifier: Apache-2.0
import CDeflate
import CNumerics
import Kernels

/// Undoes the filters that a chunk went through; each thread has its own.
///
/// libhdf5 hands out stray memory for a chunk that decodes short and accepts one
/// that decodes long; here a chunk has exactly its declared size or is an error.
final class ChunkDecoder {
    /// In the order of writing; all of them known.
    private let filters: [Filter]
    /// Bytes of a decoded chunk.
    private let chunkBytes: Int
    private let inflater: OpaquePointer?

    init(filters: [Filter], chunkBytes: Int) {
        self.filters = filters
        self.chunkBytes = chunkBytes
        inflater = filters.contains { $0.identifier == Filter.deflate } ? libdeflate_alloc_decompressor() : nil
    }

    deinit { libdeflate_free_decompressor(inflater) }

    /// Bytes that a buffer for a chunk in any stage needs. What deflate or a checksum can
    /// add is small; a stored chunk above this is corrupt.
    static func capacity(chunkBytes: Int) -> Int { aligned(chunkBytes &+ chunkBytes / 512 &+ 256) }

    private var capacity: Int { Self.capacity(chunkBytes: chunkBytes) }

    /// Decodes `count` bytes in `first`, with `second` to change sides into; both hold `capacity` bytes.
    ///
    /// - Parameters:
    ///   - mask: bit i set: filter i was not applied to this chunk
    ///   - target: where a decoded chunk of `chunkBytes` is best written, if it is written at all; nil for anywhere
    /// - Returns: the place of the decoded chunk: `target`, or one of the two; or the reason why it is corrupt
    func decode(
        _ first: UnsafeMutableRawPointer, count: Int, mask: UInt32, swapping second: UnsafeMutableRawPointer,
        target: UnsafeMutableRawPointer? = nil
    ) -> Result<UnsafeMutableRawPointer, Corruption> {
        var current = first
        var other = second
        var count = count
        let stages = filters.indices.reversed().filter { mask & (1 << UInt32($0)) == 0 }
        let last = stages.last { filters[$0].identifier != Filter.fletcher32 }
        for index in stages {
            let filter = filters[index]
            // The last stage that writes anything writes the chunk.
            let isLast = index == last && index == stages.last && target != nil
            let output = isLast ? target ?? other : other
            let room = isLast ? chunkBytes : capacity
            switch filter.identifier {
            case Filter.fletcher32:
                guard count >= 4, Self.checksumMatches(UnsafeRawBufferPointer(start: current, count: count)) else {
                    return .failure(Corruption(reason: "its Fletcher-32 checksum does not match"))
                }
                count -= 4
                continue
            case Filter.deflate:
                guard let inflater else { return .failure(Corruption(reason: "there is no memory to inflate it")) }
                var length = 0
                switch libdeflate_zlib_decompress(inflater, current, count, output, room, &length) {
                case LIBDEFLATE_SUCCESS: count = length
                case LIBDEFLATE_INSUFFICIENT_SPACE:
                    return .failure(Corruption(reason: "its gzip data has the wrong length"))
                default: return .failure(Corruption(reason: "its gzip data is damaged"))
                }
            case Filter.lzf:
                guard
                    let length = LZF.expand(
                        UnsafeRawBufferPointer(start: current, count: count),
                        into: UnsafeMutableRawBufferPointer(start: output, count: room))
                else { return .failure(Corruption(reason: "its lzf data is damaged")) }
                count = length
            default:
                let size = Int(filter.values.first ?? 1)
                guard size > 1, count >= size else { continue }
                guard count <= room else {
                    return .failure(Corruption(reason: "it decodes to \(count) bytes instead of \(chunkBytes)"))
                }
                cn_unshuffle(current, Int64(count), Int64(size), output)
            }
            if isLast { current = output } else { swap(&current, &other) }
        }
        guard count == chunkBytes else {
            return .failure(Corruption(reason: "it decodes to \(count) bytes instead of \(chunkBytes)"))
        }
        return .success(current)
    }

    struct Corruption: Error {
        let reason: String
    }

    /// Fletcher's checksum, stored after the data in little-endian order. Old HDF5 versions stored it with the bytes
    /// of each half exchanged.
    static func checksumMatches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count - 4
        guard count >= 0, let base = bytes.baseAddress else { return false }
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: count, as: UInt32.self))
        let computed = cn_fletcher32(base.assumingMemoryBound(to: UInt8.self), Int64(count))
        let exchanged = (computed & 0x00FF_00FF) << 8 | (computed & 0xFF00_FF00) >> 8
        return stored == computed || stored == exchanged
    }
}
