// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Larger data beside the checkout, where there are any.
enum SharedData {
    private static let root: String = {
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../shared")
        return ProcessInfo.processInfo.environment["INFOLENS_SHARED"] ?? beside.standardized.path
    }()

    /// The path of a file or folder; nil if it is not there.
    static func path(_ name: String) -> String? {
        let path = "\(root)/\(name)"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
