// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Writes a serialised state into memory of the caller's, little-endian on every machine.
///
/// Without memory it only counts the bytes: a state is never held twice.
struct StateWriter {
    /// Bytes so far.
    private(set) var count = 0
    private let target: UnsafeMutableRawBufferPointer?

    /// - Parameter target: memory for all of the state, as a first run without it has counted
    init(into target: UnsafeMutableRawBufferPointer?) { self.target = target }

    /// Ends the state with the checksum of all that was written.
    mutating func finish() {
        append(target.map { checksum(UnsafeRawBufferPointer(rebasing: $0[..<count])) } ?? 0)
    }

    private mutating func append(bytes: UnsafeRawBufferPointer) {
        if let target, bytes.count <= target.count - count {
            UnsafeMutableRawBufferPointer(rebasing: target[count...]).copyMemory(from: bytes)
        }
        count += bytes.count
    }

    /// Bytes without a length.
    mutating func append(magic: [UInt8]) { magic.withUnsafeBytes { append(bytes: $0) } }

    mutating func append(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { append(bytes: $0) } }
    mutating func append(_ value: Int) { append(UInt64(bitPattern: Int64(value))) }
    mutating func append(_ value: Double) { append(value.bitPattern) }

    /// Length and bytes.
    mutating func append(_ text: [UInt8]) {
        append(text.count)
        text.withUnsafeBytes { append(bytes: $0) }
    }

    /// Length and values.
    mutating func append(_ values: [Double]) {
        append(values.count)
        for value in values { append(value) }
    }

    /// Length and values.
    mutating func append(_ values: [Int]) {
        append(values.count)
        for value in values { append(value) }
    }

    /// Values without a length.
    mutating func append(counts: UnsafeBufferPointer<UInt32>) {
        #if _endian(little)
        append(bytes: UnsafeRawBufferPointer(counts))
        #else
        for count in counts { withUnsafeBytes(of: count.littleEndian) { append(bytes: $0) } }
        #endif
    }

    /// Values without a length.
    mutating func append(rows values: AlignedBuffer, count: Int, element: Element) {
        #if _endian(little)
        append(bytes: UnsafeRawBufferPointer(rebasing: values.bytes[..<(count * element.size)]))
        #else
        switch element {
        case .float32:
            let floats = UnsafeBufferPointer(start: values.values(of: Float.self), count: count)
            for value in floats { withUnsafeBytes(of: value.bitPattern.littleEndian) { append(bytes: $0) } }
        case .float64:
            for value in UnsafeBufferPointer(start: values.values(of: Double.self), count: count) { append(value) }
        }
        #endif
    }
}

/// FNV-1a of 64 bits. Each step is invertible, so that a change of any one byte changes it.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
}
