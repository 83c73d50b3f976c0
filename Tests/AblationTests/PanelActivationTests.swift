// SPDX-License-Identifier: Apache-2.0
import CNumerics
import TestSupport
import Testing

@testable import Ablation

/// f(z) of the kernels for any number of values.
private func activated(_ values: [Float], _ activation: Activation) throws -> [Double] {
    let neurons = (values.count - 1) / lanes + 1
    let z = try Panel(neurons) { values[min($0 * lanes + $1, values.count - 1)] }
    let h = try Panel(neurons)
    cn_panel_activate(z.pointer, Int64(neurons), activation.function, activation.parameter, h.pointer)
    return values.indices.map { h[$0 / lanes, $0 % lanes] }
}

private func check(_ values: [Float], _ activation: Activation) throws {
    try forEachInstructionSet { (set) throws in
        let found = try activated(values, activation)
        var worst = (units: 0.0, z: Float(0))
        for (z, found) in zip(values, found) {
            let expected = activation(Double(z))
            let units = abs(found - expected) / (unit * max(1, abs(expected)))
            if !(units <= worst.units) { worst = (units, z) }
        }
        #expect(worst.units <= activation.kernelUnits, "\(set): \(worst.units) units at \(worst.z)")
    }
}

@Suite struct PanelActivationTests {
    @Test(arguments: Activation.all)
    func `activations are within their units of float32`(_ activation: Activation) throws {
        try check((-20_000...20_000).map { Float($0) * 5e-3 }, activation)
        try check((-10_000...10_000).map { Float($0) * 1e-4 }, activation)
    }

    @Test(arguments: Activation.all)
    func `extremes stay where they belong`(_ activation: Activation) throws {
        var values: [Float] = [0, 1, 17, 87, 88, 88.8, 89, 104, 1e4, 1e13, 1e20]
        values += [.leastNonzeroMagnitude, .leastNormalMagnitude, .leastNormalMagnitude / 7, 1e-30, 1e-20, 1e-7, 1e-4]
        values += values.map { -$0 }
        try check(values, activation)
    }

    @Test func `bounded functions reach their bounds and pass none`() throws {
        try forEachInstructionSet { (set) throws in
            for (activation, low) in [(Activation.tanh, -1.0), (.sigmoid, 0)] {
                let found = try activated((0...8_000).map { Float($0 - 4_000) * 2.5e-2 } + [-1e4, 1e4], activation)
                #expect(found.allSatisfy { low <= $0 && $0 <= 1 }, "\(set)")
                #expect(abs(found[8_001] - low) < 1e-30 && found[8_002] == 1, "\(set)")
            }
        }
    }

    @Test func `no lane depends on another`() throws {
        for activation in Activation.all {
            try forEachInstructionSet { (set) throws in
                let alone = try activated([1.25], activation)[0]
                var values = (0..<lanes).map { Float($0 * $0 * $0) - 1000 }
                for lane in 0..<lanes {
                    let before = values[lane]
                    values[lane] = 1.25
                    #expect(try activated(values, activation)[lane] == alone, "\(set)")
                    values[lane] = before
                }
            }
        }
    }
}
