// SPDX-License-Identifier: Apache-2.0

/// Key-value metadata as the Arrow C data interface lays it out: a count, then for each pair
/// the length and the bytes of key and value; counts are int32 in the machine's byte order.
///
/// - Returns: nil when there are no pairs, for which the interface has NULL, and nil when a text
///   is longer than an int32 can say, which no caller can read
public func arrowMetadata(_ pairs: [(key: String, value: String)]) -> [UInt8]? {
    guard !pairs.isEmpty, let count = Int32(exactly: pairs.count) else { return nil }
    var bytes: [UInt8] = []
    func append(_ number: Int32) { withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) } }
    append(count)
    for pair in pairs {
        for text in [pair.key, pair.value] {
            guard let length = Int32(exactly: text.utf8.count) else { return nil }
            append(length)
            bytes.append(contentsOf: text.utf8)
        }
    }
    return bytes
}
