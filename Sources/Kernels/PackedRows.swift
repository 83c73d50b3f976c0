// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// Some windows of rows of centred columns, in panels as `ScatterSums` takes them.
///
/// A window is a number of consecutive samples that depends on the matrix's shape only; within it rows are in the
/// order of their groups, so that each group's are together. There are about 256 to 512 rows of each group, or as many
/// as there are columns: fewer would spend the time on adding to the sums, more would take more memory than these.
final class PackedRows: @unchecked Sendable {
    /// Samples a window; the last may have fewer.
    let windowRows: Int
    /// Windows that are packed now.
    private(set) var windows = 0
    /// The panels of the columns at hand, and of those that they are multiplied with: the same, or later ones.
    let panels: Range<Int>
    let others: Range<Int>

    private let classes: SampleClasses
    private let capacity: Int
    private let memory: AlignedBuffer
    private let places: AlignedBuffer
    private let ends: AlignedBuffer
    private let hasOthers: Bool

    /// Numbers from a panel of a window to the next.
    var panelStride: Int { windowRows * ScatterSums.width }
    private var stored: Int { hasOthers ? panels.count + others.count : panels.count }

    static func windowRows(samples: Int, columns: Int, groups: Int) -> Int {
        min(max(256, saturatingProduct(groups, min(512, columns))), samples)
    }

    /// The panels that columns lie in.
    static func panels(of columns: Range<Int>) -> Range<Int> {
        columns.lowerBound / ScatterSums.width..<(columns.upperBound - 1) / ScatterSums.width + 1
    }

    /// Bytes of one window.
    static func bytes(windowRows: Int, panels: Int, groups: Int) -> Int {
        saturatingProduct(windowRows, panels * ScatterSums.width, 8) + windowRows * 4 + groups * 4
    }

    /// - Parameters:
    ///   - columns: which columns will be packed
    ///   - others: nil for the same
    ///   - totalColumns: of the matrix
    ///   - classes: the groups of samples; one of all samples to sum all together
    ///   - bytes: to fill with windows; room for one is taken anyway
    init(
        columns: Range<Int>, others: Range<Int>?, totalColumns: Int, classes: SampleClasses, samples: Int, bytes: Int
    ) throws(InfoLensError) {
        self.classes = classes
        panels = PackedRows.panels(of: columns)
        self.others = PackedRows.panels(of: others ?? columns)
        hasOthers = others != nil
        windowRows = PackedRows.windowRows(samples: samples, columns: totalColumns, groups: classes.count)
        let stored = hasOthers ? panels.count + self.others.count : panels.count
        let each = PackedRows.bytes(windowRows: windowRows, panels: stored, groups: classes.count)
        capacity = max(1, min(bytes / each, (samples - 1) / windowRows + 1))
        memory = try AlignedBuffer(
            byteCount: saturatingProduct(capacity, windowRows, stored * ScatterSums.width, 8), cleared: false)
        places = try AlignedBuffer(count: capacity * windowRows, of: Int32.self)
        ends = try AlignedBuffer(count: capacity * classes.count, of: Int32.self)
    }

    /// Packs all samples, as many at a time as there is room for, and calls `body` after each time.
    /// - Parameter pack: packs the samples of a range, at the places that `place(of:)` and `panel` give
    func forEachFilling(
        samples: Int, pack: (_ rows: Range<Int>) throws(InfoLensError) -> Void,
        body: () throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        let step = capacity * windowRows
        for first in stride(from: 0, to: samples, by: step) {
            let rows = first..<min(first + step, samples)
            windows = (rows.count - 1) / windowRows + 1
            for window in 0..<windows {
                let from = rows.lowerBound + window * windowRows
                classes.group(
                    rows: from..<min(from + windowRows, rows.upperBound),
                    place: places.values(of: Int32.self) + window * windowRows,
                    ends: ends.values(of: Int32.self) + window * classes.count)
            }
            try pack(rows)
            try body()
        }
    }

    /// The rows of a group in a window.
    func rows(of group: Int, window: Int) -> Range<Int> {
        let ends = ends.values(of: Int32.self) + window &* classes.count
        return (group == 0 ? 0 : Int(ends[group &- 1]))..<Int(ends[group])
    }

    /// Where the rows of a window go, one after another.
    func places(window: Int) -> UnsafePointer<Int32> {
        UnsafePointer(places.values(of: Int32.self) + window &* windowRows)
    }

    /// A row of a panel.
    func panel(_ panel: Int, isOther: Bool, window: Int, row: Int) -> UnsafeMutablePointer<Double> {
        let index = isOther && hasOthers ? panels.count &+ panel &- others.lowerBound : panel &- panels.lowerBound
        let offset = (window &* stored &+ index) &* panelStride &+ row &* ScatterSums.width
        return memory.values(of: Double.self) + offset
    }
}
