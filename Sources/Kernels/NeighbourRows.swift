// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What `PrincipalInverse` knows of all variables at once: V = P M(S, ·), k × d, and the variances that the variables
/// keep when S is known.
final class NeighbourRows {
    /// V, d values a member.
    let weights: UnsafeMutablePointer<Double>
    let residual: UnsafeMutablePointer<Double>
    /// M_yy.
    let variances: UnsafeMutablePointer<Double>
    /// Five rows of d values.
    let scratch: UnsafeMutablePointer<Double>
    private(set) var isCurrent = false
    private let matrix: SymmetricMatrix
    private let memory: AlignedBuffer

    init(_ matrix: SymmetricMatrix, capacity: Int) throws(InfoLensError) {
        self.matrix = matrix
        let d = matrix.order
        memory = try AlignedBuffer(count: NeighbourRows.values(capacity: capacity, order: d), of: Double.self)
        weights = memory.values(of: Double.self)
        residual = weights + capacity &* d
        variances = residual + d
        scratch = variances + d
        for y in 0..<d { variances[y] = matrix[y, y] }
    }

    static func values(capacity: Int, order: Int) -> Int {
        saturatingProduct([capacity, 7].saturatingSum(), order)
    }

    func invalidate() { isCurrent = false }

    /// Computes the rows from P, in blocks of columns whose parts of M stay in the cache.
    func compute(inverse: UnsafePointer<Double>, stride: Int, members: UnsafePointer<Int>, count: Int) {
        guard !isCurrent else { return }
        isCurrent = true
        let d = matrix.order
        weights.update(repeating: 0, count: count &* d)
        residual.update(from: variances, count: d)
        for first in Swift.stride(from: 0, to: d, by: 512) {
            let width = min(512, d - first)
            for a in 0..<count {
                let row = weights + a &* d + first
                for b in 0..<count {
                    let source = matrix.values + members[b] &* d + first
                    let scale = inverse[a &* stride &+ b]
                    for y in 0..<width { row[y] += scale * source[y] }
                }
                let own = matrix.values + members[a] &* d + first
                let kept = residual + first
                for y in 0..<width { kept[y] -= own[y] * row[y] }
            }
        }
    }

    /// Follows the addition of a member at place `count`, if the rows are current.
    func append(_ variable: Int, at count: Int, members: UnsafePointer<Int>) {
        guard isCurrent else { return }
        let d = matrix.order
        // M(x, y) given S, and over the variance of x given S.
        let added = weights + count &* d
        added.update(from: matrix.values + variable &* d, count: d)
        for j in 0..<count {
            let source = matrix.values + members[j] &* d
            let scale = weights[j &* d &+ variable]
            for y in 0..<d { added[y] -= scale * source[y] }
        }
        let variance = residual[variable]
        for y in 0..<d { residual[y] -= added[y] * added[y] / variance }
        for y in 0..<d { added[y] /= variance }
        for j in 0..<count {
            let row = weights + j &* d
            let scale = row[variable]
            for y in 0..<d { row[y] -= scale * added[y] }
        }
    }
}

extension PrincipalInverse {
    /// Adds to each variable's element `scale` times the value after that variable is added, or put in the place of a
    /// member; NaN at members and where the result is singular.
    public func addNeighbours(
        at place: Int?, scale: Double, to values: UnsafeMutablePointer<Double>
    ) {
        let d = matrix.order
        guard !value.isNaN else { return values.update(repeating: .nan, count: d) }
        rows.compute(inverse: inverse, stride: stride, members: members, count: count)
        let (reciprocal, share) = (rows.scratch, rows.scratch + d)
        let (product, sum, largest) = (share + d, share + 2 * d, share + 3 * d)
        let removed = inverse + (place ?? 0) &* stride
        let removedRow = rows.weights + (place ?? 0) &* d
        let perPivot = place.map { 1 / removed[$0] } ?? 0
        let isDeterminant = powers.diagonals == 0
        let startsAtShare = powers.determinants > powers.diagonals
        for y in 0..<d {
            let variance = rows.residual[y] + removedRow[y] * removedRow[y] * perPivot
            reciprocal[y] = 1 / variance
            share[y] = variance / rows.variances[y]
            product[y] = startsAtShare ? share[y] : 1
            sum[y] = 0
            largest[y] = 1
        }
        var multiplied = 0
        for j in 0..<count where j != place {
            let row = rows.weights + j &* d
            let slope = removed[j] * perPivot
            let diagonal = (inverse[j &* stride &+ j] - removed[j] * slope) * own[j]
            let variance = own[j]
            for y in 0..<d {
                let weight = row[y] - slope * removedRow[y]
                let factor = diagonal + weight * weight * reciprocal[y] * variance
                largest[y] = factor > largest[y] ? factor : largest[y]
                product[y] *= factor
            }
            multiplied += 1
            guard multiplied == factors else { continue }
            multiplied = 0
            for y in 0..<d {
                sum[y] += log(product[y])
                product[y] = 1
            }
        }
        let base = Double(powers.determinants) * (logDeterminant + (place.map { logShares[$0] } ?? 0))
        for y in 0..<d {
            // Written so that NaN fails.
            let isRegular = share[y] * limit >= 1 && largest[y] <= limit
            let added = isDeterminant ? log(share[y]) : sum[y] + log(product[y])
            values[y] += isRegular ? scale * (base + added) : .nan
        }
        for j in 0..<count { values[members[j]] = .nan }
    }
}
