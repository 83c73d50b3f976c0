// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// The joint tables of pairs of neurons.
///
/// Few levels are counted on planes of a bit a sample, by AND and population count; more
/// by incrementing; so many that a table exceeds the samples, by sorting one neuron's
/// samples. Pairs are taken in squares of neurons whose codes stay in the caches.
public struct NeuronPairs {
    private let first: LevelCodes
    private let second: LevelCodes
    private let run: Run
    private let workers: Int
    private let firstPlanes: LevelPlanes
    private let secondPlanes: LevelPlanes
    private let tableCells: Int
    private let tools: [Tool]

    /// Neurons on the side of a square.
    private static let side = 16
    /// Most levels of a neuron that is counted on planes.
    private static let mostPlaneLevels = 17

    private final class Tool: Sendable {
        let counts: AlignedBuffer
        let margins: AlignedBuffer
        let runs: CellRuns

        init(samples: Int, levels: Int, cells: Int) throws(InfoLensError) {
            counts = try AlignedBuffer(count: cells, of: UInt32.self)
            margins = try AlignedBuffer(count: levels, of: UInt32.self)
            runs = try CellRuns(samples: samples, levels: levels)
        }

        static func bytes(samples: Int, levels: Int, cells: Int) -> Int {
            4 * (cells + levels) + CellRuns.bytes(samples: samples, levels: levels)
        }
    }

    /// - Parameters:
    ///   - second: the same object as `first`, or the codes of neurons after those of `first`
    ///   - wholeTables: whether `tables` will be called, for which every table must fit in memory
    /// - Throws: `memory`
    public init(_ first: LevelCodes, _ second: LevelCodes, wholeTables: Bool, run: Run) throws(InfoLensError) {
        self.first = first
        self.second = second
        self.run = run
        let samples = first.samples
        let levels = [first.largestLevels, second.largestLevels]
        let (cells, overflow) = levels[0].multipliedReportingOverflow(by: levels[1])
        let copies = Int(CN_PAIR_COPIES * CN_PAIR_CELLS)
        // Larger tables have more cells than samples, and are visited through the samples.
        tableCells = wholeTables ? max(overflow ? 1 << 40 : cells, copies) : min(max(copies, samples), 1 << 20)
        let most = max(levels[0], levels[1])
        let toolBytes = Tool.bytes(samples: samples, levels: most, cells: tableCells)
        let budget = run.memory / 6
        guard toolBytes <= budget else {
            throw InfoLensError(
                .memory,
                """
                memory: a table of \(levels[0]) × \(levels[1]) levels and its counting take \(toolBytes) bytes, but a \
                sixth of the budget is \(budget); give the context at least \(6 * toolBytes) bytes, or use fewer bins
                """
            )
        }
        workers = min(run.threads, budget / toolBytes)
        var tools: [Tool] = []
        for _ in 0..<workers { tools.append(try Tool(samples: samples, levels: most, cells: tableCells)) }
        self.tools = tools
        let share = run.memory / (first === second ? 6 : 12)
        firstPlanes = try LevelPlanes(first, mostLevels: NeuronPairs.mostPlaneLevels, memory: share, run: run)
        secondPlanes =
            first === second
            ? firstPlanes
            : try LevelPlanes(second, mostLevels: NeuronPairs.mostPlaneLevels, memory: share, run: run)
    }

    /// Calls `body` for each pair i < j with Σ terms[n] over the cells of its table; from several threads.
    /// - Parameter terms: of the counts 0 ... samples; that of 0 is 0
    public func sums(
        of terms: UnsafePointer<Int64>, _ body: (_ i: Int, _ j: Int, _ sum: Int64) -> Void
    ) throws(InfoLensError) {
        let levels = second.largestLevels
        let table = try AlignedBuffer(count: levels, of: UnsafePointer<Int64>?.self)
        let entries = table.values(of: UnsafePointer<Int64>?.self)
        defer { withExtendedLifetime(table) {} }
        for level in 0..<levels { entries[level] = terms }
        try forEachPair { worker, i, j in
            let cells = first.levels(of: i) * second.levels(of: j)
            guard cells <= tableCells else {
                return body(i, j, sparseSum(i, j, tables: entries, tool: tools[worker]))
            }
            let counts = count(i, j, tool: tools[worker])
            var sum: Int64 = 0
            for cell in 0..<cells { sum &+= terms[Int(counts[cell])] }
            body(i, j, sum)
        }
    }

