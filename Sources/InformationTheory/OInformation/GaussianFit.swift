// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How a Gaussian joint distribution is made from samples.
public struct GaussianFit: Sendable {
    /// How equal values are ranked by the copula transform; nil for none, neurons being normal as they are.
    public let copula: TieRule?
    public let label: LabelTreatment
    public let isCorrected: Bool
    public let singular: Double

    public init(
        copula: TieRule?, label: LabelTreatment = .none, isCorrected: Bool = false,
        singular: Double = GaussianJoint.defaultSingular
    ) {
        self.copula = copula
        self.label = label
        self.isCorrected = isCorrected
        self.singular = singular
    }

    /// What was found out about the neurons besides.
    public struct Neurons: Sendable {
        /// Share of the samples whose value another sample has too; NaN where nothing was ranked.
        public let tied: [Double]
        public let isConstant: [Bool]

        public init(tied: [Double], isConstant: [Bool]) {
            self.tied = tied
            self.isConstant = isConstant
        }
    }

    /// Units of work, about nanoseconds, that `joint` reports; at most Int.max.
    public func workUnits(of matrix: any ActivationMatrix) -> Int {
        copula == nil ? scatterWorkUnits(of: matrix) : scoreScatterWorkUnits(of: matrix)
    }

    /// The joint distribution of a matrix's neurons, and of the label if it takes part.
    ///
    /// Covariances divide by N − 1, by N_c − 1 within a class, and are 0 for a class of fewer than two samples. A
    /// constant neuron has zeros in all matrices.
    ///
    /// - Parameter classes: the classes of the samples; those of one class where there is no label
    /// - Throws: `shape` for one sample; `numeric` at NaN or infinity, naming the first, and where float64 does not
    ///   hold a neuron's variance; `memory`; what `matrix.read` throws
    public func joint(
        of matrix: any ActivationMatrix, classes: SampleClasses, run: Run
    ) throws(InfoLensError) -> (joint: GaussianJoint, neurons: Neurons) {
        let (samples, order) = (matrix.samples, matrix.neurons)
        guard samples > 1 else {
            throw InfoLensError(.shape, "samples: layer \"\(matrix.name)\" has one; a covariance needs at least 2")
        }
        let groups = self.groups(classes, samples: samples)
        try reserve(matrix, groups, run: run)
        try checkWidth(of: matrix, run: run)
        let scatter: Scatter
        var neurons: Neurons?
        var products = LabelProducts(withNeurons: [], square: 0)
        if let copula {
            let result = try scatterOfScores(
                of: matrix, ties: copula, groups: groups, run: run
            ) { () throws(InfoLensError) in
                try NormalScoreTable(samples: samples, run: run)
            } weights: { (table) throws(InfoLensError) in
                guard label == .ordinal else { return [] }
                return try labelScores(classes, index: order, table: table, run: run)
            }
            scatter = result.scatter
            neurons = Neurons(tied: result.tied.map { Double($0) / Double(samples) }, isConstant: result.isConstant)
            products = LabelProducts(
                withNeurons: result.weighted, square: result.weights.reduce(0) { $0 + $1 * $1 })
        } else {
            scatter = try Kernels.scatter(of: matrix, groups: groups, run: run)
            if label == .ordinal { products = LabelProducts(of: scatter.means, classes: classes) }
        }
        let covariances = PooledScatter(scatter, classes: groups.classes, samples: samples)
        try covariances.checkVariances(of: matrix)
        let joint = try joint(of: covariances, classes: classes, label: products, run: run)
        let facts =
            neurons
            ?? Neurons(
                tied: [Double](repeating: .nan, count: order),
                isConstant: (0..<order).map { joint.correlation[$0, $0] == 0 })
        return (joint, facts)
    }

