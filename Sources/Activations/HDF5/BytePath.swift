// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A path as its bytes: of a file, or of an object within one. Neither need be UTF-8.
struct BytePath: Hashable, Sendable {
    /// Without the terminating NUL.
    let bytes: [UInt8]

    private static let slash = UInt8(ascii: "/")

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    init(_ text: String) { bytes = Array(text.utf8) }

    init(_ text: UnsafePointer<CChar>) {
        bytes = UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 }
    }

    /// For people: U+FFFD in place of what is not UTF-8.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    var isAbsolute: Bool { bytes.first == Self.slash }

    var components: [[UInt8]] { bytes.split(separator: Self.slash).map(Array.init) }

    /// The path without its last component.
    var directory: BytePath {
        guard let slash = bytes.lastIndex(of: Self.slash) else { return BytePath(".") }
        return slash == 0 ? BytePath("/") : BytePath(bytes[..<slash])
    }

    func appending(_ component: BytePath) -> BytePath {
        BytePath(bytes.last == Self.slash ? bytes + component.bytes : bytes + [Self.slash] + component.bytes)
    }

    /// Whether `other`, a canonical path, lies in this canonical folder.
    func contains(_ other: BytePath) -> Bool {
        other.bytes.starts(with: bytes.last == Self.slash ? bytes : bytes + [Self.slash])
    }

    /// The absolute path without symbolic links, or nil if there is no such file.
    var canonical: BytePath? {
        withCString { path in
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            return BytePath(resolved)
        }
    }

    func withCString<T, E: Error>(_ body: (UnsafePointer<CChar>) throws(E) -> T) throws(E) -> T {
        let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
        return try terminated.withUnsafeBufferPointer { (buffer) throws(E) -> T in
            guard let base = buffer.baseAddress else { return try body("") }
            return try body(base)
        }
    }
}
