// SPDX-License-Identifier: Apache-2.0

/// The compression of h5py's lzf filter, Marc Lehmann's LibLZF: runs of literal bytes, and copies of what was written
/// up to 8 KiB before.
enum LZF {
    /// Expands `source` into `target`.
    ///
    /// A control byte below 32 is followed by that many literals and one more. Any other has the length less two of
    /// a copy in its upper three bits, 7 meaning that another byte adds to it, and the upper five bits of the
    /// distance less one in the others; the lower eight bits follow.
    ///
    /// - Returns: bytes written; nil where the data is damaged or `target` is too small
    static func expand(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        guard let from = source.baseAddress, let to = target.baseAddress else { return source.isEmpty ? 0 : nil }
        var read = 0
        var written = 0
        while read < source.count {
            let control = Int(from.load(fromByteOffset: read, as: UInt8.self))
            read &+= 1
            if control < 32 {
                let count = control &+ 1
                guard count <= source.count &- read, count <= target.count &- written else { return nil }
                (to + written).copyMemory(from: from + read, byteCount: count)
                read &+= count
                written &+= count
                continue
            }
            var count = control >> 5
            if count == 7 {
                guard read < source.count else { return nil }
                count &+= Int(from.load(fromByteOffset: read, as: UInt8.self))
                read &+= 1
            }
            guard read < source.count else { return nil }
            let distance = (control & 31) << 8 &+ Int(from.load(fromByteOffset: read, as: UInt8.self)) &+ 1
            read &+= 1
            count &+= 2
            guard distance <= written, count <= target.count &- written else { return nil }
            if distance >= count {
                (to + written).copyMemory(from: to + (written &- distance), byteCount: count)
            } else {
                // The copy repeats what it writes.
                for index in written..<written &+ count {
                    let byte = to.load(fromByteOffset: index &- distance, as: UInt8.self)
                    to.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
                }
            }
            written &+= count
        }
        return written
    }
}
