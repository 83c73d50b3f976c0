// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization

/// Blocks of bootstrap replicates: how often each sample is drawn in each of them.
///
/// Replicate r draws N samples with replacement from a stream of its own, so that it is
/// a function of the seed, r and N.
final class ResampledWeights: @unchecked Sendable {
    let classes: SampleClasses
    /// Samples of each class in each replicate of the block.
    private(set) var classSamples: [[Int]] = []
    private(set) var slices: SampleSlices
    private let seed: UInt64
    private let workers: Int

    /// Planes that nearly always do: a sample is drawn 16 times or more in a share of 2·10⁻¹⁴ of the draws.
    private static let usualPlanes = 4

    static func bytes(samples: Int, classes: Int, workers: Int) -> Int {
        // Once in a while one plane more is needed, while the old ones are still there.
        SampleSlices.bytes(samples: samples, planes: usualPlanes, numberSize: 4, workers: workers)
            + SampleSlices.lanes * 8 * (classes + 8)
    }

    init(_ classes: SampleClasses, seed: UInt64, workers: Int) throws(InfoLensError) {
        guard classes.total <= UInt32.max else {
            throw InfoLensError(
                .argument,
                "samples: there are \(classes.total), but at most \(UInt32.max) can be resampled; measure a part of them"
            )
        }
        self.classes = classes
        self.seed = seed
        self.workers = workers
        slices = try SampleSlices(
            samples: classes.total, planes: ResampledWeights.usualPlanes, numberSize: 4, workers: workers)
    }

    /// Draws the replicates `replicates`, at most `SampleSlices.lanes`.
    func draw(_ replicates: Range<Int>, run: Run) throws(InfoLensError) {
        let totals = Mutex([[Int]](repeating: [], count: replicates.count))
        while true {
            let fits = try slices.fill(lanes: replicates.count, run: run) { lane, numbers in
                let weights = numbers.assumingMemoryBound(to: UInt32.self)
                let (most, counts) = draw(replicates.lowerBound + lane, weights: weights)
                totals.withLock { $0[lane] = counts }
                return bitLength(most)
            }
            if fits { break }
            slices = try SampleSlices(
                samples: classes.total, planes: slices.planes + 1, numberSize: 4, workers: workers)
        }
        classSamples = totals.withLock { $0 }
    }

    /// - Returns: the largest weight and the samples of each class
    func draw(_ replicate: Int, weights: UnsafeMutablePointer<UInt32>) -> (most: Int, classSamples: [Int]) {
        weights.update(repeating: 0, count: classes.total)
        var generator = randomStream(seed: seed, purpose: .bootstrap, index: replicate)
        cn_philox_resample(&generator, weights, UInt32(truncatingIfNeeded: classes.total))
        var counts = [Int](repeating: 0, count: classes.count)
        var most: UInt32 = 0
        classes.codes.withUnsafeBufferPointer { codes in
            counts.withUnsafeMutableBufferPointer { counts in
                for i in 0..<classes.total {
                    most = max(most, weights[i])
                    counts[codes.isEmpty ? 0 : Int(codes[i])] &+= Int(weights[i])
                }
            }
        }
        return (Int(most), counts)
    }
}
