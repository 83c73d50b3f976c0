// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Bytes of a serialised state, little-endian on every machine.
struct StateWriter {
    private(set) var bytes: [UInt8]

    /// - Parameter magic: how the bytes begin
    init(_ magic: [UInt8]) { bytes = magic }

    /// Ends the state with the checksum of all that was written.
    mutating func finish() { append(bytes.withUnsafeBytes { checksum($0) }) }

    mutating func append(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    mutating func append(_ value: Int) { append(UInt64(bitPattern: Int64(value))) }
    mutating func append(_ value: Double) { append(value.bitPattern) }

    /// Length and bytes.
    mutating func append(_ text: [UInt8]) {
        append(text.count)
        bytes += text
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
        bytes += UnsafeRawBufferPointer(counts)
        #else
        for count in counts { withUnsafeBytes(of: count.littleEndian) { bytes += $0 } }
        #endif
    }

    /// Values without a length.
    mutating func append(rows values: AlignedBuffer, count: Int, element: Element) {
        switch element {
        case .float32:
            let floats = UnsafeBufferPointer(start: values.values(of: Float.self), count: count)
            for value in floats { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
        case .float64:
            for value in UnsafeBufferPointer(start: values.values(of: Double.self), count: count) { append(value) }
        }
    }
}

/// FNV-1a of 64 bits. Each step is invertible, so that a change of any one byte changes it.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
}
