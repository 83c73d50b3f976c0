// SPDX-License-Identifier: Apache-2.0
import Ablation
import Activations
import CInfoLens
import Kernels
import Synchronization
import Tables

/// A network whose neurons can be removed, behind `il_network`.
final class Network: HandleObject, Sendable {
    static let typeName: StaticString = "il_network"
    static let origin: StaticString = "il_network_from_dump(), il_network_new() or il_network_from_callback()"

    enum Kind: Sendable {
        case dense(DenseNetwork)
        case callback(CallbackNetwork)

        /// The layers' names and numbers of neurons.
        var layers: [(name: String, neurons: Int)] {
            switch self {
            case .dense(let network): network.layers.map { ($0.name, $0.neurons) }
            case .callback(let network): network.layers
            }
        }
    }

    /// How weights that are added are to be read.
    let layout: WeightLayout
    /// What inputs are multiplied by; nil = to be found out.
    let inputScale: Double?
    private let state: Mutex<Kind>

    /// What the network is now; later changes do not touch a call that is running.
    var kind: Kind { state.withLock { $0 } }

    init(_ kind: Kind, layout: WeightLayout = .inOut, inputScale: Double? = nil) {
        self.layout = layout
        self.inputScale = inputScale
        state = Mutex(kind)
    }

    /// The dense network; what needs one cannot do with a callback.
    func dense(for what: StaticString) throws(InfoLensError) -> DenseNetwork {
        guard case .dense(let network) = kind else {
            throw InfoLensError(
                .argument,
                "network: \(what) needs weights, and a callback has none; give a network from a dump or from arrays")
        }
        return network
    }

