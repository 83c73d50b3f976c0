// SPDX-License-Identifier: Apache-2.0

/// Decisions that the bytes of an input make, one after the other; all of them 0 once the bytes are used up.
struct Choices {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isEmpty: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    /// A number from 0 to `limit` - 1; `limit` is at most 65536.
    mutating func below(_ limit: Int) -> Int {
        limit <= 1 ? 0 : limit <= 256 ? Int(byte()) % limit : (Int(byte()) << 8 | Int(byte())) % limit
    }

    mutating func word() -> UInt64 {
        var word: UInt64 = 0
        for _ in 0..<8 { word = word << 8 | UInt64(byte()) }
        return word
    }

    mutating func flag() -> Bool { byte() & 1 != 0 }

    mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }

    mutating func take(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

    /// All bytes that are left.
    mutating func rest() -> UnsafeRawBufferPointer {
        defer { position = bytes.count }
        return UnsafeRawBufferPointer(rebasing: bytes[min(position, bytes.count)...])
    }

    /// An integer, which likes to be small, a power of two, or at an end of its range.
    mutating func integer() -> Int64 {
        switch byte() {
        case 0..<160: Int64(Int8(bitPattern: byte())) / 8
        case 160..<200: Int64(Int8(bitPattern: byte()))
        case 200..<225: (1 as Int64) << Int64(below(63))
        case 225..<240: pick([.min, .max, .min + 1, .max - 1, -1, Int64(Int32.max), Int64(Int32.min)])
        default: Int64(bitPattern: word())
        }
    }

    /// A number, which likes to be harmless, and to be no number at all.
    mutating func double() -> Double {
        switch byte() {
        case 0..<200: Double(Int8(bitPattern: byte())) / 16
        case 200..<230:
            pick([
                0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e-300, 1e300,
                0x1p53, -0x1p63, 0x1p63, 1e-8,
            ])
        default: Double(bitPattern: word())
        }
    }
}
