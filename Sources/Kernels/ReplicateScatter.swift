// SPDX-License-Identifier: Apache-2.0

/// Makes the scatter of one resample's columns after another: a worker's memory for it.
///
/// A sample that was drawn w times counts w times: its centred row is multiplied by √w, and rows of w = 1 stay as they
/// are, so that the data themselves give the very sums of `scatterOfScores`.
public final class ReplicateScatter {
    /// What a covariance of a resample is made of.
    public struct Sums {
        /// Lent until the next resample.
        public let scatter: Scatter
        /// Samples of each class in the resample.
        public let classes: SampleClasses
        /// Σ of each column times the label, and of the label's square, about their means; 0 where no label is ranked.
        public let withLabel: [Double]
        public let ofLabel: Double
    }

    /// What is resampled, shared by all workers.
    public struct Sampling: Sendable {
        public let columns: ResampledColumns
        /// The index of each column in the matrix, ascending, and the matrix's width.
        public let neurons: [Int]
        public let totalColumns: Int
        public let classes: SampleClasses
        /// About which means samples are taken, and which sums are apart; of `classes` or of all samples together.
        public let groups: ScatterGroups
        /// Whether the label is ranked with the neurons.
        public let ranksLabel: Bool
        public let seed: UInt64

        public init(
            columns: ResampledColumns, neurons: [Int], totalColumns: Int, classes: SampleClasses,
            groups: ScatterGroups, ranksLabel: Bool, seed: UInt64
        ) {
            self.columns = columns
            self.neurons = neurons
            self.totalColumns = totalColumns
            self.classes = classes
            self.groups = groups
            self.ranksLabel = ranksLabel
            self.seed = seed
        }
    }

    private let sampling: Sampling
    private let run: Run
    private let sums: ScatterSums
    private let packed: PackedRows
    private let strip: AlignedBuffer
    private let means: AlignedBuffer
    /// How often each sample was drawn; its root; the label times that.
    private let weights: UnsafeMutablePointer<UInt32>
    private let roots: UnsafeMutablePointer<Double>
    private let label: UnsafeMutablePointer<Double>
    private let memory: AlignedBuffer
    private let scratches: [ResampledColumns.Scratch]

    private var samples: Int { sampling.columns.samples }

    /// Bytes of one, for so many of a matrix's columns; at most Int.max.
    public static func bytes(samples: Int, columns: Int, totalColumns: Int, groups: ScatterGroups, threads: Int) -> Int
    {
        [
            saturatingProduct(samples, [saturatingProduct(columns, 8), 20].saturatingSum()),
            saturatingProduct(threads, ResampledColumns.Scratch.bytes(samples: samples)),
            saturatingProduct(
                threads, windowBytes(samples: samples, columns: columns, totalColumns: totalColumns, groups: groups)),
            groups.bytes(columns: columns),
            saturatingProduct(columns, 8),
        ].saturatingSum()
    }

    private static func windowBytes(samples: Int, columns: Int, totalColumns: Int, groups: ScatterGroups) -> Int {
        let summed = groups.summed.count
        return PackedRows.bytes(
            windowRows: PackedRows.windowRows(samples: samples, columns: totalColumns, groups: summed),
            panels: PackedRows.panels(of: 0..<max(columns, 1)).count, groups: summed)
    }

    /// - Parameter run: whose threads work on a resample
    public init(_ sampling: Sampling, run: Run) throws(InfoLensError) {
        self.sampling = sampling
        self.run = run
        let (samples, columns) = (sampling.columns.samples, sampling.neurons.count)
        let summed = sampling.groups.summed
        sums = try ScatterSums(columns: columns, groups: summed.count)
        packed = try PackedRows(
            columns: 0..<columns, others: nil, totalColumns: sampling.totalColumns, classes: summed, samples: samples,
            bytes: saturatingProduct(
                run.threads,
                ReplicateScatter.windowBytes(
                    samples: samples, columns: columns, totalColumns: sampling.totalColumns, groups: sampling.groups)))
        strip = try AlignedBuffer(byteCount: saturatingProduct(columns, samples, 8), cleared: false)
        means = try AlignedBuffer(count: columns * (sampling.groups.classes.count + 1), of: Double.self)
        memory = try AlignedBuffer(count: 5 * samples, of: UInt32.self)
        roots = memory.values(of: Double.self)
        label = roots + samples
        weights = UnsafeMutableRawPointer(label + samples).assumingMemoryBound(to: UInt32.self)
        var scratches: [ResampledColumns.Scratch] = []
        for _ in 0..<run.threads { scratches.append(try ResampledColumns.Scratch(samples: samples)) }
        self.scratches = scratches
    }

