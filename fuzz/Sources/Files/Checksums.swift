// SPDX-License-Identifier: Apache-2.0

/// Makes the checksums of version 2 structures right again: of superblocks, object headers, and the heads of B-trees,
/// heaps and arrays, with the usual eight-byte addresses and lengths. What they guard is mutated otherwise, but a wrong
/// checksum would be all that is ever found.
func mendChecksums(_ file: UnsafeMutableRawBufferPointer) {
    var place = 0
    while place + 12 <= file.count {
        if let length = guardedBytes(file, at: place), length >= 4, length <= file.count - place - 4 {
            let sum = lookup3(UnsafeRawBufferPointer(rebasing: file[place..<place + length]))
            file.storeBytes(of: sum.littleEndian, toByteOffset: place + length, as: UInt32.self)
        }
        place += 1
    }
}

/// How many bytes a structure at `place` has before its checksum; nil where there is none.
private func guardedBytes(_ file: UnsafeMutableRawBufferPointer, at place: Int) -> Int? {
    switch file[place] {
    case 0x89:
        let isSuperblock = file[place...].starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])
        return isSuperblock && (2...3).contains(file[place + 8]) ? 44 : nil
    case UInt8(ascii: "O"):
        guard file[place...].starts(with: "OHDR".utf8) else { return nil }
        let flags = file[place + 5]
        let size = place + 6 + (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0)
        let sizeBytes = 1 << Int(flags & 3)
        guard size + sizeBytes <= file.count else { return nil }
        let messages = file[size..<size + sizeBytes].reversed().reduce(0) { ($0 & 0xFF_FFFF) << 8 | Int($1) }
        return size - place + sizeBytes + messages
    default:
        let heads = [("BTHD", 34), ("FRHP", 142), ("FAHD", 24), ("EAHD", 68)]
        return heads.first { file[place...].starts(with: $0.0.utf8) }?.1
    }
}

/// Jenkins's lookup3, by which HDF5 checks its metadata.
private func lookup3(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var a: UInt32 = 0xdead_beef &+ UInt32(bytes.count)
    var b = a
    var c = a
    func word(_ place: Int) -> UInt32 {
        (0..<4).reduce(0) { place + $1 < bytes.count ? $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) : $0 }
    }
    func turned(_ x: UInt32, _ by: UInt32) -> UInt32 { x << by | x >> (32 - by) }
    var place = 0
    while bytes.count - place > 12 {
        a &+= word(place)
        b &+= word(place + 4)
        c &+= word(place + 8)
        for (turns, step) in zip([4, 6, 8, 16, 19, 4] as [UInt32], 0...) {
            switch step % 3 {
            case 0:
                a = (a &- c) ^ turned(c, turns)
                c = c &+ b
            case 1:
                b = (b &- a) ^ turned(a, turns)
                a = a &+ c
            default:
                c = (c &- b) ^ turned(b, turns)
                b = b &+ a
            }
        }
        place += 12
    }
    guard place < bytes.count else { return c }
    a &+= word(place)
    b &+= word(place + 4)
    c &+= word(place + 8)
    c = (c ^ b) &- turned(b, 14)
    a = (a ^ c) &- turned(c, 11)
    b = (b ^ a) &- turned(a, 25)
    c = (c ^ b) &- turned(b, 16)
    a = (a ^ c) &- turned(c, 4)
    b = (b ^ a) &- turned(a, 14)
    c = (c ^ b) &- turned(b, 24)
    return c
}
