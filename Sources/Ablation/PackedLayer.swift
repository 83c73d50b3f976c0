// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// A layer's weights in float32, as the kernels of panels want them.
struct PackedLayer: Sendable {
    let inputs: Int
    let neurons: Int
    let function: Int32
    let parameter: Float
    /// The largest |bias|.
    let largestBias: Float
    private let memory: AlignedBuffer
    private let offsets: (tiles: Int, bias: Int, largest: Int, none: Int)

    /// Row k: what input k adds to each neuron.
    func row(_ input: Int) -> UnsafePointer<Float> { UnsafePointer(memory.values(of: Float.self) + input * neurons) }
    /// The weights in tiles, as cn_panel_forward takes them.
    var tiles: UnsafePointer<Float> { UnsafePointer(memory.values(of: Float.self) + offsets.tiles) }
    /// Panel of the biases.
    var bias: UnsafePointer<Float> { UnsafePointer(memory.values(of: Float.self) + offsets.bias) }
    /// For each input its largest |weight|.
    var largest: UnsafePointer<Float> { UnsafePointer(memory.values(of: Float.self) + offsets.largest) }
    /// A zero for each input.
    var none: UnsafePointer<Float> { UnsafePointer(memory.values(of: Float.self) + offsets.none) }

    init(_ layer: DenseLayer) throws(InfoLensError) {
        inputs = layer.inputs
        neurons = layer.neurons
        function = layer.activation.function
        parameter = layer.activation.parameter
        let line = 16  // elements of a cache line, which panels are aligned to
        func aligned(_ count: Int) -> Int { (count + line - 1) / line * line }
        let weights = aligned(inputs * neurons)
        let bias = 2 * weights
        let largest = bias + neurons * Int(CN_PANEL)
        let none = largest + aligned(inputs)
        offsets = (weights, bias, largest, none)
        memory = try AlignedBuffer(count: none + aligned(inputs), of: Float.self)

        let values = memory.values(of: Float.self)
        for index in 0..<inputs * neurons {
            values[index] = Float(layer.weight[index])
            let most = largest + index / neurons
            values[most] = max(values[most], abs(values[index]))
        }
        var next = weights
        for first in stride(from: 0, to: neurons, by: Int(CN_PANEL_TILE)) {
            for input in 0..<inputs {
                for neuron in first..<min(first + Int(CN_PANEL_TILE), neurons) {
                    values[next] = values[input * neurons + neuron]
                    next += 1
                }
            }
        }
        for neuron in 0..<neurons {
            for lane in 0..<Int(CN_PANEL) { values[bias + neuron * Int(CN_PANEL) + lane] = Float(layer.bias[neuron]) }
        }
        largestBias = layer.bias.reduce(0) { max($0, abs(Float($1))) }
    }
}
