// SPDX-License-Identifier: Apache-2.0

/// A named column of a table.
public struct Column: Sendable {
    public enum Values: Sendable {
        case doubles([Double])
        case integers([Int64])
        /// Row r is `names[codes[r]]`: results repeat few names often.
        case strings(codes: [Int32], names: [String])

        public var count: Int {
            switch self {
            case .doubles(let values): values.count
            case .integers(let values): values.count
            case .strings(let codes, _): codes.count
            }
        }
    }

    public let name: String
    /// "bits", "nats", "1" for a pure number, "" for names and indices.
    public let unit: String
    /// One sentence.
    public let description: String
    public let values: Values

    public init(_ name: String, unit: String = "", description: String, values: Values) {
        self.name = name
        self.unit = unit
        self.description = description
        self.values = values
    }

    /// A column of texts, each kept as given.
    public init(_ name: String, description: String, texts: [String]) {
        self.init(
            name, description: description, values: .strings(codes: texts.indices.map { Int32(clamping: $0) }, names: texts))
    }
}
