// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Ablation

/// Values beside the checkout that were computed elsewhere, where there are any.
private let reference: String = {
    let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared")
    return (ProcessInfo.processInfo.environment["INFOLENS_SHARED"] ?? beside.standardized.path) + "/reference"
}()

private func counts(_ low: [Int], _ high: [Int], of samples: Int, chance: Double = 0.1) -> CurveCounts {
    CurveCounts(
        lowFirst: low.map { Double($0) / Double(samples) }, highFirst: high.map { Double($0) / Double(samples) },
        tolerance: 0.01, chance: chance, margin: 0.05)
}

@Suite struct CurvesAsCounts {
    @Test("a curve that falls once")
    func monotone() {
        let counts = counts([100, 100, 99, 98, 10], [100, 99, 50, 15, 10], of: 100)
        #expect(counts.suffice == 2 && counts.tolerate == 1 && counts.destroy == 3)
        #expect(counts.sufficeThroughout == 2 && counts.tolerateThroughout == 1)
    }

    @Test("the last step that meets the level counts, and the first at chance")
    func notMonotone() {
        let counts = counts([100, 98, 99, 20, 10], [100, 50, 99, 15, 16], of: 100)
        #expect(counts.suffice == 2 && counts.sufficeThroughout == 4)
        #expect(counts.tolerate == 2 && counts.tolerateThroughout == 0)
        #expect(counts.destroy == 3)
    }

    @Test("a level that is met exactly is met, for every number of samples", arguments: 1...300)
    func equality(hundreds: Int) {
        let samples = 100 * hundreds
        for base in stride(from: samples / 2, through: samples, by: max(samples / 40, 1)) {
            let level = base - hundreds
            // With chance 0.1 and a margin of 0.05, 15 % is destroyed and one sample more is not.
            let ruin = 15 * hundreds
            let found = counts([base, level, level - 1], [base, level, ruin + 1], of: samples)
            #expect(found.suffice == 1 && found.tolerate == 1 && found.destroy == nil)
            #expect(counts([base, 0], [base, ruin], of: samples).destroy == 1)
        }
    }

    @Test("accuracies that were rounded to float32 meet their level")
    func singlePrecision() {
        for base in 500...1000 {
            let curve = [base, base - 10, base - 11].map { Double(Float($0) / 1000) }
            let counts = CurveCounts(lowFirst: curve, highFirst: curve, tolerance: 0.01, chance: 0.1, margin: 0.05)
            #expect(counts.suffice == 1 && counts.tolerate == 1)
        }
    }

    @Test("degenerate curves have counts")
    func degenerate() {
        #expect(counts([], [], of: 1).suffice == 0 && counts([], [], of: 1).destroy == nil)
        let alone = counts([90], [90], of: 100)
        #expect(alone.suffice == 0 && alone.tolerate == 0 && alone.destroy == nil)
        let guessing = counts([11, 10, 10], [11, 10, 10], of: 100)
        #expect(guessing.suffice == 0 && guessing.tolerate == 2 && guessing.destroy == 0)
        let undefined = CurveCounts(
            lowFirst: [1, .nan, .nan], highFirst: [1, .nan, .nan], tolerance: 0.01, chance: .nan, margin: 0)
        #expect(undefined.suffice == 2 && undefined.tolerate == 0 && undefined.destroy == nil)
        let refused = CurveCounts(lowFirst: [0.9, 0.9], highFirst: [0.9, 0.9], tolerance: -1, chance: 0.1, margin: 0)
        #expect(refused.suffice == 1 && refused.sufficeThroughout == 1 && refused.tolerate == 0)
    }

    @Test("chance is the share of the most frequent class")
    func chance() {
        #expect(chanceAccuracy(classSamples: [7, 7, 7, 7]) == 0.25 && chanceAccuracy(classSamples: [1, 0, 3]) == 0.75)
        #expect(chanceAccuracy(classSamples: []) == 0 && chanceAccuracy(classSamples: [0, 0]) == 0)
    }

    // Correct decisions of 1400 on Fashion-MNIST after each removal, two layers of 30 neurons; chance 146/1400.
    private let low1 = [
        1169, 1169, 1143, 1058, 997, 892, 858, 854, 868, 837, 743, 797, 880, 801, 783, 840, 863, 771, 771, 713, 634,
        452,
        407, 366, 368, 345, 385, 295, 254, 202, 138,
    ]
    private let high1 = [
        1169, 1133, 1142, 1089, 1049, 1022, 980, 953, 956, 891, 904, 884, 993, 977, 882, 859, 775, 758, 687, 530, 479,
        360, 330, 321, 326, 291, 347, 145, 159, 138, 138,
    ]
    private let low2 = [
        1169, 1128, 1025, 1038, 974, 941, 941, 930, 795, 798, 811, 810, 832, 898, 819, 784, 651, 639, 618, 572, 639,
        679,
        633, 643, 636, 490, 405, 490, 395, 255, 138,
    ]
    private let high2 = [
        1169, 1126, 1120, 1113, 1101, 1103, 1068, 1067, 1053, 1064, 1073, 1012, 994, 968, 986, 953, 947, 934, 868, 618,
        477, 384, 399, 421, 308, 308, 216, 244, 137, 138, 138,
    ]

    @Test("counts of a real network; its second layer reaches chance exactly, and leaves it again")
    func realNetwork() {
        let chance = 146.0 / 1400
        let first = counts(low1, high1, of: 1400, chance: chance)
        #expect(first.suffice == 29 && first.tolerate == 0 && first.destroy == 27)
        let second = counts(low2, high2, of: 1400, chance: chance)
        #expect(second.suffice == 30 && second.tolerate == 0 && second.destroy == 26)
    }

    @Test("counts of four networks, computed elsewhere")
    func referenceNetworks() throws {
        guard let data = FileManager.default.contents(atPath: "\(reference)/reference_networks.json") else { return }
        let document = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let networks = try #require(document?["counts_rule"] as? [String: [String: [String: Any]]])
        for (network, layers) in networks {
            // The most frequent class of the 10,000 digits, and of the 1400 garments.
            let chance = network.contains("mnist") ? 0.1135 : 146.0 / 1400
            for (layer, values) in layers {
                let low = try #require(values["low_first"] as? [Double])
                let high = try #require(values["high_first"] as? [Double])
                let counts = CurveCounts(lowFirst: low, highFirst: high, tolerance: 0.01, chance: chance, margin: 0.05)
                #expect(counts.suffice == values["suffice_highest"] as? Int, "\(network) \(layer)")
                #expect(counts.tolerate == values["tolerate_highest_removed"] as? Int, "\(network) \(layer)")
                #expect(counts.destroy == values["destroy_highest_removed"] as? Int, "\(network) \(layer)")
            }
        }
    }
}
