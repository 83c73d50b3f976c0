// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Plug-in entropy −Σ p log p of counts, p = n / Σ n; 0 for no or one occupied level.
/// - Parameter total: Σ counts
func entropy(of counts: UnsafeBufferPointer<UInt32>, total: Int, unit: Logarithm) -> Double {
    let scale = Double(total)
    var sum = 0.0
    for count in counts where count != 0 && Int(count) != total {
        let p = Double(count) / scale
        sum -= p * unit(p)
    }
    return sum
}

/// Plug-in H(T|Y) = Σ p(y) H(T|Y=y).
func conditionalEntropy(of table: ContingencyTable, unit: Logarithm) -> Double {
    var sum = 0.0
    for (c, samples) in table.classSamples.enumerated() where samples > 0 {
        let p = Double(samples) / Double(table.samples)
        sum += p * entropy(of: table.counts(ofClass: c), total: samples, unit: unit)
    }
    return sum
}
