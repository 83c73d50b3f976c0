// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// The scatter of normal scores, and what the ranks tell besides.
public struct ScoreScatter: Sendable {
    public let scatter: Scatter
    /// For each column, how many samples have a value that another has too.
    public let tied: [Int]
    public let isConstant: [Bool]
    /// The weights, and for each column Σ of its centred scores times these; empty where none were asked for.
    public let weights: [Double]
    public let weighted: [Double]
}

/// The scatter of the normal scores of a matrix's columns.
///
/// Ranks take whole columns: as many of them are in memory as the budget allows. Where these are not all, each group of
/// columns meets all later ones, which are read and ranked again.
///
/// - Parameters:
///   - makeTable: makes the table of scores, once it is known that the budget suffices
///   - weights: makes a number a sample, to be multiplied with the scores; none if it is empty
/// - Throws: `memory` when the budget does not hold two columns (the caller has reserved `ScatterGroups.bytes`);
///   `numeric` at NaN or infinity, naming the first; what `matrix.read` throws
public func scatterOfScores(
    of matrix: any ActivationMatrix, ties: TieRule, groups: ScatterGroups, run: Run,
    makeTable: () throws(InfoLensError) -> NormalScoreTable,
    weights: (NormalScoreTable) throws(InfoLensError) -> [Double]
) throws(InfoLensError) -> ScoreScatter {
    let (samples, columns) = (matrix.samples, matrix.neurons)
    let plan = try StripPlan(of: matrix, groups: groups, run: run)
    let table = try makeTable()
    let scoring = try ColumnScoring(table: table, ties: ties, workers: plan.workers)
    let summed = groups.summed
    let sums = try ScatterSums(columns: columns, groups: summed.count)
    let facts = try ColumnFacts(columns: columns, groups: groups.classes, weights: try weights(table))
    func read(_ neurons: Range<Int>, into strip: AlignedBuffer) throws(InfoLensError) {
        try scoring.fill(
            strip.values(of: Double.self), of: matrix, neurons: neurons, memory: plan.reading, run: run
        ) { neuron, scores, isConstant, tied in
            facts.take(scores, of: neuron, isConstant: isConstant, tied: tied)
        }
    }
    func relate(
        _ first: Range<Int>, _ strip: AlignedBuffer, _ second: Range<Int>?, _ otherStrip: AlignedBuffer
    ) throws(InfoLensError) {
        let packed = try PackedRows(
            columns: first, others: second, totalColumns: columns, classes: summed, samples: samples,
            bytes: plan.packed)
        try packed.forEachFilling(samples: samples) { (rows) throws(InfoLensError) in
            try pack(strip, first, isOther: false, rows: rows, into: packed, samples: samples, run: run)
            if let second {
                try pack(otherStrip, second, isOther: true, rows: rows, into: packed, samples: samples, run: run)
            }
        } body: { () throws(InfoLensError) in
            try sums.add(packed, run: run)
        }
    }
    let strip = try AlignedBuffer(byteCount: saturatingProduct(plan.width, samples, 8), cleared: false)
    let isWhole = plan.width >= columns
    let otherStrip = isWhole ? strip : try AlignedBuffer(byteCount: plan.width * samples * 8, cleared: false)
    for from in stride(from: 0, to: columns, by: plan.width) {
        let first = from..<min(from + plan.width, columns)
        try read(first, into: strip)
        try relate(first, strip, nil, strip)
        for later in stride(from: first.upperBound, to: columns, by: plan.width) {
            let second = later..<min(later + plan.width, columns)
            try read(second, into: otherStrip)
            try relate(first, strip, second, otherStrip)
        }
    }
    return facts.result(sums)
}

/// Units of work, about nanoseconds, that `scatterOfScores` reports, if all columns fit in memory.
public func scoreScatterWorkUnits(of matrix: any ActivationMatrix) -> Int {
    [
        saturatingProduct(ColumnScoring.unitsPerValue, matrix.samples, matrix.neurons),
        scatterWorkUnits(of: matrix),
    ].saturatingSum()
}

/// How the budget is shared out.
private struct StripPlan {
    /// Columns in memory together.
    let width: Int
    let workers: Int
    /// Bytes for reading rows, and for packed ones.
    let reading: Int
    let packed: Int

