// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The mean of each column over all samples from its means of the classes; exact for what is constant.
func pooledMeans(_ means: [[Double]], samples: [Int]) -> [Double] {
    guard let reference = samples.firstIndex(where: { $0 > 0 }) else { return [] }
    let total = Double(samples.reduce(0, +))
    return means[reference].indices.map { column in
        var sum = 0.0
        for (c, count) in samples.enumerated() where count > 0 {
            sum += Double(count) * (means[c][column] - means[reference][column])
        }
        return means[reference][column] + sum / total
    }
}

/// Sums of products in the units of the neurons' standard deviations over all samples.
struct PooledScatter {
    private let scatter: Scatter
    private let counts: [Int]
    private let samples: Int
    /// Means of the classes less those of all: [class][column]; empty where all is about one mean.
    private let offsets: [[Double]]
    /// Σ (x − μ)².
    private let squares: [Double]
    /// 1 / √Σ (x − μ)², 0 for a constant neuron.
    private let scales: [Double]

    private var order: Int { scatter.sums.columns }

    /// Sums of squares that float64 does well with: below, products of neurons lose digits; above, they are infinite.
    private static let held = 1e-280...1e280

    /// - Parameter classes: about whose means samples were taken, with their numbers of samples
    init(_ scatter: Scatter, classes: SampleClasses, samples: Int) {
        self.scatter = scatter
        self.samples = samples
        let counts = classes.samples
        self.counts = counts
        let overall = pooledMeans(scatter.means, samples: counts)
        offsets =
            counts.count == 1
            ? []
            : zip(scatter.means, counts).map { means, count in
                count > 0 ? zip(means, overall).map { $0 - $1 } : [Double](repeating: 0, count: overall.count)
            }
        let offsets = offsets
        squares = (0..<scatter.sums.columns).map { PooledScatter.total(scatter, offsets, counts, $0, $0) }
        scales = squares.map { $0 < PooledScatter.held.lowerBound ? 0 : 1 / $0.squareRoot() }
    }

    /// - Throws: `numeric` where a neuron's sum of squares is beyond float64
    func checkVariances(of matrix: any ActivationMatrix) throws(InfoLensError) {
        for (i, square) in squares.enumerated() {
            guard square == 0 || PooledScatter.held.contains(square) else {
                throw InfoLensError(
                    .numeric,
                    """
                    activations: neuron \(i) of layer "\(matrix.name)" varies by \
                    \((square / Double(samples)).squareRoot()), whose square float64 does not hold; scale it
                    """)
            }
        }
    }

    /// Σ over all samples of the products about the means of all.
    private static func total(_ scatter: Scatter, _ offsets: [[Double]], _ counts: [Int], _ i: Int, _ j: Int) -> Double
    {
        var sum = 0.0
        for group in 0..<scatter.sums.groups { sum += scatter.sums[group, i, j] }
        for (c, offset) in offsets.enumerated() { sum += Double(counts[c]) * offset[i] * offset[j] }
        return sum
    }

    /// R: 1 on the diagonal, zeros for constant neurons.
    func correlation(run: Run) throws(InfoLensError) -> SymmetricMatrix {
        try filled(run: run) { i, j in
            guard i != j else { return scales[i] == 0 ? 0 : 1 }
            let value = PooledScatter.total(scatter, offsets, counts, i, j) * scales[i] * scales[j]
            return min(max(value, -1), 1)
        }
    }

    /// The sums of a group over `divisor`, as a covariance in units of the standard deviations of all samples.
    func scaled(group: Int, divisor: Double, run: Run) throws(InfoLensError) -> SymmetricMatrix {
        let factor = Double(samples - 1) / divisor
        return try filled(run: run) { i, j in scatter.sums[group, i, j] * scales[i] * scales[j] * factor }
    }

    /// M_c of each class. Those of fewer than two samples share one matrix of zeros.
    func ofClasses(_ classes: SampleClasses, run: Run) throws(InfoLensError) -> [GaussianJoint.Conditional] {
        var zero: SymmetricMatrix?
        var result: [GaussianJoint.Conditional] = []
        for (c, count) in classes.samples.enumerated() {
            let covariance: SymmetricMatrix
            if count > 1 {
                covariance = try scaled(group: c, divisor: Double(count - 1), run: run)
            } else if let zero {
                covariance = zero
            } else {
                covariance = try SymmetricMatrix(order: order)
                zero = covariance
            }
            result.append(.init(weight: Double(count) / Double(samples), samples: count, covariance: covariance))
        }
        return result
    }

    /// R − r rᵀ: the covariance given another variable.
    /// - Parameters:
    ///   - products: Σ of each neuron times the other variable, about their means
    ///   - ofOther: Σ of the squares of the other, 0 when it is constant
    func residual(
        _ correlation: SymmetricMatrix, products: [Double], ofOther: Double, run: Run
    ) throws(InfoLensError) -> SymmetricMatrix {
        let scale = ofOther > 0 ? 1 / ofOther.squareRoot() : 0
        let r = zip(products, scales).map { min(max($0 * $1 * scale, -1), 1) }
        return try filled(run: run) { i, j in correlation[i, j] - r[i] * r[j] }
    }

    private func filled(
        run: Run, _ value: (_ i: Int, _ j: Int) -> Double
    ) throws(InfoLensError) -> SymmetricMatrix {
        let result = try SymmetricMatrix(order: order)
        try forEachItem(count: order, workers: run.threads, run: run) { _, i in
            for j in i..<order {
                let x = value(i, j)
                result[i, j] = x
                result[j, i] = x
            }
        }
        return result
    }
}
