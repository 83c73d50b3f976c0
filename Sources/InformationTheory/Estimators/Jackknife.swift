// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The jackknife estimate N Ĥ − (N − 1)/N Σ Ĥ₋ᵢ, in nats, where Ĥ₋ᵢ leaves out sample i
/// (Zahl 1977, Ecology 58:907).
///
/// With h(n) = n log n the plug-in entropy is log N − Σ h(n)/N, and inserting this leaves
/// ℓ(N) − (1/N) Σ n ℓ(n), ℓ(n) = log n − (n − 1) log(1 − 1/n): one pass, and nothing that
/// grows with N is subtracted. A single level gives 0.
/// - Returns: NaN for one sample, without which there is none
func jackknifeEntropy(of counts: UnsafeBufferPointer<UInt32>, total: Int) -> Double {
    guard total > 1 else { return .nan }
    let samples = Double(total)
    let whole = jackknifeLog(samples)
    var sum = 0.0
    for count in counts where count != 0 {
        sum += Double(count) / samples * (whole - jackknifeLog(Double(count)))
    }
    return sum
}

/// ℓ(n); 0 at n = 1.
func jackknifeLog(_ n: Double) -> Double { n > 1 ? log(n) - (n - 1) * log1p(-1 / n) : 0 }