    /// Calls `body` for each pair i ≤ j with its table, the levels of j being the classes; from several threads.
    public func tables(
        _ body: (_ i: Int, _ j: Int, _ table: ContingencyTable) -> Void
    ) throws(InfoLensError) {
        try forEachPair(withSelf: true) { worker, i, j in
            // Dense tables are [class][level].
            let counts = count(j, i, swapped: true, tool: tools[worker])
            let (levels, classes) = (first.levels(of: i), second.levels(of: j))
            let margins = tools[worker].margins.values(of: UInt32.self)
            margins.update(repeating: 0, count: levels)
            var classSamples = [Int](repeating: 0, count: classes)
            for c in 0..<classes {
                for level in 0..<levels {
                    let n = counts[c &* levels &+ level]
                    margins[level] &+= n
                    classSamples[c] &+= Int(n)
                }
            }
            body(
                i, j,
                ContingencyTable(
                    samples: first.samples, classSamples: classSamples,
                    marginal: UnsafeBufferPointer(start: margins, count: levels), dense: counts))
        }
    }

    /// Joint counts [levels of a][levels of b]; a is of `first`, b of `second`, or swapped.
    private func count(_ a: Int, _ b: Int, swapped: Bool = false, tool: Tool) -> UnsafeMutablePointer<UInt32> {
        let (ofA, ofB) = swapped ? (second, first) : (first, second)
        let (planesA, planesB) = swapped ? (secondPlanes, firstPlanes) : (firstPlanes, secondPlanes)
        let (levelsA, levelsB) = (ofA.levels(of: a), ofB.levels(of: b))
        let counts = tool.counts.values(of: UInt32.self)
        if let (p, q) = planesA[a].flatMap({ p in planesB[b].map { (p, $0) } }) {
            cn_pair_planes(
                p.planes, Int64(levelsA), q.planes, Int64(levelsB), cn_plane_words(Int64(ofA.samples)), counts)
            // The rest of the margins is in the lowest levels.
            for y in 0..<levelsB { counts[y] = q.samples[y] }
            for x in 1..<max(levelsA, 1) {
                var others: UInt32 = 0
                for y in 1..<max(levelsB, 1) {
                    others &+= counts[x &* levelsB &+ y]
                    counts[y] &-= counts[x &* levelsB &+ y]
                }
                counts[x &* levelsB] = p.samples[x] &- others
                counts[0] &-= counts[x &* levelsB]
            }
            return counts
        }
        let cells = levelsA * levelsB
        counts.update(repeating: 0, count: cells <= Int(CN_PAIR_CELLS) ? Int(CN_PAIR_COPIES) * cells : cells)
        cn_pair_codes(
            ofA.codes(of: a), Int32(ofA.codeSize), Int64(levelsA), ofB.codes(of: b), Int32(ofB.codeSize),
            Int64(levelsB), Int64(ofA.samples), counts)
        return counts
    }

    private func sparseSum(_ i: Int, _ j: Int, tables: UnsafePointer<UnsafePointer<Int64>?>, tool: Tool) -> Int64 {
        let counters = tool.margins.values(of: UInt32.self)
        counters.update(repeating: 0, count: second.levels(of: j))
        return withUnsafePointer(to: tool.runs.sort(first, neuron: i)) {
            cn_class_sum(second.codes(of: j), Int32(second.codeSize), $0, tables, counters)
        }
    }

