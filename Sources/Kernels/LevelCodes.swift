// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// The level of every sample for a range of neurons, for what goes over the samples
/// of a neuron many times.
///
/// Levels are numbered 0 ..< `levels(of:)` in ascending order without gaps.
public final class LevelCodes: @unchecked Sendable {
    /// Most levels of a neuron.
    public static let mostLevels = 1 << 16

    /// The range of neurons.
    public let neurons: Range<Int>
    /// N.
    public let samples: Int
    /// Bytes of a code, 1 or 2.
    let codeSize: Int
    private let codes: AlignedBuffer
    private let levelCounts: AlignedBuffer

    fileprivate init(neurons: Range<Int>, samples: Int, codeSize: Int) throws(InfoLensError) {
        self.neurons = neurons
        self.samples = samples
        self.codeSize = codeSize
        codes = try AlignedBuffer(byteCount: neurons.count * samples * codeSize)
        levelCounts = try AlignedBuffer(count: neurons.count, of: Int.self)
    }

    /// Levels of a neuron that occur, ≥ 1.
    public func levels(of neuron: Int) -> Int { levelCounts.values(of: Int.self)[neuron - neurons.lowerBound] }

    /// Levels of the neuron that has most of them.
    public var largestLevels: Int { neurons.reduce(1) { max($0, levels(of: $1)) } }

    /// The level of each sample of a neuron, in order.
    public func copyLevels(of neuron: Int, to levels: UnsafeMutablePointer<Int32>) {
        let codes = codes(of: neuron)
        for i in 0..<samples {
            levels[i] =
                codeSize == 1
                ? Int32(codes.assumingMemoryBound(to: UInt8.self)[i])
                : Int32(codes.assumingMemoryBound(to: UInt16.self)[i])
        }
    }

    /// The codes of a neuron, `samples` of `codeSize` bytes.
    func codes(of neuron: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(codes.values(of: UInt8.self)) + (neuron - neurons.lowerBound) * samples * codeSize
    }

    /// How often each level of a neuron occurs.
    public func levelSamples(of neuron: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: levels(of: neuron))
        let codes = codes(of: neuron)
        for i in 0..<samples {
            let code =
                codeSize == 1
                ? Int(codes.assumingMemoryBound(to: UInt8.self)[i]) : Int(codes.assumingMemoryBound(to: UInt16.self)[i])
            counts[code] &+= 1
        }
        return counts
    }

    fileprivate func setLevels(_ levels: Int, of neuron: Int) {
        levelCounts.values(of: Int.self)[neuron - neurons.lowerBound] = levels
    }

    /// Numbers the codes of a neuron that occur; they are below `levels`.
    fileprivate func compact(neuron: Int, levels: Int, seen: UnsafeMutablePointer<UInt16>) {
        if codeSize == 1 {
            compact(codes(of: neuron).assumingMemoryBound(to: UInt8.self), neuron: neuron, levels: levels, seen: seen)
        } else {
            compact(codes(of: neuron).assumingMemoryBound(to: UInt16.self), neuron: neuron, levels: levels, seen: seen)
        }
    }

    private func compact<Code: FixedWidthInteger>(
        _ codes: UnsafeMutablePointer<Code>, neuron: Int, levels: Int, seen: UnsafeMutablePointer<UInt16>
    ) {
        seen.update(repeating: 0, count: levels)
        for i in 0..<samples { seen[Int(codes[i])] = 1 }
        var occupied = 0
        for level in 0..<levels where seen[level] == 1 {
            seen[level] = UInt16(truncatingIfNeeded: occupied)
            occupied += 1
        }
        setLevels(occupied, of: neuron)
        guard occupied < levels else { return }
        for i in 0..<samples { codes[i] = Code(truncatingIfNeeded: seen[Int(codes[i])]) }
    }
}

/// How the levels of a layer's neurons are found.
public struct LevelPlan<Walk: LevelWalk> {
    /// For all neurons but `others`; nil where those are all.
    public let coding: LevelCoding?
    /// Neurons whose samples are sorted, ascending.
    public let others: [Int]
    /// Most levels of one of `others`, where that is known.
    public let otherLevels: Int
    /// Makes the rule for one of `others` from its samples in ascending order.
    public let walk: (_ neuron: Int, _ sorted: UnsafeBufferPointer<Double>) throws(InfoLensError) -> Walk

