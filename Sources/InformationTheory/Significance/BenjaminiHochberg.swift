// SPDX-License-Identifier: Apache-2.0

/// q values of a family of tests: the smallest false discovery rate at which each would be
/// called significant, by Benjamini & Hochberg 1995 (J. R. Stat. Soc. B 57:289).
///
/// With the m p values in ascending order, q₍ᵢ₎ is the least p₍ⱼ₎ m/j for j ≥ i; it is never
/// below p nor above 1 for p values within 0 … 1. NaN stays NaN and does not count as a test.
func falseDiscoveryRates(_ p: [Double]) -> [Double] {
    var q = [Double](repeating: .nan, count: p.count)
    let order = p.indices.filter { !p[$0].isNaN }.sorted { p[$0] < p[$1] }
    var least = 1.0
    for (position, index) in order.enumerated().reversed() {
        least = min(least, p[index] * (Double(order.count) / Double(position + 1)))
        q[index] = least
    }
    return q
}
