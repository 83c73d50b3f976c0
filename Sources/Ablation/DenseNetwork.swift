// SPDX-License-Identifier: Apache-2.0
import Kernels

/// One dense layer: t = f(s W + b).
public struct DenseLayer: Sendable {
    public let name: String
    public let inputs: Int
    public let neurons: Int
    /// [inputs, neurons], row by row.
    public let weight: [Double]
    /// [neurons]; zeros where the layer has none.
    public let bias: [Double]
    public let hasBias: Bool
    public let activation: Activation

    /// - Throws: `shape` for empty layers, `numeric` for weights that float32 cannot hold
    public init(
        name: String, inputs: Int, neurons: Int, weight: [Double], bias: [Double]?, activation: Activation
    ) throws(InfoLensError) {
        guard inputs > 0, neurons > 0, weight.count == inputs &* neurons, bias.map({ $0.count == neurons }) ?? true
        else {
            throw InfoLensError(
                .shape,
                """
                weight: layer "\(name)" has \(inputs) inputs and \(neurons) neurons, with \(weight.count) weights and \
                \(bias?.count ?? 0) biases; give inputs × neurons weights and one bias a neuron
                """
            )
        }
        self.name = name
        self.inputs = inputs
        self.neurons = neurons
        self.weight = weight
        self.bias = bias ?? Array(repeating: 0, count: neurons)
        hasBias = bias != nil
        self.activation = activation
        if let index = weight.firstIndex(where: { !Float($0).isFinite }) {
            throw InfoLensError(
                .numeric,
                """
                weight: layer "\(name)": the weight from input \(index / neurons) to neuron \(index % neurons) is \
                \(weight[index]), which float32 cannot hold; give finite weights below 3.4e38
                """
            )
        }
        if let index = self.bias.firstIndex(where: { !Float($0).isFinite }) {
            throw InfoLensError(
                .numeric,
                """
                bias: layer "\(name)": that of neuron \(index) is \(self.bias[index]), which float32 cannot hold; give \
                finite biases below 3.4e38
                """
            )
        }
    }
}

/// Dense layers, each fed by the one before.
public struct DenseNetwork: Sendable {
    public private(set) var layers: [DenseLayer] = []
    /// What inputs are multiplied by before the first layer.
    public var inputScale = 1.0
    private(set) var packed: [PackedLayer] = []
    /// What `packed` points to.
    private var weights: [PackedWeights] = []

    public init() {}

    /// Adds a layer behind the last one.
    /// - Throws: `argument` for a name that is taken, or that of data which are no layer's; `shape` where its inputs are
    ///   not the neurons before it
    public mutating func append(_ layer: DenseLayer) throws(InfoLensError) {
        guard !layers.contains(where: { isSameText($0.name, layer.name) }) else {
            throw InfoLensError(
                .argument, "name: there are two layers named \"\(layer.name)\"; give each its own name")
        }
        // `NetworkData` knows them by these names. The last layer's are the logits.
        for (reserved, owner) in [("inputs", layer), ("logits", layers.last)] where owner?.name == reserved {
            throw InfoLensError(
                .argument,
                """
                name: "\(reserved)" is what the data of the network's \(reserved) are called, and a layer of that name \
                would be taken for them; give the layer another name
                """
            )
        }
        guard !layer.name.isEmpty, layer.name != "network" else {
            throw InfoLensError(
                .argument,
                "name: a layer cannot be called \"\(layer.name)\", as tables call all layers together; give it another name"
            )
        }
        if let last = layers.last {
            guard last.neurons == layer.inputs else {
                throw InfoLensError(
                    .shape,
                    """
                    weight: layer "\(layer.name)" takes \(layer.inputs) inputs, but layer "\(last.name)" before it has \
                    \(last.neurons) neurons; check the order of the layers and the layout of the weights \
                    ([inputs, neurons] is in_out, [neurons, inputs] is out_in)
                    """
                )
            }
            if case .softmax = last.activation {
                throw InfoLensError(
                    .argument,
                    "activation: layer \"\(last.name)\" is followed by another; softmax is for the last layer only")
            }
        }
        let packing = try PackedWeights(layer)
        weights.append(packing)
        packed.append(packing.layer)
        layers.append(layer)
    }

    /// Index of the layer that gives the scores of the classes.
    var last: Int { layers.count - 1 }

    /// Number of scores: the classes that the network tells apart.
    public var classes: Int { layers.last?.neurons ?? 0 }

    /// Index of a layer by its name.
    public func index(of name: String) -> Int? { layers.firstIndex { isSameText($0.name, name) } }
}
