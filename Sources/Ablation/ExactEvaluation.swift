// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A network of which neurons are removed, computed for one sample in float64: the long way, to which
/// the panels turn where float32 cannot tell the highest score.
struct ExactEvaluation {
    let network: DenseNetwork
    /// What a removed neuron says to the sample at a row.
    let substitutes: Substitutes

    /// The scores of the sample at `row`.
    ///
    /// - Parameters:
    ///   - start: the layer whose activations are given; −1 for the inputs, scaled
    ///   - activations: of that layer
    ///   - isRemoved: of a layer from `start` on and a neuron
    func scores(
        row: Int, start: Int, activations: [Double], isRemoved: (_ layer: Int, _ neuron: Int) -> Bool
    ) -> [Double] {
        var said = activations
        for layer in start..<network.layers.count - 1 {
            if layer >= 0 {
                for neuron in said.indices where isRemoved(layer, neuron) {
                    said[neuron] = substitutes.value(layer: layer, neuron: neuron, row: row)
                }
            }
            let next = network.layers[layer + 1]
            var z = next.bias
            z.withUnsafeMutableBufferPointer { z in
                next.weight.withUnsafeBufferPointer { weight in
                    for (input, value) in said.enumerated() where value != 0 {
                        let weights = weight[(input * next.neurons)...]
                        for neuron in 0..<z.count { z[neuron] += value * weights[input * next.neurons + neuron] }
                    }
                }
            }
            said = z.map { next.activation($0) }
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