    /// The joint distribution that sums of products make.
    /// - Parameters:
    ///   - classes: how many samples each class has
    ///   - products: of the ordinal label; of no account for others
    func joint(
        of covariances: PooledScatter, classes: SampleClasses, label products: LabelProducts, run: Run
    ) throws(InfoLensError) -> GaussianJoint {
        let samples = classes.total
        let correlation = try covariances.correlation(run: run)
        let conditional: [GaussianJoint.Conditional]
        var dimensions = 0
        switch label {
        case .none: conditional = []
        case .classConditional: conditional = try covariances.ofClasses(classes, run: run)
        case .oneHot:
            dimensions = classes.samples.filter { $0 > 0 }.count - 1
            let covariance = try covariances.scaled(group: 0, divisor: Double(samples - 1), run: run)
            conditional = [.init(weight: 1, samples: samples, covariance: covariance)]
        case .ordinal:
            dimensions = products.square > 0 ? 1 : 0
            let covariance = try covariances.residual(
                correlation, products: products.withNeurons, ofOther: products.square, run: run)
            conditional = [.init(weight: 1, samples: samples, covariance: covariance)]
        }
        return GaussianJoint(
            label: label, samples: samples, correlation: correlation, conditional: conditional,
            labelDimensions: dimensions, isCorrected: isCorrected, singular: singular)
    }

    /// About which means samples are taken: the classes' where these are wanted.
    func groups(_ classes: SampleClasses, samples: Int) -> ScatterGroups {
        let isByClass =
            switch label {
            case .none: false
            case .classConditional, .oneHot: true
            // Ranks of the label may differ within a class.
            case .ordinal: copula == nil
            }
        return ScatterGroups(
            classes: isByClass ? classes : SampleClasses(unlabelled: samples), areApart: label == .classConditional)
    }

    /// Takes what stays throughout the call out of the budget.
    private func reserve(
        _ matrix: any ActivationMatrix, _ groups: ScatterGroups, run: Run
    ) throws(InfoLensError) {
        let matrices =
            switch label {
            case .none: 1
            case .classConditional: 1 + min(groups.classes.samples.filter { $0 > 1 }.count + 1, groups.classes.count)
            case .oneHot, .ordinal: 2
            }
        let order = matrix.neurons
        let bytes = [
            groups.bytes(columns: order), saturatingProduct(matrices, order, order, MemoryLayout<Double>.stride),
        ].saturatingSum()
        guard bytes < run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: the covariance matrices of layer "\(matrix.name)", of \(order) neurons, take \(bytes) bytes, but \
                the budget leaves \(run.memory); give the context more, or fewer neurons
                """
            )
        }
        run.reserve(bytes)
    }

    /// The number of each sample's class.
    func numbers(_ classes: SampleClasses) -> [Double] {
        classes.codes.isEmpty ? [Double](repeating: 0, count: classes.total) : classes.codes.map(Double.init)
    }

    /// The ordinal label of each sample about its mean: its class's number, or the number's normal score.
    /// - Parameters:
    ///   - index: of the label among the columns that are ranked
    ///   - table: nil where nothing is ranked
    func labelScores(
        _ classes: SampleClasses, index: Int, table: NormalScoreTable?, run: Run
    ) throws(InfoLensError) -> [Double] {
        // Whatever the ties: a label that is always the same tells nothing.
        guard !classes.codes.isEmpty, classes.samples.filter({ $0 > 0 }).count > 1 else {
            return [Double](repeating: 0, count: classes.total)
        }
        let numbers = numbers(classes)
        var scores = numbers
        if let copula, let table {
            _ = try NormalScorer(table).score(numbers, ties: copula, index: index, into: &scores, run: run)
        }
        let mean = scores.reduce(0, +) / Double(scores.count)
        return scores.map { $0 - mean }
    }
}

/// Sums of products with the ordinal label, about the means.
struct LabelProducts {
    /// Σ of each neuron times the label.
    let withNeurons: [Double]
    /// Σ of the label's square; 0 where it is constant.
    let square: Double

    init(withNeurons: [Double], square: Double) {
        self.withNeurons = withNeurons
        self.square = square
    }

    /// Of the class's number and neurons as they are.
    /// - Parameter means: of each class, [class][neuron]
    init(of means: [[Double]], classes: SampleClasses) {
        let total = Double(classes.total)
        let mean = classes.samples.enumerated().reduce(0) { $0 + Double($1.offset) * Double($1.element) } / total
        var products = [Double](repeating: 0, count: means[0].count)
        var square = 0.0
        let overall = pooledMeans(means, samples: classes.samples)
        for (c, count) in classes.samples.enumerated() where count > 0 {
            let code = Double(c) - mean
            square += Double(count) * code * code
            for i in products.indices { products[i] += Double(count) * code * (means[c][i] - overall[i]) }
        }
        withNeurons = products
        self.square = square
    }
}
