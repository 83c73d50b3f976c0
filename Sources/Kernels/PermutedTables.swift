// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// The whole tables of some neurons for each permutation, for what is no sum over cells.
public struct PermutedTables {
    private let codes: LevelCodes
    private let labels: PermutedLabels
    private let permutations: Int
    private let run: Run
    private let workers: Int
    private let tables: [AlignedBuffer]
    private let cellCount: Int

    /// - Throws: `memory` where the tables are too large for the budget
    public init(codes: LevelCodes, labels: PermutedLabels, permutations: Int, run: Run) throws(InfoLensError) {
        self.codes = codes
        self.labels = labels
        self.permutations = permutations
        self.run = run
        let levels = codes.largestLevels
        let classCount = labels.classes.count
        let (cells, overflow) = levels.multipliedReportingOverflow(by: classCount)
        let bytes = overflow || cells > 1 << 40 ? 1 << 42 : 4 * (cells + levels)
        let budget = PermutedCounts.budget(run) / 2
        guard bytes <= budget else {
            throw InfoLensError(
                .memory,
                """
                memory: a table of \(levels) levels and \(classCount) classes takes \(bytes) bytes, but a third of \
                the budget is \(budget); give the context at least \(3 * bytes) bytes, or use fewer bins
                """
            )
        }
        cellCount = cells
        workers = min(run.threads, codes.neurons.count, budget / bytes)
        var tables: [AlignedBuffer] = []
        for _ in 0..<workers { tables.append(try AlignedBuffer(count: cells + levels, of: UInt32.self)) }
        self.tables = tables
    }

    /// The tables of all permutations; from several threads, for one neuron in ascending order.
    public func permuted(
        _ body: (_ neuron: Int, _ permutation: Int, _ table: ContingencyTable) -> Void
    ) throws(InfoLensError) {
        try labels.forEachBlock(
            permutations: permutations, memory: PermutedCounts.budget(run) / 2, run: run
        ) { (first, block) throws(InfoLensError) in
            try forEachItem(
                count: codes.neurons.count, workers: workers, run: run
            ) { (worker, item) throws(InfoLensError) in
                let neuron = codes.neurons.lowerBound + item
                for (index, labelled) in block.enumerated() {
                    body(neuron, first + index, table(of: neuron, labelled, worker: worker))
                    try run.checkpoint()
                }
                run.advance(by: codes.samples * block.count / PermutedCounts.readsPerUnit)
            }
        }
    }

    private func table(of neuron: Int, _ labelled: UnsafeRawPointer, worker: Int) -> ContingencyTable {
        let levels = codes.levels(of: neuron)
        let classCount = labels.classes.count
        let counts = tables[worker].values(of: UInt32.self)
        let marginal = counts + cellCount
        counts.update(repeating: 0, count: levels * classCount)
        cn_cross_count(
            labelled, Int32(labels.size), codes.codes(of: neuron), Int32(codes.codeSize), Int64(codes.samples),
            Int64(levels), counts)
        marginal.update(repeating: 0, count: levels)
        for c in 0..<classCount {
            for level in 0..<levels { marginal[level] &+= counts[c &* levels &+ level] }
        }
        return ContingencyTable(
            samples: codes.samples, classSamples: labels.classes.samples,
            marginal: UnsafeBufferPointer(start: marginal, count: levels), dense: counts)
    }
}
