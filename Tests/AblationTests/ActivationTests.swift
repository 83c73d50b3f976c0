// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import Testing

@testable import Ablation

@Suite struct ActivationTests {
    @Test(arguments: Activation.all + [.softmax, .leakyReLU(slope: 0.01), .elu(scale: 1), .elu(scale: -0.25)])
    func `a name reads back`(_ activation: Activation) throws {
        #expect(try Activation(named: activation.name, layer: "a") == activation)
    }

    @Test func `other names are known`() throws {
        let names: [(String, Activation)] = [
            ("identity", .linear), ("none", .linear), ("swish", .silu), ("leaky_relu(0.3)", .leakyReLU(slope: 0.3)),
            ("leaky_relu(1e-3)", .leakyReLU(slope: 1e-3)), ("elu(0.5)", .elu(scale: 0.5)),
        ]
        for (name, activation) in names { #expect(try Activation(named: name, layer: "a") == activation) }
    }

    @Test(arguments: [
        "", " relu", "RELU", "mish", "relu(1)", "softmax()", "leaky_relu()", "leaky_relu(", "elu(inf)", "elu(nan)",
        "elu(1)(2)", "leaky_relu(0,3)", "leaky_relu(1e999)",
    ])
    func `what has no meaning is refused, naming layer and choices`(_ name: String) throws {
        let error = try #require(throws: InfoLensError.self) { try Activation(named: name, layer: "fc7") }
        #expect(error.kind == .argument)
        #expect(error.description.contains("\"\(name)\"") && error.description.contains("\"fc7\""))
        #expect(error.description.contains("leaky_relu"))
    }

    @Test func `functions have their known values`() {
        let values: [(Activation, Double, Double)] = [
            (.relu, -1, 0), (.relu, 2, 2), (.leakyReLU(slope: 0.2), -5, -1), (.tanh, 0.5, 0.46211715726000975),
            (.sigmoid, 1, 0.7310585786300049), (.gelu, 1, 0.8413447460685429), (.gelu, -1, -0.15865525393145707),
            (.geluTanh, 1, 0.8411919906082768), (.silu, 1, 0.7310585786300049),
            (.elu(scale: 2), -1, -1.2642411176571153),
            (.softplus, 0, 0.6931471805599453), (.softplus, 800, 800), (.softplus, -800, 0), (.linear, -3, -3),
            (.softmax, 0.5, 0.5),
        ]
        for (activation, z, expected) in values {
            #expect(abs(activation(z) - expected) <= 4e-16 * max(1, abs(expected)), "\(activation) of \(z)")
        }
    }
}
