// SPDX-License-Identifier: Apache-2.0
import Kernels
import Synchronization

/// A statistic of a neuron's table of levels × classes, for its distribution under permuted labels.
public enum PermutationStatistic {
    /// What the margins determine, which no permutation changes, plus Σ `cell(class, count)` over the cells that
    /// are not empty. Hundreds of permutations are counted at once, and equal tables tie exactly.
    case additive(cell: (_ class: Int, _ count: Int) -> Double)
    /// Anything. Each table is built, with the levels that occur, and handed over: a thousand times slower.
    case general((ContingencyTable) -> Double)
}

/// The distribution of each neuron's statistic over random permutations of the labels.
public struct PermutationNull: Sendable {
    /// For each neuron, the permutations whose statistic is at least the observed one, or not a number:
    /// p = (1 + countAtLeast) / (1 + permutations).
    public fileprivate(set) var countAtLeast: [Int]
    /// Mean over the permutations; NaN for none.
    public fileprivate(set) var mean: [Double]
    /// Standard deviation over the permutations (divisor B − 1); NaN for fewer than two.
    public fileprivate(set) var deviation: [Double]
    /// For each permutation the largest statistic of any neuron, infinity where one is NaN whose observed value is
    /// not. Layers join by the larger of their values, because all see the same permutations.
    public fileprivate(set) var maxima: [Double]

    /// How many maxima of a family of neurons reach a neuron's observed value, for its family-wise p value (Westfall
    /// & Young 1993) in the manner of `countAtLeast`.
    /// - Parameter maxima: ascending
    static func countAtLeast(_ observed: Double, sorted maxima: [Double]) -> Int {
        let least = observed - tieTolerance(observed)
        return maxima.count - partitionPoint(maxima.count) { maxima[$0] < least }
    }

    /// By how much float64 values may differ that are equal in exact arithmetic.
    fileprivate static func tieTolerance(_ value: Double) -> Double { 1e-12 * max(1, value.magnitude) }
}

/// Permutes the labels `permutations` times and computes the statistic of each neuron.
///
/// Permutation b depends on the seed, b and the number of samples only, and the result on
/// nothing else but the data: the same bits for every number of threads and budget.
///
/// - Parameters:
///   - observed: the statistic of each neuron under the labels as they are
///   - seed: names the permutations
/// - Throws: as `forEachCodedGroup`; `argument` for 2^32 samples or more; `internal` where a cell's value is not finite
public func labelPermutations(
    of matrix: any ActivationMatrix, quantizer: Quantizer, classes: SampleClasses, observed: [Double],
    permutations: Int, seed: UInt64, statistic: PermutationStatistic, run: Run
) throws(InfoLensError) -> PermutationNull {
    let labels = try PermutedLabels(classes, seed: seed)
    let summaries = try AlignedBuffer(count: matrix.neurons, of: NullSummary.self)
    let maxima = Mutex([Double](repeating: -.infinity, count: permutations))
    let all = summaries.values(of: NullSummary.self)
    defer { withExtendedLifetime(summaries) {} }
    switch statistic {
    case .additive(let cell):
        let tables = try CellTables(classes, cell: cell)
        let observedSums = try AlignedBuffer(count: matrix.neurons, of: Int64.self)
        let sums = observedSums.values(of: Int64.self)
        defer { withExtendedLifetime(observedSums) {} }
        try forEachCodedGroup(of: matrix, quantizer: quantizer, bytesPerNeuron: 0, run: run) {
            (codes) throws(InfoLensError) in
            let counts = try PermutedCounts(
                codes: codes, labels: labels, permutations: permutations, tables: tables, run: run)
            try counts.observed { neuron, sum in sums[neuron] = sum }
            try counts.permuted { neuron, first, permuted in
                let tolerance = tables.tolerance(cells: min(codes.levels(of: neuron) * classes.count, codes.samples))
                // Differences have the precision of the sums; values have that of the statistic.
                for sum in permuted {
                    let difference = sum &- sums[neuron]
                    all[neuron].add(Double(difference) * tables.unit, isAtLeast: difference >= -tolerance)
                }
                maxima.withLock { maxima in
                    for (index, sum) in permuted.enumerated() {
                        let value = observed[neuron] + Double(sum &- sums[neuron]) * tables.unit
                        if value > maxima[first + index] { maxima[first + index] = value }
                    }
                }
            }
        }
    case .general(let statistic):
        try forEachCodedGroup(of: matrix, quantizer: quantizer, bytesPerNeuron: 0, run: run) {
            (codes) throws(InfoLensError) in
            let tables = try PermutedTables(codes: codes, labels: labels, permutations: permutations, run: run)
            try tables.permuted { neuron, permutation, table in
                let value = statistic(table)
                let least = observed[neuron] - PermutationNull.tieTolerance(observed[neuron])
                all[neuron].add(value - observed[neuron], isAtLeast: !(value < least))
                // A statistic that is not a number may be any, as large as any observed one among them.
                let most = value.isNaN && !observed[neuron].isNaN ? .infinity : value
                maxima.withLock { if most > $0[permutation] { $0[permutation] = most } }
            }
        }
    }
    let neurons = 0..<matrix.neurons
    return PermutationNull(
        countAtLeast: neurons.map { all[$0].atLeast }, mean: neurons.map { observed[$0] + all[$0].mean },
        deviation: neurons.map { all[$0].deviation }, maxima: maxima.withLock { $0 })
}

/// Units of work that `labelPermutations` reports for one layer; at most Int.max.
public func permutationWorkUnits(
    of matrix: any ActivationMatrix, quantizer: Quantizer, permutations: Int
) -> Int {
    saturatingProduct(
        matrix.samples, matrix.neurons, passes(of: quantizer) + permutations / PermutedCounts.readsPerUnit)
}

/// What is kept of a neuron while its permutations pass, in order: differences from the observed value.
private struct NullSummary: BitwiseCopyable {
    var atLeast: Int
    private var count: Int
    private var reference: Double
    private var sum: Double
    private var squares: Double

    /// Sums are shifted by the first value, so that equal values have no deviation.
    mutating func add(_ value: Double, isAtLeast: Bool) {
        if count == 0 { reference = value }
        let difference = value - reference
        count &+= 1
        sum += difference
        squares += difference * difference
        if isAtLeast { atLeast &+= 1 }
    }

    var mean: Double { count > 0 ? reference + sum / Double(count) : .nan }

    var deviation: Double {
        guard count > 1 else { return .nan }
        let n = Double(count)
        return (max(squares - sum * sum / n, 0) / (n - 1)).squareRoot()
    }
}
