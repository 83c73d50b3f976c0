// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// Orders the samples of a column by value, equal ones by index, in time linear in N.
///
/// Words that pack 32 bits of the value above the sample's index are sorted by three digits: that is all there is of
/// float32. Of float64 the upper half is sorted so, and the few samples that agree in it are put in order afterwards.
struct ColumnOrder {
    /// From here on counting a run's digits costs less than comparing its words.
    private static let longRun = 2048

    private let count: Int
    private let words: UnsafeMutablePointer<UInt64>
    private let spare: UnsafeMutablePointer<UInt64>
    private let counts: UnsafeMutablePointer<UInt32>
    private let memory: AlignedBuffer

    /// Bytes for ordering `count` samples.
    static func bytes(count: Int) -> Int { 2 * count * 8 + Int(CN_ORDER_DIGITS * CN_ORDER_BUCKETS) * 4 }

    /// - Parameter count: samples, fewer than 2³²
    init(count: Int) throws(InfoLensError) {
        self.count = count
        memory = try AlignedBuffer(byteCount: ColumnOrder.bytes(count: count))
        words = memory.values(of: UInt64.self)
        spare = words + count
        counts = UnsafeMutableRawPointer(spare + count).assumingMemoryBound(to: UInt32.self)
    }

    /// The samples in ascending order: the lower half of a word is the sample's index, the upper halves of two words
    /// are equal where their values are (−0 is 0), and ascend otherwise. Lent until the next call.
    /// - Parameter column: `count` values, not NaN
    /// - Throws: `cancelled`
    func sort(_ column: UnsafePointer<Double>, run: Run) throws(InfoLensError) -> UnsafeMutablePointer<UInt64> {
        if cn_order_pack_single(column, Int64(count), words) != 0 { return try radix(words, spare, count, run: run) }
        cn_order_pack_double(column, Int64(count), words)
        let sorted = try radix(words, spare, count, run: run)
        try refine(sorted, sorted == words ? spare : words, column, run: run)
        return sorted
    }

    /// Sorts words by their upper halves, stably; returns where they are in the end.
    private func radix(
        _ first: UnsafeMutablePointer<UInt64>, _ second: UnsafeMutablePointer<UInt64>, _ count: Int, run: Run
    ) throws(InfoLensError) -> UnsafeMutablePointer<UInt64> {
        cn_order_count(first, Int64(count), counts)
        var (from, to) = (first, second)
        for digit in 0..<CN_ORDER_DIGITS {
            try run.checkpoint()
            if cn_order_digit(from, to, Int64(count), digit, counts) != 0 { (from, to) = (to, from) }
        }
        return from
    }

    /// Puts samples whose values agree in the upper half in the order of the lower, and numbers the values.
    private func refine(
        _ sorted: UnsafeMutablePointer<UInt64>, _ other: UnsafeMutablePointer<UInt64>, _ column: UnsafePointer<Double>,
        run: Run
    ) throws(InfoLensError) {
        var (begin, value) = (0, UInt64(0))
        while begin < count {
            var end = begin + 1
            while end < count, sorted[end] >> 32 == sorted[begin] >> 32 { end += 1 }
            let length = end - begin
            guard length > 1 else {
                sorted[begin] = value << 32 | sorted[begin] & 0xFFFF_FFFF
                (begin, value) = (end, value + 1)
                continue
            }
            let part = other + begin
            var differ: UInt64 = 0
            for i in 0..<length {
                let row = sorted[begin &+ i] & 0xFFFF_FFFF
                part[i] = ColumnOrder.lowerKey(column[Int(row)]) << 32 | row
                differ |= part[i] ^ part[0]
            }
            var ordered = part
            if differ >> 32 != 0 {
                if length < ColumnOrder.longRun {
                    var run = UnsafeMutableBufferPointer(start: part, count: length)
                    run.sort()
                } else {
                    ordered = try radix(part, sorted + begin, length, run: run)
                }
            }
            var last = ordered[0] >> 32
            for i in 0..<length {
                let word = ordered[i]
                if word >> 32 != last { (last, value) = (word >> 32, value + 1) }
                part[i] = value << 32 | word & 0xFFFF_FFFF
            }
            (sorted + begin).update(from: part, count: length)
            (begin, value) = (end, value + 1)
        }
    }

    /// The lower half of a value's bits, in the order of values that agree in the upper half.
    private static func lowerKey(_ value: Double) -> UInt64 {
        let bits = (value + 0).bitPattern
        return (bits >> 63 == 0 ? bits : ~bits) & 0xFFFF_FFFF
    }
}
