// SPDX-License-Identifier: Apache-2.0

/// Plug-in Jensen–Shannon divergence, with weights ½, of a neuron's levels in two groups of
/// classes. Lin 1991. NaN where a group has no samples.
func groupDivergence(of neuron: NeuronSummary) -> Double {
    let table = neuron.table
    var counts = [[Double]](repeating: [Double](repeating: 0, count: table.marginal.count), count: 2)
    for (c, group) in neuron.layer.groups.enumerated() where group != 0 {
        for (cell, count) in table.counts(ofClass: c).enumerated() {
            counts[Int(group) - 1][table.level(ofCell: cell, class: c)] += Double(count)
        }
    }
    return jensenShannonDivergence(counts[0], counts[1], unit: neuron.function.unit)
}
