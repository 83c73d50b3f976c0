// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels
import TestSupport

@testable import Ablation

let lanes = Int(CN_PANEL)

/// float[neurons][CN_PANEL], aligned as the kernels want it.
final class Panel {
    let neurons: Int
    private let memory: AlignedBuffer

    /// - Parameter value: of a neuron and a lane
    init(_ neurons: Int, _ value: (_ neuron: Int, _ lane: Int) -> Float = { _, _ in 0 }) throws {
        self.neurons = neurons
        memory = try AlignedBuffer(count: neurons * lanes, of: Float.self)
        for neuron in 0..<neurons {
            for lane in 0..<lanes { pointer[neuron * lanes + lane] = value(neuron, lane) }
        }
    }

    var pointer: UnsafeMutablePointer<Float> { memory.values(of: Float.self) }

    subscript(neuron: Int, lane: Int) -> Double { Double(pointer[neuron * lanes + lane]) }

    /// All values, for comparisons to the last bit.
    var bits: [UInt32] { (0..<neurons * lanes).map { pointer[$0].bitPattern } }
}

/// Random numbers of a fixed seed, most of them within ±3.
struct Normals {
    private var generator: FixedGenerator

    init(seed: UInt64) { generator = FixedGenerator(seed: seed) }

    mutating func next() -> Float {
        Float((0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) })
    }
}

/// Half a unit in the last place of a float32 between 1 and 2: the error of one rounding, relatively.
let unit = 0x1p-24

extension Activation {
    static let all: [Activation] = [
        .linear, .relu, .leakyReLU(slope: 0.2), .tanh, .sigmoid, .gelu, .geluTanh, .silu, .elu(scale: 1.5), .softplus,
    ]

    /// How many units of 2⁻²⁴ max(1, |f(z)|) f(z) may be off in the kernels of panels.
    var kernelUnits: Double {
        switch self {
        case .linear, .relu, .softmax: 0
        case .leakyReLU, .tanh, .sigmoid: 2
        case .geluTanh, .silu, .elu, .softplus: 3
        // The approximation of the error function is within 1.5e-7, half of it counts.
        case .gelu: 5
        }
    }
}
