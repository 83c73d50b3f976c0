// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The unit of information: the base of every logarithm.
public enum Logarithm: Sendable {
    case bits
    case nats

    /// log x in this unit.
    public func callAsFunction(_ x: Double) -> Double { self == .bits ? log2(x) : log(x) }

    /// An amount in nats, in this unit.
    public func fromNats(_ nats: Double) -> Double { self == .bits ? nats / log(2) : nats }

    /// "bits" or "nats".
    public var name: String { self == .bits ? "bits" : "nats" }
}
