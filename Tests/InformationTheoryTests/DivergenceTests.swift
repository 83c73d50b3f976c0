// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import InformationTheory

private func randomWeights(_ count: Int, seed: UInt64) -> [Double] {
    var generator = FixedGenerator(seed: seed)
    return (0..<count).map { _ in Double.random(in: 0..<1, using: &generator) }
}

@Suite struct Divergences {
    @Test("closed forms")
    func closedForms() {
        // log2 of the ratios 2, 1/2 and 1 with p = ½, ¼, ¼.
        #expect(klDivergence([0.5, 0.25, 0.25], [0.25, 0.5, 0.25], unit: .bits) == 0.25)
        #expect(klDivergence([1, 0], [1, 3], unit: .bits) == 2)
        #expect(klDivergence([1, 3], [1, 0], unit: .bits) == .infinity)
        #expect(jensenShannonDivergence([1, 0], [0, 5], unit: .bits) == 1)
        #expect(jensenShannonDivergence([1, 0, 0.0], [0, 1, 2], unit: .nats) == log(2))
        #expect(abs(jensenShannonDivergence([1, 0], [1, 1], unit: .bits) - (1.5 - 0.75 * log2(3))) < 1e-15)
    }

    @Test("weights count relative to their sum, however large or small")
    func scaling() {
        let (p, q) = (randomWeights(9, seed: 1), randomWeights(9, seed: 2))
        for (a, b) in [(0x1p900, 0x1p-900), (0x1p1022, 0x1p1022), (0x1p-960, 3)] {
            let (scaledP, scaledQ) = (p.map { $0 * a }, q.map { $0 * b })
            #expect(abs(klDivergence(scaledP, scaledQ, unit: .bits) - klDivergence(p, q, unit: .bits)) < 1e-14)
            let divergence = jensenShannonDivergence(p, q, unit: .nats)
            #expect(abs(jensenShannonDivergence(scaledP, scaledQ, unit: .nats) - divergence) < 1e-15)
        }
        // A share of 1e-600 is no float64 and yet no zero: log 1e600 ≈ 1381.6.
        let tiny = klDivergence([1, 1], [1e300, 1e-300], unit: .nats)
        #expect(abs(tiny - (0.5 * log(1e300) * 2 - log(2))) < 1e-12 * tiny)
        #expect(klDivergence([1e300, 1e-300], [1, 0], unit: .bits) == .infinity)
    }

    @Test("equal distributions do not diverge, and others do by a positive amount")
    func definite() {
        for seed in 1...50 {
            let (p, q) = (randomWeights(20, seed: UInt64(seed)), randomWeights(20, seed: UInt64(seed + 100)))
            #expect(klDivergence(p, p, unit: .bits) == 0 && jensenShannonDivergence(p, p, unit: .bits) == 0)
            #expect(klDivergence(p, p.map { $0 * 3 }, unit: .bits) < 1e-15)
            #expect(klDivergence(p, q, unit: .bits) > 0)
            let divergence = jensenShannonDivergence(p, q, unit: .bits)
            #expect(divergence > 0 && divergence < 1 && divergence == jensenShannonDivergence(q, p, unit: .bits))
        }
    }

    @Test("the Jensen–Shannon divergence is the information about which of two was drawn")
    func jensenShannonIsInformation() {
        let (a, b): ([UInt32], [UInt32]) = ([3, 0, 7, 10], [5, 5, 0, 10])
        let mixture = estimate(.plugIn, zip(a, b).map { Int($0 + $1) })
        let parts = (estimate(.plugIn, a.map(Int.init)) + estimate(.plugIn, b.map(Int.init))) / 2
        let divergence = a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in jensenShannonDivergence(a, b, unit: .nats) }
        }
        #expect(abs(divergence - (mixture - parts)) < 1e-15)
    }

    @Test("what is no distribution gives NaN")
    func noDistribution() {
        for weights in [[0.0, 0], [.nan, 1], [.infinity, 1]] {
            #expect(klDivergence(weights, [1, 1], unit: .bits).isNaN)
            #expect(jensenShannonDivergence([1, 1], weights, unit: .bits).isNaN)
        }
    }
}
