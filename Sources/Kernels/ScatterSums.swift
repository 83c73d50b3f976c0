// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// Σ xᵢ xⱼ over the samples of each group, for all pairs of centred columns: what covariances are made of.
///
/// The sums lie in blocks of 24 × 24 pairs, the unit of work of the kernel. They are added up window by window
/// (see `PackedRows`), each group's rows in slabs from the window's beginning on, so that a sum does not depend on
/// threads, on the budget, or on which columns are in memory together.
public final class ScatterSums: @unchecked Sendable {
    /// Columns side by side in a panel.
    static let width = Int(CN_SCATTER)
    /// Rows that are summed in registers: enough to make the addition to the block cheap, few enough that two panels
    /// of them stay in the second-level cache, and that sums of many rows gain digits from being made of parts.
    private static let slab = 256
    /// Panels on a side of a square that one worker takes: its eight panels and sixteen blocks stay in the
    /// second-level cache, and are used four times a visit.
    private static let side = 4

    /// d.
    public let columns: Int
    /// Groups of samples that are summed apart.
    public let groups: Int
    private let panels: Int
    private let memory: AlignedBuffer

    /// Bytes of the sums; at most Int.max.
    public static func bytes(columns: Int, groups: Int) -> Int {
        let panels = (columns - 1) / width + 1
        return saturatingProduct(groups, panels, panels + 1, width * width / 2 * MemoryLayout<Double>.stride)
    }

    /// - Throws: `memory`
    public init(columns: Int, groups: Int) throws(InfoLensError) {
        self.columns = columns
        self.groups = groups
        panels = (columns - 1) / ScatterSums.width + 1
        memory = try AlignedBuffer(byteCount: ScatterSums.bytes(columns: columns, groups: groups))
    }

    /// Sets all sums to 0.
    func clear() { memory.bytes.initializeMemory(as: UInt8.self, repeating: 0) }

    /// The sum of columns `i` ≤ `j`.
    public subscript(group: Int, i: Int, j: Int) -> Double {
        let width = ScatterSums.width
        return block(group, i / width, j / width)[j % width &* width &+ i % width]
    }

    /// The block of the panels `p` ≤ `q`: [column of q][column of p].
    private func block(_ group: Int, _ p: Int, _ q: Int) -> UnsafeMutablePointer<Double> {
        // Those of p = 0, then those of p = 1, …
        let index = p &* (2 &* panels &- p &+ 1) / 2 &+ q &- p
        let number = group &* (panels &* (panels &+ 1) / 2) &+ index
        return memory.values(of: Double.self) + number &* (ScatterSums.width * ScatterSums.width)
    }

    /// Units of work, about nanoseconds, that `add` reports for so many rows.
    static func workUnits(rows: Int, panels: Int, others: Int) -> Int { saturatingProduct(rows, panels, others, 12) }

    /// Adds the products of packed rows.
    func add(_ rows: PackedRows, run: Run) throws(InfoLensError) {
        let side = ScatterSums.side
        func squares(_ panels: Range<Int>) -> Int { (panels.count - 1) / side + 1 }
        func part(_ panels: Range<Int>, _ square: Int) -> Range<Int> {
            let from = panels.lowerBound + square * side
            return from..<min(from + side, panels.upperBound)
        }
        let across = squares(rows.others)
        try forEachItem(count: squares(rows.panels) * across, workers: run.threads, run: run) { _, item in
            let (firsts, seconds) = (part(rows.panels, item / across), part(rows.others, item % across))
            guard firsts.lowerBound < seconds.upperBound else { return }
            var pairs = 0
            for window in 0..<rows.windows {
                for group in 0..<groups {
                    let range = rows.rows(of: group, window: window)
                    for from in stride(from: range.lowerBound, to: range.upperBound, by: ScatterSums.slab) {
                        let count = min(ScatterSums.slab, range.upperBound - from)
                        for q in seconds {
                            let other = rows.panel(q, isOther: true, window: window, row: from)
                            for p in firsts where p <= q {
                                let panel = rows.panel(p, isOther: false, window: window, row: from)
                                cn_scatter_add(panel, other, Int64(count), block(group, p, q))
                                pairs &+= count
                            }
                        }
                    }
                }
            }
            run.advance(by: ScatterSums.workUnits(rows: pairs, panels: 1, others: 1))
        }
    }
}
