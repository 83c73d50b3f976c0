// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A statistic of a neuron's table of levels × classes whose sampling distribution is wanted.
public enum BootstrapStatistic {
    /// Plug-in H(T).
    case entropy
    /// Plug-in I(T;Y).
    case mutualInformation
    /// Anything. Levels and classes that a replicate lacks are listed with 0.
    case general((ContingencyTable) -> Double, leavingOneOut: LeaveOneOut? = nil)

    /// A faster way to the statistic of all tables that lack one sample: is called with the whole table, and what it
    /// returns for every cell in the order of (level, class) with the table less a sample of the cell. These take
    /// turns in the same memory, so that nothing can be read of the whole table any more.
    public typealias LeaveOneOut =
        (_ whole: ContingencyTable) -> (_ less: ContingencyTable, _ cell: SampleCell) -> Double
}

/// What resampling tells of one statistic of one neuron.
public struct BootstrapInterval: Sendable, Equatable {
    /// The statistic of the data.
    public let estimate: Double
    /// Mean of the replicates less the estimate: resamples hold duplicates, which look like information.
    public let bias: Double
    /// Standard deviation over the replicates (divisor B − 1).
    public let deviation: Double
    /// Quantiles of the replicates. NaN where a replicate is.
    public let percentile: ClosedInterval
    /// Bias-corrected and accelerated: Efron 1987, doi:10.1080/01621459.1987.10478410. NaN where all replicates lie
    /// on one side of the estimate, or one is NaN.
    public let bca: ClosedInterval

    public struct ClosedInterval: Sendable, Equatable {
        public let low: Double
        public let high: Double
    }
}

/// Resamples the samples with replacement `replicates` times, each neuron's edges staying as fitted to the data.
///
/// Replicate r draws N samples from a stream that depends on the seed, r and N only; the
/// result has the same bits for every number of threads and budget.
///
/// - Parameters:
///   - replicates: B ≥ 1
///   - confidence: of the intervals, in 0 ..< 1
/// - Returns: for each statistic, one interval a neuron
/// - Throws: as `forEachCodedGroup`; `argument` for 2^32 samples or more; `memory`
public func bootstrap(
    of matrix: any ActivationMatrix, quantizer: Quantizer, classes: SampleClasses, statistics: [BootstrapStatistic],
    replicates: Int, confidence: Double, seed: UInt64, unit: Logarithm, run: Run
) throws(InfoLensError) -> [[BootstrapInterval]] {
    let terms = try PlugInTerms(samples: matrix.samples, unit: unit)
    let missing = BootstrapInterval(
        estimate: .nan, bias: .nan, deviation: .nan, percentile: .init(low: .nan, high: .nan),
        bca: .init(low: .nan, high: .nan))
    var results = [[BootstrapInterval]](
        repeating: [BootstrapInterval](repeating: missing, count: matrix.neurons), count: statistics.count)
    // For each neuron and statistic the replicates, the estimate and the acceleration.
    let width = statistics.count * (replicates + 2)
    try forEachCodedGroup(of: matrix, quantizer: quantizer, bytesPerNeuron: 8 * width, run: run) {
        (codes) throws(InfoLensError) in
        let counts = try ResampledCounts(
            codes: codes, classes: classes, replicates: replicates, seed: seed,
            mostWorkers: ReplicateEvaluator.mostWorkers(statistics, codes: codes, classes: classes, run: run), run: run)
        let evaluator = try ReplicateEvaluator(
            statistics, terms: terms, codes: codes, classes: classes, workers: counts.workers, run: run)
        let memory = try AlignedBuffer(count: codes.neurons.count * width, of: Double.self)
        let values = memory.values(of: Double.self)
        defer { withExtendedLifetime(memory) {} }
        /// Where the values of a statistic of a neuron begin.
        func place(_ neuron: Int, _ statistic: Int) -> UnsafeMutablePointer<Double> {
            values + (neuron - codes.neurons.lowerBound) * width + statistic * (replicates + 2)
        }
        try counts.original { (worker, neuron, _, tables) throws(InfoLensError) in
            try evaluator.evaluate(tables, worker: worker) { statistic, _, value in
                place(neuron, statistic)[replicates] = value
            }
            for statistic in statistics.indices {
                place(neuron, statistic)[replicates + 1] = try evaluator.acceleration(
                    statistic, of: tables, worker: worker)
            }
        }
        try counts.resampled { (worker, neuron, first, tables) throws(InfoLensError) in
            try evaluator.evaluate(tables, worker: worker) { statistic, replicate, value in
                place(neuron, statistic)[first + replicate] = value
            }
        }
        for neuron in codes.neurons {
            for statistic in statistics.indices {
                let place = place(neuron, statistic)
                results[statistic][neuron] = interval(
                    of: UnsafeMutableBufferPointer(start: place, count: replicates), estimate: place[replicates],
                    acceleration: place[replicates + 1], confidence: confidence)
            }
            try run.checkpoint()
        }
    }
    return results
}

