// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// The information of one multiplet after another, of jointly normal neurons.
///
/// With P = M⁻¹ everything that leaves a variable out follows from one factorisation: det M₋ⱼ = det M · Pⱼⱼ, and of the
/// inverse of M₋ᵢ the diagonal is Pⱼⱼ (1 − ρᵢⱼ²), ρ being partial correlations. In the notation of `GaussianJoint`,
/// and without a label with M = R of weight 1,
///
///     DTC   = ½ (log det R + Σ_c w_c Σ_j log P_jj)
///     ∂ᵢΩ   = ½ log (R⁻¹)ᵢᵢ + ½ Σ_c w_c Σ_{j≠i} log(1 − ρᵢⱼ²)
///     RSI   = ½ (log det R − Σ_c w_c (log det M_c − Σ_j log (M_c)_jj))                          about the label
///           = ½ Σ_{i≠t} log(1 − rᵢₜ²) + ½ Σ_c w_c (log P_tt + [log (M_c)_tt with a label])    about neuron t
///
/// A multiplet is singular where a variable's variance given the others is at most `joint.singular` of its own, in R
/// or in some M_c. This is asked of the inverse's diagonal, so that the order of the neurons does not matter.
final class GaussianMultipletEvaluator: OInformationEvaluator {
    private let joint: GaussianJoint
    private let correction: OInformationCorrection
    /// Which matrices there are beside R.
    private let parts: [(part: GaussianJoint.Conditional, condition: MultipletDefect.Condition)]
    private let alternating: AlternatingDeterminants
    private let memory: AlignedBuffer
    private let matrix: UnsafeMutablePointer<Double>
    private let inverse: UnsafeMutablePointer<Double>

    /// - Parameter order: most neurons of a multiplet
    init(_ joint: GaussianJoint, order: Int) throws(InfoLensError) {
        self.joint = joint
        correction = OInformationCorrection(joint)
        parts = joint.conditional.enumerated().compactMap { index, part in
            guard part.weight > 0 else { return nil }
            return (part, joint.label == .classConditional ? .class(index) : .label)
        }
        alternating = try AlternatingDeterminants(rows: min(order, MultipletRequest.mostInteracting))
        memory = try AlignedBuffer(count: 2 * order * order, of: Double.self)
        matrix = memory.values(of: Double.self)
        inverse = matrix + order * order
    }

    /// Bytes of an evaluator.
    static func bytes(order: Int) -> Int {
        saturatingProduct(2 * order, order, MemoryLayout<Double>.stride)
            + AlternatingDeterminants.bytes(rows: min(order, MultipletRequest.mostInteracting)) + 4096
    }

    /// What one matrix adds.
    private struct Part {
        /// log det M.
        var logDeterminant = 0.0
        /// Σ log P_jj.
        var logPrecisions = 0.0
    }

    func evaluate(
        _ neurons: ArraySlice<Int>, _ request: MultipletRequest, run: Run
    ) throws(InfoLensError) -> MultipletOutcome {
        if let defect = fewSamples(neurons.count) { return .defect(defect) }
        let wantsGradient = request.gradient
        let (pooled, defect) = load(joint.correlation, neurons, .none)
        if let defect { return .defect(defect) }
        let target = request.target.flatMap { target -> Int? in
            guard case .neuron(let neuron) = target else { return nil }
            return neurons.firstIndex(of: neuron).map { $0 - neurons.startIndex }
        }
        var gradient = [Double](repeating: 0, count: wantsGradient ? neurons.count : 0)
        for i in gradient.indices { gradient[i] = log(inverse[i &* (neurons.count &+ 1)]) / 2 }
        var interaction =
            request.interaction ? -alternatingSum(joint.correlation, neurons) / 2 : Double.nan
        var synergy = redundancySynergy(neurons, target: request.target, place: target, pooled: pooled)

        var (total, dual) = (0.0, pooled.logDeterminant / 2)
        func add(_ part: Part, weight: Double, covariance: SymmetricMatrix, isLabelled: Bool) {
            total -= weight * part.logDeterminant / 2
            dual += weight * part.logPrecisions / 2
            for i in gradient.indices { gradient[i] += weight * logPartial(i, neurons.count) / 2 }
            if let target {
                // inverse's diagonal is in place whether all of it was computed or not.
                synergy += weight * log(inverse[target &* (neurons.count &+ 1)]) / 2
                if isLabelled { synergy += weight * log(covariance.diagonal(neurons, target)) / 2 }
            } else if isLabelled {
                synergy -= weight * part.logDeterminant / 2
                for j in 0..<neurons.count { synergy += weight * log(covariance.diagonal(neurons, j)) / 2 }
            }
        }
        if joint.label == .none {
            add(pooled, weight: 1, covariance: joint.correlation, isLabelled: false)
        }
        for (part, condition) in parts {
            let (values, defect) = load(part.covariance, neurons, condition)
            if let defect { return .defect(defect) }
            add(values, weight: part.weight, covariance: part.covariance, isLabelled: true)
            if request.interaction { interaction += part.weight * alternatingSum(part.covariance, neurons) / 2 }
        }
        var values = MultipletValues(totalCorrelation: total, dualTotalCorrelation: dual)
        if wantsGradient, joint.label != .none {
            gradient.append(values.oInformation + pooled.logDeterminant + pooled.logPrecisions / 2)
        }
        values.gradient = gradient
        values.interaction = interaction
        values.redundancySynergy = synergy
        if joint.isCorrected { correct(&values, order: neurons.count, request) }
        return values.isFinite(request) ? .values(values.converted(to: request.unit)) : .defect(.rounded)
    }

