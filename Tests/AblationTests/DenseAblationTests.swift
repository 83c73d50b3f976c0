// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Ablation

/// A network with random weights, and samples for it.
struct RandomNetwork {
    let network: DenseNetwork
    let inputs: MemoryMatrix
    let labels: [Int32]

    init(_ widths: [Int], _ activations: [Activation], samples: Int, seed: UInt64) throws {
        var generator = FixedGenerator(seed: seed)
        func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) } }
        var network = DenseNetwork()
        for layer in 1..<widths.count {
            let (inputs, neurons) = (widths[layer - 1], widths[layer])
            let spread = (2 / Double(inputs)).squareRoot()
            try network.append(
                DenseLayer(
                    name: "fc\(layer)", inputs: inputs, neurons: neurons,
                    weight: (0..<inputs * neurons).map { _ in Double(Float(normal() * spread)) },
                    bias: (0..<neurons).map { _ in Double(Float(0.1 * normal())) }, activation: activations[layer - 1]))
        }
        self.network = network
        inputs = MemoryMatrix(
            (0..<samples * widths[0]).map { _ in normal() }, neurons: widths[0], element: .float32, name: "inputs")
        labels = (0..<samples).map { _ in
            Int32.random(in: 0..<Int32(widths[widths.count - 1]), using: &generator)
        }
    }

    /// Another network on the samples of a random one.
    init(_ network: DenseNetwork, _ other: RandomNetwork) {
        self.network = network
        inputs = other.inputs
        labels = other.labels
    }

    var data: NetworkData {
        get throws { try NetworkData(of: network, matrices: [inputs], labels: labels) }
    }

    /// Activations of a hidden layer, written out.
    func activations(_ layer: Int) -> [[Double]] {
        (0..<inputs.samples).map { row in
            var said = (0..<inputs.neurons).map { inputs.values[row * inputs.neurons + $0] }
            for l in network.layers[...layer] { said = apply(l, said) }
            return said
        }
    }

    /// Correct samples and mean cross-entropy without some neurons, written out in float64.
    func scores(without removed: Set<NeuronIndex>, says: (NeuronIndex, Int) -> Double) -> (
        correct: Int, entropy: Double
    ) {
        var (correct, entropy) = (0, 0.0)
        for row in 0..<inputs.samples {
            var said = (0..<inputs.neurons).map { inputs.values[row * inputs.neurons + $0] }
            for (index, layer) in network.layers.enumerated() {
                said = apply(layer, said)
                for place in removed where place.layer == index { said[place.neuron] = says(place, row) }
            }
            let label = Int(labels[row])
            let most = said.max()!
            if said.firstIndex(of: most) == label { correct += 1 }
            entropy += log(said.reduce(0) { $0 + exp($1 - most) }) + most - said[label]
        }
        return (correct, entropy / Double(inputs.samples))
    }

    private func apply(_ layer: DenseLayer, _ said: [Double]) -> [Double] {
        (0..<layer.neurons).map { k in
            layer.activation(
                said.indices.reduce(layer.bias[k]) { $0 + said[$1] * layer.weight[$1 * layer.neurons + k] })
        }
    }
}

private func everyNeuron(of layers: [Int], in network: DenseNetwork, seed: UInt64) -> [NeuronIndex] {
    var generator = FixedGenerator(seed: seed)
    return layers.flatMap { layer in
        (0..<network.layers[layer].neurons).map { NeuronIndex(layer: layer, neuron: $0) }
    }.shuffled(using: &generator)
}

@Suite struct DenseAblationTests {
    @Test(arguments: Activation.all)
    func `curves equal networks written out in float64`(_ activation: Activation) throws {
        let random = try RandomNetwork(
            [9, 14, 13, 5], [activation, activation, .softmax], samples: 300, seed: 3)
        let (network, data) = (random.network, try random.data)
        let constants: [(Replacement, Double)] = [(.zero, 0), (.value, 0.7)]
        let ablation = try DenseAblation(network: network, data: data)
        for (replacement, value) in constants {
            let substitutes = Substitutes(replacement, layers: [0, 1], of: network, value: value, means: [])
            for layers in [[0], [1], [0, 1]] {
                let order = everyNeuron(of: layers, in: network, seed: 8)
                let curve = RemovalCurve(
                    order: order, substitutes: substitutes, points: RemovalCurve.points(of: order.count, step: 3))
                let found = try ablation.curves([curve], run: run())[0]
                #expect(curve.points.count == found.count)
                for (removed, scores) in zip(curve.points, found) {
                    let expected = random.scores(without: Set(order.prefix(removed))) { _, _ in value }
                    #expect(scores.correct == expected.correct)
                    #expect(abs(scores.crossEntropy - expected.entropy) <= 1e-5 * max(1, expected.entropy))
                }
            }
        }
    }

