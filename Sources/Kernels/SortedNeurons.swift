// SPDX-License-Identifier: Apache-2.0

/// A rule that gives ascending values their level; the level never falls.
public protocol LevelWalk {
    /// The level of `value`, which is not below any value asked for before. Only equality of levels matters.
    mutating func level(of value: Double) -> Double
}

/// Sorts the samples of each neuron and calls `body` with the table of its levels.
///
/// For quantisers whose edges are order statistics, and for more levels than are
/// worth counting: memory is O(N) a worker whatever the number of levels.
///
/// - Parameters:
///   - neurons: which ones, ascending
///   - walk: makes the rule for a neuron from its samples in ascending order
///   - body: called from several threads, once a neuron; the table is lent for the call
/// - Throws: `memory` when the budget does not hold one neuron; `numeric`; what `matrix.read` throws
public func forEachSortedNeuron<Walk: LevelWalk>(
    of matrix: any ActivationMatrix, neurons: [Int], classes: SampleClasses, run: Run,
    walk: (_ neuron: Int, _ sorted: UnsafeBufferPointer<Double>) throws(InfoLensError) -> Walk,
    body: (_ neuron: Int, _ table: ContingencyTable) -> Void
) throws(InfoLensError) {
    let samples = matrix.samples
    let sortingBytes = RadixSorter.bytes(count: samples)
    let tableBytes = SortedTable.bytes(samples: samples, classes: classes.count)
    try classes.withCodes { (codes) throws(InfoLensError) in
        try forEachColumn(of: matrix, neurons: neurons, run: run, toolBytes: sortingBytes + tableBytes) {
            () throws(InfoLensError) in
            (sorter: try RadixSorter(count: samples), table: try SortedTable(samples: samples, classes: classes))
        } body: { (tool, neuron, column) throws(InfoLensError) in
            let payload = try tool.sorter.sort(column, payload: codes, run: run)
            let sorted = UnsafeBufferPointer(column)
            var rule = try walk(neuron, sorted)
            body(neuron, tool.table.fill(sorted: sorted, classes: payload, walk: &rule))
        }
    }
}

/// Sorts the samples of each neuron and calls `body` with them, from several threads, once a neuron.
/// - Throws: as `forEachSortedNeuron`
public func forEachSortedColumn(
    of matrix: any ActivationMatrix, run: Run,
    body: (_ neuron: Int, _ sorted: UnsafeBufferPointer<Double>) -> Void
) throws(InfoLensError) {
    let samples = matrix.samples
    try forEachColumn(
        of: matrix, neurons: Array(0..<matrix.neurons), run: run, toolBytes: RadixSorter.bytes(count: samples)
    ) { () throws(InfoLensError) in
        try RadixSorter(count: samples)
    } body: { (sorter, neuron, column) throws(InfoLensError) in
        _ = try sorter.sort(column, payload: nil, run: run)
        body(neuron, UnsafeBufferPointer(column))
    }
}

/// A worker's memory for the table of one neuron.
private final class SortedTable {
    private let classes: SampleClasses
    private let marginal: UnsafeMutablePointer<UInt32>
    private let cells: UnsafeMutablePointer<UInt32>
    private let levels: UnsafeMutablePointer<UInt32>
    private let starts: UnsafeMutablePointer<Int>
    private let ends: UnsafeMutablePointer<Int>
    private let memory: AlignedBuffer

    static func bytes(samples: Int, classes: Int) -> Int { 2 * classes * 8 + 3 * samples * 4 + 64 }

    init(samples: Int, classes: SampleClasses) throws(InfoLensError) {
        self.classes = classes
        memory = try AlignedBuffer(byteCount: SortedTable.bytes(samples: samples, classes: classes.count))
        starts = memory.values(of: Int.self)
        ends = starts + classes.count
        marginal = UnsafeMutableRawPointer(ends + classes.count).assumingMemoryBound(to: UInt32.self)
        cells = marginal + samples
        levels = cells + samples
        var start = 0
        for c in 0..<classes.count {
            starts[c] = start
            start += classes.samples[c]
        }
    }

    func fill<Walk: LevelWalk>(
        sorted: UnsafeBufferPointer<Double>, classes payload: UnsafePointer<UInt32>, walk: inout Walk
    ) -> ContingencyTable {
        ends.update(from: starts, count: classes.count)
        var (last, current) = (-1, 0.0)
        for i in 0..<sorted.count {
            let level = walk.level(of: sorted[i])
            if last < 0 || level != current {
                last += 1
                current = level
                marginal[last] = 0
            }
            marginal[last] &+= 1
            let c = Int(payload[i])
            // A class has at most as many cells as samples, so cells never run into the next class.
            if ends[c] == starts[c] || levels[ends[c] &- 1] != UInt32(truncatingIfNeeded: last) {
                levels[ends[c]] = UInt32(truncatingIfNeeded: last)
                cells[ends[c]] = 0
                ends[c] &+= 1
            }
            cells[ends[c] &- 1] &+= 1
        }
        return ContingencyTable(
            samples: sorted.count, classSamples: classes.samples,
            marginal: UnsafeBufferPointer(start: marginal, count: last + 1), cells: cells, levels: levels,
            starts: starts, ends: ends)
    }
}
