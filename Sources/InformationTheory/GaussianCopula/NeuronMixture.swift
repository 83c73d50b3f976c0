// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// I(X;Y) of neurons through the entropy of the mixture of the classes' Gaussians, `gcmi_mixture`: normal scores within
/// each class, times its robust scale and about its median, of which mean and variance make its Gaussian (Ince et al.
/// 2017, doi:10.1002/hbm.23471, `gcmi_mixture_cd`). There is no correction for few samples.
///
/// Values that at least one sample in twenty shares, the zeros of a ReLU, are atoms and no part of a density. With A =
/// which atom a sample has, or none, the chain rule gives
///
///     I(X;Y) = I(A;Y) + p(none) I(X;Y|none)
///
/// exactly; I(A;Y) is counted, and the mixture is that of the rest. Without atoms it is the published estimator. There:
/// - classes without samples drop out, and the others weigh as much as they have of the rest;
/// - the scale of a class is 1.4826 × its median absolute deviation, or its standard deviation where that is 0, because
///   more than half of its samples are equal;
/// - a class whose samples are all equal, or that has one, takes the standard deviation within classes of all of the
///   rest, about its value;
/// - where that is 0 as well every value counts as an atom.
///
/// So there is an answer for every neuron, and 0 for one that is constant.
///
/// A worker's memory for it.
final class NeuronMixture {
    /// A value is an atom where at least one in so many samples has it.
    static let atomShare = 20

    private let classes: SampleClasses
    private let breakingTies: Bool
    /// The rest's values, those of class c from `starts[c]` up to `ends[c]`, ascending.
    private let rest: UnsafeMutablePointer<Double>
    private let starts: UnsafeMutablePointer<Int>
    private let ends: UnsafeMutablePointer<Int>
    private let cells: UnsafeMutablePointer<Int>
    private let memory: AlignedBuffer

    static func bytes(samples: Int, classes: Int) -> Int {
        // The mixture has five numbers a class.
        8 * samples + (24 + 40) * classes + 64
    }

    /// - Parameter breakingTies: whether equal values of a class get different ranks instead of their mean
    init(classes: SampleClasses, breakingTies: Bool = false) throws(InfoLensError) {
        self.classes = classes
        self.breakingTies = breakingTies
        memory = try AlignedBuffer(byteCount: 8 * classes.total + 24 * classes.count + 64)
        rest = memory.values(of: Double.self)
        starts = UnsafeMutableRawPointer(rest + classes.total).assumingMemoryBound(to: Int.self)
        ends = starts + classes.count
        cells = ends + classes.count
        var start = 0
        for c in 0..<classes.count {
            starts[c] = start
            start += classes.samples[c]
        }
    }

    /// The information in nats, and the share of samples whose value another sample has too.
    func information(of samples: OrderedSamples) -> (nats: Double, tied: Double) {
        let n = samples.values.count
        var tied = 0
        var atoms: [Range<Int>] = []
        samples.forEachValue { places in
            if places.count > 1 { tied += places.count }
            if isAtom(places, of: n) { atoms.append(places) }
        }
        let count = gatherRest(of: samples, without: atoms)
        var nats = 0.0
        if !atoms.isEmpty {
            for atom in atoms {
                countCells(of: samples, at: atom)
                nats += information(of: atom.count, among: n) { classes.samples[$0] }
            }
            for c in 0..<classes.count { cells[c] = ends[c] - starts[c] }
            nats += information(of: count, among: n) { classes.samples[$0] }
        }
        if count > 0 {
            nats += Double(count) / Double(n) * (mixture(of: count)?.information() ?? counted(samples, count))
        }
        return (nats, Double(tied) / Double(n))
    }

    private func isAtom(_ places: Range<Int>, of n: Int) -> Bool {
        places.count > 1 && places.count * NeuronMixture.atomShare >= n
    }

