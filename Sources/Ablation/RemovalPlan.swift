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
    /// For each layer: those that stay, ascending; empty for layers that lose none.
    let staying: [[Int32]]

    /// - Parameter order: at least one neuron, none twice, all of hidden layers of `network`
    init(_ order: [NeuronIndex], of network: DenseNetwork) {
        self.order = order
        var removed = [[Int32]](repeating: [], count: network.layers.count)
        for place in order { removed[place.layer].append(Int32(truncatingIfNeeded: place.neuron)) }
        var staying = removed
        for layer in removed.indices {
            removed[layer].sort()
            staying[layer].removeAll()
            guard !removed[layer].isEmpty else { continue }
            var next = removed[layer][...]
            for neuron in 0..<Int32(truncatingIfNeeded: network.layers[layer].neurons) {
                if next.first == neuron { next.removeFirst() } else { staying[layer].append(neuron) }
            }
        }
        self.removed = removed
        self.staying = staying
        start = removed.firstIndex { !$0.isEmpty } ?? 0
    }

    /// Nothing is removed.
    init(start: Int, layers: Int) {
        order = []
        self.start = start
        removed = Array(repeating: [], count: layers)
        staying = removed
    }
}
