// SPDX-License-Identifier: Apache-2.0
import CHDF5
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
        decode(choices.rest(), ChunkDecoder(filters: filters, chunkBytes: chunkBytes), mask: mask)
    }

    /// What HDF5 would have stored of the input, decoded again: it must be the input.
    static let deflated = Target(name: "deflated") { input in
        var choices = Choices(input)
        let size = 1 + choices.below(9)
        let shuffles = choices.flag()
        let plain = choices.rest()
        guard plain.count > 0 else { return }
        var bytes = [UInt8](repeating: 0, count: Int(compressBound(uLong(plain.count))))
        var count = uLongf(bytes.count)
        let source = shuffles ? shuffled(plain, size: size) : Array(plain)
        guard compress2(&bytes, &count, source, uLong(source.count), 1) == Z_OK else { return }
        let filters =
            (shuffles ? [Filter(identifier: Filter.shuffle, values: [UInt32(size)], label: "")] : [])
            + [Filter(identifier: Filter.deflate, values: [4], label: "")]
        let decoder = ChunkDecoder(filters: filters, chunkBytes: plain.count)
        // Incompressible input grows by a few bytes, which a chunk of HDF5 may.
        guard count <= decoder.capacity else { return }
        let result = bytes.withUnsafeBytes { stored in
            decode(UnsafeRawBufferPointer(rebasing: stored[..<Int(count)]), decoder, mask: 0)
        }
        check(result.map { $0.elementsEqual(plain) } ?? false, "what was deflated does not inflate to itself")
    }
}

private func anyFilter(_ choices: inout Choices) -> Filter {
    let identifiers = [Filter.deflate, Filter.shuffle, Filter.fletcher32]
    let values = choices.flag() ? [UInt32(choices.below(17))] : []
    return Filter(identifier: choices.pick(identifiers), values: values, label: "")
}

/// Decodes a chunk in buffers of exactly the size that the decoder asks for.
@discardableResult
private func decode(_ stored: UnsafeRawBufferPointer, _ decoder: ChunkDecoder, mask: UInt32) -> [UInt8]? {
    guard stored.count <= decoder.capacity, let first = malloc(decoder.capacity), let second = malloc(decoder.capacity)
    else { return nil }
    defer {
        free(first)
        free(second)
    }
    if let base = stored.baseAddress { first.copyMemory(from: base, byteCount: stored.count) }
    let result = decoder.decode(first, count: stored.count, mask: mask, swapping: second)
    guard case .success(let chunk) = result else { return nil }
    return Array(UnsafeRawBufferPointer(start: chunk, count: decoder.chunkBytes))
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
