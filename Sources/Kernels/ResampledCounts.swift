// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// The tables of some neurons in bootstrap replicates, with their levels as they are.
///
/// A cell's count is the sum of the weights of its samples. Blocks of replicates are drawn
/// once for all neurons: hundreds, or where their weights do not fit, as many as do.
public struct ResampledCounts {
    private let codes: LevelCodes
    private let classes: SampleClasses
    private let replicates: Int
    private let run: Run
    private let weights: ResampledWeights
    private let byClass: AlignedBuffer
    private let tools: [Tool]

    /// Cells whose totals are held at a time.
    fileprivate static let chunk = 64

    private final class Tool: Sendable {
        let runs: CellRuns
        let totals: AlignedBuffer
        let scratch: AlignedBuffer

        init(samples: Int, levels: Int, cells: Int, lanes: Int, scratchBytes: Int) throws(InfoLensError) {
            runs = try CellRuns(samples: samples, levels: levels, cells: cells)
            totals = try AlignedBuffer(count: chunk * lanes, of: UInt32.self)
            scratch = try AlignedBuffer(byteCount: scratchBytes)
        }
    }

    /// - Parameter mostWorkers: for how many the caller has room, ≥ 1
    /// - Throws: `memory` where the weights of one replicate exceed half of the budget; `argument` for 2^32
    ///   samples or more
    public init(
        codes: LevelCodes, classes: SampleClasses, replicates: Int, seed: UInt64, mostWorkers: Int, run: Run
    ) throws(InfoLensError) {
        self.codes = codes
        self.classes = classes
        self.replicates = replicates
        self.run = run
        let samples = codes.samples
        let levels = codes.largestLevels
        let cells = min(levels.multipliedReportingOverflow(by: classes.count).partialValue, samples)
        let runBytes = CellRuns.bytes(samples: samples, levels: levels, cells: cells)
        let budget = run.memory / 2 - 4 * samples

        let scratchBytes = ResampledWeights.slicedScratchBytes(samples: samples)
        let slicedTool = runBytes + ResampledCounts.chunk * SampleSlices.lanes * 4 + scratchBytes
        let sliced = ResampledWeights.slicedBytes(samples: samples, classes: classes.count, workers: 1)
        let isSliced = sliced + slicedTool <= budget
        // A plain replicate has totals in every tool.
        let plain = ResampledWeights.plainBytes(samples: samples, classes: classes.count)
        let totalBytes = ResampledCounts.chunk * 4

        let toolBytes = isSliced ? slicedTool : runBytes
        let shared = isSliced ? sliced : plain + totalBytes
        guard shared + toolBytes <= budget else {
            let needed = shared + toolBytes + 4 * samples
            throw InfoLensError(
                .memory,
                """
                memory: one bootstrap replicate of \(samples) samples takes \(needed) bytes, but half of the budget is \
                \(run.memory / 2); give the context at least \(2 * needed) bytes
                """
            )
        }
        // On slices each further worker fills its part of them; plain weights get half of what is left.
        let further =
            isSliced
            ? toolBytes - sliced
                + ResampledWeights.slicedBytes(samples: samples, classes: classes.count, workers: 2) : 2 * toolBytes
        workers = min(
            run.threads, codes.neurons.count, mostWorkers, 1 + (budget - shared - toolBytes) / further)
        let block = min((budget - workers * toolBytes) / (plain + workers * totalBytes), SampleSlices.lanes, replicates)
        weights = try ResampledWeights(classes, seed: seed, workers: workers, plain: isSliced ? nil : max(block, 1))
        byClass = try AlignedBuffer(count: samples, of: UInt32.self)
        var tools: [Tool] = []
        for _ in 0..<workers {
            tools.append(
                try Tool(
                    samples: samples, levels: levels, cells: cells, lanes: weights.lanes,
                    scratchBytes: isSliced ? scratchBytes : 0))
        }
        self.tools = tools
        orderByClass()
    }

    /// Calls `body` with the table of each neuron as it is, as a block of one replicate.
    public func original(_ body: Body) throws(InfoLensError) {
        try forEachNeuron(first: 0, classSamples: [classes.samples], weights: nil, body)
    }

