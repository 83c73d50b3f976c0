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

    init(
        coder: LevelCoder, levels: Int, classes: SampleClasses, columns: Range<Int>, blockRows: Int, tileColumns: Int
    ) throws(InfoLensError) {
        self.coder = coder
        self.levels = levels
        self.classes = classes
        self.columns = columns
        layout = CountLayout(
            levels: levels, classes: classes.count, neurons: columns.count, blockRows: blockRows,
            tileColumns: tileColumns)
        counts = try AlignedBuffer(byteCount: layout.countBytes)
        codes = try AlignedBuffer(byteCount: layout.codeBytes, cleared: false)
        place = try AlignedBuffer(count: blockRows, of: Int32.self)
        ends = try AlignedBuffer(count: classes.count, of: Int32.self)
    }

    /// Counts the rows of a block of at most as many rows as were announced.
    /// - Returns: a set of CN_FOUND flags that are errors here; the counts are void unless it is empty
    func add(_ block: RowBlock) -> Int32 {
        let place = place.values(of: Int32.self)
        let ends = ends.values(of: Int32.self)
        classes.group(rows: block.firstRow..<block.firstRow + block.rows, place: place, ends: ends)
        let tile = CodeTile(
            base: codes.values(of: UInt8.self), stripStride: layout.stripStride, wide: layout.codeSize == 2)
        var flags: Int32 = 0
        for first in stride(from: 0, to: columns.count, by: layout.tileColumns) {
            let width = min(layout.tileColumns, columns.count - first)
            let from = columns.lowerBound + first
            flags |= coder.encode(block, columns: from..<from + width, place: place, codes: tile)
            for strip in stride(from: 0, to: width, by: CountLayout.strip) {
                let codes = tile.base + strip / CountLayout.strip * layout.stripStride * layout.codeSize
                countStrip(codes, column: first + strip, width: min(CountLayout.strip, width - strip), ends: ends)
            }
        }
        return coder.refusesFractions ? flags : flags & Int32(CN_FOUND_NONFINITE)
    }

    /// Counts one strip of codes, `width` columns from `column` of the counted range, class after class.
    private func countStrip(_ codes: UnsafeRawPointer, column: Int, width: Int, ends: UnsafePointer<Int32>) {
        let counts = counts.values(of: UInt32.self)
        var start = 0
        for c in 0..<classes.count where Int(ends[c]) > start {
            let rows = Int64(Int(ends[c]) - start)
            let segment = codes + start * CountLayout.strip * layout.codeSize
            start = Int(ends[c])
            if layout.byComparison {
                cn_count_u8(
                    segment.assumingMemoryBound(to: UInt8.self), rows, Int32(levels),
                    counts + c * levels * layout.neuronStride + column, Int64(layout.neuronStride))
                continue
            }
            let target = counts + (c * columns.count + column) * levels
            if layout.codeSize == 2 {
                cn_increment_u16(
                    segment.assumingMemoryBound(to: UInt16.self), rows, Int64(width), target, Int64(levels))
            } else {
                cn_increment_u8(segment.assumingMemoryBound(to: UInt8.self), rows, Int64(width), target, Int64(levels))
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
    /// Columns of a strip of codes.
    static let strip = Int(CN_STRIP)

    /// Comparing counts all levels but 0, which is what remains of the class: [class][level][neuron].
    /// Incrementing counts all: [class][neuron][level].
    let byComparison: Bool
    /// Distance between the counters of neighbouring levels: whole strips and a line of the cache.
    let neuronStride: Int
    /// Columns encoded together.
    let tileColumns: Int
    /// Distance between strips of codes.
    let stripStride: Int
    /// Bytes of a code.
    let codeSize: Int
    let countBytes: Int
    let codeBytes: Int

    /// Columns to encode together for blocks of about `rows` rows: a page of float32 or more, so that
    /// memory is fetched ahead, but few enough that their codes stay in the caches.
    static func tileColumns(neurons: Int, rows: Int) -> Int {
        min(max((2 << 20) / max(rows, 1) / strip * strip, strip), 16 * strip, (neurons + strip - 1) / strip * strip)
    }

    init(levels: Int, classes: Int, neurons: Int, blockRows: Int, tileColumns: Int) {
        let strip = CountLayout.strip
        // Measured: comparing costs a fraction of incrementing a code for each level, but emptying the byte
        // counters after each class of a block costs as much as ten to thirty rows.
        byComparison = levels <= 64 && blockRows >= 16 * classes
        // Counters and strips a power of two apart would share the sets of the caches.
        neuronStride = (neurons + strip - 1) / strip * strip + 16
        self.tileColumns = tileColumns
        stripStride = (blockRows + 5) * strip
        codeSize = levels <= 256 ? 1 : 2
        codeBytes = tileColumns / strip * stripStride * codeSize
        let cells = classes.multipliedReportingOverflow(by: levels)
        let all = cells.partialValue.multipliedReportingOverflow(by: 4 * neuronStride)
        countBytes = cells.overflow || all.overflow ? Int.max / 4 : all.partialValue
    }
}
