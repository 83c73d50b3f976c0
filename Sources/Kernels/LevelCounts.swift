// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// How often each level occurs in each class, for a range of neurons: the
/// accumulator behind every measure of quantised neurons.
///
/// Few levels are counted by comparing vectors of codes with each level, samples
/// grouped by class; many levels, or classes with few samples in a block, by
/// incrementing. Both give the same counts.
final class LevelCounts {
    /// The range of neurons counted.
    let columns: Range<Int>
    private let levels: Int
    private let classes: SampleClasses
    private let coder: LevelCoder
    private let layout: CountLayout
    private let counts: AlignedBuffer
    private let codes: AlignedBuffer
    private let place: AlignedBuffer
    private let ends: AlignedBuffer
    private var blockRows: Int

    init(
        coder: LevelCoder, levels: Int, classes: SampleClasses, columns: Range<Int>, blockRows: Int
    ) throws(InfoLensError) {
        self.coder = coder
        self.levels = levels
        self.classes = classes
        self.columns = columns
        self.blockRows = blockRows
        layout = CountLayout(levels: levels, classes: classes.count, neurons: columns.count, blockRows: blockRows)
        counts = try AlignedBuffer(byteCount: layout.countBytes)
        codes = try AlignedBuffer(byteCount: layout.codeBytes(rows: blockRows))
        place = try AlignedBuffer(count: blockRows, of: Int32.self)
        ends = try AlignedBuffer(count: classes.count, of: Int32.self)
    }

    /// Counts the rows of a block of at most `blockRows` rows.
    /// - Returns: a set of CN_FOUND flags; the counts are void unless it is empty
    func add(_ block: RowBlock) -> Int32 {
        let place = place.values(of: Int32.self)
        let ends = ends.values(of: Int32.self)
        classes.group(rows: block.firstRow..<block.firstRow + block.rows, place: place, ends: ends)
        let tile = CodeTile(
            base: codes.values(of: UInt8.self), stride: layout.tileColumns, wide: layout.codeSize == 2)
        var flags: Int32 = 0
        var from = columns.lowerBound
        while from < columns.upperBound {
            let to = min(from + layout.tileColumns, columns.upperBound)
            flags |= coder.encode(block, columns: from..<to, place: place, codes: tile)
            count(tile, column: from - columns.lowerBound, width: to - from, ends: ends)
            from = to
        }
        return flags
    }

    private func count(_ tile: CodeTile, column: Int, width: Int, ends: UnsafePointer<Int32>) {
        let counts = counts.values(of: UInt32.self)
        var start = 0
        for c in 0..<classes.count where Int(ends[c]) > start {
            let rows = Int64(Int(ends[c]) - start)
            let codes = tile.base + start * tile.stride * layout.codeSize
            let bytes = codes.assumingMemoryBound(to: UInt8.self)
            start = Int(ends[c])
            let stride = Int64(tile.stride)
            if layout.byComparison {
                let padded = (width + Int(CN_STRIP) - 1) / Int(CN_STRIP) * Int(CN_STRIP)
                cn_count_u8(
                    bytes, rows, Int64(padded), stride, Int32(levels),
                    counts + c * levels * layout.neuronStride + column, Int64(layout.neuronStride))
            } else {
                let target = counts + (c * columns.count + column) * levels
                if tile.wide {
                    let words = codes.assumingMemoryBound(to: UInt16.self)
                    cn_increment_u16(words, rows, Int64(width), stride, target, Int64(levels))
                } else {
                    cn_increment_u8(bytes, rows, Int64(width), stride, target, Int64(levels))
                }
            }
        }
    }

    /// Adds this accumulator's counts of one neuron to `sum` ([classes][levels]).
    func add(neuron: Int, to sum: UnsafeMutablePointer<UInt32>) {
        let counts = counts.values(of: UInt32.self)
        let column = neuron - columns.lowerBound
        for c in 0..<classes.count {
            let sum = sum + c * levels
            if layout.byComparison {
                let source = counts + c * levels * layout.neuronStride + column
                for level in 1..<max(levels, 1) { sum[level] &+= source[level * layout.neuronStride] }
            } else {
                let source = counts + (c * columns.count + column) * levels
                for level in 0..<levels { sum[level] &+= source[level] }
            }
        }
    }
}

/// Where counts and codes lie, and how much memory they take.
struct CountLayout {
    /// Comparing counts all levels but 0, which is what remains of the class: [class][level][neuron].
    /// Incrementing counts all: [class][neuron][level].
    let byComparison: Bool
    /// Neurons, padded to whole vectors.
    let neuronStride: Int
    /// Columns encoded together, so that their codes stay in the second-level cache.
    let tileColumns: Int
    /// Bytes of a code.
    let codeSize: Int
    let countBytes: Int

    init(levels: Int, classes: Int, neurons: Int, blockRows: Int) {
        // Measured: a comparison costs a 64th of a step a level, an increment one to two; emptying
        // the byte counters costs as much as 16 rows.
        byComparison = levels <= 64 && blockRows >= 16 * classes
        let strip = Int(CN_STRIP)
        neuronStride = (neurons + strip - 1) / strip * strip
        tileColumns = min(max((1 << 20) / max(blockRows, 1) / strip * strip, strip), 16 * strip, neuronStride)
        codeSize = levels <= 256 ? 1 : 2
        let cells = classes.multipliedReportingOverflow(by: levels)
        let all = cells.partialValue.multipliedReportingOverflow(by: 4 * neuronStride)
        countBytes = cells.overflow || all.overflow ? Int.max / 4 : all.partialValue
    }

    func codeBytes(rows: Int) -> Int { rows * tileColumns * codeSize }
}
