// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Ablation

/// A network with all that can be recorded of it, in float64.
private struct Recorded {
    let network: DenseNetwork
    var matrices: [MemoryMatrix]

    /// - Parameter activation: of the last layer
    init(samples: Int = 300, last activation: Activation = .softmax) throws {
        let random = try RandomNetwork([7, 12, 11, 4], [.relu, .tanh, activation], samples: samples, seed: 5)
        network = random.network
        matrices = [random.inputs]
        for layer in 0..<3 {
            matrices.append(
                MemoryMatrix(
                    random.activations(layer).flatMap { $0 }, neurons: network.layers[layer].neurons,
                    name: layer < 2 ? network.layers[layer].name : "logits"))
        }
    }

    func differences(run: Run = run(), without: String...) throws -> [LayerDifference] {
        let kept = matrices.filter { !without.contains($0.name) }
        return try reproduction(of: network, data: NetworkData(of: network, matrices: kept, labels: nil), run: run)
    }

    /// Changes one value.
    mutating func add(_ change: Double, to name: String, sample: Int, neuron: Int) throws {
        let place = try #require(matrices.firstIndex { $0.name == name })
        var values = matrices[place].values
        values[sample * matrices[place].neurons + neuron] += change
        matrices[place] = MemoryMatrix(values, neurons: matrices[place].neurons, name: name)
    }
}

@Suite struct ReproductionTests {
    @Test(arguments: [Activation.softmax, .sigmoid, .linear])
    func `what was recorded is reproduced to float32's rounding`(last: Activation) throws {
        let recorded = try Recorded(last: last)
        let found = try recorded.differences()
        #expect(found.map(\.name) == ["fc1", "fc2", "logits"])
        for (difference, matrix) in zip(found, recorded.matrices.dropFirst()) {
            #expect(difference.relative < 1e-6)
            #expect(difference.scale == matrix.values.reduce(0) { max($0, Double(abs(Float($1)))) })
        }
    }

    @Test(arguments: [("fc1", 0, 11), ("fc2", 299, 0), ("logits", 150, 3), ("fc2", 31, 10), ("fc1", 32, 5)])
    func `a planted difference is found where it is`(name: String, sample: Int, neuron: Int) throws {
        var recorded = try Recorded()
        try recorded.add(0.25, to: name, sample: sample, neuron: neuron)
        for difference in try recorded.differences() {
            guard difference.name == name else {
                #expect(difference.relative < 1e-6)
                continue
            }
            #expect(abs(difference.largest - 0.25) < 1e-5)
            #expect(difference.sample == sample && difference.neuron == neuron)
        }
    }

    @Test func `of equal differences the first is named, with any number of threads`() throws {
        var network = DenseNetwork()
        try network.append(layer("a", 1, 2, .linear, weight: [1, 1]))
        try network.append(layer("b", 2, 1, .linear, weight: [1, 1]))
        let inputs = MemoryMatrix((0..<1000).map { _ in 1 }, neurons: 1, name: "inputs")
        let said = MemoryMatrix((0..<2000).map { $0 >= 777 && $0 % 3 == 0 ? 1.5 : 1 }, neurons: 2, name: "a")
        let data = try NetworkData(of: network, matrices: [inputs, said], labels: nil)
        for threads in [1, 2, 5] {
            let found = try reproduction(of: network, data: data, run: run(threads: threads))
            #expect(found == [LayerDifference(name: "a", largest: 0.5, sample: 388, neuron: 1, scale: 1.5)])
        }
    }

    @Test func `without inputs the first layer is the beginning`() throws {
        let recorded = try Recorded()
        #expect(try recorded.differences(without: "inputs").map(\.name) == ["fc2", "logits"])
        #expect(try recorded.differences(without: "inputs", "fc2", "logits").isEmpty)
    }

    @Test func `a last layer may be recorded before softmax or after it`() throws {
        var recorded = try Recorded()
        let logits = try #require(recorded.matrices.last)
        let shares = (0..<logits.samples).flatMap { row in
            let powers = (0..<4).map { exp(logits.values[row * 4 + $0]) }
            return powers.map { $0 / powers.reduce(0, +) }
        }
        for values in [logits.values, shares] {
            recorded.matrices[3] = MemoryMatrix(values, neurons: 4, name: "fc3")
            let found = try recorded.differences()
            #expect(found.map(\.name) == ["fc1", "fc2", "fc3"])
            #expect(found[2].relative < 1e-6)
        }
    }

    @Test func `what is not finite is named`() throws {
        var recorded = try Recorded()
        try recorded.add(.nan, to: "fc2", sample: 100, neuron: 7)
        expectError(.numeric, "\"fc2\"", "row 100, neuron 7") { _ = try recorded.differences() }
        var network = DenseNetwork()
        try network.append(layer("a", 1, 1, .linear, weight: [3e38]))
        try network.append(layer("b", 1, 1, .linear, weight: [1]))
        let matrices = ["inputs", "a"].map { MemoryMatrix([1, 2], neurons: 1, name: $0) }
        let data = try NetworkData(of: network, matrices: matrices, labels: nil)
        expectError(.numeric, "layer \"a\"", "sample 1", "not finite") {
            _ = try reproduction(of: network, data: data, run: run())
        }
    }
}
