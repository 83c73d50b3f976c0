// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization

/// Blocks of bootstrap replicates: how often each sample is drawn in each of them.
///
/// Replicate r draws N samples with replacement from a stream of its own, so that it is
/// a function of the seed, r and N. Hundreds of replicates are kept on bit slices, which
/// are added for all of them at once; where these do not fit, some as plain numbers.
final class ResampledWeights: @unchecked Sendable {
    let classes: SampleClasses
    /// Most replicates of a block.
    let lanes: Int
    /// Samples of each class in each replicate of the block.
    private(set) var classSamples: [[Int]] = []
    private var storage: Storage
    private let seed: UInt64
    private let workers: Int

    private enum Storage {
        case slices(SampleSlices)
        /// [replicate][sample]
        case plain(AlignedBuffer)
    }

    /// Planes that nearly always do: a sample is drawn 16 times or more in a share of 2·10⁻¹⁴ of the draws.
    private static let usualPlanes = 4

    /// Bytes of a block on slices.
    static func slicedBytes(samples: Int, classes: Int, workers: Int) -> Int {
        // Once in a while one plane more is needed, while the old ones are still there.
        SampleSlices.bytes(samples: samples, planes: usualPlanes, numberSize: 4, workers: workers)
            + SampleSlices.lanes * classBytes(classes)
    }

    /// Bytes of one replicate in plain numbers.
    static func plainBytes(samples: Int, classes: Int) -> Int { 4 * samples + classBytes(classes) }

    private static func classBytes(_ classes: Int) -> Int { 8 * (classes + 8) }

    /// Bytes of scratch memory for `sum` on slices, for weights of up to 16 planes.
    static func slicedScratchBytes(samples: Int) -> Int { Int(cn_slice_scratch(1, 16, Int64(samples))) }

    /// - Parameter plain: replicates of a block in plain numbers; nil for slices
    init(_ classes: SampleClasses, seed: UInt64, workers: Int, plain: Int? = nil) throws(InfoLensError) {
        try classes.checkResampled()
        self.classes = classes
        self.seed = seed
        self.workers = workers
        lanes = plain ?? SampleSlices.lanes
        storage =
            if let plain {
                .plain(try AlignedBuffer(count: plain * classes.total, of: UInt32.self))
            } else {
                .slices(
                    try SampleSlices(
                        samples: classes.total, planes: ResampledWeights.usualPlanes, numberSize: 4, workers: workers))
            }
    }

    /// Draws the replicates `replicates`, at most `lanes`.
    func draw(_ replicates: Range<Int>, run: Run) throws(InfoLensError) {
        let totals = Mutex([[Int]](repeating: [], count: replicates.count))
        func drawLane(_ lane: Int, weights: UnsafeMutablePointer<UInt32>) -> Int {
            let (most, counts) = draw(replicates.lowerBound + lane, weights: weights)
            totals.withLock { $0[lane] = counts }
            return most
        }
        switch storage {
        case .plain(let memory):
            let weights = memory.values(of: UInt32.self)
            try forEachItem(count: replicates.count, workers: run.threads, run: run) { _, lane in
                _ = drawLane(lane, weights: weights + lane * classes.total)
            }
        case .slices(var slices):
            while try !slices.fill(
                lanes: replicates.count, run: run,
                make: { lane, numbers in
                    bitLength(drawLane(lane, weights: numbers.assumingMemoryBound(to: UInt32.self)))
                })
            {
                slices = try SampleSlices(
                    samples: classes.total, planes: slices.planes + 1, numberSize: 4, workers: workers)
            }
            storage = .slices(slices)
        }
        classSamples = totals.withLock { $0 }
    }

    /// - Returns: the largest weight and the samples of each class
    func draw(_ replicate: Int, weights: UnsafeMutablePointer<UInt32>) -> (most: Int, classSamples: [Int]) {
        let (most, samples) = classes.resample(replicate, seed: seed, into: weights)
        return (most, samples)
    }

    /// Adds the weights of the samples of some cells:
    /// `totals[(cell - cells.lowerBound) * lanes + lane]` for the lanes asked for, and maybe for others.
    /// - Parameter scratch: `slicedScratchBytes` for slices
    func sum(
        _ cells: Range<Int>, of runs: cn_runs, lanes wanted: Range<Int>, totals: UnsafeMutablePointer<UInt32>,
        scratch: UnsafeMutablePointer<UInt8>, run: Run
    ) throws(InfoLensError) {
        let start = cells.lowerBound == 0 ? 0 : runs.ends[cells.lowerBound - 1]
        switch storage {
        case .slices(let slices):
            var part = cn_runs(
                order: runs.order, ends: runs.ends + cells.lowerBound, cells: Int64(cells.count), samples: runs.samples)
            cn_slice_totals(slices.words, Int32(slices.planes), &part, start, totals, scratch)
            try run.checkpoint()
        case .plain(let memory):
            for lane in wanted {
                let weights = memory.values(of: UInt32.self) + lane * classes.total
                var from = Int(start)
                for cell in cells {
                    let end = Int(runs.ends[cell])
                    var sum: UInt32 = 0
                    for i in from..<end { sum &+= weights[Int(runs.order[i])] }
                    totals[(cell - cells.lowerBound) * lanes + lane] = sum
                    from = end
                }
                try run.checkpoint()
            }
        }
    }
}

extension SampleClasses {
    /// - Throws: `argument` for more samples than are drawn from
    public func checkResampled() throws(InfoLensError) {
        guard total <= UInt32.max else {
            throw InfoLensError(
                .argument,
                "samples: there are \(total), but at most \(UInt32.max) can be resampled; measure a part of them")
        }
    }

    /// Draws N samples with replacement: bootstrap replicate number `replicate` under a seed.
    ///
    /// - Parameter weights: receives how often each sample is drawn
    /// - Returns: the largest weight, and the samples drawn of each class
    public func resample(
        _ replicate: Int, seed: UInt64, into weights: UnsafeMutablePointer<UInt32>
    ) -> (most: Int, samples: [Int]) {
        weights.update(repeating: 0, count: total)
        var generator = randomStream(seed: seed, purpose: .bootstrap, index: replicate)
        cn_philox_resample(&generator, weights, UInt32(truncatingIfNeeded: total))
        var counts = [Int](repeating: 0, count: count)
        var most: UInt32 = 0
        codes.withUnsafeBufferPointer { codes in
            counts.withUnsafeMutableBufferPointer { counts in
                for i in 0..<total {
                    most = max(most, weights[i])
                    counts[codes.isEmpty ? 0 : Int(codes[i])] &+= Int(weights[i])
                }
            }
        }
        return (Int(most), counts)
    }
}
