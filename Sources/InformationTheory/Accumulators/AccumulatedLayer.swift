// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The counts of one layer: [class][neuron][level].
struct AccumulatedLayer: Sendable {
    let name: String
    let neurons: Int
    let rule: LevelRule
    /// Where the levels of each neuron begin; one more entry than neurons.
    let offsets: [Int]
    /// One buffer of UInt32 a class.
    private(set) var counts: [AlignedBuffer] = []

    init(name: String, neurons: Int, rule: LevelRule) {
        self.name = name
        self.neurons = neurons
        self.rule = rule
        var offsets = [0]
        offsets.reserveCapacity(neurons + 1)
        // At most 2^16 levels a neuron and 2^46 bytes of neurons: no overflow.
        for neuron in 0..<neurons { offsets.append(offsets[neuron] &+ rule.levels(of: neuron)) }
        self.offsets = offsets
    }

    /// Counters of one class.
    var cells: Int { offsets[neurons] }

    /// Counters for `count` further classes.
    func counters(classes count: Int) throws(InfoLensError) -> [AlignedBuffer] {
        var buffers: [AlignedBuffer] = []
        for _ in 0..<count { buffers.append(try AlignedBuffer(count: cells, of: UInt32.self)) }
        return buffers
    }

    mutating func append(_ counters: [AlignedBuffer]) { counts += counters }

    /// Adds counters of this layout to those of a class.
    func add(_ counters: AlignedBuffer, class c: Int) {
        let (sum, piece) = (counts[c].values(of: UInt32.self), counters.values(of: UInt32.self))
        for cell in 0..<cells { sum[cell] &+= piece[cell] }
    }

    /// The counts of a piece of the layer, of its own classes, added to nothing yet.
    func count(_ matrix: any ActivationMatrix, classes: SampleClasses, run: Run) throws(InfoLensError)
        -> [AlignedBuffer]
    {
        try rule.check(matrix, run: run)
        let counters = try counters(classes: classes.count)
        let (coding, others) = rule.coding(neurons: neurons)
        let isOther = Set(others)
        if let coding, others.count < neurons {
            try forEachCountedNeuron(of: matrix, coding: coding, classes: classes, run: run) { neuron, table in
                if isOther.contains(neuron) { return }
                let levels = offsets[neuron + 1] - offsets[neuron]
                for c in 0..<classes.count {
                    let target = counters[c].values(of: UInt32.self) + offsets[neuron]
                    // Counters of the kernels are as many for every neuron; those beyond its own are empty.
                    for (level, count) in table.counts(ofClass: c).prefix(levels).enumerated() { target[level] = count }
                }
            }
        }
        if !others.isEmpty { try search(matrix, neurons: others, classes: classes, counters: counters, run: run) }
        return counters
    }

    /// Counts neurons whose levels must be looked up value by value.
    private func search(
        _ matrix: any ActivationMatrix, neurons: [Int], classes: SampleClasses, counters: [AlignedBuffer], run: Run
    ) throws(InfoLensError) {
        let refusesFractions: Bool
        if case .symbols = rule { refusesFractions = true } else { refusesFractions = false }
        try forEachColumn(of: matrix, neurons: neurons, run: run, toolBytes: 0) {
        } body: { (_, neuron, column) throws(InfoLensError) in
            for (sample, value) in column.enumerated() {
                if refusesFractions, !isSymbol(value) { throw AccumulatedLayer.foundFraction }
                let c = classes.codes.isEmpty ? 0 : Int(classes.codes[sample])
                counters[c].values(of: UInt32.self)[offsets[neuron] + rule.level(of: value, neuron: neuron)] &+= 1
            }
        }
    }

    /// Thrown to end a search, never to the caller.
    private static let foundFraction = InfoLensError(.internal, "a search was ended")

    /// The error to throw for one that counting has thrown.
    func explained(_ error: InfoLensError, matrix: any ActivationMatrix, run: Run) -> InfoLensError {
        error == AccumulatedLayer.foundFraction ? firstOffender(in: matrix, integers: true, run: run) : error
    }

    /// Calls `body` with the table of each neuron, from several threads.
    /// - Parameter order: the classes' order in the table
    func forEachTable(
        classes: SampleClasses, order: [Int], run: Run, body: (_ neuron: Int, _ table: ContingencyTable) -> Void
    ) throws(InfoLensError) {
        let batch = 64
        let most = (0..<neurons).reduce(0) { max($0, offsets[$1 + 1] - offsets[$1]) }
        let workers = min(run.threads, (neurons - 1) / batch + 1)
        var scratch: [AlignedBuffer] = []
        for _ in 0..<workers {
            scratch.append(try AlignedBuffer(count: (order.count + 1) * most, of: UInt32.self))
        }
        let buffers = scratch
        try forEachItem(count: (neurons - 1) / batch + 1, workers: workers, run: run) { (worker, item) in
            let table = buffers[worker].values(of: UInt32.self)
            for neuron in item * batch..<min((item + 1) * batch, neurons) {
                let levels = offsets[neuron + 1] - offsets[neuron]
                let marginal = table + order.count * levels
                marginal.update(repeating: 0, count: levels)
                for (row, c) in order.enumerated() {
                    let source = counts[c].values(of: UInt32.self) + offsets[neuron]
                    for level in 0..<levels {
                        table[row * levels + level] = source[level]
                        marginal[level] &+= source[level]
                    }
                }
                body(
                    neuron,
                    ContingencyTable(
                        samples: classes.total, classSamples: classes.samples,
                        marginal: UnsafeBufferPointer(start: marginal, count: levels), dense: table))
            }
        }
    }
}
