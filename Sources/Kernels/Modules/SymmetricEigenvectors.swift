// SPDX-License-Identifier: Apache-2.0
import Glibc

/// All eigenvalues and eigenvectors of a symmetric matrix: Householder's reduction to tridiagonal form, then implicit QL
/// (Wilkinson & Reinsch 1971, II/2 and II/4), O(n³).
///
/// - Parameters:
///   - matrix: n × n values, both triangles; destroyed
///   - vectors: receives the eigenvectors of length 1, one a row, the row of an eigenvalue at its place
/// - Returns: the eigenvalues, in no order
/// - Throws: `numeric` for matrices that are not finite, by which QL does not end
func symmetricEigenvectors(
    _ matrix: UnsafeMutablePointer<Double>, _ n: Int, vectors: UnsafeMutablePointer<Double>
) throws(InfoLensError) -> [Double] {
    var (diagonal, next) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
    let scales = tridiagonalize(matrix, n, &diagonal, &next)
    vectors.update(repeating: 0, count: n * n)
    for i in 0..<n { vectors[i &* n &+ i] = 1 }
    try diagonalize(&diagonal, &next, n, vectors)
    // From eigenvectors of the tridiagonal matrix to those of the matrix: reflections, the last first.
    for row in 0..<n {
        let vector = vectors + row &* n
        for column in stride(from: n - 3, through: 0, by: -1) where scales[column] != 0 {
            let reflector = matrix + column &* n
            var product = 0.0
            for i in column + 1..<n { product += reflector[i] * vector[i] }
            product *= scales[column]
            for i in column + 1..<n { vector[i] -= product * reflector[i] }
        }
    }
    return diagonal
}

/// Reflects row after row onto the diagonal and its neighbour. The reflectors v of I − scale · v vᵀ stay in the rows of the
/// matrix, right of the diagonal.
private func tridiagonalize(
    _ matrix: UnsafeMutablePointer<Double>, _ n: Int, _ diagonal: inout [Double], _ next: inout [Double]
) -> [Double] {
    var scales = [Double](repeating: 0, count: n)
    var product = [Double](repeating: 0, count: n)
    for column in 0..<n {
        let reflector = matrix + column &* n
        diagonal[column] = reflector[column]
        guard column < n - 2 else {
            if column == n - 2 { next[column] = reflector[n - 1] }
            continue
        }
        var squares = 0.0
        for i in column + 2..<n { squares += reflector[i] * reflector[i] }
        let first = reflector[column + 1]
        next[column] = first
        guard squares > 0 else { continue }
        let length = (first * first + squares).squareRoot()
        next[column] = first > 0 ? -length : length
        reflector[column + 1] = first - next[column]
        let scale = 2 / (reflector[column + 1] * reflector[column + 1] + squares)
        scales[column] = scale
        // A ← A − v wᵀ − w vᵀ with p = scale · A v and w = p − ½ scale (vᵀ p) v.
        var overlap = 0.0
        for i in column + 1..<n {
            let row = matrix + i &* n
            var sum = 0.0
            for j in column + 1..<n { sum += row[j] * reflector[j] }
            product[i] = scale * sum
            overlap += product[i] * reflector[i]
        }
        for i in column + 1..<n { product[i] -= 0.5 * scale * overlap * reflector[i] }
        for i in column + 1..<n {
            let row = matrix + i &* n
            let (v, w) = (reflector[i], product[i])
            for j in column + 1..<n { row[j] -= v * product[j] + w * reflector[j] }
        }
    }
    return scales
}

/// Makes a tridiagonal matrix diagonal by plane rotations, which also turn rows of `vectors`.
private func diagonalize(
    _ diagonal: inout [Double], _ next: inout [Double], _ n: Int, _ vectors: UnsafeMutablePointer<Double>
) throws(InfoLensError) {
    for low in 0..<n {
        var rounds = 0
        while true {
            // The block low ... high that no negligible element divides.
            var high = low
            while high < n - 1 {
                let size = abs(diagonal[high]) + abs(diagonal[high + 1])
                if abs(next[high]) <= size * 0x1p-53 { break }
                high += 1
            }
            if high == low { break }
            rounds += 1
            guard rounds <= 60 else {
                throw InfoLensError(.numeric, "eigenvectors: a matrix that is not finite has none")
            }
            chase(low, high, &diagonal, &next, n, vectors)
        }
    }
}

/// One step of QL on a block, shifted by the eigenvalue of its first two rows that is nearer to the first.
private func chase(
    _ low: Int, _ high: Int, _ diagonal: inout [Double], _ next: inout [Double], _ n: Int,
    _ vectors: UnsafeMutablePointer<Double>
) {
    let half = (diagonal[low + 1] - diagonal[low]) / (2 * next[low])
    let root = hypot(half, 1)
    let shift = diagonal[low] - next[low] / (half + (half < 0 ? -root : root))
    var bulge = diagonal[high] - shift
    var (sine, cosine, moved) = (1.0, 1.0, 0.0)
    for i in stride(from: high - 1, through: low, by: -1) {
        let (outer, inner) = (sine * next[i], cosine * next[i])
        let length = hypot(outer, bulge)
        next[i + 1] = length
        guard length > 0 else {
            diagonal[i + 1] -= moved
            next[high] = 0
            return
        }
        (sine, cosine) = (outer / length, bulge / length)
        let rest = diagonal[i + 1] - moved
        let turned = (diagonal[i] - rest) * sine + 2 * cosine * inner
        moved = sine * turned
        diagonal[i + 1] = rest + moved
        bulge = cosine * turned - inner
        let (first, second) = (vectors + i &* n, vectors + (i + 1) &* n)
        for k in 0..<n {
            let (a, b) = (first[k], second[k])
            second[k] = sine * a + cosine * b
            first[k] = cosine * a - sine * b
        }
    }
    diagonal[low] -= moved
    next[low] = bulge
    next[high] = 0
}