    public init(
        coding: LevelCoding?, others: [Int], otherLevels: Int = .max,
        walk: @escaping (_ neuron: Int, _ sorted: UnsafeBufferPointer<Double>) throws(InfoLensError) -> Walk
    ) {
        self.coding = coding
        self.others = others
        self.otherLevels = otherLevels
        self.walk = walk
    }

    fileprivate var codeSize: Int { max(coding?.levels ?? 0, others.isEmpty ? 0 : otherLevels) <= 256 ? 1 : 2 }
}

/// Calls `body` with the codes of all neurons, as many at a time as a third of the budget holds.
///
/// Every group of neurons takes one pass over the rows, within another third. The codes are
/// all that is kept while `body` runs, so that it may use the rest of the budget.
///
/// - Parameters:
///   - neurons: which ones
///   - bytesPerNeuron: what the caller keeps for each neuron of a group
///   - body: called on the calling thread, groups in ascending order
/// - Throws: `numeric` at a value that has no level, and for a neuron with more than 65536 levels; `memory`;
///   what `matrix.read` and the closures throw
public func forEachCodedGroup<Walk: LevelWalk>(
    of matrix: any ActivationMatrix, plan: LevelPlan<Walk>, neurons: Range<Int>, bytesPerNeuron: Int, run: Run,
    body: (LevelCodes) throws(InfoLensError) -> Void
) throws(InfoLensError) {
    let codeSize = plan.codeSize
    let neuronBytes = matrix.samples * codeSize + MemoryLayout<Int>.size + bytesPerNeuron
    guard neuronBytes <= run.memory / 3 else {
        throw InfoLensError(
            .memory,
            """
            memory: the levels of one neuron of layer "\(matrix.name)" take \(neuronBytes) bytes, but a third of the \
            budget is \(run.memory / 3); give the context at least \(3 * neuronBytes) bytes
            """
        )
    }
    let width = min(run.memory / 3 / neuronBytes, neurons.count)
    let coder: LevelCoder? =
        if let coding = plan.coding { try LevelCoder(coding, element: matrix.element) } else { nil }
    for first in stride(from: neurons.lowerBound, to: neurons.upperBound, by: width) {
        let neurons = first..<min(first + width, neurons.upperBound)
        let codes = try LevelCodes(neurons: neurons, samples: matrix.samples, codeSize: codeSize)
        let others = plan.others.filter(neurons.contains)
        if let coder, let coding = plan.coding, others.count < neurons.count {
            try encode(matrix, coder: coder, levels: coding.levels, into: codes, run: run)
        }
        if !others.isEmpty { try sort(matrix, neurons: others, walk: plan.walk, into: codes, run: run) }
        try body(codes)
    }
}

