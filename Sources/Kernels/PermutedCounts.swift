// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// Sums over the cells of the tables of some neurons, for the labels as they are and for
/// each of a number of permutations, which are the same for all neurons.
///
/// Many permutations are counted at once on bit slices, or, where levels and classes are
/// many, one at a time by incrementing: the sums are the same integers.
public struct PermutedCounts {
    private let codes: LevelCodes
    private let labels: PermutedLabels
    private let permutations: Int
    private let tables: CellTables
    private let run: Run
    /// Most levels of a neuron.
    private let levels: Int
    private let workers: Int
    private let tools: [Tool]

    /// Bytes to stay within, the codes apart.
    static func budget(_ run: Run) -> Int { run.memory / 3 * 2 }

    /// So many reads of a label count as one unit of work: about as much as reading a value.
    public static let readsPerUnit = 32

    /// Called from several threads, for each neuron with the sums of consecutive permutations.
    public typealias Body = (_ neuron: Int, _ first: Int, _ sums: UnsafeBufferPointer<Int64>) -> Void

    private final class Tool: Sendable {
        let runs: CellRuns
        let counters: AlignedBuffer

        init(samples: Int, levels: Int, classes: Int) throws(InfoLensError) {
            runs = try CellRuns(samples: samples, levels: levels)
            counters = try AlignedBuffer(count: classes, of: UInt32.self)
        }

        static func bytes(samples: Int, levels: Int, classes: Int) -> Int {
            CellRuns.bytes(samples: samples, levels: levels) + 4 * classes + 64
        }
    }

    public init(
        codes: LevelCodes, labels: PermutedLabels, permutations: Int, tables: CellTables, run: Run
    ) throws(InfoLensError) {
        self.codes = codes
        self.labels = labels
        self.permutations = permutations
        self.tables = tables
        self.run = run
        levels = codes.largestLevels
        // Half of the budget is for the labels of permutations.
        let toolBytes = Tool.bytes(samples: codes.samples, levels: levels, classes: labels.classes.count)
        workers = max(1, min(run.threads, codes.neurons.count, PermutedCounts.budget(run) / 2 / toolBytes))
        var tools: [Tool] = []
        for _ in 0..<workers {
            tools.append(
                try Tool(samples: codes.samples, levels: levels, classes: labels.classes.count))
        }
        self.tools = tools
    }

    private var samples: Int { codes.samples }
    private var classCount: Int { labels.classes.count }
    private var planes: Int { max(bitLength(classCount - 1), 1) }
    private var scratchBytes: Int { Int(cn_slice_scratch(Int32(classCount), Int32(planes), Int64(samples))) }
    private var toolBytes: Int { workers * Tool.bytes(samples: samples, levels: levels, classes: classCount) }

    /// The sum for the labels as they are, for each neuron; from several threads.
    public func observed(_ body: (_ neuron: Int, _ sum: Int64) -> Void) throws(InfoLensError) {
        try forEachNeuron(Array(codes.neurons)) { worker, neuron, runs in
            body(neuron, sum(labels.original, runs: runs, counters: tools[worker].counters))
        }
    }

    /// The sums for all permutations. For one neuron the calls come in ascending order.
    public func permuted(_ body: Body) throws(InfoLensError) {
        let slicedBytes =
            SampleSlices.bytes(samples: samples, planes: planes, numberSize: labels.size, workers: workers)
            + workers * (scratchBytes + 8 * SampleSlices.lanes) + toolBytes
        let canSlice = classCount <= 256 && slicedBytes <= PermutedCounts.budget(run)
        // Measured: a cell of a sliced table costs a third of incrementing for a sample.
        let isSliced = codes.neurons.map { canSlice && codes.levels(of: $0) * classCount <= 3 * samples }
        let sliced = zip(codes.neurons, isSliced).filter(\.1).map(\.0)
        let others = zip(codes.neurons, isSliced).filter { !$0.1 }.map(\.0)
        if !sliced.isEmpty { try sliceSums(of: sliced, body) }
        if !others.isEmpty { try incrementSums(of: others, body) }
    }

    private func sliceSums(of neurons: [Int], _ body: Body) throws(InfoLensError) {
        let lanes = SampleSlices.lanes
        let slices = try SampleSlices(samples: samples, planes: planes, numberSize: labels.size, workers: workers)
        var buffers: [(scratch: AlignedBuffer, sums: AlignedBuffer)] = []
        for _ in 0..<workers {
            buffers.append(
                (try AlignedBuffer(byteCount: scratchBytes), try AlignedBuffer(count: lanes, of: Int64.self)))
        }
        let ready = buffers
        let classSamples = labels.classes.samples.map { UInt32(truncatingIfNeeded: $0) }
        for first in stride(from: 0, to: permutations, by: lanes) {
            let count = min(lanes, permutations - first)
            _ = try slices.fill(lanes: count, run: run) { lane, numbers in
                labels.write(permutation: first + lane, to: numbers)
                return planes
            }
            try forEachNeuron(neurons) { worker, neuron, runs in
                let sums = ready[worker].sums.values(of: Int64.self)
                withUnsafePointer(to: runs) {
                    cn_slice_class_sums(
                        slices.words, Int32(planes), Int32(classCount), classSamples, $0, tables.pointers,
                        Int64(count), sums, ready[worker].scratch.values(of: UInt8.self))
                }
                body(neuron, first, UnsafeBufferPointer(start: sums, count: count))
                run.advance(by: samples * count / PermutedCounts.readsPerUnit)
            }
        }
    }

    private func incrementSums(of neurons: [Int], _ body: Body) throws(InfoLensError) {
        try labels.forEachBlock(
            permutations: permutations, memory: PermutedCounts.budget(run) - toolBytes, run: run
        ) { (first, block) throws(InfoLensError) in
            try forEachNeuron(neurons) { worker, neuron, runs in
                let counters = tools[worker].counters
                let sums = block.map { sum($0, runs: runs, counters: counters) }
                sums.withUnsafeBufferPointer { body(neuron, first, $0) }
                run.advance(by: samples * block.count / PermutedCounts.readsPerUnit)
            }
        }
    }

    private func sum(_ labelled: UnsafeRawPointer, runs: cn_runs, counters: AlignedBuffer) -> Int64 {
        withUnsafePointer(to: runs) {
            cn_class_sum(labelled, Int32(labels.size), $0, tables.pointers, counters.values(of: UInt32.self))
        }
    }

    private func forEachNeuron(
        _ neurons: [Int], body: (_ worker: Int, _ neuron: Int, _ runs: cn_runs) -> Void
    ) throws(InfoLensError) {
        try forEachItem(count: neurons.count, workers: workers, run: run) { worker, item in
            body(worker, neurons[item], tools[worker].runs.sort(codes, neuron: neurons[item]))
        }
    }
}
