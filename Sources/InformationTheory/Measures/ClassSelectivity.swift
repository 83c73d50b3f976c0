// SPDX-License-Identifier: Apache-2.0

/// Class selectivity (m_max − m_rest) / (m_max + m_rest): m_max the highest mean activation
/// of a class, m_rest the mean of the means of the other classes, with the (first) class
/// of the highest mean. Morcos et al. 2018 (arXiv:1803.06959).
///
/// 0 where all means are 0, and where there is only one class. Defined for activations that
/// are not negative: others give NaN and a warning.
func classSelectivity(of neuron: inout NeuronSummary) -> (value: Double, class: Int) {
    let (means, least) = neuron.layer.activations
    let present = neuron.table.classSamples.indices.filter { neuron.table.classSamples[$0] > 0 }
    var best = present.first ?? 0
    var sum = 0.0
    for c in present {
        let mean = means[c][neuron.neuron]
        sum += mean
        if mean > means[best][neuron.neuron] { best = c }
    }
    if least[neuron.neuron] < 0 {
        neuron.warning.isNegative = true
        return (.nan, best)
    }
    let high = means[best][neuron.neuron]
    guard present.count > 1, high > 0 else { return (0, best) }
    let rest = (sum - high) / Double(present.count - 1)
    return ((high - rest) / (high + rest), best)
}
