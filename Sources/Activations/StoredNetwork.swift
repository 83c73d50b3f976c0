// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A dense layer as a file keeps it: t = f(t_before · weight + bias).
public struct StoredDenseLayer: Sendable {
    public let name: String
    public let inputs: Int
    public let neurons: Int
    /// [inputs, neurons], row-major; finite.
    public let weight: [Double]
    /// [neurons]; nil for none.
    public let bias: [Double]?
    /// In small letters, as recorded or given: "relu", "leaky_relu(0.3)", …; not checked. nil where there is none.
    public let activation: String?

    public init(name: String, inputs: Int, neurons: Int, weight: [Double], bias: [Double]?, activation: String?) {
        self.name = name
        self.inputs = inputs
        self.neurons = neurons
        self.weight = weight
        self.bias = bias
        self.activation = activation
    }
}

extension DumpFile {
    /// The dense layers whose weights are in the file, in native layout or as Keras writes them, chained.
    ///
    /// - Parameters:
    ///   - named: names of the layers from input to output, who then vouches for their order; nil for all, which
    ///     must be dense and in an order that the file tells. Below epochs only by name.
    ///   - activations: one a layer; nil for those recorded
    ///   - layout: of every weight; `auto` takes the attribute `layout`, Keras' convention, what biases, recorded
    ///     activations and neighbours leave possible, what the other layers have, and [inputs, neurons] in the end
    ///   - memory: bytes that result and reading may take together
    /// - Throws: `notFound` for no weights and unknown layers; `argument` for layers named twice and another number of
    ///   activations; `shape` for layers that do not chain, and biases of another length; `format` for layers that are
    ///   not dense, lie in no order, or are damaged; `numeric` for NaN and infinity; `dtype`; `memory`; `io`.
    public func denseLayers(
        named: [String]?, activations: [String]?, layout: WeightLayout, memory: Int
    ) throws(InfoLensError) -> [StoredDenseLayer] {
        let places = if let named { try chosen(named, activationsAreGiven: activations != nil) } else { try all() }
        if let activations, activations.count != places.count {
            throw InfoLensError(
                .argument,
                "activations: \(activations.count) for \(places.count) layers (\(listing(places))); give one a layer")
        }
        var weights: [StoredWeights] = []
        for place in places { weights.append(try StoredWeights(place, in: file)) }

        var shapes: [WeightShape] = []
        for stored in weights {
            shapes.append(
                WeightShape(
                    layer: stored.place.name, rows: stored.rows, columns: stored.columns,
                    stated: try statedLayout(of: stored.place, layout), bias: stored.bias?.facts.shape[0],
                    recorded: stored.place.recordedNeurons))
        }
        let layouts = try chainedLayouts(shapes)
        let left = try remaining(of: memory, after: weights)

        var layers: [StoredDenseLayer] = []
        for (index, stored) in weights.enumerated() {
            let activation =
                if let activations { canonicalActivation(activations[index]) } else {
                    try recordedActivation(of: stored.place)
                }
            layers.append(try stored.layer(layouts[index], activation: activation, memory: left))
        }
        return layers
    }

    private func statedLayout(of place: WeightPlace, _ given: WeightLayout) throws(InfoLensError) -> WeightLayout? {
        if given != .auto { return given }
        return place.convention == .keras ? .inOut : try NativeNetwork.layout(of: place, in: file)
    }

    private func recordedActivation(of place: WeightPlace) throws(InfoLensError) -> String? {
        place.convention == .keras ? place.activation : try NativeNetwork.activation(of: place, in: file)
    }

    /// What a budget leaves for reading.
    private func remaining(of memory: Int, after weights: [StoredWeights]) throws(InfoLensError) -> Int {
        var total = 0
        for stored in weights {
            let (sum, overflow) = total.addingReportingOverflow(stored.bytes ?? .max)
            guard !overflow, sum <= memory else {
                throw InfoLensError(
                    .memory,
                    """
                    layer '\(stored.place.name)': the network's weights up to this one take more than the memory \
                    budget of \(memory) bytes as float64; raise the budget
                    """
                )
            }
            total = sum
        }
        // Where the system has no such amount, that is an error here, and the end in an array.
        _ = try Scratch(bytes: total, for: "weights")
        return memory - total
    }

    // MARK: Which layers

