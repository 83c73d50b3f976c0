// SPDX-License-Identifier: Apache-2.0

/// The non-decreasing function of x that is nearest to y in squared error, at each x: what y is expected to be if it
/// depends on x alone and never falls with it. Barlow, Bartholomew, Bremner & Brunk 1972, Statistical Inference under
/// Order Restrictions.
///
/// Points of equal x are pooled first, for a function has one value there; then neighbours that would make the
/// function fall are pooled into their mean, from left to right (pool adjacent violators). The result depends on the
/// order of x only, has the mean of y (but for rounding), and is y itself where y never falls. O(n log n).
///
/// - Returns: one value a point, in the order given; NaN throughout where x holds a NaN, y is not finite, or the
///   lengths differ
public func isotonicRegression(_ x: [Double], _ y: [Double]) -> [Double] {
    guard x.count == y.count, !x.contains(where: \.isNaN), y.allSatisfy(\.isFinite) else {
        return [Double](repeating: .nan, count: x.count)
    }
    var order: [Int] = []
    var blocks: [Block] = []
    forEachTie(of: x) { members in
        order += members
        // Shifted by the first, so that equal values have exactly their mean.
        let first = y[members[members.startIndex]]
        let shift = members.reduce(0) { $0 + (y[$1] - first) } / Double(members.count)
        var block = Block(mean: first + shift, count: members.count)
        // A block of equal mean joins, so that it is seen as the one level that it is.
        while let last = blocks.last, last.mean >= block.mean {
            block = last.joined(with: block)
            blocks.removeLast()
        }
        blocks.append(block)
    }
    var fitted = [Double](repeating: 0, count: y.count)
    var position = 0
    for block in blocks {
        for index in order[position..<position + block.count] { fitted[index] = block.mean }
        position += block.count
    }
    return fitted
}

/// Neighbouring points that share a value of the function.
private struct Block {
    var mean: Double
    var count: Int

    /// The mean of both blocks' points: between the means, and exactly theirs where they are equal.
    func joined(with other: Block) -> Block {
        let total = count + other.count
        return Block(mean: mean + (other.mean - mean) * (Double(other.count) / Double(total)), count: total)
    }
}
