// SPDX-License-Identifier: Apache-2.0

/// Numbers distinct texts from 0 in the order in which they first come.
///
/// Texts are told apart by their bytes: Swift takes canonically equivalent ones for equal.
public struct DistinctTexts {
    public private(set) var texts: [String] = []
    private var codes: [[UInt8]: Int32] = [:]

    public init() {}

    /// The number of a text. A column has less than 2^31 distinct ones.
    public mutating func code(of text: String) -> Int32 {
        let bytes = Array(text.utf8)
        if let code = codes[bytes] { return code }
        let code = Int32(clamping: texts.count)
        codes[bytes] = code
        texts.append(text)
        return code
    }
}
