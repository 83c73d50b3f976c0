// SPDX-License-Identifier: Apache-2.0

/// Turns columns of a matrix into normal scores, several at a time: the table of scores, and what each worker needs.
public struct ColumnScoring: Sendable {
    public let table: NormalScoreTable
    public let ties: TieRule
    private let scorers: [ScorerBox]

    /// Each worker uses its own.
    private struct ScorerBox: @unchecked Sendable { let scorer: NormalScorer }

    var workers: Int { scorers.count }

    /// Bytes for `workers` of them; at most Int.max.
    public static func bytes(samples: Int, workers: Int) -> Int {
        [NormalScoreTable.bytes(samples: samples), saturatingProduct(workers, NormalScorer.bytes(samples: samples))]
            .saturatingSum()
    }

    /// - Throws: `memory`
    public init(table: NormalScoreTable, ties: TieRule, workers: Int) throws(InfoLensError) {
        self.table = table
        self.ties = ties
        var scorers: [ScorerBox] = []
        for _ in 0..<workers { scorers.append(ScorerBox(scorer: try NormalScorer(table))) }
        self.scorers = scorers
    }

    /// Units of work, about nanoseconds, that `fill` reports for each value.
    public static let unitsPerValue = 8

    /// Reads columns, one after another, and puts their scores in their place.
    ///
    /// - Parameters:
    ///   - columns: receives N values a neuron
    ///   - memory: bytes for reading rows
    ///   - body: called once a neuron, several at a time, with its scores, which it may overwrite, and with whether it
    ///     is constant and how many samples have a value that another has too
    /// - Throws: `numeric` at NaN or infinity, naming the first; what `matrix.read` and `body` throw
    public func fill(
        _ columns: UnsafeMutablePointer<Double>, of matrix: any ActivationMatrix, neurons: Range<Int>, memory: Int,
        run: Run,
        body: (_ neuron: Int, _ scores: UnsafeMutablePointer<Double>, _ isConstant: Bool, _ tied: Int)
            throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        let samples = matrix.samples
        try readColumns(of: matrix, columns: Array(neurons)[...], into: columns, memory: memory, run: run)
        try forEachItem(count: neurons.count, workers: workers, run: run) { (worker, item) throws(InfoLensError) in
            let column = columns + item &* samples
            let isConstant = (0..<samples).allSatisfy { column[$0] == column[0] }
            let neuron = neurons.lowerBound + item
            let tied = try scorers[worker].scorer.score(column, ties: ties, index: neuron, into: column, run: run)
            try body(neuron, column, isConstant, tied)
            run.advance(by: samples &* ColumnScoring.unitsPerValue)
        }
    }
}
