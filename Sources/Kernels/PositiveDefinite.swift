// SPDX-License-Identifier: Apache-2.0
import CNumerics

extension SymmetricMatrix {
    /// The order of the first leading minor that is not positive, from 1; nil where the matrix is positive definite.
    ///
    /// A Cholesky factorisation of which nothing is kept but its success, in panels of 24 columns: what the rows
    /// above take off a block of the matrix is a product of panels, as in a covariance.
    ///
    /// - Parameter least: a pivot must be above this share of its diagonal element, which rounding could make of 0
    /// - Throws: `memory`, `cancelled`
    public func firstMinorNotPositive(least: Double, run: Run) throws(InfoLensError) -> Int? {
        let width = ScatterSums.width
        let panels = (order - 1) / width + 1
        // The upper factor U of A = UᵀU: a panel after another, each with its rows one after another.
        let memory = try AlignedBuffer(byteCount: saturatingProduct(panels, panels, width * width * 8))
        let factor = memory.values(of: Double.self)
        let (block, rows) = (width * width, panels * width)
        func panel(_ p: Int, row: Int) -> UnsafeMutablePointer<Double> { factor + (p &* rows &+ row) &* width }
        for p in 0..<panels {
            /// A less what the rows above say, for the block of rows p and columns q.
            func reduce(_ q: Int) throws(InfoLensError) {
                let sums = try AlignedBuffer(count: block, of: Double.self)
                let taken = sums.values(of: Double.self)
                defer { withExtendedLifetime(sums) {} }
                cn_scatter_add(panel(p, row: 0), panel(q, row: 0), Int64(p * width), taken)
                for i in 0..<width {
                    for j in 0..<width where p * width + i < order && q * width + j < order {
                        panel(q, row: p * width + i)[j] = self[p * width + i, q * width + j] - taken[j * width + i]
                    }
                }
            }
            try reduce(p)
            let corner = panel(p, row: p * width)
            for i in 0..<min(width, order - p * width) {
                for k in 0..<i {
                    for j in i..<width { corner[i * width + j] -= corner[k * width + i] * corner[k * width + j] }
                }
                let (pivot, own) = (corner[i * width + i], self[p * width + i, p * width + i])
                // Written so that NaN fails.
                guard own > 0, pivot > least * own else { return p * width + i + 1 }
                let root = pivot.squareRoot()
                for j in i..<width { corner[i * width + j] /= root }
            }
            try forEachItem(count: panels - p - 1, workers: run.threads, run: run) { (_, item) throws(InfoLensError) in
                let q = p + 1 + item
                try reduce(q)
                let target = panel(q, row: p * width)
                for i in 0..<width {
                    for k in 0..<i {
                        for j in 0..<width { target[i * width + j] -= corner[k * width + i] * target[k * width + j] }
                    }
                    for j in 0..<width { target[i * width + j] /= corner[i * width + i] }
                }
            }
        }
        withExtendedLifetime(memory) {}
        return nil
    }
}
