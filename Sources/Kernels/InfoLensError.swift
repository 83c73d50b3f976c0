// SPDX-License-Identifier: Apache-2.0

/// The one error type: a kind for programs, a text for people.
///
/// Thrown where the problem is known, turned into a status and a message at the
/// C boundary only. The text names the argument, says what was wrong and how to
/// mend it.
public struct InfoLensError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One case a status of the C interface, with its value.
    public enum Kind: Int32, Sendable {
        case argument = 1
        case shape = 2
        case dtype = 3
        case io = 4
        case format = 5
        case notFound = 6
        case numeric = 7
        case cancelled = 8
        case memory = 9
        case `internal` = 10
        case callback = 11
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
