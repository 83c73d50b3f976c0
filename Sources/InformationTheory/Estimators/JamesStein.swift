// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The shrinkage estimate of Hausser & Strimmer 2009 (JMLR 10:1469), in nats: plug-in of
/// λ/K + (1 − λ) n/N over the K levels of the alphabet, with
/// λ = (1 − Σ p²) / ((N − 1) Σ (1/K − p)²), p = n/N, kept within 0 … 1.
///
/// λ is 1 for one sample, and where the frequencies equal the target. One level out of
/// several gives λ = 0 and entropy 0.
func jamesSteinEntropy(of counts: UnsafeBufferPointer<UInt32>, total: Int, alphabet: Int) -> Double {
    let samples = Double(total)
    let occupied = occupied(counts)
    let levels = max(alphabet, occupied)
    let target = 1 / Double(levels)
    let unseen = Double(levels - occupied)

    // 1 − Σ p² as Σ p (1 − p), which does not cancel for a nearly constant sample.
    var (spread, distance) = (0.0, unseen * target * target)
    for count in counts where count != 0 {
        let p = Double(count) / samples
        spread += p * (Double(total - Int(count)) / samples)
        distance += (target - p) * (target - p)
    }
    let weight = (samples - 1) * distance
    let intensity = weight > 0 ? min(1, spread / weight) : 1

    var sum = 0.0
    for count in counts where count != 0 {
        sum -= entropyTerm(intensity * target + (1 - intensity) * (Double(count) / samples))
    }
    return sum - unseen * entropyTerm(intensity * target)
}

/// p log p, 0 at p = 0.
private func entropyTerm(_ p: Double) -> Double { p > 0 ? p * log(p) : 0 }
