// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A neuron of a network: index of its layer, and its own in the layer.
public struct NeuronIndex: Hashable, Comparable, Sendable {
    public let layer: Int
    public let neuron: Int

    public init(layer: Int, neuron: Int) {
        self.layer = layer
        self.neuron = neuron
    }

    public static func < (a: NeuronIndex, b: NeuronIndex) -> Bool { (a.layer, a.neuron) < (b.layer, b.neuron) }
}

/// Neurons that are removed, and for each layer which these are.
struct RemovalPlan: Sendable {
    /// In the order of removal.
    let order: [NeuronIndex]
    /// The first layer that loses neurons, from whose activations everything is computed.
    let start: Int
    /// For each layer: those that it loses, ascending.
    let removed: [[Int32]]
    /// For each layer: those that stay.
    let staying: Staying

    /// - Parameter order: at least one neuron, none twice, all of hidden layers of `network`
    init(_ order: [NeuronIndex], of network: DenseNetwork) {
        var removed = [[Int32]](repeating: [], count: network.layers.count)
        for place in order { removed[place.layer].append(Int32(truncatingIfNeeded: place.neuron)) }
        for layer in removed.indices { removed[layer].sort() }
        let start = removed.firstIndex { !$0.isEmpty } ?? 0
        self.init(order: order, start: start, removed: removed, of: network)
    }

    /// Nothing is removed.
    init(start: Int, of network: DenseNetwork) {
        self.init(order: [], start: start, removed: Array(repeating: [], count: network.layers.count), of: network)
    }

    private init(order: [NeuronIndex], start: Int, removed: [[Int32]], of network: DenseNetwork) {
        self.order = order
        self.start = start
        self.removed = removed
        staying = Staying(removed: removed, network: network)
    }

    /// Found when asked for: a group for each neuron of a layer would have almost all of the layer each.
    struct Staying: Sendable {
        fileprivate let removed: [[Int32]]
        fileprivate let network: DenseNetwork

        /// The neurons of a layer that stay, ascending; none of a layer that loses none.
        subscript(layer: Int) -> [Int32] {
            let neurons = network.layers[layer].neurons
            guard !removed[layer].isEmpty, removed[layer].count < neurons else { return [] }
            var staying: [Int32] = []
            staying.reserveCapacity(neurons - removed[layer].count)
            var next = 0
            for neuron in 0..<Int32(truncatingIfNeeded: neurons) {
                if next < removed[layer].count, removed[layer][next] == neuron {
                    next += 1
                } else {
                    staying.append(neuron)
                }
            }
            return staying
        }
    }
}
