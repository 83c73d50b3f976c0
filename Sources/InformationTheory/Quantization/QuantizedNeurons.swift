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
    try withoutActuallyEscaping(body) { (body) throws(InfoLensError) in
        try planLevels(
            of: matrix, quantizer: quantizer, run: run,
            for: TableConsumer(matrix: matrix, classes: classes, run: run, body: body))
    }
}

/// Quantises each neuron of a layer and calls `body` with the levels of its samples, a group of neurons at a time.
///
/// - Parameters:
///   - neurons: which ones; nil for all
///   - bytesPerNeuron: what the caller keeps for each neuron of a group
///   - body: called on the calling thread; a third of the budget is taken by the codes meanwhile
/// - Throws: as `forEachQuantizedNeuron`, and `numeric` for a neuron with more than 65536 levels
public func forEachCodedGroup(
    of matrix: any ActivationMatrix, quantizer: Quantizer, neurons: Range<Int>? = nil, bytesPerNeuron: Int, run: Run,
    body: (LevelCodes) throws(InfoLensError) -> Void
) throws(InfoLensError) {
    try withoutActuallyEscaping(body) { (body) throws(InfoLensError) in
        try planLevels(
            of: matrix, quantizer: quantizer, run: run,
            for: CodeConsumer(
                matrix: matrix, neurons: neurons ?? 0..<matrix.neurons, bytesPerNeuron: bytesPerNeuron, run: run,
                body: body))
    }
}

/// What takes the levels of a layer once every edge is known.
private protocol LevelConsumer {
    /// Whether so many levels a neuron are better coded than sorted.
    func canCode(levels: Int) -> Bool
    func consume<Walk: LevelWalk>(_ plan: LevelPlan<Walk>) throws(InfoLensError)
}

private struct TableConsumer: LevelConsumer {
    let matrix: any ActivationMatrix
    let classes: SampleClasses
    let run: Run
    let body: (_ neuron: Int, _ table: ContingencyTable) -> Void

    func canCode(levels: Int) -> Bool {
        canCount(levels: levels, classes: classes.count, samples: matrix.samples, memory: run.memory)
    }

    func consume<Walk: LevelWalk>(_ plan: LevelPlan<Walk>) throws(InfoLensError) {
        if let coding = plan.coding, plan.others.count < matrix.neurons {
            let isOther = Set(plan.others)
            try forEachCountedNeuron(of: matrix, coding: coding, classes: classes, run: run) { neuron, table in
                if !isOther.contains(neuron) { body(neuron, table) }
            }
        }
        if !plan.others.isEmpty {
            try forEachSortedNeuron(
                of: matrix, neurons: plan.others, classes: classes, run: run, walk: plan.walk, body: body)
        }
    }
}

private struct CodeConsumer: LevelConsumer {
    let matrix: any ActivationMatrix
    let neurons: Range<Int>
    let bytesPerNeuron: Int
    let run: Run
    let body: (LevelCodes) throws(InfoLensError) -> Void

    func canCode(levels: Int) -> Bool { levels <= LevelCodes.mostLevels }

    func consume<Walk: LevelWalk>(_ plan: LevelPlan<Walk>) throws(InfoLensError) {
        try forEachCodedGroup(
            of: matrix, plan: plan, neurons: neurons, bytesPerNeuron: bytesPerNeuron, run: run, body: body)
    }
}

/// Finds the edges of a layer's neurons and hands them to `consumer`.
private func planLevels(
    of matrix: any ActivationMatrix, quantizer: Quantizer, run: Run, for consumer: some LevelConsumer
) throws(InfoLensError) {
    try checkWidth(of: matrix, run: run)
    let everyNeuron = Array(0..<matrix.neurons)
    /// The neurons whose levels are too many to be counted, and the most levels of the others.
    func split(levels: [Double]) -> (most: Int, others: [Int]) {
        let limit = mostCountedLevels(levels)
        var (most, others): (Int, [Int]) = (1, [])
        for (neuron, levels) in levels.enumerated() {
            if levels <= limit, consumer.canCode(levels: Int(levels)) {
                most = max(most, Int(levels))
            } else {
                others.append(neuron)
            }
        }
        return (most, others)
    }
    /// All neurons by a coding of `levels` levels if that can be, or else all by walking.
    func consume(
        _ coding: LevelCoding, levels: Int, edges: @escaping (_ neuron: Int) -> [Double]
    ) throws(InfoLensError) {
        try consumer.consume(
            LevelPlan(
                coding: coding, others: consumer.canCode(levels: levels) ? [] : everyNeuron, otherLevels: levels
            ) { (neuron, _) in EdgeWalk(edges: edges(neuron)) })
    }

    switch quantizer {
    case .threshold(.value(let value)):
        let edge = value.nextUp
        try consume(.sharedEdges([edge]), levels: 2) { _ in [edge] }
    case .threshold(.mean):
        let edges = try meanEdges(of: matrix, run: run)
        try consume(.edge(edges), levels: 2) { neuron in [edges[neuron]] }
    case .threshold(.median):
        try consumer.consume(
            LevelPlan(coding: nil, others: everyNeuron, otherLevels: 2) { (_, sorted) in
                EdgeWalk(edges: [median(of: sorted).nextUp])
            })
    case .quantile(let bins):
        try consumer.consume(
            LevelPlan(coding: nil, others: everyNeuron, otherLevels: bins) { (_, sorted) in
                EdgeWalk(edges: quantileEdges(of: sorted, bins: bins))
            })
    case .explicit(let edges):
        try consume(.sharedEdges(edges), levels: edges.count + 1) { _ in edges }
    case .uniform(let bins, let range):
        let grid = try UniformGrid(bins: bins, range: range, neurons: matrix.neurons, layer: matrix.name) {
            () throws(InfoLensError) in try columnExtrema(of: matrix, run: run)
        }
        let others = consumer.canCode(levels: bins) ? everyNeuron.filter { !grid.isWellSpaced($0) } : everyNeuron
        var counted = grid.step
        for neuron in others { counted[neuron] = 0 }
        try consumer.consume(
            LevelPlan(
                coding: .grid(low: grid.low, step: counted, bins: bins), others: others, otherLevels: bins
            ) { (neuron, _) in GridWalk(low: grid.low[neuron], step: grid.step[neuron], bins: bins) })
    case .width(let width):
        let (low, high) = try columnExtrema(of: matrix, run: run)
        let (first, levels) = try cells(width: width, low: low, high: high, layer: matrix.name)
        let (most, others) = split(levels: levels)
        try consumer.consume(
            LevelPlan(coding: .cells(width: width, first: first, levels: most), others: others) { (_, _) in
                CellWalk(width: width)
            })
    case .integer:
        let (low, high) = try columnExtrema(of: matrix, run: run)
        guard zip(low, high).allSatisfy({ isSymbol($0) && isSymbol($1) }) else {
            throw firstOffender(in: matrix, integers: true, run: run)
        }
        let (most, others) = split(levels: zip(low, high).map { $1 - $0 + 1 })
        // Workers only flag it: looking for the first one is for the calling thread.
        let foundFraction = Atomic<Bool>(false)
        do throws(InfoLensError) {
            try consumer.consume(
                LevelPlan(coding: .integers(first: low, levels: most), others: others) { (_, _) in
                    SymbolWalk { foundFraction.store(true, ordering: .relaxed) }
                })
        } catch {
            // Fractions may be why there are too many levels.
            guard error.kind == .numeric, foundFraction.load(ordering: .relaxed) else { throw error }
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