    @Test func `the mean of each neuron takes its place`() throws {
        let random = try RandomNetwork([7, 12, 11, 4], [.relu, .tanh, .softmax], samples: 200, seed: 5)
        let network = random.network
        let means = [0, 1].map { layer in
            let said = random.activations(layer)
            return said[0].indices.map { k in said.reduce(0) { $0 + $1[k] } / 200 }
        }
        let substitutes = Substitutes(.mean, layers: [0, 1], of: network, value: 0, means: means)
        let order = everyNeuron(of: [0, 1], in: network, seed: 2)
        let curve = RemovalCurve(
            order: order, substitutes: substitutes, points: RemovalCurve.points(of: order.count, step: 1))
        let found = try DenseAblation(network: network, data: random.data).curves([curve], run: run())[0]
        for (removed, scores) in zip(curve.points, found) {
            let expected = random.scores(without: Set(order.prefix(removed))) { place, _ in
                means[place.layer][place.neuron]
            }
            #expect(scores.correct == expected.correct)
            #expect(abs(scores.crossEntropy - expected.entropy) <= 1e-5)
        }
    }

    @Test func `a permuted neuron says what it says to another sample`() throws {
        let random = try RandomNetwork([7, 12, 4], [.relu, .softmax], samples: 150, seed: 6)
        let network = random.network
        let said = random.activations(0)
        let ablation = try DenseAblation(network: network, data: random.data)
        let substitutes = try Substitutes(permuting: [0], of: ablation, seed: 1, run: run())
        for k in 0..<12 {
            let column = (0..<150).map { substitutes.value(layer: 0, neuron: k, row: $0) }
            #expect(zip(column.sorted(), said.map { $0[k] }.sorted()).allSatisfy { abs($0 - $1) < 1e-5 })
        }
        let order = everyNeuron(of: [0], in: network, seed: 2)
        let curve = RemovalCurve(
            order: order, substitutes: substitutes, points: RemovalCurve.points(of: order.count, step: 2))
        let found = try DenseAblation(network: network, data: random.data).curves([curve], run: run())[0]
        for (removed, scores) in zip(curve.points, found) {
            let expected = random.scores(without: Set(order.prefix(removed))) {
                substitutes.value(layer: 0, neuron: $0.neuron, row: $1)
            }
            #expect(scores.correct == expected.correct)
            #expect(abs(scores.crossEntropy - expected.entropy) <= 1e-5)
        }
    }

    @Test func `groups may span layers`() throws {
        let random = try RandomNetwork([7, 12, 11, 9, 4], [.relu, .tanh, .silu, .softmax], samples: 200, seed: 5)
        let network = random.network
        let substitutes = Substitutes(.value, layers: [0, 1, 2], of: network, value: 0.25, means: [])
        var groups = (0..<9).map { [NeuronIndex(layer: 2, neuron: $0)] }
        groups += (0..<12).map { k in [NeuronIndex(layer: 1, neuron: k % 11), NeuronIndex(layer: 0, neuron: k)] }
        groups.append(everyNeuron(of: [0, 1, 2], in: network, seed: 1))
        let found = try DenseAblation(network: network, data: random.data)
            .groups(groups, substitutes: substitutes, run: run())
        let whole = random.scores(without: []) { _, _ in 0 }
        for (group, scores) in zip(groups, found) {
            let expected = random.scores(without: Set(group)) { _, _ in 0.25 }
            #expect(scores.without.correct == expected.correct)
            #expect(abs(scores.without.crossEntropy - expected.entropy) <= 1e-5)
            #expect(scores.whole.correct == whole.correct)
        }
    }

    @Test func `some neurons of a layer may stay to the end`() throws {
        let random = try RandomNetwork([6, 15, 15, 3], [.gelu, .relu, .softmax], samples: 100, seed: 9)
        let order = Array(everyNeuron(of: [0, 1], in: random.network, seed: 4).prefix(11))
        let substitutes = Substitutes(.value, layers: [0, 1], of: random.network, value: -1, means: [])
        let curve = RemovalCurve(
            order: order, substitutes: substitutes, points: RemovalCurve.points(of: order.count, step: 1))
        let found = try DenseAblation(network: random.network, data: random.data).curves([curve], run: run())[0]
        for (removed, scores) in zip(curve.points, found) {
            let expected = random.scores(without: Set(order.prefix(removed))) { _, _ in -1 }
            #expect(scores.correct == expected.correct)
            #expect(abs(scores.crossEntropy - expected.entropy) <= 1e-5)
        }
    }

