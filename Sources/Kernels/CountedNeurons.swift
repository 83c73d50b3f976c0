// SPDX-License-Identifier: Apache-2.0

/// Whether tables of levels × classes are small enough to be counted directly; if
/// not, sorting each neuron's samples needs less memory.
public func canCount(levels: Int, classes: Int, samples: Int, memory: Int) -> Bool {
    guard levels <= 1 << 16 else { return false }
    let cells = levels * classes
    return cells * 4 * 2 * CountLayout.strip <= memory / 4 && cells <= max(1 << 16, 4 * samples)
}

/// Counters that a core's caches hold, about.
private let cachedBytes = 2 << 20
/// Bytes of rows that a worker reads at a time.
private let readBytes = 8 << 20

/// Streams the rows of `matrix` and calls `body` with the table of each neuron.
///
/// Where the counters of all neurons exceed half the budget, the rows are read once
/// for each range of neurons that fits.
///
/// - Parameter body: called from several threads, once a neuron; the table is lent for the call
/// - Throws: `numeric` at a value that has no level; `memory`; what `matrix.read` throws
public func forEachCountedNeuron(
    of matrix: any ActivationMatrix, coding: LevelCoding, classes: SampleClasses, run: Run,
    body: (_ neuron: Int, _ table: ContingencyTable) -> Void
) throws(InfoLensError) {
    let coder = try LevelCoder(coding, element: matrix.element)
    let bytesPerNeuron = classes.count * coding.levels * 4
    // A worker's counters and its share of reading each get half of its part of the budget.
    let strip = CountLayout.strip
    var counterBytes = run.memory / 2 / min(run.threads, 1 + matrix.samples / 64)
    // Counters beyond the caches cost more than walking rows that are in memory once more.
    let isResident = matrix.isInMemory
    if isResident { counterBytes = min(counterBytes, cachedBytes) }
    let most = max(counterBytes / bytesPerNeuron / strip * strip, strip)
    let passes = (matrix.neurons - 1) / most + 1
    let width = min(((matrix.neurons - 1) / passes / strip + 1) * strip, matrix.neurons)
    for first in stride(from: 0, to: matrix.neurons, by: width) {
        let columns = first..<min(first + width, matrix.neurons)
        let parts = try countRows(
            of: matrix, coder: coder, levels: coding.levels, classes: classes, columns: columns,
            wantedRows: wantedRows(of: matrix, isResident: isResident, classes: classes.count), run: run)
        try forEachTable(of: parts, columns: columns, levels: coding.levels, classes: classes, run: run, body: body)
    }
}

/// Rows of a block: many, as each block visits the counters of all classes, but what is read must be held.
private func wantedRows(of matrix: any ActivationMatrix, isResident: Bool, classes: Int) -> Int {
    if isResident { return 2048 }
    let held = readBytes / max(matrix.neurons * matrix.element.size, 1)
    return max(min(held, 1024), min(16 * classes, 1 << 14))
}

/// One pass over the rows: a set of counts a worker, to be added up.
private func countRows(
    of matrix: any ActivationMatrix, coder: LevelCoder, levels: Int, classes: SampleClasses, columns: Range<Int>,
    wantedRows: Int, run: Run
) throws(InfoLensError) -> [LevelCounts] {
    let tileColumns = CountLayout.tileColumns(neurons: columns.count, rows: wantedRows)
    let layout = CountLayout(
        levels: levels, classes: classes.count, neurons: columns.count, blockRows: wantedRows,
        tileColumns: tileColumns)
    let blocks = try RowBlocks(
        of: matrix, run: run, bytesPerWorker: layout.countBytes,
        bytesPerRow: layout.codeBytes / wantedRows + 1 + MemoryLayout<Int32>.size, wantedRows: wantedRows)
    var parts: [LevelCounts] = []
    for _ in 0..<blocks.workers {
        parts.append(
            try LevelCounts(
                coder: coder, levels: levels, classes: classes, columns: columns, blockRows: blocks.rows,
                tileColumns: tileColumns))
    }
    let accumulators = parts
    let flags = try blocks.forEach(unitsPerRow: columns.count) { (worker, block) throws(InfoLensError) in
        accumulators[worker].add(block)
    }
    if flags != 0 { throw firstOffender(in: matrix, integers: coder.refusesFractions, run: run) }
    return parts
}

private func forEachTable(
    of parts: [LevelCounts], columns: Range<Int>, levels: Int, classes: SampleClasses, run: Run,
    body: (_ neuron: Int, _ table: ContingencyTable) -> Void
) throws(InfoLensError) {
    // Neighbouring neurons share cache lines of the counters.
    let batch = CountLayout.strip
    let workers = min(run.threads, (columns.count - 1) / batch + 1)
    let cells = classes.count * levels
    var scratch: [AlignedBuffer] = []
    for _ in 0..<workers { scratch.append(try AlignedBuffer(count: cells + levels, of: UInt32.self)) }
    let buffers = scratch
    try forEachItem(count: (columns.count - 1) / batch + 1, workers: workers, run: run) { (worker, item) in
        let sum = buffers[worker].values(of: UInt32.self)
        let marginal = sum + cells
        let from = columns.lowerBound + item * batch
        for neuron in from..<min(from + batch, columns.upperBound) {
            sum.update(repeating: 0, count: cells + levels)
            for part in parts { part.add(neuron: neuron, to: sum) }
            for c in 0..<classes.count {
                let row = sum + c * levels
                var others = 0
                for level in 1..<max(levels, 1) {
                    others &+= Int(row[level])
                    marginal[level] &+= row[level]
                }
                row[0] = UInt32(truncatingIfNeeded: classes.samples[c] &- others)
                marginal[0] &+= row[0]
            }
            body(
                neuron,
                ContingencyTable(
                    samples: classes.total, classSamples: classes.samples,
                    marginal: UnsafeBufferPointer(start: marginal, count: levels), dense: sum))
        }
    }
}
