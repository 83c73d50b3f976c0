// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Plug-in i(y) = D_KL(P(T|Y=y) ‖ P(T)), the surprise of class y (DeWeese & Meister
/// 1999); its mean over classes is I(T;Y).
///
/// - Parameter marginalLogs: log p(t) of each level that occurs
/// - Returns: NaN for a class without samples, which has no P(T|Y=y)
func specificInformation(
    of table: ContingencyTable, class c: Int, log: FrequencyLog, marginalLogs: [Double]
) -> Double {
    guard log.total > 0 else { return .nan }
    var sum = 0.0
    for (cell, count) in table.counts(ofClass: c).enumerated() where count != 0 {
        // Equal frequencies are equal quotients, whose logarithms cancel exactly.
        sum += log.frequency(count) * (log(count) - marginalLogs[table.level(ofCell: cell, class: c)])
    }
    return max(sum, 0)
}
