// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Glibc
import Kernels

/// What a layer applies to its pre-activations z.
public enum Activation: Equatable, Sendable {
    case linear
    case relu
    /// Negative values times a slope.
    case leakyReLU(slope: Double)
    case tanh
    case sigmoid
    /// z Φ(z), Φ being the normal distribution function (Hendrycks & Gimpel 2016, arXiv:1606.08415).
    case gelu
    /// Its approximation by tanh, from the same paper.
    case geluTanh
    /// z sigmoid(z), also called swish.
    case silu
    /// scale (exp(z) − 1) below 0 (Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289).
    case elu(scale: Double)
    case softplus
    /// Of a last layer only: scores of the classes are taken before it.
    case softmax

    private static let names = [
        "linear", "relu", "leaky_relu", "tanh", "sigmoid", "gelu", "gelu_tanh", "silu", "elu", "softplus", "softmax",
    ]

    /// The activation of a name, for instance "relu", "swish" or "leaky_relu(0.3)".
    ///
    /// - Parameter layer: for the error
    /// - Throws: `argument` for an unknown name, or a parameter where there is none to give
    public init(named text: String, layer: String) throws(InfoLensError) {
        var name = text
        var parameter: Double?
        if let open = text.firstIndex(of: "("), text.hasSuffix(")") {
            name = String(text[..<open])
            parameter = Double(text[text.index(after: open)...].dropLast())
            guard let value = parameter, value.isFinite, ["leaky_relu", "elu"].contains(name) else {
                throw InfoLensError(
                    .argument,
                    """
                    activation: "\(text)" of layer "\(layer)" has no meaning; only leaky_relu and elu take a number, as \
                    in "leaky_relu(0.3)"
                    """
                )
            }
        }
        switch name {
        case "linear", "identity", "none": self = .linear
        case "relu": self = .relu
        case "leaky_relu": self = .leakyReLU(slope: parameter ?? 0.01)
        case "tanh": self = .tanh
        case "sigmoid": self = .sigmoid
        case "gelu": self = .gelu
        case "gelu_tanh": self = .geluTanh
        case "silu", "swish": self = .silu
        case "elu": self = .elu(scale: parameter ?? 1)
        case "softplus": self = .softplus
        case "softmax": self = .softmax
        default:
            throw InfoLensError(
                .argument,
                """
                activation: "\(text)" of layer "\(layer)" is unknown; choose from \
                \(Self.names.map { "\"\($0)\"" }.joined(separator: ", "))
                """
            )
        }
    }

    public var name: String {
        switch self {
        case .linear: "linear"
        case .relu: "relu"
        case .leakyReLU(let slope): slope == 0.01 ? "leaky_relu" : "leaky_relu(\(slope))"
        case .tanh: "tanh"
        case .sigmoid: "sigmoid"
        case .gelu: "gelu"
        case .geluTanh: "gelu_tanh"
        case .silu: "silu"
        case .elu(let scale): scale == 1 ? "elu" : "elu(\(scale))"
        case .softplus: "softplus"
        case .softmax: "softmax"
        }
    }

    /// The function of the kernels; softmax is applied to scores where it is wanted.
    var function: Int32 {
        switch self {
        case .linear, .softmax: Int32(CN_LINEAR)
        case .relu: Int32(CN_RELU)
        case .leakyReLU: Int32(CN_LEAKY_RELU)
        case .tanh: Int32(CN_TANH)
        case .sigmoid: Int32(CN_SIGMOID)
        case .gelu: Int32(CN_GELU)
        case .geluTanh: Int32(CN_GELU_TANH)
        case .silu: Int32(CN_SILU)
        case .elu: Int32(CN_ELU)
        case .softplus: Int32(CN_SOFTPLUS)
        }
    }

    var parameter: Float {
        switch self {
        case .leakyReLU(let slope): Float(slope)
        case .elu(let scale): Float(scale)
        default: 0
        }
    }

    /// f(z) in float64.
    public func callAsFunction(_ z: Double) -> Double {
        switch self {
        case .linear, .softmax: z
        case .relu: z > 0 ? z : 0
        case .leakyReLU(let slope): z > 0 ? z : z * slope
        case .tanh: Glibc.tanh(z)
        case .sigmoid: 1 / (1 + exp(-z))
        case .gelu: 0.5 * z * (1 + erf(z * 0.5.squareRoot()))
        case .geluTanh: 0.5 * z * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * (z + 0.044715 * z * z * z)))
        case .silu: z / (1 + exp(-z))
        case .elu(let scale): z > 0 ? z : scale * expm1(z)
        case .softplus: max(z, 0) + log1p(exp(-abs(z)))
        }
    }
}
