// SPDX-License-Identifier: Apache-2.0
import Kernels

extension WeightedGraph {
    /// The graph of a network's absolute weights, from a neuron or an input to the neurons that it feeds: the inputs are
    /// the first nodes, then come the neurons, layer by layer.
    /// - Throws: `memory`
    public convenience init(of network: DenseNetwork, run: Run) throws(InfoLensError) {
        let layers = network.layers
        let widths = [layers.first?.inputs ?? 0] + layers.map(\.neurons)
        var starts = [0]
        for width in widths { starts.append(starts[starts.count - 1] + width) }
        // The level of each node: 0 for the inputs.
        let levels = widths.indices.flatMap { Array(repeating: $0, count: widths[$0]) }
        try self.init(nodes: levels.count, run: run) { node, add in
            let level = levels[node]
            let place = node - starts[level]
            if level > 0 {
                let layer = layers[level - 1]
                for input in 0..<layer.inputs {
                    add(starts[level - 1] + input, abs(layer.weight[input * layer.neurons + place]))
                }
            }
            if level < layers.count {
                let layer = layers[level]
                for neuron in 0..<layer.neurons {
                    add(starts[level + 1] + neuron, abs(layer.weight[place * layer.neurons + neuron]))
                }
            }
        }
    }
}
