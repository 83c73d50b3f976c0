// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The inverse P of a principal submatrix A = M(S) of a covariance matrix while members of S come and go, and the two
/// numbers that Gaussian measures of S are made of.
///
/// These are L = log det C, C being the correlation matrix of A, and D = Σ_j log Q_j with Q_j = P_jj M_jj ≥ 1, the diagonal
/// of C⁻¹: 1/Q_j is the share of its variance that j keeps when the others are known. With r = M(S, y) and w = P r, adding
/// y leaves it the variance s = M_yy − rᵀ w, adds log(s / M_yy) to L and turns P_jj into P_jj + w_j² / s; taking a member
/// away is the same backwards. So a neighbour of S costs O(k²) for k members, and O(k) where all variables are asked for
/// at once (`addNeighbours`).
///
/// P carries the rounding of the exchanges since it was computed from a Cholesky factor. That is done anew every 50
/// exchanges and after each that goes through a share below 10⁻³, which keeps relative errors near
/// 50 · 10³ · 10⁻¹⁶ in matrices of moderate condition.
public final class PrincipalInverse {
    /// What the value of S is made of.
    public struct Powers: Sendable {
        let determinants: Int
        let diagonals: Int

        /// L.
        public static let determinant = Powers(determinants: 1, diagonals: 0)
        /// L + D.
        public static let both = Powers(determinants: 1, diagonals: 1)
        /// 2 L + D.
        public static let twice = Powers(determinants: 2, diagonals: 1)
    }

    /// The value of S; NaN when a member keeps less than the limit of its variance.
    public private(set) var value = 0.0

    let matrix: SymmetricMatrix
    let powers: Powers
    /// The largest Q of a submatrix that is not singular.
    let limit: Double
    /// Numbers up to the limit whose product does not overflow.
    let factors: Int
    /// P, its rows `stride` apart, zero beyond the members.
    let inverse: UnsafeMutablePointer<Double>
    let stride: Int
    /// M_jj and log Q_j of the members.
    let own: UnsafeMutablePointer<Double>
    let logShares: UnsafeMutablePointer<Double>
    let members: UnsafeMutablePointer<Int>
    private(set) var count = 0
    private(set) var logDeterminant = 0.0
    let rows: NeighbourRows
    private let memory: AlignedBuffer
    private let factor: UnsafeMutablePointer<Double>
    /// r and w, zero beyond the members.
    private let cross: UnsafeMutablePointer<Double>
    let weights: UnsafeMutablePointer<Double>
    private var exchanges = 0

    /// - Parameters:
    ///   - capacity: the most members
    ///   - singular: the least share of its variance that a member shall keep when the others are known
    /// - Throws: `memory`
    public init(_ matrix: SymmetricMatrix, capacity: Int, singular: Double, powers: Powers) throws(InfoLensError) {
        self.matrix = matrix
        self.powers = powers
        limit = 1 / singular
        factors = max(Int(250 / max(log10(limit), 1)), 1)
        stride = PrincipalInverse.stride(capacity: capacity)
        memory = try AlignedBuffer(count: PrincipalInverse.values(capacity: capacity), of: Double.self)
        rows = try NeighbourRows(matrix, capacity: capacity)
        inverse = memory.values(of: Double.self)
        factor = inverse + stride &* stride
        cross = factor + stride &* stride
        weights = cross + stride
        own = weights + stride
        logShares = own + stride
        members = UnsafeMutableRawPointer(logShares + stride).assumingMemoryBound(to: Int.self)
    }

    /// Memory of one for a matrix of some order, which is not counted.
    public static func bytes(capacity: Int, order: Int) -> Int {
        saturatingProduct(
            [values(capacity: capacity), NeighbourRows.values(capacity: capacity, order: order)].saturatingSum(),
            MemoryLayout<Double>.stride)
    }

    /// Rows start at multiples of four, which vectors of any width divide.
    private static func stride(capacity: Int) -> Int { (capacity &+ 3) & ~3 }

    private static func values(capacity: Int) -> Int {
        let stride = stride(capacity: capacity)
        return [saturatingProduct(2, stride, stride), saturatingProduct(5, stride)].saturatingSum()
    }

    // MARK: - The submatrix

    /// Makes some variables the members.
    public func set(_ variables: [Int]) {
        count = variables.count
        for (place, variable) in variables.enumerated() { members[place] = variable }
        refresh()
    }

    /// The value of other members; S stays.
    public func value(of variables: [Int]) -> Double {
        let n = variables.count
        guard let logDeterminant = factorize(n, member: { variables[$0] }) else { return .nan }
        let diagonal = cross
        choleskyInverseDiagonal(factor, n, diagonal: diagonal, scratch: weights)
        var sum = 0.0
        for (place, variable) in variables.enumerated() {
            let share = diagonal[place] * rows.variances[variable]
            guard share <= limit else { return .nan }
            sum += log(share)
        }
        return total(logDeterminant, sum)
    }

