// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Takes a serialised state apart. Nothing is allocated for more than the bytes that are there.
struct StateReader {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int

    init(_ bytes: UnsafeRawBufferPointer, from position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// Bytes not read yet.
    var rest: Int { bytes.count - position }

    static func corrupt(_ why: String) -> InfoLensError {
        InfoLensError(.format, "data: no state of an accumulator, or damaged: \(why); serialize it again")
    }

    mutating func word() throws(InfoLensError) -> UInt64 {
        guard rest >= 8 else { throw StateReader.corrupt("it ends early") }
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        position += 8
        return word
    }

    /// A number within a range.
    mutating func integer(_ what: StaticString, in range: ClosedRange<Int>) throws(InfoLensError) -> Int {
        let value = Int(Int64(bitPattern: try word()))
        guard range.contains(value) else { throw StateReader.corrupt("\(what) is \(value)") }
        return value
    }

    mutating func double() throws(InfoLensError) -> Double { Double(bitPattern: try word()) }

    /// A length, of elements that are all still to come.
    mutating func length(_ what: StaticString, size: Int) throws(InfoLensError) -> Int {
        try integer(what, in: 0...max(rest - 8, 0) / size)
    }

    mutating func text(_ what: StaticString) throws(InfoLensError) -> [UInt8] {
        let count = try length(what, size: 1)
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func doubles(_ what: StaticString) throws(InfoLensError) -> [Double] {
        var values: [Double] = []
        for _ in 0..<(try length(what, size: 8)) { values.append(try double()) }
        return values
    }

    mutating func integers(_ what: StaticString, in range: ClosedRange<Int>) throws(InfoLensError) -> [Int] {
        var values: [Int] = []
        for _ in 0..<(try length(what, size: 8)) { values.append(try integer(what, in: range)) }
        return values
    }

    mutating func counts(_ count: Int) throws(InfoLensError) -> AlignedBuffer {
        guard count <= rest / 4 else { throw StateReader.corrupt("it ends early") }
        let buffer = try AlignedBuffer(count: count, of: UInt32.self)
        let values = buffer.values(of: UInt32.self)
        for index in 0..<count {
            values[index] = UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4 * index, as: UInt32.self))
        }
        position += 4 * count
        return buffer
    }

    mutating func rows(_ count: Int, element: Element) throws(InfoLensError) -> AlignedBuffer {
        guard count <= rest / element.size else { throw StateReader.corrupt("it ends early") }
        let buffer = try AlignedBuffer(byteCount: count * element.size)
        for index in 0..<count {
            let offset = position + index * element.size
            let isFinite: Bool
            switch element {
            case .float32:
                let pattern = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let value = Float(bitPattern: pattern)
                buffer.values(of: Float.self)[index] = value
                isFinite = value.isFinite
            case .float64:
                let pattern = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let value = Double(bitPattern: pattern)
                buffer.values(of: Double.self)[index] = value
                isFinite = value.isFinite
            }
            guard isFinite else { throw StateReader.corrupt("a retained value is not finite") }
        }
        position += count * element.size
        return buffer
    }
}