    /// Calls `body` for each pair of a neuron of `first` and a later one of `second`, or the same.
    private func forEachPair(
        withSelf: Bool = false, _ body: (_ worker: Int, _ i: Int, _ j: Int) -> Void
    ) throws(InfoLensError) {
        let side = NeuronPairs.side
        func squares(_ codes: LevelCodes) -> Int { (codes.neurons.count - 1) / side + 1 }
        func neurons(_ codes: LevelCodes, square: Int) -> Range<Int> {
            let from = codes.neurons.lowerBound + square * side
            return from..<min(from + side, codes.neurons.upperBound)
        }
        let (rows, columns) = (squares(first), squares(second))
        try forEachItem(count: rows * columns, workers: workers, run: run) { (worker, item) throws(InfoLensError) in
            let (row, column) = item.quotientAndRemainder(dividingBy: columns)
            guard first !== second || column >= row else { return }
            for i in neurons(first, square: row) {
                var pairs = 0
                for j in neurons(second, square: column) where i < j || withSelf && i == j {
                    body(worker, i, j)
                    pairs += 1
                }
                run.advance(by: pairs &* first.samples)
                try run.checkpoint()
            }
        }
    }
}

/// Bit planes of the levels of neurons with few of them.
private final class LevelPlanes: Sendable {
    private let planes: AlignedBuffer
    private let margins: AlignedBuffer
    /// Where a neuron's planes begin, in planes; −1 for a neuron without.
    private let starts: [Int]
    private let codes: LevelCodes
    private let mostLevels: Int

    subscript(neuron: Int) -> (planes: UnsafePointer<UInt64>, samples: UnsafePointer<UInt32>)? {
        let index = neuron - codes.neurons.lowerBound
        guard starts[index] >= 0 else { return nil }
        return (
            UnsafePointer(planes.values(of: UInt64.self) + starts[index] * Int(cn_plane_words(Int64(codes.samples)))),
            UnsafePointer(margins.values(of: UInt32.self) + index * mostLevels)
        )
    }

    /// Makes planes for as many neurons as `memory` holds.
    init(_ codes: LevelCodes, mostLevels: Int, memory: Int, run: Run) throws(InfoLensError) {
        self.codes = codes
        self.mostLevels = mostLevels
        let words = Int(cn_plane_words(Int64(codes.samples)))
        var starts: [Int] = []
        var total = 0
        for neuron in codes.neurons {
            let count = codes.levels(of: neuron) - 1
            let fits =
                count < mostLevels && (total + count) * words * 8 + 4 * mostLevels * codes.neurons.count <= memory
            starts.append(fits ? total : -1)
            if fits { total += count }
        }
        self.starts = starts
        planes = try AlignedBuffer(count: total * words, of: UInt64.self)
        let anyFits = starts.contains { $0 >= 0 }
        margins = try AlignedBuffer(count: anyFits ? mostLevels * codes.neurons.count : 0, of: UInt32.self)
        let (base, samples) = (planes.values(of: UInt64.self), margins.values(of: UInt32.self))
        try forEachItem(count: starts.count, workers: min(run.threads, starts.count), run: run) { _, index in
            guard starts[index] >= 0 else { return }
            let neuron = codes.neurons.lowerBound + index
            let levels = codes.levels(of: neuron)
            let target = base + starts[index] * words
            cn_level_planes(
                codes.codes(of: neuron), Int32(codes.codeSize), Int64(codes.samples), Int64(levels), target)
            var rest = UInt32(truncatingIfNeeded: codes.samples)
            for level in 1..<max(levels, 1) {
                let plane = target + (level - 1) * words
                let count = UInt32(truncatingIfNeeded: (0..<words).reduce(0) { $0 &+ plane[$1].nonzeroBitCount })
                samples[index * mostLevels + level] = count
                rest &-= count
            }
            samples[index * mostLevels] = rest
        }
    }
}
