// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

@testable import Ablation

private func matrix(_ name: String, samples: Int, _ neurons: Int) -> MemoryMatrix {
    MemoryMatrix((0..<samples * neurons).map { Double($0 % 7) }, neurons: neurons, name: name)
}

@Suite struct DenseNetworkTests {
    @Test func `weights and biases fit their layer`() {
        expectError(.shape, "\"a\"", "6 weights") { _ = try layer("a", 2, 2, weight: [1, 2, 3, 4, 5, 6]) }
        expectError(.shape, "\"a\"", "1 biases") { _ = try layer("a", 2, 2, bias: [0]) }
        expectError(.shape, "\"a\"") { _ = try layer("a", 0, 2, weight: []) }
        expectError(.shape, "\"a\"") { _ = try layer("a", 2, 0, weight: []) }
    }

    @Test func `weights are numbers that float32 holds`() throws {
        for bad in [Double.nan, .infinity, -.infinity, 1e39] {
            expectError(.numeric, "from input 1 to neuron 0") { _ = try layer("a", 2, 2, weight: [0, 0, bad, 0]) }
            expectError(.numeric, "that of neuron 1") { _ = try layer("a", 2, 2, bias: [0, bad]) }
        }
        #expect(try layer("a", 1, 1, weight: [Double(Float.greatestFiniteMagnitude)]).neurons == 1)
    }

    @Test func `layers chain, each under its own name, softmax last`() throws {
        var network = DenseNetwork()
        try network.append(layer("a", 3, 4))
        expectError(.argument, "two layers named \"a\"") { try network.append(layer("a", 4, 2)) }
        expectError(.shape, "\"b\" takes 3 inputs", "\"a\" before it has 4") { try network.append(layer("b", 3, 2)) }
        #expect(network.layers.map(\.name) == ["a"] && network.classes == 4)
        try network.append(layer("b", 4, 2, .softmax))
        expectError(.argument, "\"b\"", "softmax") { try network.append(layer("c", 2, 2)) }
        #expect(network.layers.count == 2 && network.classes == 2)
        #expect(network.index(of: "b") == 1 && network.index(of: "c") == nil)
    }

    @Test func `names are equal if they are written with the same letters`() throws {
        var network = DenseNetwork()
        try network.append(layer("caf\u{e9}", 1, 1))
        // Composed and decomposed, they are two datasets in a file.
        try network.append(layer("cafe\u{301}", 1, 1))
        #expect(network.index(of: "cafe\u{301}") == 1)
    }

    @Test func `data are as wide as the network`() throws {
        var network = DenseNetwork()
        #expect(throws: InfoLensError.self) { try NetworkData(of: network, matrices: [], labels: nil) }
        try network.append(layer("a", 3, 4))
        try network.append(layer("b", 4, 2))
        let wide = matrix("a", samples: 5, 4)
        expectError(.shape, "\"inputs\"", "4 values", "has 3") {
            _ = try NetworkData(of: network, matrices: [matrix("inputs", samples: 5, 4)], labels: nil)
        }
        expectError(.shape, "\"a\"") {
            _ = try NetworkData(of: network, matrices: [matrix("a", samples: 5, 3)], labels: nil)
        }
        expectError(.shape, "\"logits\"") {
            _ = try NetworkData(of: network, matrices: [wide, matrix("logits", samples: 5, 3)], labels: nil)
        }
        expectError(.notFound, "\"inputs\"", "\"a\"", "it has \"b\", \"other\"") {
            let matrices = [matrix("b", samples: 5, 2), matrix("other", samples: 5, 9)]
            _ = try NetworkData(of: network, matrices: matrices, labels: nil)
        }
        expectError(.notFound, "no layers") { _ = try NetworkData(of: network, matrices: [], labels: nil) }
        let data = try NetworkData(of: network, matrices: [matrix("other", samples: 5, 9), wide], labels: nil)
        #expect(data.samples == 5 && data.origin(of: 1) == .layer(0) && data.beginning == .layer(0))
    }

    @Test func `an ablation needs labels and a hidden layer`() throws {
        var network = DenseNetwork()
        try network.append(layer("a", 3, 4))
        let inputs = matrix("inputs", samples: 2, 3)
        expectError(.notFound, "labels") {
            _ = try DenseAblation(
                network: network, data: NetworkData(of: network, matrices: [inputs], labels: nil))
        }
        expectError(.shape, "one layer") {
            _ = try DenseAblation(
                network: network, data: NetworkData(of: network, matrices: [inputs], labels: [0, 1]))
        }
    }
}
