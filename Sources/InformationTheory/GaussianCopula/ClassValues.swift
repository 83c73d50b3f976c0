// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// One column's values of one class, in ascending order: what the mixture needs of them.
struct ClassValues {
    let sorted: UnsafeBufferPointer<Double>

    /// Of a Gaussian, its standard deviation in units of the median absolute deviation: 1/Φ⁻¹(¾).
    static let deviationsPerMAD = 1.482602218505602

    /// The middle value, or the mean of the two.
    var median: Double {
        let n = sorted.count
        return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2
    }

    /// The median of |x − m|.
    func absoluteDeviation(from m: Double) -> Double {
        let n = sorted.count
        // Two ascending sequences of distances, leftwards and rightwards of the middle, are merged half way.
        var (left, right) = (n / 2 - 1, n / 2)
        var (last, previous) = (0.0, 0.0)
        for _ in 0...n / 2 {
            previous = last
            if right >= n || (left >= 0 && m - sorted[left] <= sorted[right] - m) {
                last = m - sorted[left]
                left -= 1
            } else {
                last = sorted[right] - m
                right += 1
            }
        }
        return n % 2 == 1 ? last : (previous + last) / 2
    }

    /// Σ (x − mean)².
    var squares: Double {
        let mean = sorted.reduce(0, +) / Double(sorted.count)
        return sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }

    /// The standard deviation; 0 for one value.
    var deviation: Double { sorted.count < 2 ? 0 : (squares / Double(sorted.count - 1)).squareRoot() }

    /// Mean and standard deviation of the normal scores Φ⁻¹(rank / (n + 1)) of the values, for n > 1.
    /// - Parameter breakingTies: whether equal values get different ranks, in whatever order, instead of their mean
    func scores(breakingTies: Bool) -> (mean: Double, deviation: Double) {
        let n = sorted.count
        var (sum, squares) = (0.0, 0.0)
        var begin = 0
        while begin < n {
            var end = begin &+ 1
            if !breakingTies { while end < n, sorted[end] == sorted[begin] { end &+= 1 } }
            let score = normalScore(twiceRank: begin &+ end &+ 1, samples: n)
            let share = score * Double(end &- begin)
            sum += share
            squares += share * score
            begin = end
        }
        // The mean is nearly 0 for whatever ties: nothing cancels.
        return (sum / Double(n), ((squares - sum * sum / Double(n)) / Double(n - 1)).squareRoot())
    }
}

/// Φ⁻¹(rank / (n + 1)), antisymmetric about the middle.
private func normalScore(twiceRank: Int, samples n: Int) -> Double {
    let mirrored = 2 * (n + 1) - twiceRank
    if twiceRank == mirrored { return 0 }
    let score = normalQuantile(Double(min(twiceRank, mirrored)) / Double(2 * (n + 1)))
    return twiceRank < mirrored ? score : -score
}
