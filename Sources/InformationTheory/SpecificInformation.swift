// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Plug-in i(y) = D_KL(P(T|Y=y) ‖ P(T)), the surprise of class y (DeWeese & Meister
/// 1999); its mean over classes is I(T;Y).
///
/// - Returns: NaN for a class without samples, which has no P(T|Y=y)
func specificInformation(of table: ContingencyTable, class c: Int, unit: Logarithm) -> Double {
    let total = table.classSamples[c]
    guard total > 0 else { return .nan }
    var sum = 0.0
    for (cell, count) in table.counts(ofClass: c).enumerated() where count != 0 {
        // p(t|y) / p(t) from integers: exactly 1 where the class is like the whole.
        let joint = Double(count) * Double(table.samples)
        let product = Double(table.marginal(ofCell: cell, class: c)) * Double(total)
        sum += Double(count) / Double(total) * unit(joint / product)
    }
    return max(sum, 0)
}
