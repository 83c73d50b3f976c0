// SPDX-License-Identifier: Apache-2.0

/// Sorts float64 values with a 32-bit payload, stably and in time linear in N.
///
/// Least significant digit first, on keys whose unsigned order is the values' order;
/// digits that all keys share (the low half of what was float32) cost nothing.
struct RadixSorter {
    private static let digitBits = 11
    private static let digits = 6
    private static let buckets = 1 << digitBits

    private let keys: [UnsafeMutablePointer<UInt64>]
    private let payloads: [UnsafeMutablePointer<UInt32>]
    private let histograms: UnsafeMutablePointer<Int>
    private let memory: AlignedBuffer

    /// Bytes for sorting `count` values.
    static func bytes(count: Int) -> Int { 2 * count * 12 + digits * buckets * 8 + 64 }

    init(count: Int) throws(InfoLensError) {
        memory = try AlignedBuffer(byteCount: RadixSorter.bytes(count: count))
        let first = memory.values(of: UInt64.self)
        let counters = UnsafeMutableRawPointer(first + 2 * count).assumingMemoryBound(to: Int.self)
        let payload = UnsafeMutableRawPointer(counters + RadixSorter.digits * RadixSorter.buckets)
            .assumingMemoryBound(to: UInt32.self)
        keys = [first, first + count]
        histograms = counters
        payloads = [payload, payload + count]
    }

    /// Sorts `values` in place; `payload[i]` travels with `values[i]` into the memory returned, which the
    /// next call reuses; nil stands for zeros. NaN is not allowed.
    /// - Throws: `cancelled`, between two digits
    func sort(
        _ values: UnsafeMutableBufferPointer<Double>, payload: UnsafePointer<Int32>?, run: Run
    ) throws(InfoLensError) -> UnsafePointer<UInt32> {
        let count = values.count
        let (bits, digits, mask) = (RadixSorter.digitBits, RadixSorter.digits, UInt64(RadixSorter.buckets - 1))
        histograms.update(repeating: 0, count: digits * RadixSorter.buckets)
        for i in 0..<count {
            let pattern = values[i].bitPattern
            // Negative values in reverse, below the positive ones. −0 sorts below +0, which no edge can tell.
            let key = pattern >> 63 == 0 ? pattern | 1 << 63 : ~pattern
            keys[0][i] = key
            payloads[0][i] = payload.map { UInt32(bitPattern: $0[i]) } ?? 0
            for digit in 0..<digits {
                histograms[digit * RadixSorter.buckets + Int((key >> UInt64(digit * bits)) & mask)] &+= 1
            }
        }
        var source = 0
        for digit in 0..<digits {
            try run.checkpoint()
            let histogram = histograms + digit * RadixSorter.buckets
            let shift = UInt64(digit * bits)
            if count == 0 || histogram[Int((keys[source][0] >> shift) & mask)] == count { continue }
            var start = 0
            for bucket in 0..<RadixSorter.buckets { (start, histogram[bucket]) = (start &+ histogram[bucket], start) }
            let (fromKeys, fromPayload) = (keys[source], payloads[source])
            let (toKeys, toPayload) = (keys[1 - source], payloads[1 - source])
            for i in 0..<count {
                let bucket = Int((fromKeys[i] >> shift) & mask)
                let position = histogram[bucket]
                histogram[bucket] = position &+ 1
                toKeys[position] = fromKeys[i]
                toPayload[position] = fromPayload[i]
            }
            source = 1 - source
        }
        for i in 0..<count {
            let key = keys[source][i]
            values[i] = Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
        }
        return UnsafePointer(payloads[source])
    }
}
