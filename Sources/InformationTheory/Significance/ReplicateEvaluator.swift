// SPDX-License-Identifier: Apache-2.0
import Kernels

/// n log n / N of all counts n of a table of N samples, in fixed point, so that sums of them are exact.
struct PlugInTerms: @unchecked Sendable {
    let samples: Int
    let unit: Double
    /// The term of each count 0 ... samples.
    let values: UnsafePointer<Int64>
    private let tables: CellTables

    init(samples: Int, unit: Logarithm) throws(InfoLensError) {
        self.samples = samples
        tables = try CellTables(SampleClasses(unlabelled: samples)) { _, count in
            Double(count) * unit(Double(count)) / Double(samples)
        }
        self.unit = tables.unit
        guard let values = tables.pointers[0] else {
            throw InfoLensError(.internal, "a table of terms has no entries")
        }
        self.values = values
    }

    subscript(_ count: UInt32) -> Int64 { values[Int(count)] }
    subscript(_ count: Int) -> Int64 { values[count] }
}

/// Evaluates statistics on blocks of resampled tables.
struct ReplicateEvaluator {
    private let statistics: [BootstrapStatistic]
    private let terms: PlugInTerms
    private let classCount: Int
    private let usesTerms: Bool
    private let closures: [(index: Int, statistic: (ContingencyTable) -> Double)]
    private let run: Run
    /// Replicates whose tables are in memory at a time.
    private let tablesAtOnce: Int
    private let tableSize: Int
    private let scratch: [Scratch]

    private static let lanes = ResampledTables.mostReplicates

    private struct Scratch {
        /// Σ over cells, Σ over levels, samples of the current level; one each a replicate.
        let sums: AlignedBuffer
        let level: AlignedBuffer
        let tables: AlignedBuffer
    }

    /// Counters of the largest table and its margin.
    private static func tableSize(_ codes: LevelCodes, _ classes: SampleClasses) -> Int {
        let levels = codes.largestLevels
        let (cells, overflow) = levels.multipliedReportingOverflow(by: classes.count)
        return overflow || cells > 1 << 40 ? 1 << 40 : cells + levels
    }

    /// Workers whose tables a sixth of the budget holds, or 1.
    static func mostWorkers(
        _ statistics: [BootstrapStatistic], codes: LevelCodes, classes: SampleClasses, run: Run
    ) -> Int {
        let needsTables = statistics.contains { if case .general = $0 { true } else { false } }
        return needsTables ? max(1, run.memory / 6 / (4 * tableSize(codes, classes))) : run.threads
    }

    /// - Parameter workers: at most `mostWorkers`
    /// - Throws: `memory` where a table exceeds a sixth of the budget
    init(
        _ statistics: [BootstrapStatistic], terms: PlugInTerms, codes: LevelCodes, classes: SampleClasses,
        workers: Int, run: Run
    ) throws(InfoLensError) {
        self.statistics = statistics
        self.terms = terms
        self.run = run
        classCount = classes.count
        var closures: [(index: Int, statistic: (ContingencyTable) -> Double)] = []
        for (index, statistic) in statistics.enumerated() {
            if case .general(let closure, _) = statistic { closures.append((index, closure)) }
        }
        self.closures = closures
        usesTerms = closures.count < statistics.count
        tableSize = ReplicateEvaluator.tableSize(codes, classes)
        let budget = run.memory / 6 / workers
        guard closures.isEmpty || 4 * tableSize <= budget else {
            throw InfoLensError(
                .memory,
                """
                memory: the table of a neuron with \(classes.count) classes takes \(4 * tableSize) bytes, but a sixth of \
                the budget is \(budget); give the context at least \(24 * tableSize) bytes, or use fewer bins
                """
            )
        }
        tablesAtOnce = closures.isEmpty ? 0 : min(ReplicateEvaluator.lanes, budget / (4 * tableSize))
        var scratch: [Scratch] = []
        for _ in 0..<workers {
            scratch.append(
                Scratch(
                    sums: try AlignedBuffer(count: 2 * ReplicateEvaluator.lanes, of: Int64.self),
                    level: try AlignedBuffer(count: ReplicateEvaluator.lanes, of: UInt32.self),
                    tables: try AlignedBuffer(count: tablesAtOnce * tableSize, of: UInt32.self)))
        }
        self.scratch = scratch
    }

