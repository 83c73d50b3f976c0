// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// A layer's weights in float32, as the kernels of panels want them.
///
/// A trivial value: what it points to lives as long as `PackedWeights`.
struct PackedLayer: @unchecked Sendable {
    let inputs: Int
    let neurons: Int
    let function: Int32
    let parameter: Float
    /// The largest |bias|.
    let largestBias: Float
    /// √ Σ over inputs of the square of their largest |weight|: what errors of the inputs, of either sign, come to.
    let norm: Float
    /// Row k: what input k adds to each neuron.
    let rows: UnsafePointer<Float>
    /// The weights in tiles, as cn_panel_forward takes them.
    let tiles: UnsafePointer<Float>
    /// Panel of the biases.
    let bias: UnsafePointer<Float>
    /// For each input its largest |weight|.
    let largest: UnsafePointer<Float>

    func row(_ input: Int) -> UnsafePointer<Float> { rows + input * neurons }
}

/// The memory of a packed layer.
final class PackedWeights: Sendable {
    let layer: PackedLayer
    private let memory: AlignedBuffer

    init(_ layer: DenseLayer) throws(InfoLensError) {
        let (inputs, neurons) = (layer.inputs, layer.neurons)
        let line = 16  // elements of a cache line, which panels are aligned to
        func aligned(_ count: Int) -> Int { (count + line - 1) / line * line }
        let weights = aligned(inputs * neurons)
        let bias = 2 * weights
        let largest = bias + neurons * Int(CN_PANEL)
        memory = try AlignedBuffer(count: largest + inputs, of: Float.self)

        let values = memory.values(of: Float.self)
        layer.weight.withUnsafeBufferPointer { weight in
            for input in 0..<inputs {
                // Not below 2^-20: what is said must show in a bound even if its weights are too small to.
                var most: Float = 0x1p-20
                for index in input * neurons..<(input + 1) * neurons {
                    values[index] = Float(weight[index])
                    most = max(most, abs(values[index]))
                }
                values[largest + input] = most
            }
        }
        let norm = (0..<inputs).reduce(Float(0)) { $0 + values[largest + $1] * values[largest + $1] }.squareRoot()
        var next = values + weights
        for first in stride(from: 0, to: neurons, by: Int(CN_PANEL_TILE)) {
            let width = min(Int(CN_PANEL_TILE), neurons - first)
            for input in 0..<inputs {
                next.update(from: values + input * neurons + first, count: width)
                next += width
            }
        }
        for neuron in 0..<neurons {
            for lane in 0..<Int(CN_PANEL) { values[bias + neuron * Int(CN_PANEL) + lane] = Float(layer.bias[neuron]) }
        }
        self.layer = PackedLayer(
            inputs: inputs, neurons: neurons, function: layer.activation.function,
            parameter: layer.activation.parameter, largestBias: layer.bias.reduce(0) { max($0, abs(Float($1))) },
            norm: norm, rows: values, tiles: values + weights, bias: values + bias, largest: values + largest)
    }
}
