// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// The tables of some neurons in bootstrap replicates, with their levels as they are.
///
/// Hundreds of replicates are counted at once: a cell's count is the sum of the weights
/// of its samples, which bit slices add (slices.h).
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

        static func bytes(samples: Int, levels: Int, cells: Int) -> Int {
            CellRuns.bytes(samples: samples, levels: levels, cells: cells)
                + chunk * SampleSlices.lanes * 4 + scratchBytes(samples)
        }

        /// For weights of up to 16 planes.
        static func scratchBytes(_ samples: Int) -> Int { Int(cn_slice_scratch(1, 16, Int64(samples))) }

        init(samples: Int, levels: Int, cells: Int) throws(InfoLensError) {
            runs = try CellRuns(samples: samples, levels: levels, cells: cells)
            totals = try AlignedBuffer(count: chunk * SampleSlices.lanes, of: UInt32.self)
            scratch = try AlignedBuffer(byteCount: Tool.scratchBytes(samples))
        }
    }

    /// - Parameter mostWorkers: for how many the caller has room, ≥ 1
    /// - Throws: `memory` where a block of replicates exceeds half of the budget; `argument` for 2^32
    ///   samples or more
    public init(
        codes: LevelCodes, classes: SampleClasses, replicates: Int, seed: UInt64, mostWorkers: Int, run: Run
    ) throws(InfoLensError) {
        self.codes = codes
        self.classes = classes
        self.replicates = replicates
        self.run = run
        let samples = codes.samples
        let levels = codes.neurons.reduce(1) { max($0, codes.levels(of: $1)) }
        let cells = min(levels.multipliedReportingOverflow(by: classes.count).partialValue, samples)
        let toolBytes = Tool.bytes(samples: samples, levels: levels, cells: cells)
        func weightBytes(workers: Int) -> Int {
            ResampledWeights.bytes(samples: samples, classes: classes.count, workers: workers)
        }
        let shared = weightBytes(workers: 1) + 4 * samples
        let budget = run.memory / 2
        guard shared + toolBytes <= budget else {
            throw InfoLensError(
                .memory,
                """
                memory: \(SampleSlices.lanes) bootstrap replicates of \(samples) samples take \(shared + toolBytes) \
                bytes, but half of the budget is \(budget); give the context at least \
                \(2 * (shared + toolBytes)) bytes
                """
            )
        }
        let further = toolBytes + weightBytes(workers: 2) - weightBytes(workers: 1)
        workers = min(
            run.threads, codes.neurons.count, mostWorkers, 1 + (budget - shared - toolBytes) / further)
        weights = try ResampledWeights(classes, seed: seed, workers: workers)
        byClass = try AlignedBuffer(count: samples, of: UInt32.self)
        var tools: [Tool] = []
        for _ in 0..<workers { tools.append(try Tool(samples: samples, levels: levels, cells: cells)) }
        self.tools = tools
        orderByClass()
    }

    /// Calls `body` with the table of each neuron as it is, as a block of one replicate.
    public func original(_ body: Body) throws(InfoLensError) {
        let samples = [classes.samples]
        try forEachNeuron { worker, neuron, runs, cells in
            body(
                worker, neuron, 0,
                ResampledTables(
                    levels: codes.levels(of: neuron), cells: cells, classSamples: samples, runs: runs,
                    totals: tools[worker].totals.values(of: UInt32.self), resampling: nil))
        }
    }

    /// Calls `body` with all replicates of each neuron, in blocks; for one neuron in ascending order.
    public func resampled(_ body: Body) throws(InfoLensError) {
        for first in stride(from: 0, to: replicates, by: SampleSlices.lanes) {
            let block = first..<min(first + SampleSlices.lanes, replicates)
            try weights.draw(block, run: run)
            try forEachNeuron { worker, neuron, runs, cells in
                let tool = tools[worker]
                body(
                    worker, neuron, first,
                    ResampledTables(
                        levels: codes.levels(of: neuron), cells: cells, classSamples: weights.classSamples, runs: runs,
                        totals: tool.totals.values(of: UInt32.self),
                        resampling: (weights.slices, tool.scratch.values(of: UInt8.self))))
                run.advance(by: codes.samples * block.count / PermutedCounts.readsPerUnit)
            }
        }
    }

    /// Workers that `body` may be called from: 0 ..< workers.
    public let workers: Int

    /// Called from several threads; the tables are lent for the call.
    public typealias Body = (_ worker: Int, _ neuron: Int, _ first: Int, _ tables: ResampledTables) -> Void

    private func forEachNeuron(
        _ body: (_ worker: Int, _ neuron: Int, _ runs: cn_runs, _ cells: UnsafeBufferPointer<SampleCell>) -> Void
    ) throws(InfoLensError) {
        try forEachItem(count: codes.neurons.count, workers: workers, run: run) { worker, item in
            let neuron = codes.neurons.lowerBound + item
            let (runs, cells) = tools[worker].runs.sortCells(
                codes, neuron: neuron, classes: classes, byClass: byClass.values(of: UInt32.self))
            body(worker, neuron, runs, cells)
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

    fileprivate let runs: cn_runs
    fileprivate let totals: UnsafeMutablePointer<UInt32>
    fileprivate let resampling: (slices: SampleSlices, scratch: UnsafeMutablePointer<UInt8>)?

    /// Calls `body` for each cell with its counts, one a replicate.
    public func forEachCell(_ body: (_ cell: SampleCell, _ counts: UnsafeBufferPointer<UInt32>) -> Void) {
        for from in stride(from: 0, to: cells.count, by: ResampledCounts.chunk) {
            let chunk = from..<min(from + ResampledCounts.chunk, cells.count)
            let start = from == 0 ? 0 : runs.ends[from - 1]
            let stride = resampling == nil ? 1 : SampleSlices.lanes
            if let (slices, scratch) = resampling {
                var part = cn_runs(
                    order: runs.order, ends: runs.ends + from, cells: Int64(chunk.count), samples: runs.samples)
                cn_slice_totals(slices.words, Int32(slices.planes), &part, start, totals, scratch)
            } else {
                for cell in chunk { totals[cell - from] = runs.ends[cell] - (cell == 0 ? 0 : runs.ends[cell - 1]) }
            }
            for cell in chunk {
                body(cells[cell], UnsafeBufferPointer(start: totals + (cell - from) * stride, count: count))
            }
        }
    }
}
