// SPDX-License-Identifier: Apache-2.0

/// How equal values of a neuron are ranked.
public enum TieRule: Sendable, Equatable {
    /// All get their mean rank.
    case average
    /// By order of appearance.
    case ordinal
    /// In an order that follows from the seed and the neuron's index.
    case random(seed: UInt64)
}
