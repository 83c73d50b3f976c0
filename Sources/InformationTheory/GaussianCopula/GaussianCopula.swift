// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// Mutual information of variables that are jointly normal after a copula transform (Ince et al. 2017,
/// doi:10.1002/hbm.23471): how it is estimated. The measures are in files of their own.
///
/// A column whose normal scores do not vary tells nothing and is left out; where nothing is left the information is 0.
/// Entropies leave out d/2 log 2πe, which cancels in every measure.
public struct GaussianCopula: Sendable {
    public let ties: TieRule
    /// Whether Gaussian entropies are corrected for few samples.
    public let isCorrected: Bool
    /// Of mixtures of several columns.
    public let points: SigmaPoints

    /// What labels are called.
    public struct Labels: Sendable {
        public let argument: String
        public let classes: SampleClasses
        public let className: @Sendable (Int) -> String

        public init(argument: String, classes: SampleClasses, className: @escaping @Sendable (Int) -> String) {
            self.argument = argument
            self.classes = classes
            self.className = className
        }
    }

    /// Of a variable, the least share of its variance that others may leave for it not to be determined by them: float64
    /// keeps about four digits of it.
    static let leastShare = 1e-12

    public init(ties: TieRule = .average, isCorrected: Bool = true, points: SigmaPoints = .columns) {
        self.ties = ties
        self.isCorrected = isCorrected
        self.points = points
    }

    /// The joint distribution of the columns' normal scores.
    func joint(
        of columns: any ActivationMatrix, classes: SampleClasses? = nil, run: Run
    ) throws(InfoLensError) -> GaussianJoint {
        // Whether a class has a density is decided by its factor, which tells which column has none.
        let fit = GaussianFit(copula: ties, label: classes == nil ? .none : .classConditional, singular: 0)
        return try fit.joint(
            of: columns, classes: classes ?? SampleClasses(unlabelled: columns.samples), run: run
        ).joint
    }

    /// Units of work that a joint distribution takes; at most Int.max.
    public func workUnits(of columns: any ActivationMatrix) -> Int { GaussianFit(copula: ties).workUnits(of: columns) }

    /// Takes the lists of the samples of each class out of the budget.
    func reserveRows(_ labels: Labels, run: Run) throws(InfoLensError) {
        try reserve(
            saturatingProduct(labels.classes.total, MemoryLayout<Int>.stride), "the samples of each class", run: run)
    }

    /// Takes bytes out of the budget.
    /// - Throws: `memory` where it does not hold them
    func reserve(_ bytes: Int, _ what: String, run: Run) throws(InfoLensError) {
        guard bytes < run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: \(what) take \(bytes) bytes, but the budget leaves \(run.memory); give the context more, or fewer \
                columns
                """)
        }
        run.reserve(bytes)
    }

    /// The bias of an entropy, if it is to be corrected.
    func bias(variables: Int, samples: Int) -> Double {
        isCorrected ? gaussianEntropyBias(variables: variables, samples: samples) : 0
    }
}

extension GaussianJoint {
    /// The columns whose scores vary, among these.
    func varying(_ columns: Range<Int>) -> [Int] { columns.filter { correlation[$0, $0] > 0 } }
}

/// The lower Cholesky factor of the covariance of some variables.
struct CovarianceFactor {
    let order: Int
    private let memory: AlignedBuffer
    /// Row-major; below and on the diagonal.
    var values: UnsafeMutablePointer<Double> { memory.values(of: Double.self) }

    /// - Parameter singular: makes the error for the place, among `columns`, of the first that those before determine
    /// - Throws: `memory`, and what `singular` makes
    init(
        _ matrix: SymmetricMatrix, columns: [Int], run: Run, singular: (Int) -> InfoLensError
    ) throws(InfoLensError) {
        order = columns.count
        let bytes = saturatingProduct(order, order, MemoryLayout<Double>.stride)
        guard bytes <= run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: a covariance of \(order) columns takes \(bytes) bytes, but the budget leaves \(run.memory); give \
                the context more, or fewer columns
                """)
        }
        memory = try AlignedBuffer(byteCount: bytes, cleared: false)
        for (i, row) in columns.enumerated() {
            for (j, column) in columns[...i].enumerated() { values[i * order + j] = matrix[row, column] }
        }
        if let place = choleskyFactor(values, order, least: GaussianCopula.leastShare) { throw singular(place) }
    }

    /// log det of the covariance of the first `count` variables.
    func logDeterminant(first count: Int) -> Double {
        2 * (0..<count).reduce(0) { $0 + log(values[$1 * order + $1]) }
    }

    var logDeterminant: Double { logDeterminant(first: order) }
}
