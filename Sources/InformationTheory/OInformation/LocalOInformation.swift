// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// Local O-information of jointly normal neurons: with h = −log of the density, for a sample x of class c
///
///     ω(x) = −½ [log det R + log det M_c + Σ_j log P_jj] + ½ [Σ_j xⱼ² − xᵀ R⁻¹ x − eᵀ P e + Σ_j (P e)ⱼ² / P_jj]
///
/// where P = M_c⁻¹ and e is what the label does not say of x; without a label M = R and e = x. In the mean over the
/// samples the quadratic terms cancel and Ω is left, for they stand in ω as often as variables do, which is 0 times.
private final class LocalGaussian {
    private let joint: GaussianJoint
    private let covariance: MultipletCovariance
    private let memory: AlignedBuffer
    private let codes: [Int32]
    /// The place of each class among the matrices, which those without samples have none of.
    private let matrixOfClass: [Int]

    init(_ joint: GaussianJoint, classes: SampleClasses, order: Int) throws(InfoLensError) {
        self.joint = joint
        covariance = try MultipletCovariance(order: order, singular: joint.singular)
        memory = try AlignedBuffer(count: (joint.conditional.count + 1) * order * order + 3 * order, of: Double.self)
        codes = joint.label == .classConditional ? classes.codes : []
        var next = -1
        matrixOfClass = classes.samples.map { samples in
            next += samples > 0 ? 1 : 0
            return next
        }
    }

    static func bytes(_ joint: GaussianJoint, order: Int) -> Int {
        [
            MultipletCovariance.bytes(order: order),
            saturatingProduct(joint.conditional.count + 1, order + 3, order, MemoryLayout<Double>.stride),
        ].saturatingSum()
    }

    /// - Parameter values: receives a value for each sample, `stride` apart; NaN where the multiplet is singular
    func evaluate(
        _ neurons: ArraySlice<Int>, _ columns: StandardColumns, unit: Logarithm,
        into values: UnsafeMutablePointer<Double>, stride: Int
    ) {
        let k = neurons.count
        let inverses = memory.values(of: Double.self)
        let x = inverses + (joint.conditional.count + 1) * k * k
        let (e, u) = (x + k, x + 2 * k)
        var constants: [Double] = []
        var pooled = 0.0
        var isSingular = joint.fewSamples(order: k) != nil
        let matrices =
            [(joint.correlation, MultipletDefect.Condition.none)] + joint.parts.map { ($0.0.covariance, $0.1) }
        for (index, (matrix, condition)) in matrices.enumerated() where !isSingular {
            let (logarithms, defect) = covariance.load(matrix, neurons, condition)
            isSingular = defect != nil
            (inverses + index * k * k).update(from: covariance.inverse, count: k * k)
            if index == 0 { pooled = logarithms.determinant }
            if index > 0 || matrices.count == 1 {
                constants.append(-(pooled + logarithms.determinant + logarithms.precisions) / 2)
            }
        }
        guard !isSingular else {
            for i in 0..<columns.samples { values[i &* stride] = .nan }
            return
        }
        let given = inverses + (matrices.count > 1 ? k * k : 0)
        let sources = neurons.map { (columns.column($0), columns.residual($0)) }
        for i in 0..<columns.samples {
            for (j, source) in sources.enumerated() { (x[j], e[j]) = (source.0[i], source.1[i]) }
            let part = codes.isEmpty ? 0 : matrixOfClass[Int(codes[i])]
            multiply(inverses, x, k, into: u)
            var sum = 0.0
            for j in 0..<k { sum += x[j] * (x[j] - u[j]) }
            let inverse = given + part &* k &* k
            multiply(inverse, e, k, into: u)
            for j in 0..<k { sum += u[j] * (u[j] / inverse[j &* (k &+ 1)] - e[j]) }
            values[i &* stride] = unit.fromNats(constants[part] + sum / 2)
        }
    }

    private func multiply(
        _ matrix: UnsafePointer<Double>, _ vector: UnsafePointer<Double>, _ k: Int,
        into product: UnsafeMutablePointer<Double>
    ) {
        for j in 0..<k {
            var sum = 0.0
            for i in 0..<k { sum += matrix[j &* k &+ i] * vector[i] }
            product[j] = sum
        }
    }
}

/// Local O-information of multiplets of a layer's neurons: how redundant each sample is.
///
/// - Parameters:
///   - joint: what `fit` made of `matrix` and `classes`; that its entropies are corrected is of no account
///   - values: receives a row for each sample of a value for each multiplet; NaN for singular ones
/// - Throws: `memory`, `cancelled`; what `matrix.read` throws
public func localOInformation(
    _ multiplets: MultipletList, of joint: GaussianJoint, matrix: any ActivationMatrix, fit: GaussianFit,
    classes: SampleClasses, unit: Logarithm, run: Run, into values: UnsafeMutablePointer<Double>
) throws(InfoLensError) {
    let samples = matrix.samples
    let order = multiplets.largestOrder
    var table: NormalScoreTable?
    if fit.copula != nil {
        run.reserve(NormalScoreTable.bytes(samples: samples))
        table = try NormalScoreTable(samples: samples, run: run)
    }
    let rule = StandardColumns.Rule(
        copula: fit.copula, label: joint.label, classes: classes,
        labelScores: joint.label == .ordinal
            ? try fit.labelScores(classes, index: matrix.neurons, table: table, run: run) : [])
    // Half of the budget for columns, half for reading them and for the matrices.
    let columnBytes = StandardColumns.bytes(samples: samples)
    let toolBytes = LocalGaussian.bytes(joint, order: order)
    let room = run.memory / 2 / max(columnBytes, 1)
    guard order <= room, toolBytes <= run.memory / 2 else {
        throw InfoLensError(
            .memory,
            """
            memory: the samples of \(order) neurons and their matrices take \
            \(max(saturatingProduct(order, columnBytes), toolBytes)) bytes, but half of the budget is \
            \(run.memory / 2); give the context more
            """)
    }
    let workers = max(1, min(run.threads, multiplets.count, run.memory / 2 / max(toolBytes, 1)))
    run.reserve(run.memory / 2)
    try multiplets.forEachPass(neurons: room, body: evaluate)

    func evaluate(_ range: Range<Int>, neurons: [Int]) throws(InfoLensError) {
        let columns = try StandardColumns(of: matrix, neurons: neurons, rule: rule, table: table, run: run)
        var tools: [LocalGaussian] = []
        for _ in 0..<workers { tools.append(try LocalGaussian(joint, classes: classes, order: order)) }
        let target = LocalValues(values)
        try forEachItem(count: range.count, workers: workers, run: run) { worker, item in
            let index = range.lowerBound + item
            tools[worker].evaluate(
                multiplets[index], columns, unit: unit, into: target.base + index, stride: multiplets.count)
            run.advance(by: 1)
        }
    }
}

/// Memory of the caller that threads write, each to places of its own.
struct LocalValues: @unchecked Sendable {
    let base: UnsafeMutablePointer<Double>

    init(_ base: UnsafeMutablePointer<Double>) { self.base = base }
}
