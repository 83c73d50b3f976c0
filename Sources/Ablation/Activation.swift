// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// What a layer applies to its pre-activations.
public enum Activation: Equatable, Sendable {
    case linear
    case relu
    /// Negative values times a slope.
    case leakyReLU(slope: Double)
    case tanh
    case sigmoid
    /// z Φ(z), Φ the normal distribution function (Hendrycks & Gimpel 2016).
    case gelu
    /// Its approximation by tanh.
    case geluTanh
    /// z sigmoid(z), also called swish.
    case silu
    /// scale (exp(z) − 1) below 0.
    case elu(scale: Double)
    case softplus
    /// Of a last layer only: scores are taken before it.
    case softmax
}
