// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Ablation

/// A layer of made-up weights, where none are given.
func layer(
    _ name: String, _ inputs: Int, _ neurons: Int, _ activation: Activation = .relu, weight: [Double]? = nil,
    bias: [Double]? = nil
) throws -> DenseLayer {
    try DenseLayer(
        name: name, inputs: inputs, neurons: neurons,
        weight: weight ?? (0..<inputs * neurons).map { Double($0 % 5) - 2 }, bias: bias, activation: activation)
}

/// The error that `body` throws, checked for its kind and what it names.
func expectError(_ kind: InfoLensError.Kind, _ parts: String..., body: () throws -> Void) {
    do {
        try body()
        Issue.record("nothing was thrown")
    } catch let error as InfoLensError {
        #expect(error.kind == kind)
        for part in parts { #expect(error.description.contains(part)) }
    } catch { Issue.record("another error: \(error)") }
}
