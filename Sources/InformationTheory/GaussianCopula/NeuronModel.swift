// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// I(X;Y) of neurons by an analysis of variance of their normal scores, `gcmi_model`: H(X) − Σ p(y) H(X|Y=y) with
/// Gaussian entropies, ½ log of the variances, after one copula transform over all samples (Ince et al. 2017,
/// doi:10.1002/hbm.23471, `gcmi_model_cd`), corrected for few samples.
///
/// What is the same for all neurons of a layer. Read from any thread.
final class NeuronModel: Sendable {
    private let table: NormalScoreTable
    private let classSamples: [Int]
    private let correction: Double

    static func bytes(samples: Int) -> Int { NormalScoreTable.bytes(samples: samples) }

    /// - Throws: `shape`, `memory`, `cancelled`
    init(classes: SampleClasses, run: Run) throws(InfoLensError) {
        table = try NormalScoreTable(samples: classes.total, run: run)
        classSamples = classes.samples
        correction = entropyCorrection(variables: 1, classes: classes.samples)
    }

    /// A worker's memory.
    final class Scratch {
        fileprivate let sums: UnsafeMutablePointer<Double>
        fileprivate let squares: UnsafeMutablePointer<Double>
        /// The places of the first and of the last value of each class.
        fileprivate let first: UnsafeMutablePointer<Int>
        fileprivate let last: UnsafeMutablePointer<Int>
        private let memory: AlignedBuffer

        static func bytes(classes: Int) -> Int { 32 * classes + 64 }

        init(classes: Int) throws(InfoLensError) {
            memory = try AlignedBuffer(byteCount: Scratch.bytes(classes: classes))
            sums = memory.values(of: Double.self)
            squares = sums + classes
            first = UnsafeMutableRawPointer(squares + classes).assumingMemoryBound(to: Int.self)
            last = first + classes
        }
    }

    /// The information in nats: 0 for a constant neuron and where there is one class.
    ///
    /// NaN where a class's samples are all equal, as of a ReLU that is silent for it, or there is only one: a density
    /// of no width has the entropy −∞.
    /// - Returns: the first such class besides
    func information(of samples: OrderedSamples, _ scratch: Scratch) -> (nats: Double, undefined: Int?) {
        let (n, classes) = (samples.values.count, classSamples.count)
        guard samples.values[0] < samples.values[n - 1], classSamples.count(where: { $0 > 0 }) > 1 else {
            return (0, nil)
        }
        scratch.sums.update(repeating: 0, count: 2 * classes)
        scratch.first.update(repeating: -1, count: 2 * classes)
        let codes = samples.classes
        var total = 0.0
        samples.forEachValue { places in
            let score = table.score(of: places)
            total += score * Double(places.count)
            for place in places {
                let c = Int(codes[place])
                scratch.sums[c] += score
                if scratch.first[c] < 0 { scratch.first[c] = places.lowerBound }
                scratch.last[c] = places.lowerBound
            }
        }
        for c in 0..<classes where classSamples[c] > 0 {
            if scratch.first[c] == scratch.last[c] { return (.nan, c) }
            scratch.sums[c] /= Double(classSamples[c])
        }
        let mean = total / Double(n)
        var square = 0.0
        samples.forEachValue { places in
            let score = table.score(of: places)
            square += (score - mean) * (score - mean) * Double(places.count)
            for place in places {
                let c = Int(codes[place])
                let deviation = score - scratch.sums[c]
                scratch.squares[c] += deviation * deviation
            }
        }
        var within = 0.0
        for (c, count) in classSamples.enumerated() where count > 0 {
            within += Double(count) / Double(n) * log(scratch.squares[c] / Double(count - 1))
        }
        return ((log(square / Double(n - 1)) - within) / 2 + correction, nil)
    }
}
