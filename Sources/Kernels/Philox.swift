// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// What random numbers are for; each purpose has streams of its own under a seed.
public enum RandomPurpose: UInt32, Sendable {
    case permutation = 1
    case bootstrap = 2
    /// What a removed neuron says to another sample.
    case permutedNeuron = 3
    /// Neurons removed in a random order.
    case removalOrder = 4
    /// The ranks of equal values.
    case ties = 5
    /// A chain of simulated annealing.
    case annealing = 6
    /// An island of an evolutionary search.
    case evolution = 7
    /// First means of clusters.
    case clustering = 8
    /// A neuron's samples without what they have to do with others: a part for each neuron.
    case surrogate = 9
}

/// Stream `index` of a purpose under a seed (Philox4x32-10): permutation or replicate
/// number `index` is a function of these three alone, whoever draws it.
///
/// - Parameter part: of the stream, each of which has 2³⁴ numbers
func randomStream(seed: UInt64, purpose: RandomPurpose, index: Int, part: Int = 0) -> cn_philox {
    var generator = cn_philox()
    cn_philox_start(&generator, seed, purpose.rawValue, UInt32(truncatingIfNeeded: index))
    // Four numbers a place.
    generator.place = UInt64(UInt32(truncatingIfNeeded: part)) << 32
    return generator
}

/// Orders `values` at random, by stream `index` of a purpose under a seed; each order has the same probability.
/// - Parameter values: fewer than 2³², of 1, 2 or 4 bytes
public func shuffle<Value: BitwiseCopyable>(
    _ values: UnsafeMutableBufferPointer<Value>, seed: UInt64, purpose: RandomPurpose, index: Int, part: Int = 0
) {
    var generator = randomStream(seed: seed, purpose: purpose, index: index, part: part)
    cn_philox_shuffle(
        &generator, values.baseAddress, Int32(MemoryLayout<Value>.stride), UInt32(truncatingIfNeeded: values.count))
}

/// Random numbers one after the other: stream `index` of a purpose under a seed.
public struct RandomStream {
    private var generator: cn_philox

    public init(seed: UInt64, purpose: RandomPurpose, index: Int) {
        generator = randomStream(seed: seed, purpose: purpose, index: index)
    }

    /// Uniform in 0 ..< bound, which is within 1 ... 2³² − 1.
    public mutating func below(_ bound: Int) -> Int {
        Int(cn_philox_below(&generator, UInt32(truncatingIfNeeded: bound)))
    }

    /// Uniform in [0, 1), a multiple of 2⁻³².
    public mutating func uniform() -> Double { Double(cn_philox_next(&generator)) * 0x1p-32 }

    /// Puts the first `count` of the values in a random order that may come from anywhere among them.
    public mutating func shuffle(_ values: inout [Int], first count: Int) {
        for place in 0..<min(count, values.count) {
            values.swapAt(place, place + below(values.count - place))
        }
    }
}
