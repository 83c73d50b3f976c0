// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A JSON text (RFC 8259) as a tree, read within bounds.
///
/// The text comes out of a file that anybody may have made: nesting is limited, nothing traps, and what is not
/// JSON is an error that says where.
enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// Members in their order; of a name that comes twice, `subscript` gives the first.
    case object([Member])

    struct Member: Equatable, Sendable {
        let name: String
        let value: JSONValue
    }

    /// Arrays and objects within each other. Configurations of networks nest about ten deep a submodel.
    static let maximumDepth = 128

    /// - Throws: `format` for what is not JSON, or nested too deeply.
    init(parsing text: String) throws(InfoLensError) {
        var parser = JSONParser(bytes: Array(text.utf8))
        self = try parser.document()
    }

    /// The member of an object; nil for other values too.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { isSameText($0.name, name) }?.value
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The elements of an array; none for other values.
    var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }
}

private struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(InfoLensError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("ends before its text does") }
        return value
    }

    private mutating func value(depth: Int) throws(InfoLensError) -> JSONValue {
        guard depth <= JSONValue.maximumDepth else {
            throw failure("is nested deeper than \(JSONValue.maximumDepth) levels")
        }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        // Python's json module writes these, which are no JSON.
        case UInt8(ascii: "N"): return try word("NaN", .number(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .number(.infinity))
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(InfoLensError) -> JSONValue {
        position &+= 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("has no name of a member") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("lacks ':' after a name") }
            members.append(JSONValue.Member(name: name, value: try value(depth: depth &+ 1)))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("lacks ',' or '}' in an object") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(InfoLensError) -> JSONValue {
        position &+= 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth &+ 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("lacks ',' or ']' in an array") }
        return .array(elements)
    }

    private mutating func string() throws(InfoLensError) -> String {
        position &+= 1
        var text: [UInt8] = []
        while let byte = peek {
            position &+= 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try appendEscaped(to: &text)
            case 0..<0x20: throw failure("has a control character in a string")
            default: text.append(byte)
            }
        }
        throw failure("ends within a string")
    }

    private mutating func appendEscaped(to text: inout [UInt8]) throws(InfoLensError) {
        guard let byte = peek else { throw failure("ends within a string") }
        position &+= 1
        switch byte {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"): try appendUnit(to: &text)
        default: throw failure("has an unknown escape in a string")
        }
    }

    /// A UTF-16 unit, or the pair of them that a character beyond U+FFFF takes; U+FFFD for half a pair.
    private mutating func appendUnit(to text: inout [UInt8]) throws(InfoLensError) {
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: "\\u".utf8) {
            let start = position
            position &+= 2
            let low = try hexadecimal()
            if (0xDC00..<0xE000).contains(low) {
                code = 0x10000 &+ (code &- 0xD800) << 10 &+ (low &- 0xDC00)
            } else {
                position = start
            }
        }
        let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
        text.append(contentsOf: Character(scalar).utf8)
    }

    private mutating func hexadecimal() throws(InfoLensError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("has an escape without four hexadecimal digits")
            }
            code = code << 4 | UInt32(truncatingIfNeeded: digit)
            position &+= 1
        }
        return code
    }

    private mutating func number() throws(InfoLensError) -> JSONValue {
        let start = position
        while let byte = peek, isOfNumber(byte) { position &+= 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if text == "-", peek == UInt8(ascii: "I") { return try word("Infinity", .number(-.infinity)) }
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "."),
            let number = Double(text)
        else {
            position = start
            throw failure("has no value")
        }
        return .number(number)
    }

    private func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(InfoLensError) -> JSONValue {
        let expected = "\(word)".utf8
        guard bytes[position...].starts(with: expected) else { throw failure("has no value") }
        position &+= expected.count
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position &+= 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position &+= 1 }
    }

    private func failure(_ how: String) -> InfoLensError {
        InfoLensError(.format, "the JSON text \(how), at byte \(position)")
    }
}
