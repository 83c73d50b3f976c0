// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// The covariance matrix of one multiplet after another, factored and inverted; refused where it is singular.
///
/// One object is for one thread.
final class MultipletCovariance {
    private let memory: AlignedBuffer
    private let matrix: UnsafeMutablePointer<Double>
    private let singular: Double
    /// M⁻¹ of the matrix that was loaded last, row-major.
    let inverse: UnsafeMutablePointer<Double>
    /// Rows of that matrix.
    private(set) var order = 0

    /// - Parameters:
    ///   - order: most neurons of a multiplet
    ///   - singular: as in `GaussianJoint`
    init(order: Int, singular: Double) throws(InfoLensError) {
        self.singular = singular
        memory = try AlignedBuffer(count: 2 * order * order, of: Double.self)
        matrix = memory.values(of: Double.self)
        inverse = matrix + order * order
    }

    static func bytes(order: Int) -> Int {
        saturatingProduct(2, order, order, MemoryLayout<Double>.stride)
    }

    /// What one matrix says.
    struct Logarithms {
        /// log det M.
        var determinant = 0.0
        /// Σ log (M⁻¹)ⱼⱼ.
        var precisions = 0.0
    }

    /// (M⁻¹)ⱼⱼ.
    func precision(_ place: Int) -> Double { inverse[place &* (order &+ 1)] }

    /// Takes up the covariance of some neurons.
    /// - Parameter condition: what the covariance is of, for telling why it is singular
    func load(
        _ covariance: SymmetricMatrix, _ neurons: ArraySlice<Int>, _ condition: MultipletDefect.Condition
    ) -> (Logarithms, MultipletDefect?) {
        let (k, first) = (neurons.count, neurons.startIndex)
        order = k
        for i in 0..<k {
            let row = covariance.values + neurons[first &+ i] &* covariance.order
            for j in 0...i { matrix[i &* k &+ j] = row[neurons[first &+ j]] }
            // A neuron's variance over all samples is 1.
            guard matrix[i &* (k &+ 1)] > singular else {
                return (Logarithms(), .constant(neuron: neurons[first &+ i], condition))
            }
        }
        func own(_ i: Int) -> Double { covariance[neurons[first &+ i], neurons[first &+ i]] }
        if let row = choleskyFactor(matrix, k, least: singular) {
            var left = own(row)
            for j in 0..<row { left -= matrix[row &* k &+ j] * matrix[row &* k &+ j] }
            return (
                Logarithms(), .determined(neuron: neurons[first &+ row], share: max(left, 0) / own(row), condition)
            )
        }
        var logarithms = Logarithms(determinant: choleskyLogDeterminant(matrix, k))
        choleskyInverse(matrix, k, inverse: inverse, stride: k)
        var (least, place) = (Double.infinity, 0)
        for i in 0..<k {
            logarithms.precisions += log(precision(i))
            let share = 1 / (precision(i) * own(i))
            // Written so that NaN counts as the least.
            if !(share >= least) { (least, place) = (share, i) }
        }
        guard least > singular else {
            return (
                logarithms, .determined(neuron: neurons[first &+ place], share: max(least, 0), condition)
            )
        }
        return (logarithms, nil)
    }
}

extension GaussianJoint {
    /// The matrices beside R of which samples are, and what they are given.
    var parts: [(part: Conditional, condition: MultipletDefect.Condition)] {
        conditional.enumerated().compactMap { index, part in
            guard part.weight > 0 else { return nil }
            return (part, label == .classConditional ? .class(index) : .label)
        }
    }

    /// The largest order whose covariances can have full rank.
    var largestOrder: Int {
        let whole = samples > 0 ? samples - labelDimensions - 1 : Int.max
        return label == .classConditional ? parts.reduce(whole) { min($0, $1.part.samples - 1) } : whole
    }

    /// Why covariances of so many neurons cannot have full rank; nil where they can.
    func fewSamples(order: Int) -> MultipletDefect? {
        let dimensions = order + labelDimensions
        if samples > 0, samples <= dimensions {
            return .fewSamples(samples: samples, dimensions: dimensions, labelDimensions > 0 ? .label : .none)
        }
        guard label == .classConditional else { return nil }
        for (part, condition) in parts where part.samples <= order {
            return .fewSamples(samples: part.samples, dimensions: order, condition)
        }
        return nil
    }
}
