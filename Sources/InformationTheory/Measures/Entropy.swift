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
