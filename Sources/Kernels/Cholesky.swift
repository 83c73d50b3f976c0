// SPDX-License-Identifier: Apache-2.0
import Glibc

/// L with A = L Lᵀ, in place of the lower triangle of A; the upper is not touched.
///
/// - Parameters:
///   - matrix: n × n values, row-major, of which the lower triangle is read
///   - least: a pivot, the variance that is left of a variable given those before, must be above this share of the
///     variable's own
/// - Returns: the index of the first pivot that is not, with nothing written beyond its row; nil when all are
@inlinable
public func choleskyFactor(_ matrix: UnsafeMutablePointer<Double>, _ n: Int, least: Double = 0) -> Int? {
    for i in 0..<n {
        let row = matrix + i &* n
        let own = row[i]
        for j in 0..<i {
            let other = matrix + j &* n
            var sum = row[j]
            for k in 0..<j { sum -= row[k] * other[k] }
            row[j] = sum / other[j]
        }
        var pivot = own
        for k in 0..<i { pivot -= row[k] * row[k] }
        // Written so that NaN fails.
        guard own > 0, pivot > least * own else { return i }
        row[i] = pivot.squareRoot()
    }
    return nil
}

/// log det A of a matrix that `choleskyFactor` has factored.
@inlinable
public func choleskyLogDeterminant(_ factor: UnsafePointer<Double>, _ n: Int) -> Double {
    var sum = 0.0
    for i in 0..<n { sum += log(factor[i &* n &+ i]) }
    return 2 * sum
}

/// The diagonal of A⁻¹ from L: Pⱼⱼ = Σᵢ (L⁻¹)ᵢⱼ².
/// - Parameters:
///   - diagonal: receives n values
///   - scratch: n values
@inlinable
public func choleskyInverseDiagonal(
    _ factor: UnsafePointer<Double>, _ n: Int, diagonal: UnsafeMutablePointer<Double>,
    scratch: UnsafeMutablePointer<Double>
) {
    for j in 0..<n {
        var sum = 0.0
        for i in j..<n {
            var value = i == j ? 1.0 : 0.0
            for k in j..<i { value -= factor[i &* n &+ k] * scratch[k] }
            value /= factor[i &* n &+ i]
            scratch[i] = value
            sum += value * value
        }
        diagonal[j] = sum
    }
}

/// A⁻¹ = L⁻ᵀ L⁻¹ from L, both triangles.
/// - Parameters:
///   - factor: is replaced by L⁻¹
///   - inverse: receives n rows, `stride` apart
@inlinable
public func choleskyInverse(
    _ factor: UnsafeMutablePointer<Double>, _ n: Int, inverse: UnsafeMutablePointer<Double>, stride: Int
) {
    for i in 0..<n {
        let row = factor + i &* n
        let reciprocal = 1 / row[i]
        for j in 0..<i {
            var sum = 0.0
            for k in j..<i { sum -= row[k] * factor[k &* n &+ j] }
            row[j] = sum * reciprocal
        }
        row[i] = reciprocal
    }
    for a in 0..<n {
        for b in 0...a {
            var sum = 0.0
            for i in a..<n { sum += factor[i &* n &+ a] * factor[i &* n &+ b] }
            inverse[a &* stride &+ b] = sum
            inverse[b &* stride &+ a] = sum
        }
    }
}
