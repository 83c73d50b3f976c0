// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Ablation

@Suite struct SmallerNetworkTests {
    private static let removed = [(1, 3), (0, 11), (0, 0), (1, 10), (0, 5)].map { NeuronIndex(layer: $0, neuron: $1) }

    @Test(arguments: [Replacement.zero, .value, .mean], [1.0, 1.0 / 255])
    func `a smaller network says what the ablated one says`(replacement: Replacement, scale: Double) throws {
        let random = try RandomNetwork([7, 12, 11, 4], [.sigmoid, .tanh, .softmax], samples: 200, seed: 5)
        var network = random.network
        network.inputScale = scale
        let means = [0, 1].map { layer in (0..<network.layers[layer].neurons).map { 0.1 * Double($0) - 0.4 } }
        let substitutes = Substitutes(replacement, layers: [0, 1], of: network, value: 0.75, means: means)
        let smaller = try network.without(Self.removed, saying: substitutes)
        #expect(smaller.layers.map(\.neurons) == [9, 9, 4])
        #expect(smaller.layers.map(\.inputs) == [7, 9, 9])
        #expect(smaller.layers.map(\.name) == network.layers.map(\.name))
        #expect(smaller.inputScale == 1)

        let (exact, small) = (ExactEvaluation(network), ExactEvaluation(smaller))
        for row in 0..<200 {
            let inputs = (0..<7).map { random.inputs.values[row * 7 + $0] }
            let expected = exact.scores(
                row: row, start: -1, activations: { inputs[$0] * scale },
                isRemoved: { Self.removed.contains(NeuronIndex(layer: $0, neuron: $1)) }, substitutes: substitutes)
            let found = small.scores(
                row: row, start: -1, activations: { inputs[$0] }, isRemoved: { _, _ in false },
                substitutes: substitutes)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-13 })
        }
    }

    @Test func `a layer gets biases only where it needs them`() throws {
        var network = DenseNetwork()
        try network.append(layer("a", 2, 3))
        try network.append(layer("b", 3, 2, .softmax))
        let gone = [NeuronIndex(layer: 0, neuron: 1)]
        for (value, hasBias) in [(0.0, false), (0.5, true)] {
            let substitutes = Substitutes(.value, layers: [0], of: network, value: value, means: [])
            let smaller = try network.without(gone, saying: substitutes)
            #expect(smaller.layers.map(\.hasBias) == [false, hasBias])
        }
        let nothing = Substitutes(.zero, layers: [], of: network, value: 0, means: [])
        #expect(try network.without([], saying: nothing).layers.map(\.weight) == network.layers.map(\.weight))
    }

    @Test func `no layer loses its last neuron`() throws {
        var network = DenseNetwork()
        try network.append(layer("a", 2, 2))
        try network.append(layer("b", 2, 2, .softmax))
        let substitutes = Substitutes(.zero, layers: [0], of: network, value: 0, means: [])
        expectError(.argument, "\"a\"", "last neuron") {
            _ = try network.without([0, 1].map { NeuronIndex(layer: 0, neuron: $0) }, saying: substitutes)
        }
    }
}

@Suite struct SelectedColumnsTests {
    @Test(arguments: [Element.float32, .float64])
    func `columns are handed out in the order asked for`(element: Element) throws {
        let matrix = reluLike(samples: 60, neurons: 9, element: element)
        let columns = [8, 0, 3, 3]
        let selected = SelectedColumns(columns, of: matrix)
        #expect(selected.samples == 60 && selected.neurons == 4 && selected.element == element)
        #expect(selected.name == matrix.name)
        for rows in [0..<60, 17..<18, 59..<60] {
            let scratch = try AlignedBuffer(byteCount: selected.scratchBytes(rows: rows.count))
            let block = try selected.read(rows: rows, scratch: scratch.bytes)
            #expect(block.firstRow == rows.lowerBound && block.rows == rows.count && block.neurons == 4)
            for row in rows {
                for (place, column) in columns.enumerated() {
                    #expect(block[row - rows.lowerBound, place] == matrix.values[row * 9 + column])
                }
            }
        }
    }

    @Test func `neurons that stay are the columns of a layer`() throws {
        let matrix = reluLike(samples: 3, neurons: 5)
        let removed = [(0, 1), (1, 2), (0, 4)].map { NeuronIndex(layer: $0, neuron: $1) }
        for (layer, kept) in [(0, [0, 2, 3]), (1, [0, 1, 3, 4]), (2, [0, 1, 2, 3, 4])] {
            let selected = SelectedColumns(staying: removed, of: matrix, layer: layer)
            let scratch = try AlignedBuffer(byteCount: selected.scratchBytes(rows: 3))
            let block = try selected.read(rows: 0..<3, scratch: scratch.bytes)
            #expect(selected.neurons == kept.count)
            for (place, column) in kept.enumerated() { #expect(block[2, place] == matrix.values[10 + column]) }
        }
    }

    @Test func `too little scratch is an error`() {
        let selected = SelectedColumns([1], of: reluLike(samples: 3, neurons: 5))
        expectError(.internal, "scratch") {
            _ = try selected.read(rows: 0..<3, scratch: UnsafeMutableRawBufferPointer(start: nil, count: 0))
        }
    }
}
