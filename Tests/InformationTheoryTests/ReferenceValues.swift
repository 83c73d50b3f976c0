// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Values that other software computed, beside the checkout, where there are any.
enum ReferenceValues {
    private static let root: String = {
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../shared")
        return (ProcessInfo.processInfo.environment["INFOLENS_SHARED"] ?? beside.standardized.path) + "/reference"
    }()

    static var areThere: Bool { FileManager.default.fileExists(atPath: "\(root)/reference_peers.json") }

    /// A file's object, or what lies in it below some keys.
    static func object(_ file: String, _ keys: String...) throws -> JSON {
        // Python writes NaN, which JSON has not.
        let text = try String(contentsOf: URL(fileURLWithPath: "\(root)/\(file)"), encoding: .utf8)
        let data = Data(text.replacingOccurrences(of: "NaN", with: "null").utf8)
        return keys.reduce(JSON(value: try JSONSerialization.jsonObject(with: data))) { $0[$1] }
    }

    /// Numbers of a raw little-endian file of float64.
    static func doubles(_ file: String) throws -> [Double] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(file)"))
        return (0..<data.count / 8).map { index in
            Double(
                bitPattern: (0..<8).reduce(0) { $0 | UInt64(data[data.startIndex + index * 8 + $1]) << UInt64(8 * $1) })
        }
    }

    struct JSON {
        let value: Any?

        subscript(key: String) -> JSON { JSON(value: (value as? [String: Any])?[key]) }

        var keys: [String] { ((value as? [String: Any])?.keys.sorted()) ?? [] }
        var number: Double { (value as? NSNumber)?.doubleValue ?? .nan }
        var text: String { value as? String ?? "" }
        var numbers: [Double] { (value as? [NSNumber])?.map(\.doubleValue) ?? [] }
        var rows: [[Double]] { (value as? [[NSNumber]])?.map { $0.map(\.doubleValue) } ?? [] }
        var integers: [[Int]] { (value as? [[NSNumber]])?.map { $0.map(\.intValue) } ?? [] }
    }
}
