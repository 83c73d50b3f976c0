// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// A network of which neurons are removed, computed for one sample in float64: the long way, to which
/// the panels turn where float32 cannot tell the highest score.
///
/// One worker uses it at a time.
final class ExactEvaluation {
    private let network: DenseNetwork
    /// What the layer before says, and what the next makes of it.
    private var said: [Double] = []
    private var next: [Double] = []

    init(_ network: DenseNetwork) { self.network = network }

    /// The scores of the sample at `row`.
    ///
    /// - Parameters:
    ///   - start: the layer whose activations are given; −1 for the inputs, scaled
    ///   - activations: value of a neuron of that layer
    ///   - isRemoved: of a layer from `start` on and a neuron
    ///   - substitutes: what they say
    func scores(
        row: Int, start: Int, activations: (Int) -> Double, isRemoved: (_ layer: Int, _ neuron: Int) -> Bool,
        substitutes: Substitutes
    ) -> [Double] {
        let width = start < 0 ? network.layers[0].inputs : network.layers[start].neurons
        said.removeAll(keepingCapacity: true)
        for neuron in 0..<width { said.append(activations(neuron)) }
        for layer in start..<network.layers.count - 1 {
            if layer >= 0 {
                for neuron in said.indices where isRemoved(layer, neuron) {
                    said[neuron] = substitutes.value(layer: layer, neuron: neuron, row: row)
                }
            }
            let target = network.layers[layer + 1]
            next.removeAll(keepingCapacity: true)
            next.append(contentsOf: target.bias)
            next.withUnsafeMutableBufferPointer { z in
                target.weight.withUnsafeBufferPointer { weight in
                    guard let z = z.baseAddress, let weight = weight.baseAddress else { return }
                    for (input, value) in said.enumerated() where value != 0 {
                        cn_add_scaled(z, value, weight + input * target.neurons, Int64(target.neurons))
                    }
                }
            }
            for neuron in next.indices { next[neuron] = target.activation(next[neuron]) }
            swap(&said, &next)
        }
        return said
    }

    /// Whether the label has the highest score, the lower class winning ties.
    static func isCorrect(_ scores: [Double], label: Int) -> Bool {
        for (index, score) in scores.enumerated() where index != label {
            if score > scores[label] || (score == scores[label] && index < label) { return false }
        }
        return true
    }
}
