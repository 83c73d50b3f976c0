// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Layers with weights in the native layout: `/layers/<name>/weight` and `bias`.
enum NativeNetwork {
    /// - Parameter datasets: those of layers, each layer's next to each other, in the order of the layers
    static func places(_ datasets: [(found: FoundDataset, place: DatasetStanding)]) -> [WeightPlace] {
        var places: [WeightPlace] = []
        for (found, place) in datasets where !place.layer.isEmpty {
            if let last = places.last, isSameText(last.name, place.layer) {
                add(found, as: place.role, to: &places[places.count - 1])
            } else {
                var next = WeightPlace(
                    name: place.layer, convention: .native, epoch: place.epoch, group: found.path.directory)
                add(found, as: place.role, to: &next)
                places.append(next)
            }
        }
        return places.compactMap { place in
            guard place.weight != nil || place.bias != nil else { return nil }
            var place = place
            place.obstacle = obstacle(of: place)
            return place
        }
    }

    private static func add(_ found: FoundDataset, as role: DatasetRole, to place: inout WeightPlace) {
        switch role {
        case .weight: place.weight = found
        case .bias: place.bias = found
        case .layer, .preactivations:
            guard let shape = found.facts?.shape, shape.count == 2 else { return }
            place.recordedNeurons = place.recordedNeurons ?? shape[1]
        default: break
        }
    }

    private static func obstacle(of place: WeightPlace) -> String? {
        guard let weight = place.weight else { return "a bias without a dataset 'weight'" }
        guard let facts = weight.facts else { return "its weight cannot be used: \(weight.problem ?? "unknown")" }
        return facts.shape.count == 2 ? nil : "not dense: a weight of shape \(describe(shape: facts.shape))"
    }

    /// The recorded activation of a layer, with its parameter: "leaky_relu(0.3)"; nil if there is none.
    ///
    /// - Throws: `format` for attributes of another kind than a text and a number.
    static func activation(of place: WeightPlace, in file: OpenFile) throws(InfoLensError) -> String? {
        let group = place.group
        for object in [group, group.appending(BytePath("activations")), group.appending(BytePath("weight"))] {
            guard let text = try file.text(attribute: "activation", of: object) else { continue }
            let name = canonicalActivation(text)
            guard name == "leaky_relu" || name == "elu" else { return name }
            for parameter in ["negative_slope", "slope", "alpha"] {
                if let value = try file.number(attribute: parameter, of: object) { return "\(name)(\(value))" }
            }
            return name
        }
        return nil
    }

    /// What the attribute `layout` says about a weight; nil if there is none.
    ///
    /// - Throws: `format` for anything but "in_out" and "out_in".
    static func layout(of place: WeightPlace, in file: OpenFile) throws(InfoLensError) -> WeightLayout? {
        for object in [place.weight?.path, place.group].compactMap({ $0 }) {
            guard let text = try file.text(attribute: "layout", of: object) else { continue }
            switch text {
            case "in_out": return .inOut
            case "out_in": return .outIn
            default:
                throw InfoLensError(
                    .format,
                    """
                    \(file.attributeName("layout", of: object)) is '\(text.prefix(40))'; write in_out for [inputs, \
                    neurons] or out_in for [neurons, inputs], or give the layout when reading
                    """
                )
            }
        }
        return nil
    }
}

/// An activation's name as all conventions share it: small letters, "silu" for "swish".
func canonicalActivation(_ text: String) -> String {
    let name = text.lowercased()
    return name == "swish" ? "silu" : name
}
