// SPDX-License-Identifier: Apache-2.0

/// A function of a cell's class and count in fixed point.
///
/// Sums over the cells of a table are exact, whatever the order, so that tables with the
/// same cells tie exactly. The scale is the power of two that leaves 2^52 for the largest
/// sum: sums and their differences are exact in float64 too.
public final class CellTables: @unchecked Sendable {
    /// For each class, the values of counts 0 ... samples of the class.
    public let pointers: UnsafePointer<UnsafePointer<Int64>?>
    /// What one unit of a sum is worth.
    public let unit: Double
    private let entries: AlignedBuffer
    private let table: AlignedBuffer

    /// - Parameter cell: of a class and a count ≥ 1, finite; an empty cell is worth 0
    /// - Throws: `internal` where `cell` is not finite; `memory`
    public init(_ classes: SampleClasses, cell: (_ class: Int, _ count: Int) -> Double) throws(InfoLensError) {
        entries = try AlignedBuffer(count: classes.total + classes.count, of: Double.self)
        table = try AlignedBuffer(count: classes.count, of: UnsafePointer<Int64>?.self)
        let pointers = table.values(of: UnsafePointer<Int64>?.self)
        // |Σ cell| ≤ N max |cell| / count, because the counts add up to N.
        var most = 0.0
        var start = 0
        for (c, samples) in classes.samples.enumerated() {
            let values = entries.values(of: Double.self) + start
            for count in stride(from: 1, through: samples, by: 1) {
                let value = cell(c, count)
                guard value.isFinite else {
                    throw InfoLensError(.internal, "the term of a cell of \(count) samples is \(value)")
                }
                values[count] = value
                most = max(most, value.magnitude / Double(count))
            }
            start += samples + 1
        }
        let bound = most * Double(classes.total)
        let exponent = bound.isNormal ? 51 - Int(bound.exponent) : 0
        unit = Double(sign: .plus, exponent: -exponent, significand: 1)
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        start = 0
        for (c, samples) in classes.samples.enumerated() {
            let values = entries.values(of: Double.self) + start
            // A double and the integer that takes its place are both eight bytes.
            let raw = UnsafeMutableRawPointer(values)
            for count in 0...samples {
                let scaled = (values[count] * scale).rounded()
                raw.storeBytes(
                    of: Int64(exactly: scaled) ?? 0, toByteOffset: count * MemoryLayout<Int64>.stride, as: Int64.self)
            }
            pointers[c] = UnsafePointer(raw.bindMemory(to: Int64.self, capacity: samples + 1))
            start += samples + 1
        }
        self.pointers = UnsafePointer(pointers)
    }

    /// By how many units the sums of tables may differ that are equal in exact arithmetic: half a unit for
    /// rounding each cell to fixed point and, over all cells, a unit for its rounding as float64, on both sides.
    public func tolerance(cells: Int) -> Int64 { Int64(cells) + 4 }
}
