// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// The samples of some neurons as a Gaussian joint distribution sees them.
final class StandardColumns: @unchecked Sendable {
    /// What makes them of a layer's activations.
    struct Rule {
        /// How equal values are ranked by the copula transform; nil for none.
        let copula: TieRule?
        let label: LabelTreatment
        let classes: SampleClasses
        /// The ordinal label's samples about their mean.
        let labelScores: [Double]
    }

    let samples: Int
    private let places: [Int: Int]
    private let memory: AlignedBuffer

    /// The samples of a neuron, of mean 0 and variance 1.
    func column(_ neuron: Int) -> UnsafeMutablePointer<Double> {
        memory.values(of: Double.self) + 2 * (places[neuron] ?? 0) * samples
    }

    /// What the label does not say of a neuron: its samples less the mean of their class, or less the regression on
    /// the label's number; without a label all.
    func residual(_ neuron: Int) -> UnsafeMutablePointer<Double> { column(neuron) + samples }

    static func bytes(samples: Int) -> Int { saturatingProduct(2, samples, MemoryLayout<Double>.stride) }

    /// - Parameter neurons: ascending
    init(
        of matrix: any ActivationMatrix, neurons: [Int], rule: Rule, table: NormalScoreTable?, run: Run
    ) throws(InfoLensError) {
        samples = matrix.samples
        places = Dictionary(uniqueKeysWithValues: neurons.enumerated().map { ($0.element, $0.offset) })
        memory = try AlignedBuffer(byteCount: saturatingProduct(neurons.count, StandardColumns.bytes(samples: samples)))
        let toolBytes = table == nil ? 0 : NormalScorer.bytes(samples: samples)
        try forEachColumn(of: matrix, neurons: neurons, run: run, toolBytes: toolBytes) {
            () throws(InfoLensError) -> NormalScorer? in
            if let table { try NormalScorer(table) } else { nil }
        } body: { (scorer, neuron, values) throws(InfoLensError) in
            guard let values = values.baseAddress else { return }
            if let scorer, let ties = rule.copula {
                _ = try scorer.score(values, ties: ties, index: neuron, into: values, run: run)
            }
            let (column, residual) = (column(neuron), residual(neuron))
            standardize(values, into: column)
            residual.update(from: column, count: samples)
            switch rule.label {
            case .none: break
            case .classConditional, .oneHot: removeClassMeans(residual, rule.classes)
            case .ordinal: removeRegression(residual, rule.labelScores)
            }
        }
    }

    private func standardize(_ values: UnsafePointer<Double>, into column: UnsafeMutablePointer<Double>) {
        let mean = (0..<samples).reduce(0) { $0 + values[$1] } / Double(samples)
        var square = 0.0
        for i in 0..<samples {
            column[i] = values[i] - mean
            square += column[i] * column[i]
        }
        let scale = square > 0 ? (Double(samples - 1) / square).squareRoot() : 0
        for i in 0..<samples { column[i] *= scale }
    }

    private func removeClassMeans(_ column: UnsafeMutablePointer<Double>, _ classes: SampleClasses) {
        guard !classes.codes.isEmpty else { return }
        var means = [Double](repeating: 0, count: classes.count)
        for i in 0..<samples { means[Int(classes.codes[i])] += column[i] }
        for c in means.indices where classes.samples[c] > 0 { means[c] /= Double(classes.samples[c]) }
        for i in 0..<samples { column[i] -= means[Int(classes.codes[i])] }
    }

    private func removeRegression(_ column: UnsafeMutablePointer<Double>, _ scores: [Double]) {
        var (product, square) = (0.0, 0.0)
        for i in 0..<samples {
            product += column[i] * scores[i]
            square += scores[i] * scores[i]
        }
        guard square > 0 else { return }
        for i in 0..<samples { column[i] -= product / square * scores[i] }
    }
}
