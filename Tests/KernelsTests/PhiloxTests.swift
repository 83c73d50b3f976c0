// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Testing

@testable import Kernels

@Suite struct PhiloxTests {
    @Test("the known answers of Random123 for Philox4x32-10")
    func knownAnswers() {
        // counter, key, result: from the kat_vectors file of the Random123 distribution.
        let vectors: [([UInt32], [UInt32], [UInt32])] = [
            ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            (
                [UInt32](repeating: .max, count: 4), [.max, .max],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ]
        for (counter, key, expected) in vectors {
            var found = [UInt32](repeating: 0, count: 4)
            cn_philox4x32_10(counter, key, &found)
            #expect(found == expected)
        }
    }

    @Test("a stream is the generator at (place, stream, purpose) under the seed")
    func streams() {
        let seed: UInt64 = 0x0123_4567_89ab_cdef
        var generator = randomStream(seed: seed, purpose: .bootstrap, index: 77)
        for place in 0..<40 {
            var expected = [UInt32](repeating: 0, count: 4)
            cn_philox4x32_10(
                [UInt32(place), 0, 77, RandomPurpose.bootstrap.rawValue], [0x89ab_cdef, 0x0123_4567], &expected)
            #expect((0..<4).map { _ in cn_philox_next(&generator) } == expected)
        }
    }

    @Test("parts of a stream begin where the one before could not come")
    func parts() {
        var generator = randomStream(seed: 3, purpose: .surrogate, index: 8, part: 5)
        var expected = [UInt32](repeating: 0, count: 4)
        cn_philox4x32_10([0, 5, 8, RandomPurpose.surrogate.rawValue], [3, 0], &expected)
        #expect((0..<4).map { _ in cn_philox_next(&generator) } == expected)
    }

    @Test("bounded numbers are uniform, bounds near 2^32 included")
    func bounded() {
        var generator = randomStream(seed: 1, purpose: .permutation, index: 0)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<60_000 { counts[Int(cn_philox_below(&generator, 6))] += 1 }
        // χ² with 5 degrees of freedom exceeds 25.7 once in 10 000.
        #expect(counts.reduce(0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 } < 25.7)
        // 3 · 2^30: a third of the draws is refused; without that the lower numbers would come twice as often.
        let bound: UInt32 = 3 << 30
        let low = (0..<30_000).count { _ in cn_philox_below(&generator, bound) < bound / 3 }
        #expect(abs(low - 10_000) < 4 * 82)
        #expect(cn_philox_below(&generator, 1) == 0)
    }

    @Test("every order of four labels comes equally often, for every label size", arguments: [1, 2, 4])
    func shuffles(size: Int) {
        var counts: [UInt32: Int] = [:]
        for index in 0..<24_000 {
            var generator = randomStream(seed: 9, purpose: .permutation, index: index)
            var order: UInt32 = 0
            switch size {
            case 1:
                var values: [UInt8] = [0, 1, 2, 3]
                cn_philox_shuffle(&generator, &values, 1, 4)
                order = values.reduce(0) { 4 * $0 + UInt32($1) }
            case 2:
                var values: [UInt16] = [0, 1, 2, 3]
                cn_philox_shuffle(&generator, &values, 2, 4)
                order = values.reduce(0) { 4 * $0 + UInt32($1) }
            default:
                var values: [UInt32] = [0, 1, 2, 3]
                cn_philox_shuffle(&generator, &values, 4, 4)
                order = values.reduce(0) { 4 * $0 + $1 }
            }
            counts[order, default: 0] += 1
        }
        #expect(counts.count == 24)
        // χ² with 23 degrees of freedom exceeds 56 once in 8 000.
        #expect(counts.values.reduce(0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 } < 56)
    }
}
