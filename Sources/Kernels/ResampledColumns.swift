// SPDX-License-Identifier: Apache-2.0

/// The samples of some columns in memory, of which those of any resample follow in time linear in N: as they are, or
/// as ranks, of which each resample's own normal scores are made.
///
/// A resample holds copies of samples. Copies are equal values, and have their mean rank as equal values have with
/// `TieRule.average`; different samples of equal value follow the rule that was chosen.
///
/// Read from any thread.
public final class ResampledColumns: @unchecked Sendable {
    public let samples: Int
    private let table: NormalScoreTable?
    private let memory: AlignedBuffer
    /// Of each column, where these are ranks: how many there are.
    private let rankCounts: AlignedBuffer

    /// Columns that are ranked: the rule for equal values, and the table of N scores.
    public struct Ranking: Sendable {
        public let ties: TieRule
        public let table: NormalScoreTable

        public init(ties: TieRule, table: NormalScoreTable) {
            self.ties = ties
            self.table = table
        }
    }

    /// Bytes of one column; at most Int.max.
    public static func bytes(samples: Int, isRanked: Bool) -> Int {
        saturatingProduct(samples, isRanked ? MemoryLayout<UInt32>.stride : MemoryLayout<Double>.stride)
    }

    /// - Parameters:
    ///   - neurons: ascending
    ///   - ranking: nil for values as they are
    ///   - label: a number for each sample to be ranked too, as column `matrix.neurons`; only with `ranking`
    ///   - memory: bytes for reading the matrix
    /// - Throws: `memory`, `cancelled`; `numeric` at NaN or infinity; what `matrix.read` throws
    public init(
        of matrix: any ActivationMatrix, neurons: [Int], ranking: Ranking?, label: [Double]? = nil, memory: Int,
        run: Run
    ) throws(InfoLensError) {
        let samples = matrix.samples
        self.samples = samples
        table = ranking?.table
        let columns = neurons.count + (label == nil ? 0 : 1)
        let bytes = ResampledColumns.bytes(samples: samples, isRanked: ranking != nil)
        let buffer = try AlignedBuffer(byteCount: saturatingProduct(columns, bytes), cleared: false)
        self.memory = buffer
        let counts = try AlignedBuffer(count: columns, of: Int.self)
        rankCounts = counts
        let places = Dictionary(uniqueKeysWithValues: neurons.enumerated().map { ($0.element, $0.offset) })
        let (ranks, values) = (buffer.values(of: UInt32.self), buffer.values(of: Double.self))
        try forEachColumn(
            of: matrix, neurons: neurons, run: run.part(threads: run.threads), memory: memory,
            toolBytes: ranking == nil ? 0 : NormalScorer.bytes(samples: samples)
        ) { () throws(InfoLensError) -> NormalScorer? in
            if let ranking { try NormalScorer(ranking.table) } else { nil }
        } body: { (scorer, neuron, column) throws(InfoLensError) in
            guard let place = places[neuron], let base = column.baseAddress else { return }
            if let ranking, let scorer {
                counts.values(of: Int.self)[place] = try scorer.rank(
                    base, ties: ranking.ties, index: neuron, into: ranks + place * samples, run: run)
            } else {
                ResampledColumns.scale(base, samples, into: values + place * samples)
            }
        }
        if let label, let ranking {
            counts.values(of: Int.self)[neurons.count] = try NormalScorer(ranking.table).rank(
                label, ties: ranking.ties, index: matrix.neurons, into: ranks + neurons.count * samples, run: run)
        }
    }

    /// A column in a unit of about its range, a power of two: what is rounded stays what it was, and squares are not too
    /// large or small for float64.
    private static func scale(
        _ column: UnsafePointer<Double>, _ samples: Int, into values: UnsafeMutablePointer<Double>
    ) {
        var (low, high) = (column[0], column[0])
        for i in 1..<max(samples, 1) { (low, high) = (min(low, column[i]), max(high, column[i])) }
        let range = high - low
        // What is constant is 0: its size would be without a unit.
        let unit = range > 0 ? Double(sign: .plus, exponent: -Int(range.exponent), significand: 1) : 0
        for i in 0..<samples { values[i] = column[i] * unit }
    }

    /// A worker's memory.
    public final class Scratch {
        fileprivate let drawn: UnsafeMutablePointer<UInt32>
        fileprivate let scores: UnsafeMutablePointer<Double>
        fileprivate let places: UnsafeMutableBufferPointer<UInt32>
        private let memory: AlignedBuffer

        public static func bytes(samples: Int) -> Int { saturatingProduct(16, samples) }

        public init(samples: Int) throws(InfoLensError) {
            memory = try AlignedBuffer(byteCount: Scratch.bytes(samples: samples), cleared: false)
            scores = memory.values(of: Double.self)
            drawn = UnsafeMutableRawPointer(scores + samples).assumingMemoryBound(to: UInt32.self)
            places = UnsafeMutableBufferPointer(start: drawn + samples, count: samples)
        }

        /// Puts the samples in a random order: that of a neuron in a surrogate under a seed.
        public func shuffle(surrogate: Int, neuron: Int, seed: UInt64) {
            for i in places.indices { places[i] = UInt32(truncatingIfNeeded: i) }
            Kernels.shuffle(places, seed: seed, purpose: .surrogate, index: surrogate, part: neuron)
        }
    }

    /// A column of a resample, sample by sample of the data.
    ///
    /// - Parameters:
    ///   - column: index among the columns
    ///   - weights: how often each sample was drawn, N in all; nil: once
    ///   - isShuffled: whether samples are in the order that `scratch` was given
    ///   - values: receives N values; any for samples that were not drawn
    func fill(
        _ column: Int, weights: UnsafePointer<UInt32>?, isShuffled: Bool = false, scratch: Scratch,
        into values: UnsafeMutablePointer<Double>
    ) {
        guard let table else {
            gather(memory.values(of: Double.self) + column &* samples, isShuffled ? scratch : nil, into: values)
            return
        }
        let ranks = memory.values(of: UInt32.self) + column &* samples
        let count = rankCounts.values(of: Int.self)[column]
        let (drawn, scores) = (scratch.drawn, scratch.scores)
        drawn.update(repeating: 0, count: count)
        if let weights {
            for i in 0..<samples { drawn[Int(ranks[i])] &+= weights[i] }
        } else {
            for i in 0..<samples { drawn[Int(ranks[i])] &+= 1 }
        }
        var before = 0
        for rank in 0..<count {
            let next = before &+ Int(drawn[rank])
            scores[rank] = next > before ? table.score(of: before..<next) : 0
            before = next
        }
        if isShuffled {
            for i in 0..<samples { values[i] = scores[Int(ranks[Int(scratch.places[i])])] }
        } else {
            for i in 0..<samples { values[i] = scores[Int(ranks[i])] }
        }
    }

    private func gather(
        _ column: UnsafePointer<Double>, _ shuffled: Scratch?, into values: UnsafeMutablePointer<Double>
    ) {
        if let shuffled {
            for i in 0..<samples { values[i] = column[Int(shuffled.places[i])] }
        } else {
            values.update(from: column, count: samples)
        }
    }
}