    init(of matrix: any ActivationMatrix, groups: ScatterGroups, run: Run) throws(InfoLensError) {
        let (samples, columns) = (matrix.samples, matrix.neurons)
        let column = samples * MemoryLayout<Double>.stride
        let summed = groups.areApart ? groups.classes.count : 1
        let rows = PackedRows.windowRows(samples: samples, columns: columns, groups: summed)
        func window(_ columns: Int) -> Int {
            PackedRows.bytes(
                windowRows: rows, panels: (columns + ScatterSums.width - 2) / ScatterSums.width + 1, groups: summed)
        }
        reading = run.memory / 4
        let rest = run.memory - reading
        func need(width: Int, workers: Int) -> Int {
            let strips = width >= columns ? 1 : 2
            return [
                ColumnScoring.bytes(samples: samples, workers: workers), saturatingProduct(strips, width, column),
                strips * window(width),
            ].saturatingSum()
        }
        guard need(width: 1, workers: 1) <= rest else {
            throw InfoLensError(
                .memory,
                """
                memory: ranking the neurons of layer "\(matrix.name)" takes \(need(width: 1, workers: 1) / 3 * 4) bytes \
                beside its matrices, but the budget leaves \(run.memory); give the context more
                """
            )
        }
        var workers = min(run.threads, columns)
        while workers > 1, need(width: 1, workers: workers) > rest / 2 { workers -= 1 }
        self.workers = workers
        // All columns, or the most of which two groups fit.
        var width = columns
        if need(width: columns, workers: workers) > rest {
            var (fits, fails) = (1, columns)
            while fails - fits > 1 {
                let middle = (fits + fails) / 2
                if need(width: middle, workers: workers) <= rest { fits = middle } else { fails = middle }
            }
            width = fits
        }
        self.width = width
        let strips = width >= columns ? 1 : 2
        let left = rest - need(width: width, workers: workers) + strips * window(width)
        packed = max(strips * window(width), min(left, packedBytes))
    }
}

/// What is known of each column once it was ranked. Columns are taken by several workers, each column by one at a time.
private final class ColumnFacts: @unchecked Sendable {
    private let columns: Int
    private let groups: SampleClasses
    private let weights: [Double]
    private let memory: AlignedBuffer
    private let tied: AlignedBuffer
    /// [class][column], then for each column the weighted sum.
    private var means: UnsafeMutablePointer<Double> { memory.values(of: Double.self) }

    init(columns: Int, groups: SampleClasses, weights: [Double]) throws(InfoLensError) {
        self.columns = columns
        self.groups = groups
        self.weights = weights
        memory = try AlignedBuffer(count: columns * (groups.count + 1), of: Double.self)
        // Twice the number of samples, and whether it is constant.
        tied = try AlignedBuffer(count: columns, of: Int.self)
    }

    /// Centres the scores of a column. A column that is read again gives the same.
    func take(_ scores: UnsafeMutablePointer<Double>, of neuron: Int, isConstant: Bool, tied count: Int) {
        tied.values(of: Int.self)[neuron] = 2 * count + (isConstant ? 1 : 0)
        let mean = groups.centre(scores, counts: groups.samples)
        for c in 0..<groups.count { means[c * columns + neuron] = mean[c] }
        let samples = groups.total
        guard !weights.isEmpty else { return }
        var sum = 0.0
        for i in 0..<samples { sum += weights[i] * scores[i] }
        means[groups.count * columns + neuron] = sum
    }

    func result(_ sums: ScatterSums) -> ScoreScatter {
        let counts = tied.values(of: Int.self)
        func row(_ index: Int) -> [Double] {
            Array(UnsafeBufferPointer(start: means + index * columns, count: columns))
        }
        return ScoreScatter(
            scatter: Scatter(sums: sums, means: (0..<groups.count).map(row)),
            tied: (0..<columns).map { counts[$0] / 2 }, isConstant: (0..<columns).map { counts[$0] % 2 == 1 },
            weights: weights, weighted: weights.isEmpty ? [] : row(groups.count))
    }
}

/// Packs rows of columns that lie one after the other.
func pack(
    _ strip: AlignedBuffer, _ columns: Range<Int>, isOther: Bool, rows: Range<Int>, into packed: PackedRows,
    samples: Int, run: Run
) throws(InfoLensError) {
    let panels = isOther ? packed.others : packed.panels
    let width = ScatterSums.width
    try forEachItem(count: packed.windows * panels.count, workers: run.threads, run: run) { _, item in
        let (window, index) = item.quotientAndRemainder(dividingBy: panels.count)
        let panel = panels.lowerBound + index
        let part = columns.clamped(to: panel * width..<(panel + 1) * width)
        let first = rows.lowerBound + window * packed.windowRows
        let values = strip.values(of: Double.self) + (part.lowerBound - columns.lowerBound) * samples + first
        let target = packed.panel(panel, isOther: isOther, window: window, row: 0)
        let count = min(packed.windowRows, rows.upperBound - first)
        // Columns that are not here must be 0.
        if part.count < width { target.update(repeating: 0, count: count * width) }
        cn_to_rows(
            values, Int64(samples), Int64(count), Int64(part.count), packed.places(window: window),
            target + (part.lowerBound - panel * width), Int64(width))
    }
}
