// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import Ablation

private func candidates(
    _ information: [Double], _ increase: [Double], inactive: Set<Int> = [], resolution: Double = 1e-9
) -> [Int] {
    let found = SynergisticCandidates(
        information: information, increase: increase, isInactive: information.indices.map(inactive.contains),
        resolution: resolution)
    return found.isCandidate.indices.filter { found.isCandidate[$0] }
}

@Suite struct SynergisticNeurons {
    @Test("the members of a parity stand out, inactive as they are")
    func parity() {
        // Six neurons whose removal costs a little, and two that know nothing and cannot be spared.
        let information = [0.3, 0, 0.5, 0.2, 0, 0.4, 0.6, 0.1]
        let increase = [0.02, 0.5, 0.03, 0.03, 0.5, 0.02, 0.04, 0.01]
        #expect(candidates(information, increase, inactive: [1, 4]) == [1, 4])
        // Also beside informative neurons that cost nothing at all, and among two that cost the same.
        #expect(candidates([0, 0, 1, 1, 1], [0.5, 0.5, 0, 0, 0], inactive: [0, 1]) == [0, 1])
        #expect(candidates([0, 0, 1, 1], [0.5, 0.5, 0.1, 0.1], inactive: [0, 1]) == [0, 1])
    }

    @Test("one far above the rest of its layer is found; what follows its information is not")
    func outlier() {
        var generator = FixedGenerator(seed: 11)
        let information = (0..<100).map { Double($0) / 100 }
        var increase = information.map { 0.01 * $0 + Double.random(in: -1e-4...1e-4, using: &generator) }
        #expect(candidates(information, increase).isEmpty)
        increase[40] += 2e-3
        #expect(candidates(information, increase) == [40])
        // A removal that helps less than predicted does not hurt.
        #expect(candidates(information, increase.map { $0 - 1 }).isEmpty)
    }

    @Test("equal residuals have no candidates, nor have residuals within rounding")
    func nothing() {
        #expect(candidates([], []).isEmpty && candidates([1], [5]).isEmpty)
        #expect(candidates([1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4]).isEmpty)
        #expect(candidates([1, 2, 3, 4], [0.1, 0.1, 0.1, 0.1], inactive: [0, 1, 2, 3]).isEmpty)
        #expect(candidates([1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1e-6], resolution: 1e-5).isEmpty)
        #expect(candidates([1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1e-6], resolution: 1e-7) == [5])
        // Two neighbours that changed places in an order that is followed otherwise.
        #expect(candidates([1, 2, 3, 4, 5], [1, 2, 3, 5, 4]).isEmpty)
        #expect(candidates([1, 2], [.nan, 1]).isEmpty && candidates([1, 2, 3], [1]).isEmpty)
    }

    @Test("dead neurons, whose residuals agree, make no others stand out")
    func deadNeurons() {
        let spread = [0.3, -0.2, 0.25, -0.3, 0.2, -0.25]
        let information = (1...6).map(Double.init) + [Double](repeating: 0, count: 20)
        let increase = spread + [Double](repeating: 0, count: 20)
        #expect(!candidates(information, increase).isEmpty)
        #expect(candidates(information, increase, inactive: Set(6..<26)).isEmpty)
    }

    @Test("neither units nor the order of neurons matter", arguments: 1...20)
    func invariance(seed: UInt64) {
        var generator = FixedGenerator(seed: seed)
        let information = digits(60, seed: seed)
        let increase = (0..<60).map { _ in pow(Double.random(in: -1...1, using: &generator), 5) }
        let found = candidates(information, increase)
        // A power of two scales without rounding.
        #expect(candidates(information.map { exp($0) }, increase.map { 8 * $0 }) == found)
        let order = information.indices.shuffled(using: &generator)
        let moved = candidates(order.map { information[$0] }, order.map { increase[$0] })
        #expect(Set(moved.map { order[$0] }) == Set(found))
    }

    @Test("a neuron has one role: a candidate's is to be one")
    func roles() {
        #expect(NeuronRole(isInactive: true, isSynergisticCandidate: true).name == "synergistic candidate")
        #expect(NeuronRole(isInactive: true, isSynergisticCandidate: false).name == "inactive")
        #expect(NeuronRole(isInactive: false, isSynergisticCandidate: false).name == "")
    }
}
