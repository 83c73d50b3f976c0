// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The estimate of Chao & Shen 2003 (Environmental and Ecological Statistics 10:429), in nats:
/// −Σ q log q / (1 − (1 − q)ᴺ) with q = C n / N.
///
/// Frequencies are scaled by the coverage C, the share of probability that the levels seen
/// make up, and each term is divided by the probability that its level is seen at all.
/// - Returns: NaN where the coverage is 0
func chaoShenEntropy(of counts: UnsafeBufferPointer<UInt32>, total: Int) -> Double {
    let covered = coverage(of: counts, total: total)
    guard covered > 0 else { return .nan }
    let samples = Double(total)
    var sum = 0.0
    for count in counts where count != 0 {
        let q = covered * (Double(count) / samples)
        // 1 − (1 − q)ᴺ without cancellation; 1 at q = 1.
        sum += q * log(q) / expm1(samples * log1p(-q))
    }
    return sum
}

/// Good's estimate 1 − f₁/N of the probability of the levels seen, f₁ of them once.
/// It is 0 where every level occurs only once: then nothing is known of the rest.
func coverage(of counts: UnsafeBufferPointer<UInt32>, total: Int) -> Double {
    var singletons = 0
    for count in counts where count == 1 { singletons += 1 }
    return Double(total - singletons) / Double(total)
}
