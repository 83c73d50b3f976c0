// SPDX-License-Identifier: Apache-2.0

/// The eigenvectors of the algebraically largest eigenvalues of a symmetric operator of norm about 1.
///
/// Rayleigh & Ritz in block Krylov spaces: a block of k + 2 vectors is multiplied again and again, each product made
/// orthogonal to all before; from the space that they span come the best approximations, with which it begins again
/// until ‖A v − λ v‖ is below 10⁻¹¹. A block finds eigenvalues of a multiplicity up to its size. Operators of up to
/// 300 rows are solved whole.
struct LeadingEigenvectors {
    /// Result rows are computed by themselves: `multiply(x, width, y)` makes y = A x of n × width values in row-major order.
    typealias Multiply = (UnsafePointer<Double>, Int, UnsafeMutablePointer<Double>) throws(InfoLensError) -> Void

    /// ‖A v − λ v‖ that is small enough.
    private static let tolerance = 1e-11
    private static let wholeSize = 300
    /// Rounds after which what there is is taken: gaps so small do not tell the vectors apart.
    private static let mostRounds = 300

    private let n: Int
    private let count: Int
    private let block: Int
    /// Most vectors of a space.
    private let size: Int
    private let run: Run
    private let multiply: Multiply
    private let memory: AlignedBuffer
    /// The basis, a vector a row, and its products.
    private let basis: UnsafeMutablePointer<Double>
    private let products: UnsafeMutablePointer<Double>
    /// n × block values each.
    private let input: UnsafeMutablePointer<Double>
    private let output: UnsafeMutablePointer<Double>
    /// size × size values each.
    private let projected: UnsafeMutablePointer<Double>
    private let rotated: UnsafeMutablePointer<Double>

    /// - Parameter count: k, 1 ... n
    /// - Throws: `memory` where the budget does not hold the spaces
    init(n: Int, count: Int, run: Run, multiply: @escaping Multiply) throws(InfoLensError) {
        self.n = n
        self.count = count
        self.run = run
        self.multiply = multiply
        let block = min(count + 2, n)
        let size = n <= LeadingEigenvectors.wholeSize ? n : min(n, max(8 * block, 96))
        (self.block, self.size) = (block, size)
        let bytes = saturatingProduct(
            [
                saturatingProduct(2, size, n), saturatingProduct(2, block, n), saturatingProduct(2, size, size),
            ].saturatingSum(), MemoryLayout<Double>.stride)
        guard bytes <= run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: \(count) eigenvectors of \(n) nodes take \(bytes) bytes, but the budget leaves \(run.memory); give \
                the context more, or ask for fewer modules
                """)
        }
        memory = try AlignedBuffer(byteCount: bytes)
        basis = memory.values(of: Double.self)
        products = basis + size * n
        input = products + size * n
        output = input + block * n
        projected = output + block * n
        rotated = projected + size * size
    }

    /// - Returns: k vectors of n values, that of the largest eigenvalue first, orthonormal
    func solve() throws(InfoLensError) -> [[Double]] {
        var space = n
        if n > LeadingEigenvectors.wholeSize {
            var random = RandomStream(seed: 0, purpose: .clustering, index: 0)
            for place in 0..<block * n { basis[place] = random.uniform() - 0.5 }
            space = orthonormalize(0..<block)
        } else {
            for i in 0..<n { basis[i * n + i] = 1 }
        }
        for _ in 0..<LeadingEigenvectors.mostRounds {
            // The first vectors have products, which become the last until there is no room or nothing new.
            var first = 0
            while first < space {
                let end = min(space, first + block)
                try fillProducts(first..<end)
                let added = min(end - first, size - space)
                basis.advanced(by: space * n).update(from: products + first * n, count: added * n)
                space = orthonormalize(space..<space + added)
                first = end
            }
            let residual = try project(space)
            space = min(block, space)
            if residual < LeadingEigenvectors.tolerance { break }
        }
        return (0..<count).map { Array(UnsafeBufferPointer(start: basis + $0 * n, count: n)) }
    }

    /// Multiplies vectors of the basis.
    private func fillProducts(_ vectors: Range<Int>) throws(InfoLensError) {
        let width = vectors.count
        for (column, vector) in vectors.enumerated() {
            for i in 0..<n { input[i &* width &+ column] = basis[vector &* n &+ i] }
        }
        try multiply(input, width, output)
        for (column, vector) in vectors.enumerated() {
            for i in 0..<n { products[vector &* n &+ i] = output[i &* width &+ column] }
        }
    }

    /// Makes vectors of the basis orthogonal to those before and 1 long; drops what the others span already.
    /// - Returns: the end of those that stay
    private func orthonormalize(_ vectors: Range<Int>) -> Int {
        var end = vectors.lowerBound
        for place in vectors {
            let vector = basis + end * n
            if place != end { vector.update(from: basis + place * n, count: n) }
            let before = dot(vector, vector).squareRoot()
            // Twice is enough for what is not all but spanned (Kahan & Parlett).
            for _ in 0..<2 {
                for other in 0..<end {
                    let direction = basis + other * n
                    let overlap = dot(vector, direction)
                    for i in 0..<n { vector[i] -= overlap * direction[i] }
                }
            }
            let length = dot(vector, vector).squareRoot()
            guard length > 1e-10 * before, length > 1e-14 else { continue }
            for i in 0..<n { vector[i] /= length }
            end += 1
        }
        return end
    }

    /// Puts the Ritz vectors of the largest Ritz values first in the basis.
    /// - Returns: the largest ‖A v − λ v‖ of the first k
    private func project(_ space: Int) throws(InfoLensError) -> Double {
        for a in 0..<space {
            for b in 0...a {
                let value = dot(basis + a * n, products + b * n)
                projected[a * space + b] = value
                projected[b * space + a] = value
            }
        }
        let values = try symmetricEigenvectors(projected, space, vectors: rotated)
        // Equal values in a fixed order, so that the result is the same everywhere.
        let order = (0..<space).sorted { (values[$0], $1) > (values[$1], $0) }.prefix(block)
        var worst = 0.0
        for (rank, place) in order.enumerated() {
            let (vector, product) = (input + rank * n, output)
            combine(basis, rotated + place * space, space, vector)
            combine(products, rotated + place * space, space, product)
            if rank < count {
                for i in 0..<n { product[i] -= values[place] * vector[i] }
                worst = max(worst, dot(product, product).squareRoot())
            }
        }
        basis.update(from: input, count: order.count * n)
        return worst
    }

    private func combine(
        _ vectors: UnsafePointer<Double>, _ weights: UnsafePointer<Double>, _ count: Int,
        _ result: UnsafeMutablePointer<Double>
    ) {
        result.update(repeating: 0, count: n)
        for place in 0..<count {
            let (vector, weight) = (vectors + place * n, weights[place])
            for i in 0..<n { result[i] += weight * vector[i] }
        }
    }

    /// Four sums, which vectors can hold.
    private func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double {
        var sums = SIMD4<Double>.zero
        var i = 0
        while i &+ 4 <= n {
            sums += SIMD4(a[i], a[i &+ 1], a[i &+ 2], a[i &+ 3]) * SIMD4(b[i], b[i &+ 1], b[i &+ 2], b[i &+ 3])
            i &+= 4
        }
        var sum = (sums[0] + sums[1]) + (sums[2] + sums[3])
        while i < n {
            sum += a[i] * b[i]
            i &+= 1
        }
        return sum
    }
}
