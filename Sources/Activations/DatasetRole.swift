// SPDX-License-Identifier: Apache-2.0

/// What a dataset is to a dump. The raw values are those of `DumpEntry.role`, and the
/// order is that of a listing.
enum DatasetRole: String, CaseIterable, Sendable {
    case labels
    case inputs
    case logits
    case layer
    case preactivations
    case weight
    case bias
    case initialWeight = "initial_weight"
    case initialBias = "initial_bias"
    case gradients
    case other

    var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What a dataset is to which layer.
struct DatasetStanding: Equatable, Sendable {
    var role: DatasetRole
    /// The layer's name; "" outside layers.
    var layer = ""
    /// The epoch's name, for what belongs to a checkpoint.
    var epoch: String?

    init(role: DatasetRole, layer: String = "", epoch: String? = nil) {
        self.role = role
        self.layer = layer
        self.epoch = epoch
    }
}

/// Whether `a` comes before `b` when runs of digits count as numbers, so that
/// "layer_2" precedes "layer_10". Equal numbers fall back to the bytes.
func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
    let x = Array(a.utf8)
    let y = Array(b.utf8)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    var i = 0
    var j = 0
    while i < x.count && j < y.count {
        if digits.contains(x[i]) && digits.contains(y[j]) {
            let m = x[i...].prefix { digits.contains($0) }
            let n = y[j...].prefix { digits.contains($0) }
            let first = m.drop { $0 == UInt8(ascii: "0") }
            let second = n.drop { $0 == UInt8(ascii: "0") }
            if first.count != second.count { return first.count < second.count }
            if !first.elementsEqual(second) { return first.lexicographicallyPrecedes(second) }
            i = m.endIndex
            j = n.endIndex
        } else if x[i] != y[j] {
            return x[i] < y[j]
        } else {
            i += 1
            j += 1
        }
    }
    if x.count - i != y.count - j { return x.count - i < y.count - j }
    return x.lexicographicallyPrecedes(y)
}
