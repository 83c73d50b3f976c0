// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import InformationTheory

/// The posterior mean of NSB, integrated with 40 digits.
private let posteriorMeans: [([Int], alphabet: Int, entropy: Double)] = [
    ([3, 1], 2, 0.5634701860660885),
    ([50], 3, 0.018257312571295307),
    ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3], 1000, 4.1038739637296),
    ([4_294_967_000, 100, 195], 3, 1.2459378370005715e-06),
    ([1, 1, 2], 65536, 2.655911008199853),
    ([1, 2, 3, 4], 4, 1.2807182468170313),
    ([1000, 1000, 1000, 1000, 1000], 5, 1.6092388252237573),
]

/// R by the procedure as it is published: one more level at a time, while that comes nearer.
private func relevantLevelsOneByOne(_ counts: [Int], alphabet: Int) -> Int {
    let seen = counts.filter { $0 > 0 }.map(Double.init)
    let (samples, occupied) = (seen.reduce(0, +), Double(seen.count))
    func distance(_ extra: Double) -> Double {
        let unseen = 1 - pow(samples / (samples + occupied), 1 / samples)
        let expected = seen.reduce(extra * (1 - pow(1 - unseen, samples))) { sum, n in
            let p = extra == 0 ? n / samples : (1 - extra * unseen) * (n + 1) / (samples + occupied)
            return sum + 1 - pow(1 - p, samples)
        }
        return abs(occupied - expected)
    }
    var extra = 0
    while seen.count + extra < alphabet, distance(Double(extra + 1)) < distance(Double(extra)) { extra += 1 }
    return seen.count + extra
}

private func relevant(_ counts: [Int], alphabet: Int) -> Int {
    counts.map { UInt32($0) }.withUnsafeBufferPointer {
        relevantLevels(of: $0, total: counts.reduce(0, +), alphabet: alphabet)
    }
}

@Suite struct NemenmanShafeeBialek {
    @Test("is the posterior mean, to ten digits", arguments: posteriorMeans)
    func values(counts: [Int], alphabet: Int, entropy: Double) {
        // Digammas of about log N are subtracted.
        #expect(abs(estimate(.nsb, counts, alphabet: alphabet) - entropy) < 1e-10 * entropy + 8e-15)
    }

    @Test("of one sample is what is expected a priori: half of log K", arguments: [2, 3, 30, 1000, 65536, 1 << 40])
    func oneSample(levels: Int) {
        #expect(abs(estimate(.nsb, [1], alphabet: levels) - log(Double(levels)) / 2) < 1e-10 * log(Double(levels)))
    }

    @Test("approaches the plug-in with many samples, at most log K")
    func manySamples() {
        let counts = [400_000_000, 100_000_000, 300_000_000, 200_000_000]
        #expect(abs(estimate(.nsb, counts) - estimate(.plugIn, counts)) < 1e-8)
        for levels in [2, 10, 65536] {
            let equal = [Int](repeating: (1 << 32) / levels - 1, count: levels)
            let value = estimate(.nsb, equal)
            #expect(value <= log(Double(levels)) + 1e-12 && value > log(Double(levels)) - 1e-4)
        }
    }

    @Test("ends for as many levels and samples as there can be")
    func largest() {
        // All counts differ, so that nothing is shared.
        let counts = (0..<2000).map { 1 + 400 * $0 }
        let plugIn = estimate(.plugIn, counts)
        #expect(abs(estimate(.nsb, counts) - plugIn) < 1e-4)
        #expect(estimate(.nsb, counts, alphabet: .max) > plugIn)
        #expect(estimate(.nsb, [(1 << 32) - 2, 1]) < 1e-7)
    }
}

@Suite struct PanzeriTreves {
    @Test("the relevant levels are those of the published procedure")
    func counting() {
        let published: [([Int], alphabet: Int, relevant: Int)] = [
            ([4, 2, 3, 2, 4, 2, 1, 1], 30, 11), ([1, 1, 1, 1, 1], 30, 10), ([10, 1], 10, 3), ([3, 6, 5, 5], 10, 4),
            ([1], 5, 1), ([100, 1, 1, 1], 20, 16), ([7, 3, 1, 1, 1], 6, 6), ([2, 1], 1000, 3),
            ([Int](repeating: 1, count: 40), 100_000, 79),
        ]
        for (counts, alphabet, expected) in published {
            #expect(relevant(counts, alphabet: alphabet) == expected)
            #expect(relevant([0] + counts + [0], alphabet: alphabet) == expected)
        }
    }

    @Test("the search by halves finds what the search one by one finds")
    func searches() {
        var generator = FixedGenerator(seed: 31)
        for _ in 0..<300 {
            let levels = Int.random(in: 1...12, using: &generator)
            let most = Int.random(in: 1...9, using: &generator)
            let counts = (0..<levels).map { _ in Int.random(in: 1...most, using: &generator) }
            let alphabet = levels + Int.random(in: 0...40, using: &generator)
            #expect(relevant(counts, alphabet: alphabet) == relevantLevelsOneByOne(counts, alphabet: alphabet))
        }
    }

    @Test("stays between the occupied levels and the alphabet, whatever their size")
    func bounds() {
        #expect(relevant([1, 1, 1], alphabet: 2) == 3)
        #expect(relevant([5, 5], alphabet: 2) == 2)
        let many = relevant([Int](repeating: 1, count: 1000), alphabet: .max)
        #expect(many > 1000 && many < 10_000)
        #expect(relevant([(1 << 32) - 2, 1], alphabet: .max) >= 2)
    }

    @Test("with every level occupied it is Miller–Madow")
    func naive() {
        let counts = [4, 2, 3, 1, 2]
        #expect(estimate(.panzeriTreves, counts) == estimate(.millerMadow, counts))
        #expect(
            abs(
                estimate(.panzeriTreves, counts, alphabet: 30) - estimate(.plugIn, counts)
                    - firstOrderBias(levels: relevant(counts, alphabet: 30), total: 12)) < 1e-15)
    }
}
