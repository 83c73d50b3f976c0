// SPDX-License-Identifier: Apache-2.0

/// Orders the samples of a column by value, equal ones by index, in time linear in N.
///
/// Radix sort, least significant digit first, of words that pack 32 bits of the value above the sample's index: one
/// load and one store of eight bytes a sample and digit, and 16 bytes a sample of memory, which the second-level
/// cache holds up to some 60 000 samples. Three digits of 11 bits are all that float32 has. Of float64 the upper half
/// is sorted so, and the few samples that agree in it are put in order afterwards.
struct ColumnOrder {
    private static let digitBits: UInt64 = 11
    private static let digits = 3
    private static let buckets = 1 << 11
    /// From here on counting a run's digits costs less than comparing its words.
    private static let longRun = 2048

    private let count: Int
    private let words: UnsafeMutablePointer<UInt64>
    private let spare: UnsafeMutablePointer<UInt64>
    private let histograms: UnsafeMutablePointer<UInt32>
    private let memory: AlignedBuffer

    /// Bytes for ordering `count` samples.
    static func bytes(count: Int) -> Int { 2 * count * 8 + digits * buckets * 4 }

    /// - Parameter count: samples, fewer than 2³²
    init(count: Int) throws(InfoLensError) {
        self.count = count
        memory = try AlignedBuffer(byteCount: ColumnOrder.bytes(count: count))
        words = memory.values(of: UInt64.self)
        spare = words + count
        histograms = UnsafeMutableRawPointer(spare + count).assumingMemoryBound(to: UInt32.self)
    }

    /// The samples in ascending order: the lower half of a word is the sample's index, the upper halves of two words
    /// are equal where their values are (−0 is 0), and ascend otherwise. Lent until the next call.
    /// - Parameter column: `count` values, not NaN
    /// - Throws: `cancelled`
    func sort(_ column: UnsafePointer<Double>, run: Run) throws(InfoLensError) -> UnsafeMutablePointer<UInt64> {
        if packSingle(column) { return try radix(words, spare, count, run: run) }
        for i in 0..<count { words[i] = ColumnOrder.key(column[i]) & ~0xFFFF_FFFF | UInt64(truncatingIfNeeded: i) }
        let sorted = try radix(words, spare, count, run: run)
        try refine(sorted, sorted == words ? spare : words, column, run: run)
        return sorted
    }

    /// Packs the column as float32; false where that would round a value.
    private func packSingle(_ column: UnsafePointer<Double>) -> Bool {
        var isExact = true
        for i in 0..<count {
            // +0 makes 0 of −0.
            let value = Float(column[i]) + 0
            isExact = isExact && Double(value) == column[i]
            let bits = value.bitPattern
            let key = bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 1 << 31)
            words[i] = UInt64(key) << 32 | UInt64(truncatingIfNeeded: i)
        }
        return isExact
    }

    /// Bits whose unsigned order is that of the values.
    @inline(__always)
    private static func key(_ value: Double) -> UInt64 {
        let bits = (value + 0).bitPattern
        return bits ^ (UInt64(bitPattern: Int64(bitPattern: bits) >> 63) | 1 << 63)
    }

    /// Sorts words by their upper halves, stably; returns where they are in the end.
    private func radix(
        _ first: UnsafeMutablePointer<UInt64>, _ second: UnsafeMutablePointer<UInt64>, _ count: Int, run: Run
    ) throws(InfoLensError) -> UnsafeMutablePointer<UInt64> {
        let (bits, buckets) = (ColumnOrder.digitBits, ColumnOrder.buckets)
        let mask = UInt64(buckets - 1)
        histograms.update(repeating: 0, count: ColumnOrder.digits * buckets)
        for i in 0..<count {
            let word = first[i]
            histograms[Int(word >> 32 & mask)] &+= 1
            histograms[buckets &+ Int(word >> (32 + bits) & mask)] &+= 1
            histograms[2 * buckets &+ Int(word >> (32 + 2 * bits))] &+= 1
        }
        var (from, to) = (first, second)
        for digit in 0..<ColumnOrder.digits {
            try run.checkpoint()
            let histogram = histograms + digit * buckets
            let shift = 32 + UInt64(digit) * bits
            if count == 0 || histogram[Int(from[0] >> shift & mask)] == count { continue }
            var start: UInt32 = 0
            for bucket in 0..<buckets { (start, histogram[bucket]) = (start &+ histogram[bucket], start) }
            for i in 0..<count {
                let word = from[i]
                let bucket = Int(word >> shift & mask)
                let position = histogram[bucket]
                histogram[bucket] = position &+ 1
                to[Int(position)] = word
            }
            (from, to) = (to, from)
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
                part[i] = ColumnOrder.key(column[Int(row)]) << 32 | row
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
}