    /// Calls `result` with the value of every statistic for every replicate of the block.
    func evaluate(
        _ tables: ResampledTables, worker: Int, result: (_ statistic: Int, _ replicate: Int, _ value: Double) -> Void
    ) throws(InfoLensError) {
        if usesTerms {
            let (cells, levels) = try sums(of: tables, worker: worker)
            for replicate in 0..<tables.count {
                let classes = tables.classSamples[replicate].reduce(Int64(0)) { $0 + terms[$1] }
                for (index, statistic) in statistics.enumerated() {
                    switch statistic {
                    case .entropy: result(index, replicate, entropy(levels: levels[replicate], samples: terms.samples))
                    case .mutualInformation:
                        result(
                            index, replicate,
                            information(
                                cells: cells[replicate], levels: levels[replicate], classes: classes,
                                samples: terms.samples))
                    case .general: break
                    }
                }
            }
        }
        guard !closures.isEmpty else { return try tables.finish(0..<tables.count) }
        for first in stride(from: 0, to: tables.count, by: tablesAtOnce) {
            let block = first..<min(first + tablesAtOnce, tables.count)
            try fill(tables, replicates: block, worker: worker)
            for replicate in block {
                let table = table(
                    at: replicate - first, levels: tables.levels, classSamples: tables.classSamples[replicate],
                    samples: terms.samples, worker: worker)
                for (index, closure) in closures { result(index, replicate, closure(table)) }
                try tables.finish(replicate..<replicate + 1)
            }
        }
    }

    // In exact arithmetic neither is negative.
    private func entropy(levels: Int64, samples: Int) -> Double {
        Double(max(terms[samples] - levels, 0)) * terms.unit * (Double(terms.samples) / Double(samples))
    }

    private func information(cells: Int64, levels: Int64, classes: Int64, samples: Int) -> Double {
        let sum = terms[samples] - levels - classes + cells
        return Double(max(sum, 0)) * terms.unit * (Double(terms.samples) / Double(samples))
    }

    /// Σ terms over cells and over levels, for each replicate.
    private func sums(
        of tables: ResampledTables, worker: Int
    ) throws(InfoLensError) -> (cells: UnsafeMutablePointer<Int64>, levels: UnsafeMutablePointer<Int64>) {
        let cells = scratch[worker].sums.values(of: Int64.self)
        let levels = cells + ReplicateEvaluator.lanes
        let inLevel = scratch[worker].level.values(of: UInt32.self)
        let (count, values) = (tables.count, terms.values)
        cells.update(repeating: 0, count: 2 * ReplicateEvaluator.lanes)
        inLevel.update(repeating: 0, count: count)
        func finishLevel() {
            for replicate in 0..<count {
                levels[replicate] &+= values[Int(inLevel[replicate])]
                inLevel[replicate] = 0
            }
        }
        var level: UInt32 = 0
        try tables.forEachCell(of: 0..<count) { cell, counts in
            if cell.level != level { finishLevel() }
            level = cell.level
            for replicate in 0..<count {
                let n = counts[replicate]
                cells[replicate] &+= values[Int(n)]
                inLevel[replicate] &+= n
            }
        }
        finishLevel()
        return (cells, levels)
    }

    /// Writes the dense tables of some replicates: [class][level], then the levels' margins.
    private func fill(_ tables: ResampledTables, replicates: Range<Int>, worker: Int) throws(InfoLensError) {
        let base = scratch[worker].tables.values(of: UInt32.self)
        base.update(repeating: 0, count: replicates.count * tableSize)
        let levels = tables.levels
        try tables.forEachCell(of: replicates) { cell, counts in
            let place = base + Int(cell.label) * levels + Int(cell.level)
            let margin = base + classCount * levels + Int(cell.level)
            for (index, count) in counts.enumerated() {
                place[index * tableSize] = count
                margin[index * tableSize] &+= count
            }
        }
    }