    /// Calls `body` with all replicates of each neuron, in blocks; for one neuron in ascending order.
    public func resampled(_ body: Body) throws(InfoLensError) {
        for first in stride(from: 0, to: replicates, by: weights.lanes) {
            try weights.draw(first..<min(first + weights.lanes, replicates), run: run)
            try forEachNeuron(first: first, classSamples: weights.classSamples, weights: weights, body)
        }
    }

    /// Workers that `body` may be called from: 0 ..< workers.
    public let workers: Int

    /// Called from several threads; the tables are lent for the call.
    public typealias Body = (_ worker: Int, _ neuron: Int, _ first: Int, _ tables: ResampledTables)
        throws(InfoLensError) -> Void

    private func forEachNeuron(
        first: Int, classSamples: [[Int]], weights: ResampledWeights?, _ body: Body
    ) throws(InfoLensError) {
        try forEachItem(count: codes.neurons.count, workers: workers, run: run) {
            (worker, item) throws(InfoLensError) in
            let neuron = codes.neurons.lowerBound + item
            let tool = tools[worker]
            let (runs, cells) = tool.runs.sortCells(
                codes, neuron: neuron, classes: classes, byClass: byClass.values(of: UInt32.self))
            try body(
                worker, neuron, first,
                ResampledTables(
                    levels: codes.levels(of: neuron), cells: cells, classSamples: classSamples, run: run, runs: runs,
                    totals: tool.totals.values(of: UInt32.self), scratch: tool.scratch.values(of: UInt8.self),
                    weights: weights))
        }
    }

    private func orderByClass() {
        var next = classes.samples.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        let order = byClass.values(of: UInt32.self)
        for i in 0..<classes.total {
            let c = classes.codes.isEmpty ? 0 : Int(classes.codes[i])
            order[next[c]] = UInt32(truncatingIfNeeded: i)
            next[c] += 1
        }
    }
}

/// The tables of one neuron in a block of replicates, cell by cell.
public struct ResampledTables {
    /// Levels of the neuron, occupied in the data; in a replicate some may be empty.
    public let levels: Int
    /// Cells that are occupied in the data, in the order of (level, class).
    public let cells: UnsafeBufferPointer<SampleCell>
    /// For each replicate, its samples of each class.
    public let classSamples: [[Int]]
    /// Most replicates of a block.
    public static let mostReplicates = SampleSlices.lanes
    /// The number of replicates.
    public var count: Int { classSamples.count }

    fileprivate let run: Run
    fileprivate let runs: cn_runs
    fileprivate let totals: UnsafeMutablePointer<UInt32>
    fileprivate let scratch: UnsafeMutablePointer<UInt8>
    /// Nil for the data themselves.
    fileprivate let weights: ResampledWeights?

    /// Calls `body` for each cell with its counts, one for each of the replicates asked for.
    public func forEachCell(
        of replicates: Range<Int>, _ body: (_ cell: SampleCell, _ counts: UnsafeBufferPointer<UInt32>) -> Void
    ) throws(InfoLensError) {
        let lanes = weights?.lanes ?? 1
        for from in stride(from: 0, to: cells.count, by: ResampledCounts.chunk) {
            let chunk = from..<min(from + ResampledCounts.chunk, cells.count)
            if let weights {
                try weights.sum(chunk, of: runs, lanes: replicates, totals: totals, scratch: scratch, run: run)
            } else {
                for cell in chunk { totals[cell - from] = runs.ends[cell] - (cell == 0 ? 0 : runs.ends[cell - 1]) }
            }
            for cell in chunk {
                let start = totals + (cell - from) * lanes + replicates.lowerBound
                body(cells[cell], UnsafeBufferPointer(start: start, count: replicates.count))
            }
        }
    }

    /// Reports that some of the replicates are done, and is a place to stop.
    public func finish(_ replicates: Range<Int>) throws(InfoLensError) {
        if weights != nil {
            func units(_ replicates: Int) -> Int { Int(runs.samples) * replicates / PermutedCounts.readsPerUnit }
            run.advance(by: units(replicates.upperBound) - units(replicates.lowerBound))
        }
        try run.checkpoint()
    }
}
