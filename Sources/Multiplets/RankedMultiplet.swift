// SPDX-License-Identifier: Apache-2.0

/// Which end of the values is searched for.
public enum Extremum: String, Sendable, CaseIterable {
    case minimum = "min"
    case maximum = "max"

    /// Whether `a` is better than `b`; NaN never is.
    public func isBetter(_ a: Double, than b: Double) -> Bool { self == .minimum ? a < b : a > b }
}

/// A multiplet that a search found, and its value.
public struct RankedMultiplet: Sendable, Equatable {
    /// Ascending.
    public let members: [Int]
    /// In nats, a multiple of `grid`.
    public let value: Double

    /// - Parameter value: is rounded to the grid
    public init(members: [Int], value: Double) {
        self.members = members
        self.value = RankedMultiplet.rounded(value)
    }

    /// Values that agree to this, 2⁻⁴⁰ nats, are equal: it is larger than rounding errors, so that multiplets which
    /// duplicated or exchangeable neurons make equal are ties, and far smaller than any difference that matters.
    public static let grid = 0x1p-40

    public static func rounded(_ value: Double) -> Double { (value / grid).rounded() * grid }

    /// Whether this one comes before the other in a list for `extremum`: the better value, then the fewer members,
    /// then the lexicographically first.
    public func precedes(_ other: RankedMultiplet, for extremum: Extremum) -> Bool {
        if value != other.value { return extremum.isBetter(value, than: other.value) }
        if members.count != other.members.count { return members.count < other.members.count }
        return members.lexicographicallyPrecedes(other.members)
    }
}
