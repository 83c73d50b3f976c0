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
        // Counters are as many for each neuron as for the one that needs most.
        let limit = max(64, 8 * levels.sorted()[levels.count / 2])
        var (most, others): (Int, [Int]) = (1, [])
        for (neuron, levels) in levels.enumerated() {
            if levels <= min(limit, Double(Quantizer.largestBinCount)), canCountLevels(Int(levels)) {
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
        let means = try columnMeans(of: matrix, run: run)
        if let neuron = means.firstIndex(where: { !$0.isFinite }) {
            throw InfoLensError(
                .numeric,
                """
                activations: the mean of neuron \(neuron) of layer "\(matrix.name)" is beyond float64; scale the \
                layer
                """
            )
        }
        let edges = means.map(\.nextUp)
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
        let (low, step) = try uniformGrid(of: matrix, bins: bins, range: range, run: run)
        let others =
            canCountLevels(bins)
            ? everyNeuron.filter { !isWellSpaced(low: low[$0], step: step[$0], bins: bins) } : everyNeuron
        var counted = step
        for neuron in others { counted[neuron] = 0 }
        try count(.grid(low: low, step: counted, bins: bins), sorting: others) { neuron in
            GridWalk(low: low[neuron], step: step[neuron], bins: bins)
        }
    case .width(let width):
        let (low, high) = try columnExtrema(of: matrix, run: run)
        let first = low.map { ($0 / width).rounded(.down) }
        let last = high.map { ($0 / width).rounded(.down) }
        if let neuron = everyNeuron.first(where: { !(first[$0].isFinite && last[$0].isFinite) }) {
            throw InfoLensError(
                .numeric,
                """
                quantizer: width \(width) is too small for neuron \(neuron) of layer "\(matrix.name)", whose \
                values reach from \(low[neuron]) to \(high[neuron]); give a larger width
                """
            )
        }
        let (most, others) = split(levels: zip(first, last).map { $1 - $0 + 1 })
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

// MARK: - Edges

/// The start and the bin width of each neuron; width 0 for a constant one.
private func uniformGrid(
    of matrix: any ActivationMatrix, bins: Int, range: Quantizer.Range, run: Run
) throws(InfoLensError) -> (low: [Double], step: [Double]) {
    var (low, high): ([Double], [Double])
    switch range {
    case .given(let from, let to):
        (low, high) = (
            [Double](repeating: from, count: matrix.neurons), [Double](repeating: to, count: matrix.neurons)
        )
    case .neuron:
        (low, high) = try columnExtrema(of: matrix, run: run)
    case .layer:
        (low, high) = try columnExtrema(of: matrix, run: run)
        (low, high) = (
            [Double](repeating: low.min() ?? 0, count: matrix.neurons),
            [Double](repeating: high.max() ?? 0, count: matrix.neurons)
        )
    }
    if let neuron = low.indices.first(where: { !(high[$0] - low[$0]).isFinite }) {
        throw InfoLensError(
            .numeric,
            """
            activations: neuron \(neuron) of layer "\(matrix.name)" reaches from \(low[neuron]) to \
            \(high[neuron]), wider than float64 can say; give a range or edges
            """
        )
    }
    return (low, zip(low, high).map { ($1 - $0) / Double(bins) })
}

/// Whether the grid kernel's arithmetic finds the exact bin: edges lie several units in the last
/// place apart, and the reciprocal of the step exists. Otherwise edges are walked one by one.
private func isWellSpaced(low: Double, step: Double, bins: Int) -> Bool {
    guard step != 0 else { return true }
    let top = low + step * Double(bins)
    return (1 / step).isFinite && step >= 8 * max(low.magnitude, top.magnitude).ulp
}

/// The mean of the two middle values; the middle one for odd N.
private func median(of sorted: UnsafeBufferPointer<Double>) -> Double {
    let middle = sorted.count / 2
    guard sorted.count % 2 == 0 else { return sorted[middle] }
    let sum = sorted[middle - 1] + sorted[middle]
    return sum.isFinite ? sum / 2 : sorted[middle - 1] / 2 + sorted[middle] / 2
}

/// The interior edges k / bins, k = 1 ..< bins: between the order statistics around k (N − 1) / bins, linearly.
private func quantileEdges(of sorted: UnsafeBufferPointer<Double>, bins: Int) -> [Double] {
    (1..<max(bins, 1)).map { k in
        // In integers, so that the position is exact for every N.
        let (index, rest) = (k * (sorted.count - 1)).quotientAndRemainder(dividingBy: bins)
        guard rest > 0 else { return sorted[index] }
        let (low, high, part) = (sorted[index], sorted[index + 1], Double(rest) / Double(bins))
        guard (high - low).isFinite else { return low * (1 - part) + high * part }
        // Interpolating from the nearer end is monotone and exact at both ends.
        return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part)
    }
}

// MARK: - Walks

/// Levels between ascending edges.
private struct EdgeWalk: LevelWalk {
    let edges: [Double]
    private var passed = 0

    init(edges: [Double]) { self.edges = edges }

    mutating func level(of value: Double) -> Double {
        while passed < edges.count, edges[passed] <= value { passed += 1 }
        return Double(passed)
    }
}

/// Levels between the edges k · step + low, k = 1 ..< bins.
private struct GridWalk: LevelWalk {
    let low: Double
    let step: Double
    let bins: Int
    private var passed = 0

    init(low: Double, step: Double, bins: Int) {
        self.low = low
        self.step = step
        // A constant neuron has no edges.
        self.bins = step == 0 ? 1 : bins
    }

    mutating func level(of value: Double) -> Double {
        while passed < bins - 1, Double(passed + 1) * step + low <= value { passed += 1 }
        return Double(passed)
    }
}

/// Levels of fixed width.
private struct CellWalk: LevelWalk {
    let width: Double

    func level(of value: Double) -> Double { (value / width).rounded(.down) }
}

/// Levels of symbols; tells of values that are none.
private struct SymbolWalk: LevelWalk {
    let foundFraction: () -> Void

    func level(of value: Double) -> Double {
        if !isSymbol(value) { foundFraction() }
        return value
    }
}
