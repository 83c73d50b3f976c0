// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// Which vectors of a class's Cholesky factor L the unscented transform takes for its points.
public enum SigmaPoints: Sendable {
    /// Columns: the points have the class's covariance L Lᵀ.
    case columns
    /// Rows, as the Python code of Ince et al. has it (their MATLAB code takes columns): the points have the covariance
    /// LᵀL, which for correlated columns can give information above H(Y). To compare.
    case rows
}

/// Gaussians, one a class, and how much a sample says about which of them it came from.
///
/// The entropy of the mixture has no closed form. The unscented transform (Huber, Bailey, Durrant-Whyte & Hanebeck
/// 2008, doi:10.1109/MFI.2008.4648062) takes the mean of −log of its density over 2d points a class, m ± √d L e_k with
/// L the lower Cholesky factor of the class's covariance and e_k the unit vectors.
struct GaussianMixture {
    let dimensions: Int
    private let points: SigmaPoints
    private var weights: [Double] = []
    private var means: [Double] = []
    private var factors: [Double] = []
    private var logScales: [Double] = []

    init(dimensions: Int, points: SigmaPoints = .columns) {
        self.dimensions = dimensions
        self.points = points
    }

    var count: Int { weights.count }

    /// Bytes of `count` components.
    static func bytes(dimensions: Int, count: Int) -> Int {
        saturatingProduct(count, dimensions + 2, dimensions + 2, MemoryLayout<Double>.stride)
    }

    /// Adds a class.
    /// - Parameters:
    ///   - weight: p(y) > 0; the weights of all classes add up to 1
    ///   - mean: d values
    ///   - factor: the lower Cholesky factor L of its covariance, d × d, row-major, of positive diagonal
    mutating func add(weight: Double, mean: some Collection<Double>, factor: some Collection<Double>) {
        weights.append(weight)
        means.append(contentsOf: mean)
        let start = factors.count
        factors.append(contentsOf: factor)
        logScales.append((0..<dimensions).reduce(0) { $0 + log(factors[start + $1 * (dimensions + 1)]) })
    }

    /// I(X;Y) = H(mixture) − Σ p(y) H(X|Y=y) in nats; exactly 0 for one class. At most H(Y), and where the points of
    /// wide classes fall upon narrow ones it can be below 0.
    func information() -> Double {
        var sum = 0.0
        for a in 0..<count { sum += weights[a] * surprise(ofClass: a) }
        return sum
    }

    /// The same, with the classes shared among threads.
    func information(run: Run) throws(InfoLensError) -> Double {
        let memory = try AlignedBuffer(count: count, of: Double.self)
        let surprises = memory.values(of: Double.self)
        try forEachItem(count: count, workers: run.threads, run: run) { _, a in surprises[a] = surprise(ofClass: a) }
        return zip(weights, UnsafeBufferPointer(start: surprises, count: count)).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The mean of −log p(x)/p(x|a) over the points of class a.
    ///
    /// At these points log p(x|a) is the constant −H_a + …, so that what is left of the other classes is
    /// w_b exp(½d − ½|L_b⁻¹(x − m_b)|² + log det L_a − log det L_b), and of class a its weight.
    private func surprise(ofClass a: Int) -> Double {
        let d = dimensions
        let root = Double(d).squareRoot()
        // For each point the largest exponent so far, and the sum of the terms as shares of its exponential.
        var largest = [Double](repeating: -.infinity, count: 2 * d)
        var sums = [Double](repeating: 0, count: 2 * d)
        var shift = [Double](repeating: 0, count: d)
        var axis = [Double](repeating: 0, count: d)
        factors.withUnsafeBufferPointer { factors in
            for b in 0..<count {
                let factor = factors[(b * d * d)..<(b + 1) * d * d]
                for i in 0..<d { shift[i] = means[a * d + i] - means[b * d + i] }
                solve(factor, &shift, from: 0)
                let level = Double(d) / 2 + logScales[a] - logScales[b]
                for k in 0..<d {
                    for i in 0..<d {
                        // Of L the upper triangle is not zero but whatever it was.
                        let (row, column) = points == .columns ? (i, k) : (k, i)
                        axis[i] = row < column ? 0 : root * factors[a * d * d + row * d + column]
                    }
                    solve(factor, &axis, from: points == .columns ? k : 0)
                    var (plus, minus) = (0.0, 0.0)
                    for i in 0..<d {
                        plus += (shift[i] + axis[i]) * (shift[i] + axis[i])
                        minus += (shift[i] - axis[i]) * (shift[i] - axis[i])
                    }
                    accumulate(weights[b], exponent: level - plus / 2, &largest[2 * k], &sums[2 * k])
                    accumulate(weights[b], exponent: level - minus / 2, &largest[2 * k + 1], &sums[2 * k + 1])
                }
            }
        }
        var sum = 0.0
        for point in 0..<2 * d { sum -= log(sums[point]) + largest[point] }
        return sum / Double(2 * d)
    }

    /// x ← L⁻¹ x, of which the elements before `first` are 0.
    private func solve(_ factor: Slice<UnsafeBufferPointer<Double>>, _ x: inout [Double], from first: Int) {
        let base = factor.startIndex
        for i in first..<dimensions {
            var value = x[i]
            for j in first..<i { value -= factor[base + i * dimensions + j] * x[j] }
            x[i] = value / factor[base + i * dimensions + i]
        }
    }
}

/// Adds weight · exp(exponent) to sum · exp(largest).
private func accumulate(_ weight: Double, exponent: Double, _ largest: inout Double, _ sum: inout Double) {
    if exponent > largest {
        sum = sum * exp(largest - exponent) + weight
        largest = exponent
    } else if exponent > largest - 750 {
        sum += weight * exp(exponent - largest)
    }
}
