// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Ablation

@Suite struct SimpsonsParadoxes {
    @Test("areas are means over all steps, the whole network's and that of no neuron included")
    func areas() {
        let contrast = CurveContrast(lowFirst: [1, 0.75, 0.5, 0], highFirst: [1, 0.25, 0, 0])
        #expect(contrast.areaLowFirst == 0.5625 && contrast.areaHighFirst == 0.3125 && contrast.contrast == 0.25)
        let swapped = CurveContrast(lowFirst: [1, 0.25, 0, 0], highFirst: [1, 0.75, 0.5, 0])
        #expect(swapped.contrast == -0.25)
        #expect(CurveContrast(lowFirst: [], highFirst: []).contrast.isNaN)
    }

    @Test("the paradox needs every layer on one side and the network on the other")
    func signs() {
        #expect(isSimpsonsParadox(within: [0.048, 0.078], pooled: -0.035, least: 1e-3))
        #expect(isSimpsonsParadox(within: [-0.1, -0.2, -0.3], pooled: 0.1, least: 1e-3))
        #expect(!isSimpsonsParadox(within: [0.048, 0.078], pooled: 0.035, least: 1e-3))
        #expect(!isSimpsonsParadox(within: [-0.048, -0.078], pooled: -0.035, least: 1e-3))
        #expect(!isSimpsonsParadox(within: [0.048, -0.078], pooled: 0.035, least: 1e-3))
        #expect(!isSimpsonsParadox(within: [0.048, -0.078], pooled: -0.035, least: 1e-3))
    }

    @Test("what has no sign carries no flag")
    func withoutSign() {
        #expect(!isSimpsonsParadox(within: [0.1, 0.1], pooled: -1e-5, least: 1e-4))
        #expect(!isSimpsonsParadox(within: [0.1, 1e-4], pooled: -0.1, least: 1e-4))
        #expect(!isSimpsonsParadox(within: [0.1, 0], pooled: -0.1, least: 0))
        #expect(!isSimpsonsParadox(within: [0.1, .nan], pooled: -0.1, least: 0))
        #expect(!isSimpsonsParadox(within: [0.1, 0.1], pooled: .nan, least: 0))
        #expect(
            !isSimpsonsParadox(within: [], pooled: -1, least: 0)
                && !isSimpsonsParadox(within: [1], pooled: -1, least: 0))
    }

    @Test("a correlation within groups can turn round between them")
    func rankCorrelations() {
        // In both layers loss rises with information; the layer of much information has the small losses.
        let (information, loss): ([[Double]], [[Double]]) = ([[1, 2, 3], [7, 8, 9]], [[4, 5, 6], [1, 2, 3]])
        let within = zip(information, loss).map { rankCorrelation($0, $1) }
        let pooled = rankCorrelation(information.flatMap(\.self), loss.flatMap(\.self))
        #expect(within == [1, 1] && pooled < 0)
        #expect(isSimpsonsParadox(within: within, pooled: pooled, least: 0))
    }
}