    @Test func `results do not depend on threads or memory`() throws {
        let random = try RandomNetwork([8, 21, 17, 6], [.sigmoid, .relu, .softmax], samples: 2100, seed: 12)
        let ablation = try DenseAblation(network: random.network, data: random.data)
        let substitutes = Substitutes(.zero, layers: [0, 1], of: random.network, value: 0, means: [])
        let curves = [[0], [1], [0, 1]].map { layers in
            let order = everyNeuron(of: layers, in: random.network, seed: 4)
            return RemovalCurve(
                order: order, substitutes: substitutes, points: RemovalCurve.points(of: order.count, step: 1))
        }
        try withSteadyInstructionSet {
            let known = try ablation.curves(curves, run: run(threads: 1))
            for (threads, memory) in [(3, 1 << 30), (2, 200_000), (1, 130_000)] {
                #expect(try ablation.curves(curves, run: run(threads: threads, memory: memory)) == known)
            }
        }
    }

    @Test(arguments: [Activation.gelu, .geluTanh, .elu(scale: 1)])
    func `scores of what is almost silent are told apart`(_ activation: Activation) throws {
        // Values whose own error in float32 is larger than they are.
        var generator = FixedGenerator(seed: 4)
        let low = activation == .elu(scale: 1) ? -1e-6 : -5.5
        let values = (0..<800).map { _ in Double(Float.random(in: Float(low)..<Float(low / 2), using: &generator)) }
        let identity = [1.0, 0, 0, 1]
        var network = DenseNetwork()
        for (name, function) in [("a", .linear), ("b", activation), ("c", .linear)] as [(String, Activation)] {
            try network.append(
                DenseLayer(name: name, inputs: 2, neurons: 2, weight: identity, bias: nil, activation: function))
        }
        let labels = (0..<400).map { row -> Int32 in
            activation(values[2 * row]) >= activation(values[2 * row + 1]) ? 0 : 1
        }
        let data = try NetworkData(
            of: network, matrices: [MemoryMatrix(values, neurons: 2, element: .float32, name: "inputs")], labels: labels
        )
        let curve = RemovalCurve(
            order: [NeuronIndex(layer: 0, neuron: 0)],
            substitutes: Substitutes(.zero, layers: [0], of: network, value: 0, means: []), points: [0, 1])
        #expect(try DenseAblation(network: network, data: data).curves([curve], run: run())[0][0].correct == 400)
    }

    @Test func `pre-activations that cancel are told apart`() throws {
        // One neuron says 1e5 and a bias takes it back; what is left has lost five digits.
        let random = try RandomNetwork([6, 20, 18, 5], [.relu, .relu, .softmax], samples: 400, seed: 21)
        var network = DenseNetwork()
        for (index, layer) in random.network.layers.enumerated() {
            var (weight, bias) = (layer.weight, layer.bias)
            if index == 0 { bias[0] = 1e5 }
            if index == 1 { for k in 0..<18 { bias[k] -= weight[k] * 1e5 } }
            bias = bias.map { Double(Float($0)) }
            weight = weight.map { Double(Float($0)) }
            try network.append(
                DenseLayer(
                    name: layer.name, inputs: layer.inputs, neurons: layer.neurons, weight: weight, bias: bias,
                    activation: layer.activation))
        }
        let cancelling = RandomNetwork(network, random)
        let order = Array(everyNeuron(of: [0], in: network, seed: 4).filter { $0.neuron != 0 })
        let substitutes = Substitutes(.zero, layers: [0], of: network, value: 0, means: [])
        let curve = RemovalCurve(
            order: order, substitutes: substitutes, points: RemovalCurve.points(of: order.count, step: 1))
        let found = try DenseAblation(network: network, data: cancelling.data).curves([curve], run: run())[0]
        for (removed, scores) in zip(curve.points, found) {
            let expected = cancelling.scores(without: Set(order.prefix(removed))) { _, _ in 0 }
            #expect(scores.correct == expected.correct)
        }
    }

    @Test func `equal scores go to the lower class`() throws {
        var network = DenseNetwork()
        try network.append(
            DenseLayer(name: "a", inputs: 2, neurons: 2, weight: [1, 0, 0, 1], bias: nil, activation: .relu))
        try network.append(
            DenseLayer(
                name: "b", inputs: 2, neurons: 3, weight: [0, 0, 0, 1, 1, 0.5], bias: nil, activation: .softmax))
        let inputs = MemoryMatrix(
            Array(repeating: [0, 1], count: 40).flatMap { $0 }, neurons: 2, element: .float32, name: "inputs")
        for (label, correct) in [(0, [40, 40]), (1, [0, 0]), (2, [0, 0])] as [(Int32, [Int])] {
            let data = try NetworkData(
                of: network, matrices: [inputs], labels: Array(repeating: label, count: 40))
            let curve = RemovalCurve(
                order: [NeuronIndex(layer: 0, neuron: 1)],
                substitutes: Substitutes(.zero, layers: [0], of: network, value: 0, means: []), points: [0, 1])
            let found = try DenseAblation(network: network, data: data).curves([curve], run: run())[0]
            #expect(found.map(\.correct) == correct)
            #expect(found[1].crossEntropy.isApproximately(log(3)))
        }
    }
}

extension Double {
    fileprivate func isApproximately(_ other: Double) -> Bool { abs(self - other) < 1e-6 }
}
