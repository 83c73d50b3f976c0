// SPDX-License-Identifier: Apache-2.0
import Kernels
import Synchronization

/// Quantises each neuron of a layer and calls `body` with its table of levels × classes.
///
/// - Parameter body: called from several threads, once a neuron; the table is lent for the call
/// - Throws: `numeric` at NaN, infinity or a value that the quantiser cannot take, naming the first;
///   `memory`; what reading the matrix throws
public func forEachQuantizedNeuron(
    of matrix: any ActivationMatrix, quantizer: Quantizer, classes: SampleClasses, run: Run,
    body: (_ neuron: Int, _ table: ContingencyTable) -> Void
) throws(InfoLensError) {
    let everyNeuron = Array(0..<matrix.neurons)
    func count(_ coding: LevelCoding) throws(InfoLensError) {
        try forEachCountedNeuron(of: matrix, coding: coding, classes: classes, run: run, body: body)
    }
    func sort<Walk: LevelWalk>(
        _ neurons: [Int]? = nil,
        _ walk: (_ neuron: Int, _ sorted: UnsafeBufferPointer<Double>) throws(InfoLensError) -> Walk
    ) throws(InfoLensError) {
        try forEachSortedNeuron(
            of: matrix, neurons: neurons ?? everyNeuron, classes: classes, run: run, walk: walk, body: body)
    }
    /// Counts all neurons but `others`, which are sorted: one odd neuron must not slow a layer down.
    func count<Walk: LevelWalk>(
        _ coding: LevelCoding, sorting others: [Int], _ walk: (_ neuron: Int) -> Walk
    ) throws(InfoLensError) {
        if others.count < matrix.neurons {
            let isOther = Set(others)
            try forEachCountedNeuron(of: matrix, coding: coding, classes: classes, run: run) { neuron, table in
                if !isOther.contains(neuron) { body(neuron, table) }
            }
        }
        if !others.isEmpty { try sort(others) { (neuron, _) in walk(neuron) } }
    }
    func canCountLevels(_ levels: Int) -> Bool {
        canCount(levels: levels, classes: classes.count, samples: matrix.samples, memory: run.memory)
    }
    /// The neurons whose levels are too many to be counted, and the most levels of the others.
    func split(levels: [Double]) -> (most: Int, others: [Int]) {
        let limit = mostCountedLevels(levels)
        var (most, others): (Int, [Int]) = (1, [])
        for (neuron, levels) in levels.enumerated() {
            if levels <= limit, canCountLevels(Int(levels)) {
                most = max(most, Int(levels))
            } else {
                others.append(neuron)
            }
        }
        return (most, others)
    }

    switch quantizer {
    case .threshold(.value(let value)):
        let edge = value.nextUp
        if canCountLevels(2) { return try count(.sharedEdges([edge])) }
        try sort { (_, _) in EdgeWalk(edges: [edge]) }
    case .threshold(.mean):
        let edges = try meanEdges(of: matrix, run: run)
        if canCountLevels(2) { return try count(.edge(edges)) }
        try sort { (neuron, _) in EdgeWalk(edges: [edges[neuron]]) }
    case .threshold(.median):
        try sort { (_, sorted) in EdgeWalk(edges: [median(of: sorted).nextUp]) }
    case .quantile(let bins):
        try sort { (_, sorted) in EdgeWalk(edges: quantileEdges(of: sorted, bins: bins)) }
    case .explicit(let edges):
        if canCountLevels(edges.count + 1) { return try count(.sharedEdges(edges)) }
        try sort { (_, _) in EdgeWalk(edges: edges) }
    case .uniform(let bins, let range):
        let grid = try UniformGrid(bins: bins, range: range, neurons: matrix.neurons, layer: matrix.name) {
            () throws(InfoLensError) in try columnExtrema(of: matrix, run: run)
        }
        let others = canCountLevels(bins) ? everyNeuron.filter { !grid.isWellSpaced($0) } : everyNeuron
        var counted = grid.step
        for neuron in others { counted[neuron] = 0 }
        try count(.grid(low: grid.low, step: counted, bins: bins), sorting: others) { neuron in
            GridWalk(low: grid.low[neuron], step: grid.step[neuron], bins: bins)
        }
    case .width(let width):
        let (low, high) = try columnExtrema(of: matrix, run: run)
        let (first, levels) = try cells(width: width, low: low, high: high, layer: matrix.name)
        let (most, others) = split(levels: levels)
        try count(.cells(width: width, first: first, levels: most), sorting: others) { _ in CellWalk(width: width) }
    case .integer:
        let (low, high) = try columnExtrema(of: matrix, run: run)
        guard zip(low, high).allSatisfy({ isSymbol($0) && isSymbol($1) }) else {
            throw firstOffender(in: matrix, integers: true, run: run)
        }
        let (most, others) = split(levels: zip(low, high).map { $1 - $0 + 1 })
        // Workers only flag it: looking for the first one is for the calling thread.
        let foundFraction = Atomic<Bool>(false)
        try count(.integers(first: low, levels: most), sorting: others) { _ in
            SymbolWalk { foundFraction.store(true, ordering: .relaxed) }
        }
        if foundFraction.load(ordering: .relaxed) { throw firstOffender(in: matrix, integers: true, run: run) }
    }
}

/// How many times a layer is read, for announcing the work: fitting edges takes a pass of its own.
func passes(of quantizer: Quantizer) -> Int {
    switch quantizer {
    case .threshold(.mean), .uniform(_, .neuron), .uniform(_, .layer), .width, .integer: 2
    case .threshold, .uniform(_, .given), .quantile, .explicit: 1
    }
}

/// Levels above which a neuron of cells or symbols is left out of the common counters, which are as many
/// for each neuron as for the one that needs most.
func mostCountedLevels(_ levels: [Double]) -> Double {
    min(max(64, 8 * levels.sorted()[levels.count / 2]), Double(Quantizer.largestBinCount))
}
