// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Grassberger's estimate of 2003 (arXiv:physics/0307138), in nats:
/// log N − (1/N) Σ n G(n).
///
/// Its bias is log N − ψ(N), about 1/(2N), and what falls exponentially with N p.
/// It is not the estimate of 1988, of which several readings are in use. A histogram with
/// a single level does not give 0 but log N − G(N): about −1/(6N²) for even and 1/N for odd N.
func grassbergerEntropy(of counts: UnsafeBufferPointer<UInt32>, total: Int) -> Double {
    let (samples, logSamples) = (Double(total), log(Double(total)))
    var sum = 0.0
    for count in counts where count != 0 {
        sum += Double(count) / samples * (logSamples - grassbergerG(count))
    }
    return sum
}

/// G(n) = ψ(n) + ½ (−1)ⁿ [ψ((n + 1)/2) − ψ(n/2)], n > 0.
///
/// The recursion G₁ = −γ − log 2, G₂ = 2 − γ − log 2, G₂ₘ₊₁ = G₂ₘ, G₂ₘ₊₂ = G₂ₘ + 2/(2m + 1)
/// is that of ψ(m + ½) + log 2, m = ⌊n/2⌋, for even and odd n alike.
func grassbergerG(_ n: UInt32) -> Double {
    let half = Int(n / 2)
    return half < smallG.count ? smallG[half] : digamma(Double(half) + 0.5) + log(2)
}

/// Those that would take digamma's recurrence, and some more.
private let smallG = (0..<256).map { digamma(Double($0) + 0.5) + log(2) }
