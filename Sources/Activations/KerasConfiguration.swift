// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What the `model_config` of a Keras file tells: the layers in their order, and their activations.
///
/// A network that can be computed as a chain of dense layers has, beside these, only layers that do nothing when a
/// network is used (dropout), and activations, which belong to the dense layer before them.
struct KerasConfiguration {
    enum Kind: Equatable {
        case dense(activation: String)
        case activation(String)
        /// Hands on what it gets.
        case identity
        case other
    }

    struct Layer {
        let name: String
        let className: String
        let kind: Kind
        /// Layers whose outputs this one takes; empty where that is the one before, or nothing.
        let sources: [String]
    }

    let layers: [Layer]

    /// - Returns: nil for a description without a list of layers, such as that of a class of the user's
    init?(_ model: JSONValue) {
        guard let config = model["config"] else { return nil }
        // A sequential model once was the list itself.
        let layers = config["layers"]?.elements ?? config.elements
        guard !layers.isEmpty else { return nil }
        self.layers = layers.map { layer in
            let className = layer["class_name"]?.text ?? ""
            let config = layer["config"] ?? .null
            return Layer(
                name: config["name"]?.text ?? layer["name"]?.text ?? "", className: className,
                kind: Self.kind(className, config), sources: Self.sources(layer["inbound_nodes"] ?? .null))
        }
    }

    /// The dense layers with their activations, and what else the network has, each with its obstacle.
    ///
    /// - Parameter stored: layers as the file keeps them; those that are not described come last
    func places(_ stored: [WeightPlace]) -> [WeightPlace] {
        var left = Dictionary(stored.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        var places: [WeightPlace] = []
        var dense: Int?
        var before: String?
        for layer in layers {
            defer { before = layer.name }
            let isChained = layer.sources.isEmpty || layer.sources.count == 1 && isSame(layer.sources[0], before)
            let branch =
                isChained ? nil : "takes the outputs of \(layer.sources.prefix(4).joined(separator: ", "))"
            var place =
                left.removeValue(forKey: Array(layer.name.utf8))
                ?? WeightPlace(name: layer.name, convention: .keras, group: BytePath("/"))
            switch layer.kind {
            case .dense(let activation):
                place.activation = activation
                if place.weight == nil { place.obstacle = "no kernel" }
                dense = places.count
            case .activation(let activation):
                if let dense, branch == nil {
                    places[dense].activation = Self.composed(places[dense].activation ?? "linear", activation)
                    continue
                }
                place.obstacle = "\(layer.className) with no dense layer before it"
            case .identity:
                if branch == nil { continue }
            case .other:
                place.obstacle = layer.className
            }
            place.obstacle = branch.map { "\(layer.className), \($0)" } ?? place.obstacle
            places.append(place)
        }
        for var place in stored where left[Array(place.name.utf8)] != nil {
            place.obstacle = place.obstacle ?? "not among the model's own layers"
            places.append(place)
        }
        return places
    }

    private func isSame(_ a: String, _ b: String?) -> Bool { b.map { isSameText(a, $0) } ?? false }

    // MARK: Layers

    private static func kind(_ className: String, _ config: JSONValue) -> Kind {
        switch className {
        case "Dense": .dense(activation: activation(config["activation"]))
        case "InputLayer", "Dropout", "Flatten", "GaussianNoise", "GaussianDropout", "AlphaDropout",
            "ActivityRegularization", "Identity":
            .identity
        default: layerActivation(className, config).map { .activation($0) } ?? .other
        }
    }

    /// The activation that a layer of this class is; nil for other layers.
    private static func layerActivation(_ className: String, _ config: JSONValue) -> String? {
        switch className {
        case "Activation": return activation(config["activation"])
        case "Softmax": return "softmax"
        case "ELU": return "elu(\(config["alpha"]?.number ?? 1))"
        case "LeakyReLU":
            // Keras 2 says alpha.
            return "leaky_relu(\((config["negative_slope"] ?? config["alpha"])?.number ?? 0.3))"
        case "ReLU":
            if let most = config["max_value"]?.number { return "relu up to \(most)" }
            if let threshold = config["threshold"]?.number, threshold != 0 { return "relu above \(threshold)" }
            let slope = config["negative_slope"]?.number ?? 0
            return slope == 0 ? "relu" : "leaky_relu(\(slope))"
        default: return nil
        }
    }

    /// A dense layer's own activation: a name, or a layer or function in full.
    private static func activation(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: return "linear"
        case .string(let text):
            // Keras' function has another slope than its layer, and than others have.
            let name = canonicalActivation(text)
            return name == "leaky_relu" ? "leaky_relu(0.2)" : name
        case let value?:
            let className = value["class_name"]?.text ?? ""
            return layerActivation(className, value["config"] ?? .null) ?? value["config"]?.text ?? className
        }
    }

    private static func composed(_ first: String, _ second: String) -> String {
        if first == "linear" { return second }
        return second == "linear" ? first : "\(first), then \(second)"
    }

    // MARK: Order

    /// Names of layers in `inbound_nodes`: ["keras_history": [name, …]] since Keras 3, [name, node, tensor, …] before.
    private static func sources(_ nodes: JSONValue) -> [String] {
        switch nodes {
        case .array(let elements):
            if let name = elements.first?.text, elements.count >= 3, elements[1].number != nil { return [name] }
            return elements.flatMap(sources)
        case .object(let members):
            return members.flatMap { sources($0.value) }
        default: return []
        }
    }
}
