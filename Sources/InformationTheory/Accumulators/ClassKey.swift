// SPDX-License-Identifier: Apache-2.0

/// What a class is called, so that it is recognised in another piece of the data.
public enum ClassKey: Hashable, Comparable, Sendable {
    /// All samples of data without labels.
    case unlabelled
    case integer(Int64)
    /// UTF-8; compared bytewise.
    case text([UInt8])

    public static func < (left: ClassKey, right: ClassKey) -> Bool {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): a < b
        case (.text(let a), .text(let b)): a.lexicographicallyPrecedes(b)
        default: left.kind < right.kind
        }
    }

    /// Keys of one kind go together.
    var kind: Int {
        switch self {
        case .unlabelled: 0
        case .integer: 1
        case .text: 2
        }
    }
}