/// One pass over the rows, then the numbering of each neuron's levels.
private func encode(
    _ matrix: any ActivationMatrix, coder: LevelCoder, levels: Int, into codes: LevelCodes, run: Run
) throws(InfoLensError) {
    let strip = CountLayout.strip
    let (size, neurons) = (codes.codeSize, codes.neurons)
    let wantedRows = 1024
    let tileColumns = CountLayout.tileColumns(neurons: neurons.count, rows: wantedRows)
    let blocks = try RowBlocks(
        of: matrix, run: run, memory: run.memory / 3, bytesPerRow: tileColumns * size + MemoryLayout<Int32>.size,
        wantedRows: wantedRows)
    let place = try AlignedBuffer(count: blocks.rows, of: Int32.self)
    for row in 0..<blocks.rows { place.values(of: Int32.self)[row] = Int32(truncatingIfNeeded: row) }
    var tiles: [AlignedBuffer] = []
    for _ in 0..<blocks.workers { tiles.append(try AlignedBuffer(byteCount: blocks.rows * tileColumns * size)) }
    let scratch = tiles
    let flags = try blocks.forEach(unitsPerRow: neurons.count) { (worker, block) throws(InfoLensError) in
        let base = scratch[worker].values(of: UInt8.self)
        let tile = CodeTile(base: base, stripStride: block.rows * strip, wide: size == 2)
        var flags: Int32 = 0
        for first in stride(from: neurons.lowerBound, to: neurons.upperBound, by: tileColumns) {
            let columns = first..<min(first + tileColumns, neurons.upperBound)
            flags |= coder.encode(block, columns: columns, place: place.values(of: Int32.self), codes: tile)
            for column in columns {
                let (number, within) = (column - first).quotientAndRemainder(dividingBy: strip)
                let source = base + (number * block.rows * strip + within) * size
                copyColumn(source, rows: block.rows, size: size, to: codes.codes(of: column) + block.firstRow * size)
            }
        }
        return coder.refusesFractions ? flags : flags & Int32(CN_FOUND_NONFINITE)
    }
    if flags != 0 { throw firstOffender(in: matrix, integers: coder.refusesFractions, run: run) }
    let workers = min(run.threads, neurons.count)
    var tables: [AlignedBuffer] = []
    for _ in 0..<workers { tables.append(try AlignedBuffer(count: levels, of: UInt16.self)) }
    let seen = tables
    try forEachItem(count: neurons.count, workers: workers, run: run) { (worker, item) in
        codes.compact(neuron: neurons.lowerBound + item, levels: levels, seen: seen[worker].values(of: UInt16.self))
    }
}

/// Takes one column out of a strip of codes.
private func copyColumn(
    _ source: UnsafePointer<UInt8>, rows: Int, size: Int, to target: UnsafeMutableRawPointer
) {
    let strip = CountLayout.strip
    if size == 1 {
        let target = target.assumingMemoryBound(to: UInt8.self)
        for row in 0..<rows { target[row] = source[row &* strip] }
    } else {
        let source = UnsafeRawPointer(source).assumingMemoryBound(to: UInt16.self)
        let target = target.assumingMemoryBound(to: UInt16.self)
        for row in 0..<rows { target[row] = source[row &* strip] }
    }
}

/// Finds the levels of some neurons in their sorted samples.
private func sort<Walk: LevelWalk>(
    _ matrix: any ActivationMatrix, neurons: [Int],
    walk: (_ neuron: Int, _ sorted: UnsafeBufferPointer<Double>) throws(InfoLensError) -> Walk,
    into codes: LevelCodes, run: Run
) throws(InfoLensError) {
    let samples = matrix.samples
    let indices = try AlignedBuffer(count: samples, of: Int32.self)
    for i in 0..<samples { indices.values(of: Int32.self)[i] = Int32(truncatingIfNeeded: i) }
    try forEachColumn(
        of: matrix, neurons: neurons, run: run, memory: run.memory / 3, toolBytes: RadixSorter.bytes(count: samples)
    ) { () throws(InfoLensError) in
        try RadixSorter(count: samples)
    } body: { (sorter, neuron, column) throws(InfoLensError) in
        let rows = try sorter.sort(column, payload: indices.values(of: Int32.self), run: run)
        var rule = try walk(neuron, UnsafeBufferPointer(column))
        let target = codes.codes(of: neuron)
        var (last, current) = (-1, 0.0)
        for i in 0..<samples {
            let level = rule.level(of: column[i])
            if last < 0 || level != current {
                last += 1
                current = level
                guard last < LevelCodes.mostLevels else { throw tooManyLevels(neuron: neuron, layer: matrix.name) }
            }
            let row = Int(rows[i])
            if codes.codeSize == 1 {
                target.assumingMemoryBound(to: UInt8.self)[row] = UInt8(truncatingIfNeeded: last)
            } else {
                target.assumingMemoryBound(to: UInt16.self)[row] = UInt16(truncatingIfNeeded: last)
            }
        }
        codes.setLevels(last + 1, of: neuron)
    }
}

private func tooManyLevels(neuron: Int, layer: String) -> InfoLensError {
    InfoLensError(
        .numeric,
        """
        quantizer: neuron \(neuron) of layer "\(layer)" has more than \(LevelCodes.mostLevels) levels, too many for \
        permutations, bootstrap and pairs; use wider or fewer bins
        """
    )
}
