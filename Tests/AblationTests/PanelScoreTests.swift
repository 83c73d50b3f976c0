// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Ablation

/// - Parameter bound: of a lane
private func scored(
    _ scores: Panel, labels: [Int32], lanes counted: UInt32 = .max, tolerance: Float = 1,
    bound: (Int) -> Float = { _ in 0x1p-60 }
) throws -> cn_panel_scores {
    let labelMemory = try AlignedBuffer(count: lanes, of: Int32.self)
    for lane in 0..<lanes { labelMemory.values(of: Int32.self)[lane] = labels[lane] }
    let bounds = try Panel(1) { _, lane in bound(lane) }
    var result = cn_panel_scores()
    cn_panel_score(
        scores.pointer, Int64(scores.neurons), labelMemory.values(of: Int32.self), counted, bounds.pointer, tolerance,
        &result)
    return result
}

/// −log softmax(scores)[label] of a lane, in float64.
private func crossEntropy(_ scores: Panel, lane: Int, label: Int) -> Double {
    let values = (0..<scores.neurons).map { scores[$0, lane] }
    let most = values.reduce(-.infinity, max)
    return log(values.reduce(0) { $0 + exp($1 - most) }) + most - values[label]
}

/// The label's score less the highest other one.
private func lead(_ scores: Panel, lane: Int, label: Int) -> Double {
    (0..<scores.neurons).reduce(.infinity) { $1 == label ? $0 : min($0, scores[label, lane] - scores[$1, lane]) }
}

@Suite struct PanelScoreTests {
    @Test(arguments: [1, 2, 3, 10, 100], [0.01, 1, 30, 1000] as [Float])
    func `scores are judged as in float64`(classes: Int, scale: Float) throws {
        var normals = Normals(seed: UInt64(classes))
        let scores = try Panel(classes) { _, _ in scale * normals.next() }
        let labels = (0..<lanes).map { Int32($0 * 7 % classes) }
        func bound(_ lane: Int) -> Float { Float(lane + 1) * scale }
        try forEachInstructionSet { (set) throws in
            for counted: UInt32 in [.max, 0, 1, 0x8000_0000, 0x0f0f_3311] {
                let found = try scored(scores, labels: labels, lanes: counted, tolerance: 0x1p-4) { bound($0) }
                var (entropy, error) = (0.0, 0.0)
                for lane in 0..<lanes {
                    let lead = lead(scores, lane: lane, label: Int(labels[lane]))
                    let isCounted = counted >> UInt32(lane) & 1 == 1
                    #expect((found.correct >> UInt32(lane) & 1 == 1) == (isCounted && lead > 0), "\(set)")
                    // The lead is rounded once.
                    let margin = abs(lead) - Double(bound(lane) * 0x1p-4)
                    if abs(margin) > 2 * unit * abs(lead) || !isCounted {
                        #expect((found.doubtful >> UInt32(lane) & 1 == 1) == (isCounted && margin <= 0), "\(set)")
                    }
                    guard isCounted else { continue }
                    let one = crossEntropy(scores, lane: lane, label: Int(labels[lane]))
                    entropy += one
                    // Two units for each power, one for each sum, three for the logarithm, two for the differences.
                    error += Double(classes + 8) * unit * max(1, one)
                }
                #expect(abs(found.cross_entropy - entropy) <= error, "\(set)")
            }
        }
    }

    @Test func `near the end of the range everything is in doubt, and nothing where nothing is said`() throws {
        let scores = try Panel(2) { neuron, lane in lane < 16 ? Float(neuron) : 0 }
        try forEachInstructionSet { (set) throws in
            let found = try scored(scores, labels: Array(repeating: 0, count: lanes)) { $0 < 16 ? 1e-30 : 0 }
            #expect(found.doubtful == 0xffff && found.correct == 0xffff_0000, "\(set)")
        }
    }

