// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// What a removed neuron says instead.
public enum Replacement: String, CaseIterable, Sendable {
    case zero
    /// Its mean activation: bias balancing (Liu, Amjad & Geiger 2018).
    case mean
    /// A value that the caller gives.
    case value
    /// What it says to another sample, by a random permutation of the samples.
    case permute
}

/// What each neuron of each layer says once it is removed.
public final class Substitutes: Sendable {
    public let replacement: Replacement
    /// A number a neuron, for each layer that may lose some; empty for other layers, and for permutations.
    private let constants: [[Double]]
    /// For each layer, whether all its neurons say 0.
    private let areZero: [Bool]
    /// For permutations: the layer's activations, each neuron's permuted, [N, neurons].
    private let permuted: [AlignedBuffer?]
    private let widths: [Int]
    /// Bytes that they take, where these are many.
    public let bytes: Int

    /// - Parameters:
    ///   - layers: indices of the layers that may lose neurons
    ///   - value: of `Replacement.value`
    ///   - means: of the neurons of each of `layers`, for `Replacement.mean`
    public init(
        _ replacement: Replacement, layers: [Int], of network: DenseNetwork, value: Double, means: [[Double]]
    ) {
        self.replacement = replacement
        widths = network.layers.map(\.neurons)
        permuted = []
        bytes = 0
        var constants = [[Double]](repeating: [], count: network.layers.count)
        for (position, layer) in layers.enumerated() {
            switch replacement {
            case .mean: constants[layer] = means[position]
            case .value: constants[layer] = Array(repeating: value, count: widths[layer])
            case .zero, .permute: constants[layer] = Array(repeating: 0, count: widths[layer])
            }
        }
        self.constants = constants
        areZero = constants.map { $0.allSatisfy { $0 == 0 } }
    }

    /// Permuted activations: those of neuron j by stream j of the layer's generator.
    public init(
        permuting layers: [Int], of ablation: DenseAblation, seed: UInt64, run: Run
    ) throws(InfoLensError) {
        let (network, data) = (ablation.network, ablation.data)
        replacement = .permute
        constants = []
        areZero = Array(repeating: false, count: network.layers.count)
        widths = network.layers.map(\.neurons)
        bytes = layers.map { saturatingProduct(data.samples, 4, network.layers[$0].neurons) }.saturatingSum()
        guard bytes <= run.memory / 2 else {
            throw InfoLensError(
                .memory,
                """
                memory: a permutation of each neuron's activations takes \(bytes) bytes; give the context at least \
                twice as much, or choose fewer layers or another replacement
                """
            )
        }
        var permuted = [AlignedBuffer?](repeating: nil, count: network.layers.count)
        let column = try AlignedBuffer(count: data.samples, of: Float.self)
        let copy = UnsafeMutableBufferPointer(start: column.values(of: Float.self), count: data.samples)
        for layer in layers {
            let matrix = try data.activations(of: layer, in: network, run: run)
            let width = widths[layer]
            let buffer = try AlignedBuffer(count: data.samples * width, of: Float.self)
            let values = buffer.values(of: Float.self)
            _ = try RowBlocks(of: matrix, run: run).forEach(unitsPerRow: 0) { _, block in
                for row in 0..<block.rows {
                    let target = values + (block.firstRow + row) * width
                    for neuron in 0..<width { target[neuron] = Float(block[row, neuron]) }
                }
                return 0
            }
            for neuron in 0..<width {
                for row in 0..<data.samples { copy[row] = values[row * width + neuron] }
                shuffle(copy, seed: seed, purpose: .permutedNeuron, index: layer << 20 | neuron)
                for row in 0..<data.samples { values[row * width + neuron] = copy[row] }
                try run.checkpoint()
            }
            permuted[layer] = buffer
        }
        withExtendedLifetime(column) {}
        self.permuted = permuted
    }

    /// What a removed neuron says to the sample at `row`.
    func value(layer: Int, neuron: Int, row: Int) -> Double {
        guard replacement == .permute else { return constants[layer][neuron] }
        return permuted[layer].map { Double($0.values(of: Float.self)[row * widths[layer] + neuron]) } ?? 0
    }

    /// Whether all neurons of a layer say 0.
    func isZero(layer: Int) -> Bool { areZero[layer] }

    /// Fills the rows of a panel that belong to `neurons`; lanes beyond `count` repeat the last one.
    func fill(_ panel: UnsafeMutablePointer<Float>, layer: Int, neurons: [Int32], first: Int, count: Int) {
        let lanes = Int(CN_PANEL)
        for neuron in neurons.lazy.map({ Int($0) }) {
            let row = panel + neuron * lanes
            if replacement == .permute {
                for lane in 0..<lanes {
                    row[lane] = Float(value(layer: layer, neuron: neuron, row: first + min(lane, count - 1)))
                }
            } else {
                row.update(repeating: Float(constants[layer][neuron]), count: lanes)
            }
        }
    }
}
