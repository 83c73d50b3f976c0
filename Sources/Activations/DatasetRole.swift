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

/// Where a dataset stands in the native layout.
struct NativePlace: Equatable, Sendable {
    var role: DatasetRole
    /// The layer's name; "" outside layers.
    var layer = ""
    /// The epoch's name, for what lies below /epochs.
    var epoch: String?

    init(role: DatasetRole, layer: String = "") {
        self.role = role
        self.layer = layer
    }

    /// Recognises `/labels`, `/inputs`, `/logits`, `/layers/<name>/<what>` and
    /// `/epochs/<n>/layers/<name>/<what>`. A layer's name may have several components.
    init?(path: BytePath) {
        let components = path.components.map { String(decoding: $0, as: UTF8.self) }
        switch components.first {
        case "labels" where components.count == 1: role = .labels
        case "inputs" where components.count == 1: role = .inputs
        case "logits" where components.count == 1: role = .logits
        case "layers":
            guard let place = Self.inLayer(components.dropFirst()) else { return nil }
            self = place
        case "epochs" where components.count > 3 && components[2] == "layers":
            guard var place = Self.inLayer(components.dropFirst(3)) else { return nil }
            place.epoch = components[1]
            place.layer = "epochs/\(components[1])/\(place.layer)"
            self = place
        default: return nil
        }
    }

    private static func inLayer(_ components: ArraySlice<String>) -> NativePlace? {
        guard components.count >= 2, let last = components.last else { return nil }
        let role: DatasetRole
        switch last {
        case "activations": role = .layer
        case "preactivations": role = .preactivations
        case "weight": role = .weight
        case "bias": role = .bias
        case "initial_weight": role = .initialWeight
        case "initial_bias": role = .initialBias
        case "gradients": role = .gradients
        default: return nil
        }
        return NativePlace(role: role, layer: components.dropLast().joined(separator: "/"))
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
