// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The bias of the entropy ½ log det(2πe Σ̂) of `variables` Gaussian variables, in nats, where Σ̂ is the sample
/// covariance of N samples about their mean: b_k = ½ (k (ln 2 − ln(N−1)) + Σ_{i=1…k} ψ((N−i)/2)), to be
/// subtracted (Misra, Singh & Demchuk 2005; Ince et al. 2017, Hum. Brain Mapp. 38:1541).
///
/// NaN where N ≤ k: the covariance is then singular.
public func gaussianEntropyBias(variables: Int, samples: Int) -> Double {
    guard samples > variables else { return .nan }
    let n = Double(samples)
    var sum = Double(variables) * (log(2) - log(n - 1))
    for i in 0..<variables { sum += digamma((n - Double(i + 1)) / 2) }
    return sum / 2
}

/// What correcting the entropies adds to H(X) − Σ p(y) H(X|Y=y), in nats: Σ p(y) b(N_y) − b(N). NaN where a class has
/// no more samples than there are variables; classes without samples take no part.
func entropyCorrection(variables: Int, classes: [Int]) -> Double {
    let total = classes.reduce(0, +)
    let within = classes.lazy.filter { $0 > 0 }.reduce(0.0) { sum, samples in
        sum + Double(samples) / Double(total) * gaussianEntropyBias(variables: variables, samples: samples)
    }
    return within - gaussianEntropyBias(variables: variables, samples: total)
}