    func append(_ layer: DenseLayer) throws(InfoLensError) {
        var failure: InfoLensError?
        state.withLock { kind in
            do throws(InfoLensError) {
                guard case .dense(var network) = kind else {
                    throw InfoLensError(
                        .argument, "network: that of a callback has its layers; add layers to one of il_network_new()")
                }
                try network.append(layer)
                kind = .dense(network)
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// The layers, one row each.
    var description: Table {
        // One look: a layer may be added meanwhile.
        let kind = kind
        let layers = kind.layers
        let dense: [DenseLayer]? = if case .dense(let network) = kind { network.layers } else { nil }
        return Table(columns: [
            Column("layer", description: "the layer's name", texts: layers.map(\.name)),
            Column(
                "inputs", description: "number of inputs of each neuron",
                integers: layers.indices.map { Int64(dense?[$0].inputs ?? 0) }),
            Column("neurons", description: "number of neurons", integers: layers.map { Int64($0.neurons) }),
            Column(
                "activation", description: "what is applied to the pre-activations",
                texts: layers.indices.map { dense?[$0].activation.name ?? "callback" }),
            Column(
                "has_bias", description: "1 if the layer has biases, else 0",
                integers: layers.indices.map { dense?[$0].hasBias == true ? 1 : 0 }),
        ])
    }
}

// MARK: - Options

extension Network {
    static var defaultOptions: il_network_options {
        var options = il_network_options()
        options.struct_size = UInt32(MemoryLayout<il_network_options>.size)
        return options
    }

    struct Options {
        let layout: WeightLayout
        let layers: [String]?
        let activations: [String]?
        let inputScale: Double?

        init(_ pointer: UnsafePointer<il_network_options>?) throws(InfoLensError) {
            let options = try optionsOrDefaults(
                pointer, defaults: Network.defaultOptions, argument: "options", initializer: "il_network_options_init()"
            )
            layout = try choice(
                options.layout,
                of: [
                    (Int(IL_WEIGHT_AUTO), .auto), (Int(IL_WEIGHT_IN_OUT), .inOut), (Int(IL_WEIGHT_OUT_IN), .outIn),
                ], argument: "options.layout", names: "IL_WEIGHT_AUTO, IL_WEIGHT_IN_OUT or IL_WEIGHT_OUT_IN")
            layers = try textList(
                options.layers, count: options.layer_count, argument: "layers", countArgument: "options.layer_count")
            activations = try textList(
                options.activations, count: options.activation_count, argument: "activations",
                countArgument: "options.activation_count")
            guard options.input_scale.isFinite else {
                throw InfoLensError(
                    .argument,
                    "options.input_scale: is \(options.input_scale); give a finite number, or 0 to have it found out")
            }
            inputScale = options.input_scale == 0 ? nil : options.input_scale
        }
    }

    /// The network that a file holds.
    static func make(from dump: any DumpContents, _ options: Options, memory: Int) throws(InfoLensError) -> Network {
        let stored = try dump.denseLayers(
            named: options.layers, activations: options.activations, layout: options.layout, memory: memory)
        var network = DenseNetwork()
        for (index, layer) in stored.enumerated() {
            let activation: Activation
            if let name = layer.activation {
                activation = try Activation(named: name, layer: layer.name)
            } else if index == stored.count - 1 {
                activation = .linear
            } else {
                throw InfoLensError(
                    .argument,
                    """
                    activations: the file does not say what layer "\(layer.name)" applies; give the activation of each \
                    layer (attribute `activation` of the layer's group is where it is recorded)
                    """
                )
            }
            try network.append(
                DenseLayer(
                    name: layer.name, inputs: layer.inputs, neurons: layer.neurons, weight: layer.weight,
                    bias: layer.bias, activation: activation))
        }
        return Network(.dense(network), layout: options.layout, inputScale: options.inputScale)
    }
}

// MARK: - Entry points

@c @implementation
public func il_network_options_init(_ options: UnsafeMutablePointer<il_network_options>!, _ structSize: UInt32)
    -> il_status
{
    guarded { () throws(InfoLensError) in
        try fill(options, size: structSize, defaults: Network.defaultOptions, argument: "options")
    }
}

@c @implementation
public func il_network_from_dump(
    _ context: OpaquePointer!, _ dump: OpaquePointer!, _ options: UnsafePointer<il_network_options>!,
    _ network: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let dump = try Handles.object(dump, Dump.self, argument: "dump")
        let output = try required(network, "network")
        let options = try Network.Options(options)
        let network = try context.wait(stage: "reading weights") { () throws(InfoLensError) in
            try Network.make(from: dump.contents, options, memory: context.memory)
        }
        output.pointee = Handles.insert(network)
    }
}

@c @implementation
public func il_network_new(
    _ context: OpaquePointer!, _ options: UnsafePointer<il_network_options>!,
    _ network: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let output = try required(network, "network")
        let options = try Network.Options(options)
        guard options.layers == nil, options.activations == nil else {
            throw InfoLensError(
                .argument,
                "options: layers and activations name what is in a file; leave them NULL and use il_network_add_layer()"
            )
        }
        output.pointee = Handles.insert(
            Network(.dense(DenseNetwork()), layout: options.layout, inputScale: options.inputScale))
    }
}

@c @implementation
public func il_network_add_layer(
    _ network: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ weight: UnsafePointer<il_array>!,
    _ bias: UnsafePointer<il_array>!, _ activation: UnsafePointer<CChar>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let network = try Handles.object(network, Network.self, argument: "network")
        let name = try requiredText(name, "name")
        let activation = try Activation(named: try requiredText(activation, "activation"), layer: name)
        let array = try stridedArray(weight, argument: "weight of layer \"\(name)\"")
        guard array.shape.count == 2 else {
            throw InfoLensError(
                .shape,
                """
                weight: layer "\(name)" has an array of rank \(array.shape.count); give a matrix [inputs, neurons], or \
                [neurons, inputs] with the layout that says so
                """
            )
        }
        let isOutIn = network.layout == .outIn
        let (inputs, neurons) = isOutIn ? (array.shape[1], array.shape[0]) : (array.shape[0], array.shape[1])
        var weight = try array.doubles()
        if isOutIn {
            let values = weight
            for neuron in 0..<neurons {
                for input in 0..<inputs { weight[input * neurons + neuron] = values[neuron * inputs + input] }
            }
        }
        var biases: [Double]?
        if bias != nil {
            let array = try stridedArray(bias, argument: "bias of layer \"\(name)\"")
            guard array.shape == [neurons] else {
                throw InfoLensError(
                    .shape,
                    """
                    bias: that of layer "\(name)" has the shape \(array.shape), but the layer has \(neurons) neurons; \
                    give one number a neuron, or check the layout of its weight
                    """
                )
            }
            biases = try array.doubles()
        }
        try network.append(
            DenseLayer(
                name: name, inputs: inputs, neurons: neurons, weight: weight, bias: biases, activation: activation))
    }
}

@c @implementation
public func il_network_from_callback(
    _ context: OpaquePointer!, _ layers: UnsafePointer<UnsafePointer<CChar>?>!, _ neurons: UnsafePointer<Int64>!,
    _ layerCount: Int64, _ scores: UnsafePointer<UnsafePointer<CChar>?>!, _ scoreCount: Int64,
    _ callback: il_ablation_callback!, _ user: UnsafeMutableRawPointer!,
    _ network: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let output = try required(network, "network")
        guard
            let names = try textList(layers, count: layerCount, argument: "layers", countArgument: "layer_count"),
            let scores = try textList(scores, count: scoreCount, argument: "scores", countArgument: "score_count"),
            let neurons
        else {
            throw InfoLensError(
                .argument, "layers, neurons, scores: one of them is NULL; pass names, sizes and names of the scores")
        }
        guard let callback else {
            throw InfoLensError(.argument, "callback: is NULL; pass a function that scores the network")
        }
        let sizes = (0..<names.count).map { neurons[$0] }
        let callbackNetwork = try CallbackNetwork(
            layers: Array(zip(names, sizes)), scores: scores, callback: callback, user: user)
        output.pointee = Handles.insert(Network(.callback(callbackNetwork)))
    }
}

@c @implementation
public func il_network_layers(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        return try Handles.object(network, Network.self, argument: "network").description
    }
}

@c @implementation
public func il_network_free(_ network: OpaquePointer!) { Handles.remove(network, Network.self) }