    @Test func `a small cross-entropy keeps its digits`() throws {
        for gap: Float in [1, 5, 10, 15, 20, 40] {
            let scores = try Panel(3) { neuron, _ in neuron == 1 ? gap : 0 }
            try forEachInstructionSet { (set) throws in
                let found = try scored(scores, labels: Array(repeating: 1, count: lanes), lanes: 1)
                let expected = log1p(2 * exp(-Double(gap)))
                #expect(abs(found.cross_entropy - expected) <= 1e-6 * expected, "\(set)")
            }
        }
    }

    @Test func `ties are always in doubt`() throws {
        let scores = try Panel(4) { neuron, lane in
            switch lane % 3 {
            case 0: 2  // all equal
            case 1: neuron == 0 ? -1 : 5  // the last three
            default: neuron == 3 ? 1 : -0.0
            }
        }
        for label: Int32 in 0..<4 {
            try forEachInstructionSet { (set) throws in
                let found = try scored(scores, labels: Array(repeating: label, count: lanes))
                for lane in 0..<lanes {
                    let lead = lead(scores, lane: lane, label: Int(label))
                    #expect((found.doubtful >> UInt32(lane) & 1 == 1) == (lead == 0), "\(set)")
                    #expect((found.correct >> UInt32(lane) & 1 == 1) == (lead > 0), "\(set)")
                }
            }
        }
    }

    @Test func `where nothing was added the first class wins for certain`() throws {
        for value: Float in [0, 0.5] {
            let scores = try Panel(3) { _, _ in value }
            for (label, correct) in [(0, 0x00ff_ffff), (1, 0), (2, 0)] as [(Int32, UInt32)] {
                try forEachInstructionSet { (set) throws in
                    let labels = Array(repeating: label, count: lanes)
                    let found = try scored(scores, labels: labels, lanes: 0x00ff_ffff) { _ in 0 }
                    #expect(found.correct == correct && found.doubtful == 0, "\(set)")
                    #expect(abs(found.cross_entropy - 24 * log(3)) < 24 * 8 * unit, "\(set)")
                }
            }
        }
    }

    @Test func `huge scores neither overflow nor vanish`() throws {
        let values: [[Float]] = [
            [1e30, -1e30, 0], [-1e30, 1e30, 0], [3e38, 1, 2], [1e4, 1e4, -1e4], [-1e38, -1e38, 0],
        ]
        let scores = try Panel(3) { neuron, lane in values[lane % 5][neuron] }
        try forEachInstructionSet { (set) throws in
            for lane in 0..<5 {
                let found = try scored(scores, labels: Array(repeating: 0, count: lanes), lanes: 1 << UInt32(lane))
                let expected = crossEntropy(scores, lane: lane, label: 0)
                #expect(abs(found.cross_entropy - expected) <= 8 * unit * max(1, expected), "\(set), \(values[lane])")
            }
        }
    }

    @Test func `a score that is not finite stays in its lane`() throws {
        for bad: Float in [.nan, .infinity, -.infinity] {
            for place in 0..<2 {
                let scores = try Panel(2) { neuron, lane in lane == 9 && neuron == place ? bad : Float(neuron) }
                try forEachInstructionSet { (set) throws in
                    let others = try scored(scores, labels: Array(repeating: 0, count: lanes), lanes: ~(1 << 9))
                    #expect(abs(others.cross_entropy - 31 * (1 + log1p(exp(-1)))) < 1e-5, "\(set)")
                    #expect(others.correct == 0 && others.doubtful == 0, "\(set)")
                    let own = try scored(scores, labels: Array(repeating: 0, count: lanes), lanes: 1 << 9)
                    #expect(own.cross_entropy.isNaN, "\(set)")
                }
            }
        }
    }

    @Test func `an infinite bound leaves nothing certain`() throws {
        let scores = try Panel(3) { neuron, _ in Float(neuron) }
        try forEachInstructionSet { (set) throws in
            for bound: Float in [.infinity, .nan] {
                let found = try scored(scores, labels: Array(repeating: 2, count: lanes), lanes: 0xffff) { _ in bound }
                #expect(found.doubtful == 0xffff, "\(set)")
            }
        }
    }
}
