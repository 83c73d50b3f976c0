// SPDX-License-Identifier: Apache-2.0

/// A square matrix of float64 in row-major order, both triangles filled: a covariance or correlation matrix.
///
/// Whoever makes it fills it; from then on it is only read, from any thread.
public final class SymmetricMatrix: @unchecked Sendable {
    /// Rows and columns.
    public let order: Int
    /// `order` × `order` values.
    public let values: UnsafeMutablePointer<Double>
    private let memory: AlignedBuffer

    /// A matrix of zeros.
    /// - Throws: `memory`
    public init(order: Int) throws(InfoLensError) {
        let (count, overflow) = order.multipliedReportingOverflow(by: order)
        guard !overflow else {
            throw InfoLensError(.memory, "out of memory: a matrix of \(order) rows exceeds an address space")
        }
        self.order = order
        memory = try AlignedBuffer(count: count, of: Double.self)
        values = memory.values(of: Double.self)
    }

    /// The matrix of some rows and the same columns.
    public func restricted(to indices: [Int]) throws(InfoLensError) -> SymmetricMatrix {
        let part = try SymmetricMatrix(order: indices.count)
        for (i, row) in indices.enumerated() {
            for (j, column) in indices.enumerated() { part[i, j] = self[row, column] }
        }
        return part
    }

    /// The element of row `i` and column `j`, both within 0 ..< order.
    public subscript(i: Int, j: Int) -> Double {
        get { values[i &* order &+ j] }
        set { values[i &* order &+ j] = newValue }
    }
}
