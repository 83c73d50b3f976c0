// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// What was recorded of a network: the samples that ablation is judged by.
public struct NetworkData: Sendable {
    public let samples: Int
    /// The class of each sample, as the index of its score; nil without labels.
    public let labels: [Int32]?
    /// Inputs of the first layer, [N, inputs].
    let inputs: (any ActivationMatrix)?
    /// Activations of each layer, where they are recorded.
    let activations: [(any ActivationMatrix)?]
    /// Scores of the classes, [N, classes].
    let logits: (any ActivationMatrix)?

    /// - Parameters:
    ///   - matrices: by name: "inputs", "logits", or a layer of the network; others are not looked at
    ///   - labels: nil, or one a sample, within the network's classes
    /// - Throws: `shape` for a matrix of another width than the network's; `notFound` without inputs and without
    ///   activations of the first layer
    public init(
        of network: DenseNetwork, matrices: [any ActivationMatrix], labels: [Int32]?
    ) throws(InfoLensError) {
        func matrix(_ name: String, width: Int, of what: String) throws(InfoLensError) -> (any ActivationMatrix)? {
            guard let matrix = matrices.first(where: { isSameText($0.name, name) }) else { return nil }
            guard matrix.neurons == width else {
                throw InfoLensError(
                    .shape,
                    """
                    \(what) "\(name)": the data have \(matrix.neurons) values a sample, but the network has \(width) \
                    there; give the data that this network was recorded with
                    """
                )
            }
            return matrix
        }
        guard let first = network.layers.first else {
            throw InfoLensError(.argument, "network: it has no layers; add them with il_network_add_layer()")
        }
        inputs = try matrix("inputs", width: first.inputs, of: "data")
        logits = try matrix("logits", width: network.classes, of: "data")
        var activations: [(any ActivationMatrix)?] = []
        for layer in network.layers {
            // A last layer of that name has been met.
            let isLogits = isSameText(layer.name, "logits")
            activations.append(isLogits ? nil : try matrix(layer.name, width: layer.neurons, of: "layer"))
        }
        self.activations = activations
        self.labels = labels
        guard let any = inputs ?? activations[0] else {
            let names = matrices.map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw InfoLensError(
                .notFound,
                """
                source: it has neither "inputs" nor the activations of the network's first layer, "\(first.name)", to \
                compute the others from; it has \(names.isEmpty ? "no layers" : names)
                """
            )
        }
        samples = any.samples
    }

    /// Panels that hold the samples: the units of work of a walk over them.
    public var panels: Int { (samples - 1) / Int(CN_PANEL) + 1 }

    /// Where the activations of a layer come from: its own record, or that of the layer before it, or the inputs.
    func origin(of layer: Int) -> Origin {
        for index in stride(from: layer, through: 0, by: -1) where activations[index] != nil { return .layer(index) }
        return .inputs
    }

    /// Where computing starts when nothing but the beginning is taken from the record.
    var beginning: Origin { inputs == nil ? .layer(0) : .inputs }

    func matrix(_ origin: Origin) -> (any ActivationMatrix)? {
        switch origin {
        case .inputs: inputs
        case .layer(let index): activations[index]
        case .logits: logits
        }
    }

    /// A recorded matrix.
    enum Origin: Hashable {
        case inputs
        case layer(Int)
        case logits
    }
}
