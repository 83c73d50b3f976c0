// SPDX-License-Identifier: Apache-2.0

/// One dataset of a dump, or several that are one layer: what it is taken for and how it is stored.
public struct DumpEntry: Sendable, Equatable {
    /// layer, labels, inputs, logits, preactivations, weight, bias, initial_weight,
    /// initial_bias, gradients or other.
    public var role: String
    /// The layer's name; "" outside layers. What can be named as a layer, and has other samples than the labels, has
    /// a name and the role other.
    public var name: String
    /// Path within the file, of the first of several datasets; U+FFFD where it is not UTF-8.
    public var path: String
    /// Of a layer, samples first.
    public var shape: [Int]
    /// The element type as numpy names it, or what it is instead ("string", "compound", …).
    public var dtype: String
    /// Length of axis 0; 1 for a scalar.
    public var samples: Int
    /// Elements a sample; 0 below rank 2.
    public var neurons: Int
    /// "contiguous", "chunked 256 × 64, shuffle, gzip", …
    public var storage: String
    /// Why the dataset got its role, or why it cannot be used.
    public var note: String
}
