// SPDX-License-Identifier: Apache-2.0

/// KL selectivity max_y D_KL(P(T|Y=y) ‖ P(T)) and the first class that attains it.
/// Liu, Amjad & Geiger 2018 (arXiv:1804.06679). Classes without samples take no part.
///
/// NaN as soon as the estimate of one class is: that class might be the one.
func klSelectivity(of neuron: inout NeuronSummary) -> (value: Double, class: Int) {
    var best = (value: -Double.infinity, class: 0)
    for (c, samples) in neuron.table.classSamples.enumerated() where samples > 0 {
        let value = neuron.specificInformation(ofClass: c)
        if value.isNaN { return (value, c) }
        if value > best.value { best = (value, c) }
    }
    return best
}
