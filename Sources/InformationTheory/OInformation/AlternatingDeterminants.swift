// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// Σ (−1)^|T| log det M(T) over all groups T of the rows of a positive definite matrix M.
///
/// A row splits the groups into those without it, which are groups of the rows after it, and those with it, whose
/// determinant is its own element times a minor of the Schur complement S: the sum is G(M) = G(M without it) − G(S),
/// and −log m of a single element m. So each of the 2ⁿ groups costs a few operations, whatever n is, and what is added
/// up at the end are the 2ⁿ⁻¹ conditional variances of the last row.
struct AlternatingDeterminants {
    /// Memory for the Schur complements, one of each size.
    private let memory: AlignedBuffer
    private let places: [UnsafeMutablePointer<Double>]

    /// - Parameter rows: most rows of a matrix
    init(rows: Int) throws(InfoLensError) {
        memory = try AlignedBuffer(count: (0..<max(rows, 1)).reduce(0) { $0 + $1 * $1 }, of: Double.self)
        var next = memory.values(of: Double.self)
        var places: [UnsafeMutablePointer<Double>] = []
        for size in 0..<max(rows, 1) {
            places.append(next)
            next += size * size
        }
        self.places = places
    }

    /// Bytes of memory for matrices of up to `rows` rows.
    static func bytes(rows: Int) -> Int { rows * rows * rows / 3 * MemoryLayout<Double>.stride }

    /// - Parameters:
    ///   - matrix: `rows` rows of `stride` values, both triangles; not written to
    ///   - rows: 1 ... those that this was made for
    func sum(of matrix: UnsafePointer<Double>, rows: Int, stride: Int) -> Double {
        guard rows > 1 else { return -log(matrix[0]) }
        let rest = rows &- 1
        // Groups of fewer rows write to the places of smaller complements only.
        let complement = places[rest]
        for i in 0..<rest {
            let row = matrix + (i &+ 1) &* stride
            let factor = row[0] / matrix[0]
            for j in 0..<rest { complement[i &* rest &+ j] = row[j &+ 1] - factor * matrix[j &+ 1] }
        }
        let with = sum(of: complement, rows: rest, stride: rest)
        return sum(of: matrix + (stride &+ 1), rows: rest, stride: stride) - with
    }
}