    /// What of the redundancy–synergy index does not come from the parts; NaN where it is not wanted.
    private func redundancySynergy(
        _ neurons: ArraySlice<Int>, target: MultipletTarget?, place: Int?, pooled: Part
    ) -> Double {
        guard let target else { return .nan }
        guard case .neuron(let neuron) = target else { return pooled.logDeterminant / 2 }
        guard place != nil else { return .nan }
        return neurons.reduce(0) { sum, other in
            guard other != neuron else { return sum }
            let r = joint.correlation[neuron, other]
            return sum + log((1 - r) * (1 + r)) / 2
        }
    }

    private func correct(_ values: inout MultipletValues, order: Int, _ request: MultipletRequest) {
        let all = correction.terms(order: order)
        values.totalCorrelation += all.totalCorrelation
        values.dualTotalCorrelation += all.totalCorrelation - all.oInformation
        if !values.gradient.isEmpty {
            let without = correction.terms(order: order - 1)
            for i in 0..<order { values.gradient[i] += all.oInformation - without.oInformation }
            if values.gradient.count > order {
                let neurons = correction.terms(order: order, includesLabel: false)
                values.gradient[order] += all.oInformation - neurons.oInformation
            }
        }
        if request.interaction { values.interaction += correction.interaction(order: order) }
        if let target = request.target {
            values.redundancySynergy += correction.redundancySynergy(order: order, target: target)
        }
    }

    // MARK: - One matrix

    /// Whether covariances cannot have full rank.
    private func fewSamples(_ order: Int) -> MultipletDefect? {
        let dimensions = order + joint.labelDimensions
        if joint.samples > 0, joint.samples <= dimensions {
            return .fewSamples(
                samples: joint.samples, dimensions: dimensions, joint.labelDimensions > 0 ? .label : .none)
        }
        guard joint.label == .classConditional else { return nil }
        for (part, condition) in parts where part.samples <= order {
            return .fewSamples(samples: part.samples, dimensions: order, condition)
        }
        return nil
    }

    /// Inverts a matrix of the neurons into `inverse`.
    private func load(
        _ covariance: SymmetricMatrix, _ neurons: ArraySlice<Int>, _ condition: MultipletDefect.Condition
    ) -> (Part, MultipletDefect?) {
        let (k, first) = (neurons.count, neurons.startIndex)
        for i in 0..<k {
            let row = covariance.values + neurons[first &+ i] &* covariance.order
            for j in 0...i { matrix[i &* k &+ j] = row[neurons[first &+ j]] }
            // A neuron's variance over all samples is 1.
            guard matrix[i &* (k &+ 1)] > joint.singular else {
                return (Part(), .constant(neuron: neurons[first &+ i], condition))
            }
        }
        func own(_ i: Int) -> Double { covariance.diagonal(neurons, i) }
        if let row = choleskyFactor(matrix, k, least: joint.singular) {
            var left = own(row)
            for j in 0..<row { left -= matrix[row &* k &+ j] * matrix[row &* k &+ j] }
            return (
                Part(), .determined(neuron: neurons[first &+ row], share: max(left, 0) / own(row), condition)
            )
        }
        var part = Part(logDeterminant: choleskyLogDeterminant(matrix, k))
        choleskyInverse(matrix, k, inverse: inverse, stride: k)
        var (least, place) = (Double.infinity, 0)
        for i in 0..<k {
            let precision = inverse[i &* (k &+ 1)]
            part.logPrecisions += log(precision)
            let share = 1 / (precision * own(i))
            // Written so that NaN counts as the least.
            if !(share >= least) { (least, place) = (share, i) }
        }
        guard least > joint.singular else {
            return (part, .determined(neuron: neurons[first &+ place], share: max(least, 0), condition))
        }
        return (part, nil)
    }

    /// Σ_{j≠i} log(1 − ρᵢⱼ²) of the inverse that was computed last.
    private func logPartial(_ i: Int, _ k: Int) -> Double {
        var sum = 0.0
        for j in 0..<k where j != i {
            let square =
                inverse[i &* k &+ j] / inverse[i &* (k &+ 1)] * (inverse[i &* k &+ j] / inverse[j &* (k &+ 1)])
            // 1 − ρᵢⱼ² = var(i | all) / var(i | all but j), which is no less than the share that was asked for.
            sum += log(max(1 - square, joint.singular))
        }
        return sum
    }

    private func alternatingSum(_ covariance: SymmetricMatrix, _ neurons: ArraySlice<Int>) -> Double {
        let (k, first) = (neurons.count, neurons.startIndex)
        for i in 0..<k {
            for j in 0..<k { matrix[i &* k &+ j] = covariance[neurons[first &+ i], neurons[first &+ j]] }
        }
        return alternating.sum(of: matrix, rows: k, stride: k)
    }
}

extension SymmetricMatrix {
    /// The variance of the neuron at a place of a multiplet.
    fileprivate func diagonal(_ neurons: ArraySlice<Int>, _ place: Int) -> Double {
        let neuron = neurons[neurons.startIndex &+ place]
        return self[neuron, neuron]
    }
}

/// The information of multiplets of jointly normal neurons.
///
/// - Parameter request: a target neuron belongs to every multiplet; interaction information of at most
///   `MultipletRequest.mostInteracting` variables
/// - Returns: an outcome for each multiplet; finite values, or the reason why there are none
/// - Throws: `memory`, `cancelled`
public func evaluate(
    _ multiplets: MultipletList, of joint: GaussianJoint, _ request: MultipletRequest, run: Run
) throws(InfoLensError) -> [MultipletOutcome] {
    let order = multiplets.largestOrder
    return try evaluate(
        multiplets, request, toolBytes: GaussianMultipletEvaluator.bytes(order: order), run: run
    ) { () throws(InfoLensError) in
        try GaussianMultipletEvaluator(joint, order: order)
    }
}
