// SPDX-License-Identifier: Apache-2.0

/// One dataset of a dump: what it is taken for and how it is stored.
public struct DumpEntry: Sendable, Equatable {
    /// layer, labels, inputs, logits, preactivations, weight, bias, initial_weight,
    /// initial_bias, gradients or other.
    public var role: String
    /// The layer's name; "" outside layers.
    public var name: String
    /// Path within the file, U+FFFD where it is not UTF-8.
    public var path: String
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
