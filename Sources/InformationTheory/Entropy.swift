// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Plug-in entropy −Σ p log p of counts, p = n / Σ n; 0 for no or one occupied level.
/// - Parameter log: of frequencies among Σ counts
func entropy(of counts: UnsafeBufferPointer<UInt32>, log: FrequencyLog) -> Double {
    var sum = 0.0
    for count in counts where count != 0 && Int(count) != log.total {
        sum -= log.frequency(count) * log(count)
    }
    return sum
}

/// Plug-in H(T|Y) = Σ p(y) H(T|Y=y).
func conditionalEntropy(of table: ContingencyTable, logs: FrequencyLogs) -> Double {
    var sum = 0.0
    for (c, samples) in table.classSamples.enumerated() where samples > 0 {
        let p = Double(samples) / Double(table.samples)
        sum += p * entropy(of: table.counts(ofClass: c), log: logs.ofClass[c])
    }
    return sum
}
