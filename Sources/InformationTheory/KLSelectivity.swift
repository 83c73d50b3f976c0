// SPDX-License-Identifier: Apache-2.0
import Kernels

/// KL selectivity max_y D_KL(P(T|Y=y) ‖ P(T)) and the first class that attains it.
/// Liu, Amjad & Geiger 2018 (arXiv:1804.06679). Classes without samples take no part.
func klSelectivity(of table: ContingencyTable, unit: Logarithm) -> (value: Double, class: Int) {
    var best = (value: -1.0, class: 0)
    for (c, samples) in table.classSamples.enumerated() where samples > 0 {
        let value = specificInformation(of: table, class: c, unit: unit)
        if value > best.value { best = (value, c) }
    }
    return best
}
