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
/// A multiplet is singular where a variable's variance given the others is below `joint.singular` of its own, in R or
/// in some M_c. This is asked of the inverse's diagonal, so that the order of the neurons does not matter.
final class GaussianMultipletEvaluator: OInformationEvaluator {
    private let joint: GaussianJoint
    private let correction: OInformationCorrection
    private let alternating: AlternatingDeterminants
    private let covariance: MultipletCovariance
    /// By order; the request is the same for all multiplets.
    private var corrections: [Int: Corrections] = [:]
    /// A matrix as a whole, for the sums of determinants.
    private let memory: AlignedBuffer

    /// - Parameter order: most neurons of a multiplet
    init(_ joint: GaussianJoint, order: Int) throws(InfoLensError) {
        self.joint = joint
        correction = OInformationCorrection(joint)
        let interacting = min(order, MultipletRequest.mostInteracting)
        alternating = try AlternatingDeterminants(rows: interacting)
        memory = try AlignedBuffer(count: interacting * interacting, of: Double.self)
        covariance = try MultipletCovariance(order: order, singular: joint.singular)
    }

    /// Bytes of an evaluator.
    static func bytes(order: Int) -> Int {
        [
            MultipletCovariance.bytes(order: order),
            AlternatingDeterminants.bytes(rows: min(order, MultipletRequest.mostInteracting)) + 8192,
        ].saturatingSum()
    }

    func evaluate(
        _ neurons: ArraySlice<Int>, _ request: MultipletRequest, run: Run
    ) throws(InfoLensError) -> MultipletOutcome {
        if let defect = joint.fewSamples(order: neurons.count) { return .defect(defect) }
        let hasLabel = joint.label != .none
        let (pooled, defect) = covariance.load(joint.correlation, neurons, .none)
        if let defect { return .defect(defect) }
        let target = request.target.flatMap { target -> Int? in
            guard case .neuron(let neuron) = target else { return nil }
            return neurons.firstIndex(of: neuron).map { $0 - neurons.startIndex }
        }
        var gradient = [Double](repeating: 0, count: request.gradient ? neurons.count : 0)
        for i in gradient.indices { gradient[i] = log(covariance.precision(i)) / 2 }
        var interaction =
            request.interaction ? -alternatingSum(joint.correlation, neurons) / 2 : Double.nan
        var synergy = redundancySynergy(neurons, target: request.target, place: target, pooled: pooled)

        var (total, dual) = (0.0, pooled.determinant / 2)
        func add(_ part: MultipletCovariance.Logarithms, weight: Double, matrix: SymmetricMatrix) {
            total -= weight * part.determinant / 2
            dual += weight * part.precisions / 2
            for i in gradient.indices { gradient[i] += weight * logPartial(i) / 2 }
            if let target {
                synergy += weight * log(covariance.precision(target)) / 2
                if hasLabel { synergy += weight * log(matrix.diagonal(neurons, target)) / 2 }
            } else if hasLabel {
                synergy -= weight * part.determinant / 2
                for j in 0..<neurons.count { synergy += weight * log(matrix.diagonal(neurons, j)) / 2 }
            }
        }
        if !hasLabel { add(pooled, weight: 1, matrix: joint.correlation) }
        for (part, condition) in joint.parts {
            let (values, defect) = covariance.load(part.covariance, neurons, condition)
            if let defect { return .defect(defect) }
            add(values, weight: part.weight, matrix: part.covariance)
            if request.interaction { interaction += part.weight * alternatingSum(part.covariance, neurons) / 2 }
        }
        var values = MultipletValues(totalCorrelation: total, dualTotalCorrelation: dual)
        if request.gradient, hasLabel {
            gradient.append(values.oInformation + pooled.determinant + pooled.precisions / 2)
        }
        values.gradient = gradient
        values.interaction = interaction
        values.redundancySynergy = synergy
        if joint.isCorrected { correct(&values, order: neurons.count, request) }
        return values.isFinite(request) ? .values(values.converted(to: request.unit)) : .defect(.rounded)
    }

    /// What of the redundancy–synergy index does not come from the parts; NaN where it is not wanted.
    private func redundancySynergy(
        _ neurons: ArraySlice<Int>, target: MultipletTarget?, place: Int?, pooled: MultipletCovariance.Logarithms
    ) -> Double {
        guard let target else { return .nan }
        guard case .neuron(let neuron) = target else { return pooled.determinant / 2 }
        guard place != nil else { return .nan }
        return neurons.reduce(0) { sum, other in
            guard other != neuron else { return sum }
            let r = joint.correlation[neuron, other]
            return sum + log((1 - r) * (1 + r)) / 2
        }
    }

    /// What correcting for few samples adds to the values of an order.
    private struct Corrections {
        var values = MultipletValues(totalCorrelation: 0, dualTotalCorrelation: 0)
        /// To the gradient of a neuron and of the label.
        var neuron = 0.0
        var label = 0.0
    }

    private func corrections(order: Int, _ request: MultipletRequest) -> Corrections {
        if let known = corrections[order] { return known }
        let all = correction.terms(order: order)
        var found = Corrections()
        found.values.totalCorrelation = all.totalCorrelation
        found.values.dualTotalCorrelation = all.totalCorrelation - all.oInformation
        found.neuron = all.oInformation - correction.terms(order: order - 1).oInformation
        found.label = all.oInformation - correction.terms(order: order, includesLabel: false).oInformation
        found.values.interaction = request.interaction ? correction.interaction(order: order) : 0
        found.values.redundancySynergy =
            request.target.map { correction.redundancySynergy(order: order, target: $0) } ?? 0
        corrections[order] = found
        return found
    }

    private func correct(_ values: inout MultipletValues, order: Int, _ request: MultipletRequest) {
        let added = corrections(order: order, request)
        values.totalCorrelation += added.values.totalCorrelation
        values.dualTotalCorrelation += added.values.dualTotalCorrelation
        for i in values.gradient.indices { values.gradient[i] += i < order ? added.neuron : added.label }
        values.interaction += added.values.interaction
        values.redundancySynergy += added.values.redundancySynergy
    }

    /// Σ_{j≠i} log(1 − ρᵢⱼ²) of the inverse that was computed last.
    private func logPartial(_ i: Int) -> Double {
        let (k, inverse) = (covariance.order, covariance.inverse)
        var sum = 0.0
        for j in 0..<k where j != i {
            let value = inverse[i &* k &+ j]
            let square = value / covariance.precision(i) * (value / covariance.precision(j))
            // 1 − ρᵢⱼ² = var(i | all) / var(i | all but j), which is no less than the share that was asked for.
            sum += log(max(1 - square, joint.singular))
        }
        return sum
    }

    private func alternatingSum(_ matrix: SymmetricMatrix, _ neurons: ArraySlice<Int>) -> Double {
        let (k, first) = (neurons.count, neurons.startIndex)
        let copy = memory.values(of: Double.self)
        for i in 0..<k {
            for j in 0..<k { copy[i &* k &+ j] = matrix[neurons[first &+ i], neurons[first &+ j]] }
        }
        return alternating.sum(of: copy, rows: k, stride: k)
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
