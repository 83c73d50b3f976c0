// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Layers with variables in a file that Keras wrote.
///
/// Keras 3 keeps weights below `/layers/<name of its own>/vars/<number>`; the format before, and whole models in
/// it, below `<base>/<layer>/…/kernel` and `bias`, with ":0" behind the names until Keras 2. What optimizers
/// keep is none of a network.
struct KerasNetwork: Sendable {
    /// In the order of the network, as far as the file tells it.
    var layers: [WeightPlace]
    /// Whether the order is that of the network: that of Keras' own names counts, which is that of creation.
    let isOrdered: Bool
    /// Whether the root may hold a description of the model.
    let isModel: Bool

    /// The layers of a file that follows one of these formats; nil for others. Reads attributes, no data.
    static func find(_ walk: FileWalk, in file: OpenFile) -> KerasNetwork? {
        variables(walk, in: file) ?? model(walk, in: file)
    }

    // MARK: Keras 3

    private static func variables(_ walk: FileWalk, in file: OpenFile) -> KerasNetwork? {
        var groups: [BytePath: [Int: FoundDataset]] = [:]
        for found in walk.datasets {
            let components = found.path.components.map { String(decoding: $0, as: UTF8.self) }
            // Random layers keep the state of their generator, which changes nothing when a network is used.
            guard components.count >= 4, components[0] == "layers", components[components.count - 2] == "vars",
                let number = components.last.flatMap({ Int($0) }), !components.contains("seed_generator")
            else { continue }
            groups[found.path.directory, default: [:]][number] = found
        }
        guard !groups.isEmpty else { return nil }
        let layers = groups.map { group, variables in
            let components = group.components.dropLast().map { String(decoding: $0, as: UTF8.self) }
            let own = components.filter { $0 != "layers" }
            let given = (try? file.text(attribute: "name", of: group)) ?? nil
            var place = WeightPlace(
                name: (own.dropLast() + [given ?? own.last ?? ""]).joined(separator: "/"),
                otherName: own.joined(separator: "/"), convention: .keras, group: group)
            place.weight = variables[0]
            place.bias = variables[1]
            place.obstacle = obstacle(variables, of: own.last ?? "")
            return place
        }
        return KerasNetwork(
            layers: layers.sorted { naturallyPrecedes($0.otherName ?? "", $1.otherName ?? "") }, isOrdered: true,
            isModel: false)
    }

    /// The names that Keras gives are those of classes, with a number from the second on.
    private static func obstacle(_ variables: [Int: FoundDataset], of name: String) -> String? {
        let parts = name.split(separator: "_")
        let kind = parts.last.flatMap { Int($0) } == nil ? name : parts.dropLast().joined(separator: "_")
        guard kind == "dense" else { return "of the kind '\(kind)'" }
        return variables.count <= 2 ? shapeObstacle(variables[0], variables[1]) : "\(variables.count) variables"
    }

    private static func shapeObstacle(_ kernel: FoundDataset?, _ bias: FoundDataset?) -> String? {
        guard let kernel else { return "no kernel" }
        for found in [kernel, bias].compactMap({ $0 }) where found.facts == nil {
            return "'\(found.path.text)' cannot be used: \(found.problem ?? "unknown")"
        }
        let shape = kernel.facts?.shape ?? []
        return shape.count == 2 ? nil : "not dense: a kernel of shape \(describe(shape: shape))"
    }

    // MARK: The format before

    private static func model(_ walk: FileWalk, in file: OpenFile) -> KerasNetwork? {
        let hasModel = walk.datasets.contains { $0.path.components.first == Array("model_weights".utf8) }
        let base = BytePath(hasModel ? "/model_weights" : "/")
        // Where weights alone were saved, their groups are in the root, beside a list of them.
        guard hasModel || walk.datasets.contains(where: { isKernel($0.path) }) else { return nil }
        let names = (try? layerNames(of: base, in: file)) ?? nil
        guard hasModel || names != nil else { return nil }

        let known = Set((names ?? []).map { Array($0.utf8) })
        var layers: [[UInt8]: [BytePath: [String: FoundDataset]]] = [:]
        for found in walk.datasets {
            let components = found.path.components
            guard components.count >= base.components.count + 2, components.starts(with: base.components) else {
                continue
            }
            let inside = Array(components.dropFirst(base.components.count).dropLast())
            // A layer's name may contain slashes.
            let prefixes = (1...inside.count).reversed().lazy.map {
                Array(inside[..<$0].joined(separator: [UInt8(ascii: "/")]))
            }
            let layer = prefixes.first { known.contains($0) }
            let variable = variableName(found.path)
            guard variable != "seed_generator_state" else { continue }
            layers[layer ?? inside[0], default: [:]][found.path.directory, default: [:]][variable] = found
        }
        let order = Dictionary((names ?? []).enumerated().map { (Array($1.utf8), $0) }, uniquingKeysWith: { a, _ in a })
        let sorted = layers.sorted { a, b in
            let (i, j) = (order[a.key] ?? .max, order[b.key] ?? .max)
            return i != j
                ? i < j
                : naturallyPrecedes(String(decoding: a.key, as: UTF8.self), String(decoding: b.key, as: UTF8.self))
        }
        return KerasNetwork(
            layers: sorted.flatMap { places(of: String(decoding: $0.key, as: UTF8.self), $0.value) },
            isOrdered: names != nil, isModel: hasModel)
    }

    /// The one place of a layer, or those of the layers of a model that is a layer.
    private static func places(of layer: String, _ groups: [BytePath: [String: FoundDataset]]) -> [WeightPlace] {
        groups.sorted { naturallyPrecedes($0.key.text, $1.key.text) }.map { group, variables in
            let own = group.components.last.map { String(decoding: $0, as: UTF8.self) } ?? layer
            var place = WeightPlace(
                name: groups.count == 1 ? layer : "\(layer)/\(own)", convention: .keras, group: group)
            place.weight = variables["kernel"]
            place.bias = variables["bias"]
            let others = variables.keys.filter { $0 != "kernel" && $0 != "bias" }.sorted()
            if !others.isEmpty {
                place.obstacle = "variables \(others.prefix(5).joined(separator: ", "))"
            } else if groups.count > 1 {
                place.obstacle = "of a layer that is a model itself"
            } else {
                place.obstacle = shapeObstacle(place.weight, place.bias)
            }
            return place
        }
    }

    /// The last component of a path without what TensorFlow put behind it.
    private static func variableName(_ path: BytePath) -> String {
        let name = path.components.last.map { String(decoding: $0, as: UTF8.self) } ?? ""
        return name.hasSuffix(":0") ? String(name.dropLast(2)) : name
    }

    private static func isKernel(_ path: BytePath) -> Bool {
        path.components.count >= 2 && variableName(path) == "kernel"
    }

    /// The attribute `layer_names`, which a long list is cut into pieces of: `layer_names0`, ….
    private static func layerNames(of base: BytePath, in file: OpenFile) throws(InfoLensError) -> [String]? {
        if case .texts(let names) = try file.attribute("layer_names", of: base) { return names }
        var names: [String] = []
        var piece = 0
        while case .texts(let more) = try file.attribute("layer_names\(piece)", of: base) {
            names += more
            piece += 1
            guard piece < 1000, names.count < FileWalk.maximumObjects else { break }
        }
        return piece > 0 ? names : nil
    }
}