    /// Adds a member at the end. The result must not be singular.
    public func append(_ variable: Int) {
        let variance = weigh(variable, without: nil)
        rows.append(variable, at: count, members: members)
        let k = count
        for a in 0..<k {
            let scale = weights[a] / variance
            let row = inverse + a &* stride
            for b in 0..<k { row[b] += scale * weights[b] }
            row[k] = -scale
            inverse[k &* stride &+ a] = -scale
        }
        inverse[k &* stride &+ k] = 1 / variance
        members[k] = variable
        own[k] = rows.variances[variable]
        count += 1
        logDeterminant += log(variance / own[k])
        summarize()
    }

    /// Puts another variable in the place of a member. The result must not be singular.
    public func exchange(at place: Int, with variable: Int) {
        rows.invalidate()
        let variance = weigh(variable, without: place)
        let pivot = inverse[place &* stride &+ place]
        let gone = pivot * own[place]
        let share = variance / rows.variances[variable]
        exchanges += 1
        members[place] = variable
        guard exchanges < 50, gone < 1e3, share > 1e-3 else { return refresh() }
        let removed = inverse + place &* stride
        for a in 0..<count where a != place {
            let row = inverse + a &* stride
            let (down, up) = (removed[a] / pivot, weights[a] / variance)
            // `removed` is read at other rows' turns too: its own place is set at the end.
            for b in 0..<count { row[b] += up * weights[b] - down * removed[b] }
        }
        for a in 0..<count {
            removed[a] = -weights[a] / variance
            inverse[a &* stride &+ place] = removed[a]
        }
        removed[place] = 1 / variance
        own[place] = rows.variances[variable]
        logDeterminant += log(gone * share)
        summarize()
    }

    /// What `value` would be after `exchange(at:with:)`; the variable is no member.
    public func valueAfterExchange(at place: Int, with variable: Int) -> Double {
        let variance = weigh(variable, without: place)
        let share = variance / rows.variances[variable]
        // Written so that NaN fails.
        guard share * limit >= 1 else { return .nan }
        let removed = inverse + place &* stride
        let (reciprocal, perPivot) = (1 / variance, 1 / removed[place])
        var product = powers.determinants > powers.diagonals ? share : 1
        var sum = 0.0
        var largest = 1.0
        var multiplied = 0
        for j in 0..<count where j != place {
            let diagonal = inverse[j &* stride &+ j] - removed[j] * removed[j] * perPivot
            let factor = (diagonal + weights[j] * weights[j] * reciprocal) * own[j]
            largest = factor > largest ? factor : largest
            guard powers.diagonals > 0 else { continue }
            product *= factor
            multiplied += 1
            if multiplied == factors {
                sum += log(product)
                (product, multiplied) = (1, 0)
            }
        }
        guard largest <= limit else { return .nan }
        return Double(powers.determinants) * (logDeterminant + logShares[place]) + sum + log(product)
    }

    // MARK: - Parts

    /// Computes P from nothing.
    private func refresh() {
        rows.invalidate()
        exchanges = 0
        inverse.update(repeating: 0, count: stride &* stride)
        guard let logDeterminant = factorize(count, member: { members[$0] }) else {
            value = .nan
            return
        }
        choleskyInverse(factor, count, inverse: inverse, stride: stride)
        self.logDeterminant = logDeterminant
        for place in 0..<count { own[place] = rows.variances[members[place]] }
        summarize()
    }

    /// The Cholesky factor of a submatrix and log det of its correlation matrix; nil when it is singular.
    private func factorize(_ n: Int, member: (Int) -> Int) -> Double? {
        var logVariances = 0.0
        for a in 0..<n {
            let row = matrix.values + member(a) &* matrix.order
            for b in 0...a { factor[a &* n &+ b] = row[member(b)] }
            logVariances += log(factor[a &* n &+ a])
        }
        guard choleskyFactor(factor, n, least: 1 / limit) == nil else { return nil }
        return choleskyLogDeterminant(factor, n) - logVariances
    }

    private func summarize() {
        var sum = 0.0
        for place in 0..<count {
            let share = inverse[place &* stride &+ place] * own[place]
            guard share <= limit else {
                value = .nan
                return
            }
            logShares[place] = log(share)
            sum += logShares[place]
        }
        value = total(logDeterminant, sum)
    }

    private func total(_ logDeterminant: Double, _ logDiagonal: Double) -> Double {
        Double(powers.determinants) * logDeterminant + Double(powers.diagonals) * logDiagonal
    }

    /// Fills `weights` with w = M(T)⁻¹ M(T, y), T being the members or those without one, whose weight is 0.
    /// - Returns: the variance that y keeps when T is known
    private func weigh(_ variable: Int, without place: Int?) -> Double {
        // Down a column, not along the variable's row: the members' rows stay in the cache from one variable to the next.
        let column = matrix.values + variable
        for j in 0..<count { cross[j] = column[members[j] &* matrix.order] }
        if let place { cross[place] = 0 }
        weights.update(repeating: 0, count: stride)
        for j in 0..<count {
            let row = inverse + j &* stride
            let scale = cross[j]
            for i in 0..<stride { weights[i] += scale * row[i] }
        }
        if let place {
            let row = inverse + place &* stride
            let scale = weights[place] / row[place]
            for i in 0..<stride { weights[i] -= scale * row[i] }
            weights[place] = 0
        }
        var variance = rows.variances[variable]
        for j in 0..<count { variance -= cross[j] * weights[j] }
        return variance
    }
}