    /// All layers with weights, described by the model's configuration where the file has one, and whether their
    /// order is known.
    ///
    /// - Parameter needsConfiguration: whether a damaged one is an error
    private func places(needsConfiguration: Bool) throws(InfoLensError) -> (places: [WeightPlace], areOrdered: Bool) {
        guard let keras = layout.keras else { return (layout.weights, true) }
        guard keras.isModel else { return (keras.layers, keras.isOrdered) }
        do throws(InfoLensError) {
            guard let text = try file.text(attribute: "model_config", of: BytePath("/")),
                let configuration = KerasConfiguration(try JSONValue(parsing: text))
            else { return (keras.layers, keras.isOrdered) }
            return (configuration.places(keras.layers), true)
        } catch {
            guard needsConfiguration else { return (keras.layers, keras.isOrdered) }
            throw InfoLensError(
                error.kind,
                """
                \(file.attributeName("model_config", of: BytePath("/"))) cannot be read: \(error.description); name \
                the layers and give their activations
                """
            )
        }
    }

    private func chosen(_ names: [String], activationsAreGiven: Bool) throws(InfoLensError) -> [WeightPlace] {
        let places = try places(needsConfiguration: !activationsAreGiven).places
        guard places.contains(where: { $0.weight != nil }) else { throw noWeights(places) }
        guard !names.isEmpty else {
            throw InfoLensError(.argument, "layers: an empty list; name at least one layer, or give none for all")
        }
        var chosen: [WeightPlace] = []
        for (index, name) in names.enumerated() {
            guard
                let place = places.first(where: { isSameText($0.name, name) })
                    ?? places.first(where: { $0.otherName.map { isSameText($0, name) } ?? false })
            else {
                throw InfoLensError(
                    .notFound,
                    "layers: there is no layer '\(name)' with weights in '\(file.path.text)'; it has \(listing(places))"
                )
            }
            if let first = chosen.firstIndex(where: { isSameText($0.name, place.name) }) {
                throw InfoLensError(
                    .argument, "layers: '\(names[first])' and '\(name)' are one layer; name each layer once")
            }
            guard place.canBeDense else {
                throw InfoLensError(
                    .format,
                    "layers: '\(name)' at position \(index) cannot be computed: \(place.obstacle ?? "no weight")")
            }
            chosen.append(place)
        }
        return chosen
    }

    private func all() throws(InfoLensError) -> [WeightPlace] {
        let (places, areOrdered) = try places(needsConfiguration: true)
        guard places.contains(where: { $0.weight != nil }) else { throw noWeights(places) }
        let current = places.filter { $0.epoch == nil }
        guard !current.isEmpty else {
            throw InfoLensError(
                .notFound,
                """
                '\(file.path.text)' has weights of checkpoints only; name the layers of one of them, from input to \
                output: \(listing(places))
                """
            )
        }
        let dense = current.filter { $0.obstacle == nil }
        let others = current.filter { $0.obstacle != nil }
        guard others.isEmpty else {
            throw InfoLensError(
                .format,
                """
                '\(file.path.text)': not every layer with weights is known to be dense and to follow the one before. \
                Dense: \(dense.isEmpty ? "none" : listing(dense)). Others: \(listing(others)). Name the dense layers \
                from input to output if the network can be computed without the others
                """
            )
        }
        guard areOrdered || current.count == 1 else {
            throw InfoLensError(
                .format,
                """
                '\(file.path.text)' does not tell the order of its layers (the attribute layer_names is missing): \
                name them from input to output: \(listing(current))
                """
            )
        }
        return current
    }

    private func noWeights(_ places: [WeightPlace]) -> InfoLensError {
        let found = places.isEmpty ? "" : " (found: \(listing(places)))"
        return InfoLensError(
            .notFound,
            """
            '\(file.path.text)' has no weights\(found). A network is read from the datasets /layers/<name>/weight \
            [inputs, neurons] and /layers/<name>/bias [neurons], the attribute layout = "in_out" of the weight \
            ("out_in" for [neurons, inputs]), and the attributes activation and index of the group. With h5py:
                group = file.require_group("layers/fc1"); group["weight"] = weight; group["bias"] = bias
                group["weight"].attrs["layout"] = "in_out"; group.attrs["activation"] = "relu"; group.attrs["index"] = 0
            """
        )
    }
}
