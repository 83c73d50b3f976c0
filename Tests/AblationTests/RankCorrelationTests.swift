// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import Ablation

/// Integers from 0 to 9, so that there are ties.
func digits(_ count: Int, seed: UInt64) -> [Double] {
    var generator = FixedGenerator(seed: seed)
    return (0..<count).map { _ in Double(Int.random(in: 0...9, using: &generator)) }
}

@Suite struct RankCorrelations {
    @Test("closed forms")
    func closedForms() {
        #expect(rankCorrelation([1, 2, 3, 4], [0, 1, 10, 100]) == 1)
        #expect(rankCorrelation([1, 2, 3, 4], [7, 5, 3, 1]) == -1)
        // 1 − 6 Σ d² / (n (n² − 1)) without ties.
        #expect(rankCorrelation([1, 2, 3, 4, 5], [2, 1, 3, 5, 4]) == 1 - 6 * 4.0 / 120)
        // Ranks 1.5, 1.5, 3 against 1, 2, 3: covariance 1.5 of variances 1.5 and 2.
        #expect(rankCorrelation([0, 0, 1], [1, 2, 3]) == 3 / (2 * 3.0.squareRoot()))
        #expect(rankCorrelation([0, 1, 2, 3], [1, 0, 0, 1]) == 0)
        #expect(rankCorrelation([-.infinity, 0, 1], [0, 1, .infinity]) == 1)
        #expect(rankCorrelation([-0.0, 0], [1, 2]).isNaN)
    }

    @Test("ties share the average of their ranks, as in scipy.stats.spearmanr")
    func independentValue() {
        let x: [Double] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3]
        let y: [Double] = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5]
        #expect(rankCorrelation(x, y) == 169 / (1334.0 * 1326).squareRoot())
        #expect(abs(rankCorrelation(x, y) - 0.1270682438511219) < 1e-15)
    }

    @Test("what has no order or no partner is NaN")
    func undefined() {
        #expect(rankCorrelation([], []).isNaN && rankCorrelation([1], [1]).isNaN)
        #expect(rankCorrelation([1, 1, 1], [1, 2, 3]).isNaN && rankCorrelation([1, 2, 3], [1, 1, 1]).isNaN)
        #expect(rankCorrelation([1, .nan, 3], [1, 2, 3]).isNaN && rankCorrelation([1, 2], [1, 2, 3]).isNaN)
    }

    @Test("increasing transforms change no bit, decreasing ones the sign, permutations nothing", arguments: 1...20)
    func invariance(seed: UInt64) {
        let (x, y) = (digits(101, seed: seed), digits(101, seed: seed + 100))
        let value = rankCorrelation(x, y)
        #expect(rankCorrelation(x.map { exp($0) }, y.map { $0 * $0 * $0 }) == value)
        #expect(rankCorrelation(x.map { -$0 }, y) == -value && rankCorrelation(y, x) == value)
        #expect(rankCorrelation(x, x) == 1 && rankCorrelation(x, x.map { -$0 }) == -1)
        var generator = FixedGenerator(seed: seed)
        let order = x.indices.shuffled(using: &generator)
        #expect(rankCorrelation(order.map { x[$0] }, order.map { y[$0] }) == value)
    }

    @Test("a large layer is ranked exactly and at once")
    func large() {
        let x = (0..<100_000).map { Double(($0 * 7919) % 100_003) }
        #expect(rankCorrelation(x, x.map { $0 / 3 }) == 1)
    }
}
