// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The number of relevant levels R by the Bayesian counting procedure of Panzeri & Treves
/// 1996 (Network: Computation in Neural Systems 7:87): how many levels there must be so that
/// N samples occupy as many of them as they did.
///
/// Of R = m + x levels, m occupied, each unoccupied one is given the probability
/// δ = 1 − (N / (N + m))^(1/N), which leaves it empty with probability N / (N + m), and
/// the occupied ones share the rest as n + 1. R is the one that brings the expected number
/// of occupied levels nearest to m. The search starts at x = 0, where frequencies are
/// probabilities, and ends where the next x does not come nearer.
///
/// - Parameter alphabet: number of levels that could occur: the most that R can be
/// - Returns: between the number of occupied levels and `alphabet`
func relevantLevels(of counts: UnsafeBufferPointer<UInt32>, total: Int, alphabet: Int) -> Int {
    let occupied = occupied(counts)
    let samples = Double(total)
    let each = -expm1(-log1p(Double(occupied) / samples) / samples)
    // Probabilities of the unoccupied levels must not pass 1.
    let most = min(alphabet - occupied, Int(min(1 / each, 0x1p53)))
    guard most > 0 else { return occupied }

    /// Expected occupied levels less those there are.
    func excess(_ extra: Int) -> Double {
        let rest = (1 - Double(extra) * each) / (samples + Double(occupied))
        // An occupied level is missed with probability (1 − p)ᴺ, an unoccupied one occupied with m / (N + m).
        var sum = Double(extra) * Double(occupied) / (samples + Double(occupied))
        for count in counts where count != 0 {
            let p = extra == 0 ? Double(count) / samples : rest * (Double(count) + 1)
            sum -= exp(samples * log1p(-p))
        }
        return sum
    }
    guard excess(1).magnitude < excess(0).magnitude else { return occupied }

    // The excess is concave in x, so that from some x on it is positive or falls.
    func isPast(_ extra: Int) -> Bool {
        let here = excess(extra)
        return here >= 0 || excess(extra + 1) <= here
    }
    var (before, past) = (0, most)
    while past - before > 1 {
        let middle = before + (past - before) / 2
        if isPast(middle) { past = middle } else { before = middle }
    }
    let isNearer = before == 0 || excess(past).magnitude < excess(before).magnitude
    return occupied + (isNearer ? past : before)
}