/// Units of work that `bootstrap` reports for one layer; at most Int.max.
public func bootstrapWorkUnits(of matrix: any ActivationMatrix, quantizer: Quantizer, replicates: Int) -> Int {
    permutationWorkUnits(of: matrix, quantizer: quantizer, permutations: replicates)
}

/// The interval from the replicates, which are sorted in place.
func interval(
    of replicates: UnsafeMutableBufferPointer<Double>, estimate: Double, acceleration: Double, confidence: Double
) -> BootstrapInterval {
    let n = Double(replicates.count)
    guard !estimate.isNaN, !replicates.contains(where: \.isNaN) else {
        let nothing = BootstrapInterval.ClosedInterval(low: .nan, high: .nan)
        return BootstrapInterval(estimate: estimate, bias: .nan, deviation: .nan, percentile: nothing, bca: nothing)
    }
    // Shifted by the estimate, in the order of the replicates.
    let shift = replicates.reduce(0) { $0 + ($1 - estimate) } / n
    let squares = replicates.reduce(0) { $0 + ($1 - estimate - shift) * ($1 - estimate - shift) }
    // Values that are equal in exact arithmetic may differ by rounding.
    let tie = 1e-12 * max(1, estimate.magnitude)
    let below = replicates.reduce(0) { $0 + ($1 < estimate - tie ? 1 : $1 <= estimate + tie ? 0.5 : 0) }
    var sorted = replicates
    sorted.sort()
    let tail = (1 - confidence) / 2
    let bias = normalQuantile(below / n)
    /// The share of the replicates that lies below the end of the interval whose nominal share is `share`.
    func corrected(_ share: Double) -> Double {
        let z = bias + normalQuantile(share)
        let stretch = 1 - acceleration * z
        // Beyond its pole the correction would turn the ends around.
        return bias.isInfinite || !(stretch > 0) ? .nan : normalDistribution(bias + z / stretch)
    }
    let (lowShare, highShare) = (corrected(tail), corrected(1 - tail))
    let isDefined = !(lowShare.isNaN || highShare.isNaN)
    return BootstrapInterval(
        estimate: estimate, bias: shift, deviation: (squares / (n - 1)).squareRoot(),
        percentile: .init(low: quantile(tail, of: sorted), high: quantile(1 - tail, of: sorted)),
        bca: .init(
            low: quantile(isDefined ? lowShare : .nan, of: sorted),
            high: quantile(isDefined ? highShare : .nan, of: sorted)))
}

/// The quantile of sorted values by linear interpolation at p (n − 1), as numpy.quantile; NaN for NaN.
func quantile(_ p: Double, of sorted: UnsafeMutableBufferPointer<Double>) -> Double {
    guard !p.isNaN, !sorted.isEmpty else { return .nan }
    let position = min(max(p, 0), 1) * Double(sorted.count - 1)
    let index = min(Int(position), sorted.count - 1)
    let (low, high) = (sorted[index], sorted[min(index + 1, sorted.count - 1)])
    let part = position - Double(index)
    return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part)
}
