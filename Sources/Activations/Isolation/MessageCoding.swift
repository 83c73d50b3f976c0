// SPDX-License-Identifier: Apache-2.0

/// Puts values one after the other: numbers as the machine has them, lists and texts behind their length.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ number: Int) { write(Int64(number)) }

    mutating func write(_ number: Double) { write(number.bitPattern) }

    mutating func write(_ flag: Bool) { write(UInt8(flag ? 1 : 0)) }

    mutating func write(_ text: String) { write(list: Array(text.utf8)) }

    /// Numbers, as they lie in memory.
    mutating func write<Number: BitwiseCopyable>(list: [Number]) {
        write(list.count)
        list.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    mutating func write<Value>(list: [Value], _ each: (inout MessageWriter, Value) -> Void) {
        write(list.count)
        for value in list { each(&self, value) }
    }

    mutating func write<Value>(_ value: Value?, _ some: (inout MessageWriter, Value) -> Void) {
        write(value != nil)
        if let value { some(&self, value) }
    }

    mutating func write(_ text: String?) { write(text) { $0.write($1) } }
}

/// A message that is not what it should be. What was wrong is told to nobody: no honest process sends such a thing.
struct Garbled: Error, Equatable {}

/// Takes values out of bytes that anybody may have written: whatever they are, there are values or an error, and
/// memory is taken for no more than the bytes hold.
struct MessageReader {
    private let bytes: UnsafeRawBufferPointer
    private var next = 0

    /// - Parameter bytes: outlive the reader
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private var left: Int { bytes.count - next }

    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws(Garbled) -> Number {
        let size = MemoryLayout<Number>.size
        guard size <= left else { throw Garbled() }
        defer { next += size }
        return bytes.loadUnaligned(fromByteOffset: next, as: Number.self)
    }

    mutating func integer() throws(Garbled) -> Int { Int(try number(Int64.self)) }

    mutating func integer(in range: ClosedRange<Int>) throws(Garbled) -> Int {
        let value = try integer()
        guard range.contains(value) else { throw Garbled() }
        return value
    }

    mutating func double() throws(Garbled) -> Double { Double(bitPattern: try number(UInt64.self)) }

    mutating func flag() throws(Garbled) -> Bool {
        switch try number(UInt8.self) {
        case 0: false
        case 1: true
        default: throw Garbled()
        }
    }

    /// Bytes that are not UTF-8 become U+FFFD.
    mutating func text() throws(Garbled) -> String { String(decoding: try piece(elementSize: 1), as: UTF8.self) }

    mutating func list<Number: BitwiseCopyable>(of type: Number.Type) throws(Garbled) -> [Number] {
        let size = MemoryLayout<Number>.stride
        let piece = try piece(elementSize: size)
        return [Number](unsafeUninitializedCapacity: piece.count / size) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: piece)
            initialized = piece.count / size
        }
    }

    /// - Parameter each: takes at least one byte
    mutating func list<Value>(_ each: (inout MessageReader) throws(Garbled) -> Value) throws(Garbled) -> [Value] {
        let count = try integer()
        guard count >= 0, count <= left else { throw Garbled() }
        var values: [Value] = []
        for _ in 0..<count { values.append(try each(&self)) }
        return values
    }

    mutating func optional<Value>(
        _ some: (inout MessageReader) throws(Garbled) -> Value
    ) throws(Garbled) -> Value? {
        try flag() ? try some(&self) : nil
    }

    /// To be called after the last value: nothing may follow it.
    func finish() throws(Garbled) {
        guard left == 0 else { throw Garbled() }
    }

    private mutating func piece(elementSize: Int) throws(Garbled) -> UnsafeRawBufferPointer {
        let count = try integer()
        guard count >= 0, count <= left / elementSize else { throw Garbled() }
        defer { next += count * elementSize }
        return UnsafeRawBufferPointer(rebasing: bytes[next..<next + count * elementSize])
    }
}

/// Something that goes between the processes.
protocol Message {
    func write(to writer: inout MessageWriter)
    init(from reader: inout MessageReader) throws(Garbled)
}

extension Message {
    var encoded: [UInt8] {
        var writer = MessageWriter()
        write(to: &writer)
        return writer.bytes
    }

    init(decoding bytes: UnsafeRawBufferPointer) throws(Garbled) {
        var reader = MessageReader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }
}
