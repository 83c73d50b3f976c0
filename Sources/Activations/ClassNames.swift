// SPDX-License-Identifier: Apache-2.0

/// What the classes are called, in the order of their codes.
public enum ClassNames: Sendable, Equatable {
    case integers([Int64])
    case strings([String])

    public var count: Int {
        switch self {
        case .integers(let values): values.count
        case .strings(let values): values.count
        }
    }

    /// A class as people call it.
    public func name(at index: Int) -> String {
        switch self {
        case .integers(let values) where values.indices.contains(index): "\(values[index])"
        case .strings(let names) where names.indices.contains(index): "\"\(names[index])\""
        default: "\(index)"
        }
    }
}