    private func table(
        at index: Int, levels: Int, classSamples: [Int], samples: Int, worker: Int
    ) -> ContingencyTable {
        let base = scratch[worker].tables.values(of: UInt32.self) + index * tableSize
        return ContingencyTable(
            samples: samples, classSamples: classSamples,
            marginal: UnsafeBufferPointer(start: base + classCount * levels, count: levels), dense: base)
    }

    /// Efron's acceleration Σ d³ / 6 (Σ d²)^1.5, d the mean of the statistic over the data less one sample minus its
    /// value: samples of the same cell have the same. 0 where all are equal, and for one sample.
    /// - Parameter tables: of the data
    func acceleration(_ statistic: Int, of tables: ResampledTables, worker: Int) throws(InfoLensError) -> Double {
        guard terms.samples > 1 else { return 0 }
        return InformationTheory.acceleration(of: try jackknife(statistic, of: tables, worker: worker))
    }

    /// The statistic of the data less one sample of each cell, with the samples of the cell; for two samples or more.
    func jackknife(
        _ statistic: Int, of tables: ResampledTables, worker: Int
    ) throws(InfoLensError) -> [(weight: Double, value: Double)] {
        let samples = terms.samples
        var values: [(weight: Double, value: Double)] = []
        values.reserveCapacity(tables.cells.count)
        switch statistics[statistic] {
        case .general(let closure, let leavingOneOut):
            try fill(tables, replicates: 0..<1, worker: worker)
            var classSamples = tables.classSamples[0]
            func filled(_ samples: Int) -> ContingencyTable {
                table(at: 0, levels: tables.levels, classSamples: classSamples, samples: samples, worker: worker)
            }
            let value = leavingOneOut.map { $0(filled(samples)) } ?? { less, _ in closure(less) }
            let base = scratch[worker].tables.values(of: UInt32.self)
            for cell in tables.cells {
                let place = base + Int(cell.label) * tables.levels + Int(cell.level)
                let margin = base + classCount * tables.levels + Int(cell.level)
                let count = place.pointee
                classSamples[Int(cell.label)] -= 1
                place.pointee -= 1
                margin.pointee -= 1
                values.append((Double(count), value(filled(samples - 1), cell)))
                classSamples[Int(cell.label)] += 1
                place.pointee += 1
                margin.pointee += 1
                try run.checkpoint()
            }
        case .entropy, .mutualInformation:
            let (cellSums, levelSums) = try sums(of: tables, worker: worker)
            let classes = tables.classSamples[0].reduce(Int64(0)) { $0 + terms[$1] }
            /// What a term loses with one sample.
            func loss(_ count: Int) -> Int64 { terms[count] - terms[count - 1] }
            var margins = [Int](repeating: 0, count: tables.levels)
            try tables.forEachCell(of: 0..<1) { cell, counts in margins[Int(cell.level)] += Int(counts[0]) }
            try tables.forEachCell(of: 0..<1) { cell, counts in
                let levels = levelSums[0] - loss(margins[Int(cell.level)])
                let value: Double =
                    if case .entropy = statistics[statistic] {
                        entropy(levels: levels, samples: samples - 1)
                    } else {
                        information(
                            cells: cellSums[0] - loss(Int(counts[0])), levels: levels,
                            classes: classes - loss(tables.classSamples[0][Int(cell.label)]), samples: samples - 1)
                    }
                values.append((Double(counts[0]), value))
            }
        }
        return values
    }
}

/// Efron's acceleration from the jackknife's distinct values and how many samples have each.
func acceleration(of values: [(weight: Double, value: Double)]) -> Double {
    let weight = values.reduce(0) { $0 + $1.weight }
    let mean = values.reduce(0) { $0 + $1.weight * $1.value } / weight
    let (squares, cubes) = values.reduce((0.0, 0.0)) { sums, entry in
        let d = mean - entry.value
        return (sums.0 + entry.weight * d * d, sums.1 + entry.weight * d * d * d)
    }
    // Values that are equal in exact arithmetic may differ by rounding.
    let tie = 1e-12 * max(1, mean.magnitude)
    return squares <= weight * tie * tie ? 0 : cubes / (6 * squares * squares.squareRoot())
}