    /// Sorts what is no atom by class; returns how many samples that is.
    private func gatherRest(of samples: OrderedSamples, without atoms: [Range<Int>]) -> Int {
        let n = samples.values.count
        ends.update(from: starts, count: classes.count)
        let scale = powerOfTwo(for: max(samples.values[0].magnitude, samples.values[n - 1].magnitude))
        var (next, count) = (0, 0)
        for atom in atoms + [n..<n] {
            for place in next..<atom.lowerBound {
                let c = Int(samples.classes[place])
                rest[ends[c]] = samples.values[place] * scale
                ends[c] &+= 1
            }
            count += atom.lowerBound - next
            next = atom.upperBound
        }
        return count
    }

    // MARK: - Counting

    /// I of the values of what is no atom, each of them a symbol, and the class, plug-in.
    private func counted(_ samples: OrderedSamples, _ count: Int) -> Double {
        var nats = 0.0
        samples.forEachValue { places in
            guard !isAtom(places, of: samples.values.count) else { return }
            countCells(of: samples, at: places)
            nats += information(of: places.count, among: count) { ends[$0] - starts[$0] }
        }
        return nats
    }

    private func countCells(of samples: OrderedSamples, at places: Range<Int>) {
        cells.update(repeating: 0, count: classes.count)
        for place in places { cells[Int(samples.classes[place])] &+= 1 }
    }

    /// What one symbol adds to a plug-in information: Σ p(t,y) log p(t,y) / (p(t) p(y)) over the classes in `cells`.
    /// - Parameters:
    ///   - symbol: how many samples have the symbol
    ///   - total: samples in all
    ///   - ofClass: samples of each class
    private func information(of symbol: Int, among total: Int, _ ofClass: (Int) -> Int) -> Double {
        var nats = 0.0
        for c in 0..<classes.count where cells[c] > 0 {
            // A quotient of integers, so that what is independent gives exactly 0.
            let ratio = Double(cells[c]) * Double(total) / (Double(symbol) * Double(ofClass(c)))
            nats += Double(cells[c]) / Double(total) * log(ratio)
        }
        return nats
    }

    // MARK: - Densities

    /// The mixture of the rest's `count` samples; nil where no class varies.
    private func mixture(of count: Int) -> GaussianMixture? {
        var mixture = GaussianMixture(dimensions: 1)
        var pooled: Double?
        for c in 0..<classes.count where ends[c] > starts[c] {
            let values = ClassValues(sorted: UnsafeBufferPointer(start: rest + starts[c], count: ends[c] - starts[c]))
            var (mean, deviation) = (values.median, 0.0)
            if values.sorted.count > 1 {
                let scores = values.scores(breakingTies: breakingTies)
                var scale = ClassValues.deviationsPerMAD * values.absoluteDeviation(from: mean)
                if scale == 0 { scale = values.deviation }
                mean += scale * scores.mean
                deviation = scale * scores.deviation
            }
            if deviation == 0 {
                let common = pooled ?? pooledDeviation
                guard common > 0 else { return nil }
                (pooled, deviation) = (common, common)
            }
            mixture.add(
                weight: Double(values.sorted.count) / Double(count), mean: CollectionOfOne(mean),
                factor: CollectionOfOne(deviation))
        }
        return mixture
    }

    /// The standard deviation within the classes of the rest, all together.
    private var pooledDeviation: Double {
        var (squares, freedom) = (0.0, 0)
        for c in 0..<classes.count where ends[c] - starts[c] > 1 {
            let values = ClassValues(sorted: UnsafeBufferPointer(start: rest + starts[c], count: ends[c] - starts[c]))
            squares += values.squares
            freedom += values.sorted.count - 1
        }
        return freedom == 0 ? 0 : (squares / Double(freedom)).squareRoot()
    }
}

/// What to multiply values with so that their squares are numbers: 1, or a power of two, which changes no digit, where
/// the largest magnitude is extreme. Scale does not matter to information.
private func powerOfTwo(for largest: Double) -> Double {
    guard largest > 0, !(0x1p-400...0x1p400).contains(largest) else { return 1 }
    return Double(sign: .plus, exponent: min(-largest.exponent, 1000), significand: 1)
}
