// SPDX-License-Identifier: Apache-2.0

/// Spearman's rank correlation ρ of two lists of equal length: the correlation coefficient of their ranks, equal
/// values sharing the average of the ranks that they occupy. Spearman 1904, doi:10.2307/1412159.
///
/// It depends on the order of the values only, so that any increasing transform of either list leaves its bits as
/// they are. Values are equal if `==` holds; infinities are the ends of the order. 1 and −1 are exact, and so are
/// the sums below for up to 2^17 values. O(n log n).
///
/// - Returns: ρ within −1 … 1; NaN for fewer than two values, where one of the lists is constant, where a value is
///   NaN, and for lists of different lengths
public func rankCorrelation(_ x: [Double], _ y: [Double]) -> Double {
    guard x.count == y.count, x.count > 1, let u = centredRanks(x), let v = centredRanks(y) else { return .nan }
    var (uv, uu, vv) = (0.0, 0.0, 0.0)
    for (u, v) in zip(u, v) {
        uv += u * v
        uu += u * u
        vv += v * v
    }
    // Zero for a constant list, whose ranks are all the mean rank.
    guard uu > 0, vv > 0 else { return .nan }
    return min(max(uv / (uu * vv).squareRoot(), -1), 1)
}

/// Twice the distance of each value's average rank from the mean rank: integers, whose sums lose nothing. nil if a
/// value is NaN.
private func centredRanks(_ values: [Double]) -> [Double]? {
    guard !values.contains(where: \.isNaN) else { return nil }
    var ranks = [Double](repeating: 0, count: values.count)
    forEachTie(of: values) { members in
        // Ranks 1 + lower … upper have twice the mean 1 + lower + upper; all have n + 1.
        let rank = Double(members.startIndex + members.endIndex - values.count)
        for index in members { ranks[index] = rank }
    }
    return ranks
}

/// Calls `body` with the indices of each group of equal values, values ascending. The slice's own indices are the
/// positions of the group among the sorted values. No value may be NaN.
func forEachTie(of values: [Double], _ body: (ArraySlice<Int>) -> Void) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        body(order[start..<end])
        start = end
    }
}