    /// N samples drawn with replacement: bootstrap replicate number `replicate`.
    public func bootstrap(_ replicate: Int) throws(InfoLensError) -> Sums {
        let (_, counts) = sampling.classes.resample(replicate, seed: sampling.seed, into: weights)
        return try resample(weights: weights, counts: counts)
    }

    /// Each column's samples in an order of their own, the label as it is.
    public func surrogate(_ surrogate: Int) throws(InfoLensError) -> Sums {
        try resample(weights: nil, counts: sampling.classes.samples, surrogate: surrogate)
    }

    /// - Parameters:
    ///   - weights: how often each sample is drawn, N in all; nil: once
    ///   - counts: how many samples of each class that makes
    func resample(
        weights: UnsafePointer<UInt32>?, counts: [Int], surrogate: Int? = nil
    ) throws(InfoLensError) -> Sums {
        let (samples, columns) = (samples, sampling.neurons.count)
        let groups = sampling.groups.classes
        let groupCounts = groups.count == 1 ? [samples] : counts
        if let weights { for i in 0..<samples { roots[i] = Double(weights[i]).squareRoot() } }
        let ofLabel = rankLabel(weights, counts: counts)
        let (strip, means) = (strip, means)
        let target = means.values(of: Double.self)
        try forEachItem(count: columns, workers: run.threads, run: run) { worker, column in
            let values = strip.values(of: Double.self) + column &* samples
            let scratch = scratches[worker]
            if let surrogate {
                scratch.shuffle(surrogate: surrogate, neuron: sampling.neurons[column], seed: sampling.seed)
            }
            sampling.columns.fill(
                column, weights: weights, isShuffled: surrogate != nil, scratch: scratch, into: values)
            for (c, mean) in groups.centre(values, counts: groupCounts, weights: weights).enumerated() {
                target[c &* columns &+ column] = mean
            }
            if weights != nil { for i in 0..<samples { values[i] *= roots[i] } }
            guard ofLabel > 0 else { return }
            var sum = 0.0
            for i in 0..<samples { sum += label[i] * values[i] }
            target[groups.count &* columns &+ column] = sum
        }
        sums.clear()
        try packed.forEachFilling(samples: samples) { (rows) throws(InfoLensError) in
            try pack(strip, 0..<columns, isOther: false, rows: rows, into: packed, samples: samples, run: run)
        } body: { () throws(InfoLensError) in
            try sums.add(packed, run: run)
        }
        func row(_ index: Int) -> [Double] {
            Array(UnsafeBufferPointer(start: target + index * columns, count: columns))
        }
        return Sums(
            scatter: Scatter(sums: sums, means: (0..<groups.count).map(row)), classes: SampleClasses(counts: counts),
            withLabel: ofLabel > 0 ? row(groups.count) : [Double](repeating: 0, count: columns), ofLabel: ofLabel)
    }

    /// The label's scores about their mean, times the roots of the weights.
    /// - Returns: the sum of their squares; 0 for a label that is always the same, whatever the ties
    private func rankLabel(_ weights: UnsafePointer<UInt32>?, counts: [Int]) -> Double {
        guard sampling.ranksLabel, counts.filter({ $0 > 0 }).count > 1 else { return 0 }
        sampling.columns.fill(sampling.neurons.count, weights: weights, scratch: scratches[0], into: label)
        var sum = 0.0
        for i in 0..<samples { sum += weights.map { Double($0[i]) * label[i] } ?? label[i] }
        let mean = sum / Double(samples)
        var square = 0.0
        for i in 0..<samples {
            label[i] = (label[i] - mean) * (weights == nil ? 1 : roots[i])
            square += label[i] * label[i]
        }
        return square
    }
}
