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
}
