// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// The normal scores Φ⁻¹(r / (N + 1)) of the ranks r = 1, 1½, 2, …, N, shared by all columns of N samples.
///
/// Read from any thread.
public final class NormalScoreTable: @unchecked Sendable {
    /// N.
    public let samples: Int
    /// Those of 1 … N.
    @usableFromInline let whole: UnsafePointer<Double>
    /// Those of 1½ … N − ½, which only ties ask for.
    @usableFromInline let half: UnsafePointer<Double>
    private let memory: AlignedBuffer

    public static func bytes(samples: Int) -> Int { 2 * samples * MemoryLayout<Double>.stride }

    /// - Parameters:
    ///   - samples: N ≥ 1
    ///   - quantile: Φ⁻¹
    /// - Throws: `shape` for 2³² samples or more; `memory`, `cancelled`
    public init(samples: Int, run: Run, quantile: @Sendable (Double) -> Double) throws(InfoLensError) {
        guard samples <= UInt32.max else {
            throw InfoLensError(
                .shape, "samples: ranks are made of fewer than 2^32 samples, got \(samples); take fewer")
        }
        self.samples = samples
        memory = try AlignedBuffer(count: 2 * samples, of: Double.self)
        let (whole, half) = (memory.values(of: Double.self), memory.values(of: Double.self) + samples)
        (self.whole, self.half) = (UnsafePointer(whole), UnsafePointer(half))
        let denominator = 2 * Double(samples + 1)
        // In half steps: 2r ascends from 2. The upper half mirrors the lower.
        let (steps, piece) = (samples, 4096)
        try forEachItem(count: (steps - 1) / piece + 1, workers: run.threads, run: run) { _, item in
            for step in item * piece..<min((item + 1) * piece, steps) {
                let twice = step + 2
                let score = twice == samples + 1 ? 0 : quantile(Double(twice) / denominator)
                let index = step / 2
                if step % 2 == 0 {
                    whole[index] = score
                    whole[samples - 1 - index] = -score
                } else {
                    half[index] = score
                    half[samples - 2 - index] = -score
                }
            }
        }
        // The middle is its own mirror image, of which −0 would be left.
        if samples % 2 == 1 { whole[samples / 2] = 0 } else { half[samples / 2 - 1] = 0 }
    }

    /// The score of samples of one value, at these places in ascending order, by their mean rank.
    @inlinable
    public func score(of places: Range<Int>) -> Double {
        let middle = places.lowerBound &+ (places.count &- 1) / 2
        return places.count % 2 == 1 ? whole[middle] : half[middle]
    }
}

/// Turns columns into their normal scores: one worker's memory for it.
public final class NormalScorer {
    private let table: NormalScoreTable
    private let order: ColumnOrder
    /// Samples of equal value, put in a random order.
    private let equals: AlignedBuffer

    public static func bytes(samples: Int) -> Int { ColumnOrder.bytes(count: samples) + 4 * samples }

    /// - Throws: `memory`
    public init(_ table: NormalScoreTable) throws(InfoLensError) {
        self.table = table
        order = try ColumnOrder(count: table.samples)
        equals = try AlignedBuffer(byteCount: 4 * table.samples, cleared: false)
    }

    /// Φ⁻¹(rank / (N + 1)) of each sample. A column of one value scores 0 with average ranks.
    ///
    /// - Parameters:
    ///   - column: N values, not NaN
    ///   - ties: how equal values are ranked; −0 equals 0
    ///   - index: of the neuron, which with the seed determines the order of random ties
    ///   - scores: receives N values; may be the column's own memory
    /// - Returns: samples whose value another sample has too
    /// - Throws: `cancelled`
    public func score(
        _ column: UnsafePointer<Double>, ties: TieRule, index: Int, into scores: UnsafeMutablePointer<Double>, run: Run
    ) throws(InfoLensError) -> Int {
        let samples = table.samples
        let sorted = try order.sort(column, run: run)
        let whole = table.whole
        if ties == .average {
            return Int(cn_order_average(sorted, Int64(samples), whole, table.half, scores))
        }
        var tied = 0
        forEachTie(sorted, ties, index: index) { rows, before in
            if rows.count > 1 { tied &+= rows.count }
            for (i, row) in rows.enumerated() { scores[Int(row)] = whole[before &+ i] }
        }
        return tied
    }

    /// The dense rank of each sample: 0 of the lowest value, and one more for each value; where ties are not averaged,
    /// for each sample.
    ///
    /// - Parameters: as for `score`
    /// - Returns: the number of ranks
    /// - Throws: `cancelled`
    func rank(
        _ column: UnsafePointer<Double>, ties: TieRule, index: Int, into ranks: UnsafeMutablePointer<UInt32>, run: Run
    ) throws(InfoLensError) -> Int {
        let samples = table.samples
        let sorted = try order.sort(column, run: run)
        var rank = UInt32(0)
        guard ties == .average else {
            forEachTie(sorted, ties, index: index) { rows, _ in
                for row in rows {
                    ranks[Int(row)] = rank
                    rank &+= 1
                }
            }
            return samples
        }
        for i in 0..<samples {
            if i > 0, sorted[i] >> 32 != sorted[i &- 1] >> 32 { rank &+= 1 }
            ranks[Int(truncatingIfNeeded: sorted[i] & 0xFFFF_FFFF)] = rank
        }
        return samples == 0 ? 0 : Int(rank) + 1
    }

    /// Calls `body` for each value with the samples that have it, in the order that the rule gives them, and with how
    /// many have lower ones.
    private func forEachTie(
        _ sorted: UnsafePointer<UInt64>, _ ties: TieRule, index: Int,
        body: (_ rows: UnsafeBufferPointer<UInt32>, _ before: Int) -> Void
    ) {
        var generator = cn_philox()
        if case .random(let seed) = ties { generator = randomStream(seed: seed, purpose: .ties, index: index) }
        let rows = equals.values(of: UInt32.self)
        let samples = table.samples
        var begin = 0
        while begin < samples {
            let value = sorted[begin] >> 32
            var length = 0
            while begin &+ length < samples, sorted[begin &+ length] >> 32 == value {
                rows[length] = UInt32(truncatingIfNeeded: sorted[begin &+ length])
                length &+= 1
            }
            if length > 1, ties != .ordinal {
                cn_philox_shuffle(&generator, rows, 4, UInt32(truncatingIfNeeded: length))
            }
            body(UnsafeBufferPointer(start: rows, count: length), begin)
            begin &+= length
        }
    }
}
