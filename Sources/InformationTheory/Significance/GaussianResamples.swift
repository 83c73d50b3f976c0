// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Resamples of jointly normal neurons: scores, covariances and the treatment of the label made anew.
struct GaussianResamples: ResampledJoint {
    private let matrix: any ActivationMatrix
    private let classes: SampleClasses
    private let fit: GaussianFit
    private let order: Int
    private let request: ResamplingRequest
    private let groups: ScatterGroups
    private let ranking: ResampledColumns.Ranking?

    /// - Parameter order: most neurons of a multiplet
    init(
        _ matrix: any ActivationMatrix, classes: SampleClasses, fit: GaussianFit, order: Int,
        _ request: ResamplingRequest, run: Run
    ) throws(InfoLensError) {
        self.matrix = matrix
        self.classes = classes
        self.fit = fit
        self.order = order
        self.request = request
        groups = fit.groups(classes, samples: matrix.samples)
        try classes.checkResampled()
        if let ties = fit.copula {
            run.reserve(NormalScoreTable.bytes(samples: matrix.samples))
            ranking = .init(ties: ties, table: try NormalScoreTable(samples: matrix.samples, run: run))
        } else {
            ranking = nil
        }
    }

    private var ranksLabel: Bool { fit.label == .ordinal && ranking != nil }

    func sharedBytes(neurons: Int) -> Int {
        saturatingProduct(
            neurons + (ranksLabel ? 1 : 0),
            ResampledColumns.bytes(samples: matrix.samples, isRanked: ranking != nil))
    }

    func workerBytes(neurons: Int, threads: Int) -> Int {
        // R, and a matrix given the label or each class.
        let matrices = 2 + (fit.label == .classConditional ? classes.count : 0)
        return [
            ReplicateScatter.bytes(
                samples: matrix.samples, columns: neurons, totalColumns: matrix.neurons, groups: groups,
                threads: threads),
            saturatingProduct(matrices, neurons, neurons, MemoryLayout<Double>.stride),
            GaussianMultipletEvaluator.bytes(order: order),
        ].saturatingSum()
    }

    func resamplers(
        count: Int, neurons: [Int], multiplets: MultipletList, memory: Int, part: Run, run: Run
    ) throws(InfoLensError) -> [any MultipletResampler] {
        let label = ranksLabel ? fit.numbers(classes) : nil
        let columns = try ResampledColumns(
            of: matrix, neurons: neurons, ranking: ranking, label: label, memory: memory, run: run)
        let sampling = ReplicateScatter.Sampling(
            columns: columns, neurons: neurons, totalColumns: matrix.neurons, classes: classes, groups: groups,
            ranksLabel: ranksLabel, seed: request.seed)
        var resamplers: [GaussianResampler] = []
        for _ in 0..<count {
            resamplers.append(
                GaussianResampler(
                    try ReplicateScatter(sampling, run: part), fit: fit, groups: groups, multiplets: multiplets,
                    order: order, request, run: part))
        }
        return resamplers
    }
}

/// Makes resamples of jointly normal neurons.
final class GaussianResampler: MultipletResampler {
    private let scatter: ReplicateScatter
    private let fit: GaussianFit
    private let groups: ScatterGroups
    private let multiplets: MultipletList
    private let order: Int
    private let request: ResamplingRequest
    private let run: Run

    init(
        _ scatter: ReplicateScatter, fit: GaussianFit, groups: ScatterGroups, multiplets: MultipletList, order: Int,
        _ request: ResamplingRequest, run: Run
    ) {
        self.scatter = scatter
        self.fit = fit
        self.groups = groups
        self.multiplets = multiplets
        self.order = order
        self.request = request
        self.run = run
    }

    func evaluate(_ resample: Int, body: (Int, Double) -> Void) throws(InfoLensError) {
        let sums =
            switch request.kind {
            case .bootstrap: try scatter.bootstrap(resample)
            case .surrogates: try scatter.surrogate(resample)
            }
        let evaluator = try GaussianMultipletEvaluator(try joint(of: sums), order: order)
        let values = MultipletRequest(unit: request.unit)
        for index in 0..<multiplets.count {
            switch try evaluator.evaluate(multiplets[index], values, run: run) {
            case .values(let values): body(index, values.oInformation)
            case .defect: body(index, .nan)
            }
        }
    }

    /// The joint distribution of a resample.
    func joint(of sums: ReplicateScatter.Sums) throws(InfoLensError) -> GaussianJoint {
        let samples = sums.classes.total
        let about = groups.classes.count == 1 ? SampleClasses(unlabelled: samples) : sums.classes
        let covariances = PooledScatter(sums.scatter, classes: about, samples: samples)
        var products = LabelProducts(withNeurons: sums.withLabel, square: sums.ofLabel)
        if fit.label == .ordinal, fit.copula == nil {
            products = LabelProducts(of: sums.scatter.means, classes: sums.classes)
        }
        return try fit.joint(of: covariances, classes: sums.classes, label: products, run: run)
    }
}
