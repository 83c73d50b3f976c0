// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Ablation

private func diagnosis(
    _ low: [Double], _ high: [Double], inactive: Int = 0, synergistic: Int = 0, tolerance: Double = 0.01
) -> LayerDiagnosis {
    LayerDiagnosis(
        lowFirst: low, highFirst: high, tolerance: tolerance, chance: 0.1, margin: 0.05, inactive: inactive,
        synergistic: synergistic)
}

/// A curve that stays at `base` for the first `steps` removals of `neurons`, then is `end`.
private func step(_ neurons: Int, until steps: Int, base: Double = 0.9, end: Double = 0.5) -> [Double] {
    (0...neurons).map { $0 <= steps ? base : end }
}

@Suite struct LayerDiagnoses {
    @Test("redundant is what is neither needed nor inactive")
    func redundant() {
        #expect(diagnosis(step(10, until: 6), step(10, until: 2), inactive: 1).redundant == 5)
        #expect(diagnosis(step(10, until: 6), step(10, until: 2), inactive: 6).redundant == 0)
        #expect(diagnosis(step(10, until: 6), step(10, until: 2), inactive: 9).redundant == 0)
    }

    @Test("a layer whose information is spread")
    func spread() {
        let low = step(100, until: 20, base: 0.833)
        let high = (0...100).map { $0 <= 3 ? 0.833 : $0 < 86 ? 0.4 : 0.1 }
        #expect(
            diagnosis(low, high, inactive: 10, synergistic: 4).reading == """
                the information is spread over the layer: the 80 most informative of 100 neurons suffice for an accuracy \
                within 0.01 of 0.833; 10 are inactive, 10 redundant; the 3 most informative can be removed at no larger \
                loss; removing the 86 most informative brings it down to 0.15 (chance and 0.05); 4 matter more than their \
                own information says
                """)
    }

    @Test("a layer that repeats itself, by curves that come back")
    func repetition() {
        var low = step(8, until: 4)
        low[2] = 0.8
        var high = step(8, until: 5)
        high[1] = 0.8
        #expect(
            diagnosis(low, high).reading == """
                much is said more than once: the 4 most informative of 8 neurons suffice for an accuracy within 0.01 of 0.9, \
                though not every larger number does; 4 are redundant; the 5 most informative can be removed at no larger \
                loss, though not every smaller number; accuracy never falls to 0.15 (chance and 0.05)
                """)
    }

    @Test("a layer that lives by one neuron")
    func single() {
        let high = step(8, until: 0, end: 0.15)
        #expect(
            diagnosis(step(8, until: 7), high, inactive: 1, synergistic: 1).reading == """
                a few neurons do the work: the most informative neuron of 8 suffices for an accuracy within 0.01 of 0.9; 1 \
                is inactive, 6 redundant; removing the most informative alone costs more than that; removing the most \
                informative brings it down to 0.15 (chance and 0.05); 1 matters more than its own information says
                """)
    }

    @Test("layers of which nothing or everything is needed, and such as hardly are any")
    func extremes() {
        #expect(
            diagnosis(step(3, until: 3), step(3, until: 3), inactive: 3).reading == """
                quantised so no neuron tells anything of the label, and their order means nothing: no neuron of 3 is needed \
                for an accuracy within 0.01 of 0.9; 3 are inactive, none redundant; accuracy never falls to 0.15 (chance \
                and 0.05)
                """)
        #expect(
            diagnosis(step(2, until: 0), step(2, until: 0)).reading == """
                the information is spread over the layer: without the least informative of 2 neurons an accuracy within \
                0.01 of 0.9 is lost already; none is inactive or redundant; removing the most informative alone costs more \
                than that; accuracy never falls to 0.15 (chance and 0.05)
                """)
        #expect(
            diagnosis([0.12, 0.1], [0.12, 0.1], tolerance: 0.001).reading == """
                the information is spread over the layer: its only neuron is needed for an accuracy within 0.001 of 0.12; \
                none is inactive or redundant; the whole network itself is not above 0.15 (chance and 0.05)
                """)
        #expect(diagnosis([0.9], [0.9]).reading == "no neurons" && diagnosis([], []).reading == "no neurons")
    }

    @Test("numbers are said in few digits, but never as nothing, and whatever they are")
    func numbers() {
        func level(_ base: Double, _ tolerance: Double) -> String {
            let words = diagnosis([base, base], [base, base], tolerance: tolerance).reading.split(separator: ";")[0]
            return String(words.dropFirst("no neuron of 1 is needed for an accuracy within ".count))
        }
        #expect(level(2.0 / 3, 0.01) == "0.01 of 0.667" && level(1, 0.0001) == "0.0001 of 1.0")
        #expect(level(0, 0.005) == "0.005 of 0.0" && level(1e300, 0.1) == "0.1 of 1e+300")
        #expect(diagnosis([.nan, .nan], [.nan, .nan]).reading.contains("nan"))
    }
}
