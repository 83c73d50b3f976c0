// SPDX-License-Identifier: Apache-2.0
import CDeflate
import Glibc
import Kernels

@testable import Activations

extension Target {
    /// Chunks as a damaged file may hold them, through filters as it may name them.
    ///
    /// First byte of the input: how many filters, then a filter and its parameter each, the size of a decoded chunk, the
    /// chunk's filter mask, and the chunk as stored.
    static let chunks = Target(name: "chunks") { input in
        var choices = Choices(input)
        let filters = (0..<choices.below(4)).map { _ in anyFilter(&choices) }
        let chunkBytes = choices.below(5000)
        let mask = UInt32(choices.byte())
        decode(choices.rest(), filters, chunkBytes: chunkBytes, mask: mask, aside: mask & 0x80 != 0)
    }

    /// What HDF5 would have stored of the input, decoded again: it must be the input.
    static let deflated = Target(name: "deflated") { input in
        var choices = Choices(input)
        let size = 1 + choices.below(9)
        let shuffles = choices.flag()
        let plain = choices.rest()
        guard plain.count > 0, let compressor = libdeflate_alloc_compressor(1) else { return }
        defer { libdeflate_free_compressor(compressor) }
        let source = shuffles ? shuffled(plain, size: size) : Array(plain)
        var bytes = [UInt8](repeating: 0, count: libdeflate_zlib_compress_bound(compressor, source.count))
        let count = libdeflate_zlib_compress(compressor, source, source.count, &bytes, bytes.count)
        // Incompressible input grows by a few bytes, which a chunk of HDF5 may.
        guard count > 0, count <= ChunkDecoder.capacity(chunkBytes: plain.count) else { return }
        let filters =
            (shuffles ? [Filter(identifier: Filter.shuffle, values: [UInt32(size)], label: "")] : [])
            + [Filter(identifier: Filter.deflate, values: [4], label: "")]
        let result = bytes.withUnsafeBytes { stored in
            decode(
                UnsafeRawBufferPointer(rebasing: stored[..<count]), filters, chunkBytes: plain.count, mask: 0,
                aside: input.count % 2 == 0)
        }
        check(result.map { $0.elementsEqual(plain) } ?? false, "what was deflated does not inflate to itself")
    }
}

private func anyFilter(_ choices: inout Choices) -> Filter {
    let identifiers = [Filter.deflate, Filter.shuffle, Filter.fletcher32, Filter.lzf]
    let values = choices.flag() ? [UInt32(choices.below(17))] : []
    return Filter(identifier: choices.pick(identifiers), values: values, label: "")
}

/// Decodes a chunk in buffers of exactly the sizes that the decoder asks for.
///
/// - Parameter aside: the decoded chunk has a place of its own
@discardableResult
private func decode(
    _ stored: UnsafeRawBufferPointer, _ filters: [Filter], chunkBytes: Int, mask: UInt32, aside hasTarget: Bool
) -> [UInt8]? {
    let capacity = ChunkDecoder.capacity(chunkBytes: chunkBytes)
    guard stored.count <= capacity, let first = malloc(capacity), let second = malloc(capacity),
        let target = malloc(max(1, chunkBytes))
    else { return nil }
    defer { [first, second, target].forEach { free($0) } }
    if let base = stored.baseAddress { first.copyMemory(from: base, byteCount: stored.count) }
    let result = ChunkDecoder(filters: filters, chunkBytes: chunkBytes).decode(
        first, count: stored.count, mask: mask, swapping: second, target: hasTarget ? target : nil)
    guard case .success(let chunk) = result else { return nil }
    check([first, second, target].contains(chunk), "the decoded chunk is in none of the places it was given")
    return Array(UnsafeRawBufferPointer(start: chunk, count: chunkBytes))
}

/// As HDF5's shuffle: all first bytes of the elements, then all second ones, …; what is no whole element stays.
private func shuffled(_ plain: UnsafeRawBufferPointer, size: Int) -> [UInt8] {
    let count = plain.count / size
    guard size > 1, count > 1 else { return Array(plain) }
    var result: [UInt8] = []
    for byte in 0..<size {
        for element in 0..<count { result.append(plain[element * size + byte]) }
    }
    return result + plain[(count * size)...]
}
