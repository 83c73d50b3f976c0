// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels

/// The joint distribution of a covariance matrix, checked.
private struct GivenCovariance {
    private let array: StridedArray
    private let order: Int

    /// - Throws: `shape` unless it is square
    init(_ array: StridedArray) throws(InfoLensError) {
        let shape = array.shape
        guard shape.count == 2, shape[0] == shape[1], shape[0] > 0 else {
            let text = shape.map { "\($0)" }.joined(separator: " × ")
            throw InfoLensError(
                .shape, "covariance: the shape is \(text.isEmpty ? "that of a number" : text); give [d, d], d ≥ 1")
        }
        self.array = array
        order = shape[0]
    }

    /// The matrix in units of the standard deviations.
    /// - Throws: `memory`; `numeric` unless it is finite, symmetric and positive definite
    func correlation(run: Run) throws(InfoLensError) -> SymmetricMatrix {
        // The values, the correlations, and the factor that shows whether they are positive definite.
        let bytes = saturatingProduct(3, order + 24, order + 24, MemoryLayout<Double>.stride)
        guard bytes <= run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: checking a covariance of \(order) variables takes \(bytes) bytes, but the budget is \
                \(run.memory); give the context more
                """)
        }
        let values = try array.doubles()
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw InfoLensError(
                .numeric,
                "covariance: the element of row \(index / order) and column \(index % order) is \(values[index]); give finite ones"
            )
        }
        let scales = try scales(values)
        let result = try SymmetricMatrix(order: order)
        for i in 0..<order {
            result[i, i] = 1
            for j in i + 1..<max(order, i + 1) {
                let (above, below) = (
                    values[i * order + j] * scales[i] * scales[j], values[j * order + i] * scales[i] * scales[j]
                )
                guard abs(above - below) <= 1e-8 else {
                    throw InfoLensError(
                        .numeric,
                        """
                        covariance: it is not symmetric: the element of row \(i) and column \(j) is \
                        \(values[i * order + j]), that of row \(j) and column \(i) is \(values[j * order + i]); give the \
                        same
                        """)
                }
                result[i, j] = (above + below) / 2
                result[j, i] = result[i, j]
            }
        }
        // What is left of a singular matrix is rounding: as many errors as there are sums.
        let least = Double(order) * Double.ulpOfOne
        if let minor = try result.firstMinorNotPositive(least: least, run: run) {
            throw InfoLensError(
                .numeric,
                """
                covariance: it is not positive definite: the leading minor of order \(minor) is not positive, as variable \
                \(minor - 1) follows from those before it or contradicts them; leave out what does
                """)
        }
        return result
    }

    /// 1 over the standard deviations.
    private func scales(_ values: [Double]) throws(InfoLensError) -> [Double] {
        var scales: [Double] = []
        for i in 0..<order {
            let variance = values[i * order + i]
            guard variance > 0 else {
                throw InfoLensError(
                    .numeric,
                    """
                    covariance: it is not positive definite: the variance of variable \(i) is \(variance), so that the \
                    leading minor of order \(i + 1) is not positive; leave out what is constant
                    """)
            }
            scales.append(1 / variance.squareRoot())
        }
        return scales
    }
}

@c @implementation
public func il_joint_from_covariance(
    _ context: OpaquePointer!, _ covariance: UnsafePointer<il_array>!, _ samples: Int64,
    _ options: UnsafePointer<il_joint_options>!, _ joint: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let output = try required(joint, "joint")
        let options = try JointOptions(options, context: context)
        guard options.kind != .discrete else {
            throw InfoLensError(
                .argument, "options.kind: a covariance is of a Gaussian; choose IL_JOINT_GAUSSIAN, or give counts")
        }
        guard options.label == .none else {
            throw InfoLensError(
                .argument,
                "options.label: a covariance knows of no label; choose IL_LABEL_NONE, or give samples as a source")
        }
        guard samples >= 0 else {
            throw InfoLensError(.argument, "samples: is \(samples); give N, or 0 where it is not known")
        }
        guard samples > 0 || !options.isCorrected else {
            throw InfoLensError(
                .argument, "samples: is 0, but options.bias_correction needs the number of samples; give N")
        }
        let given = try GivenCovariance(try stridedArray(covariance, argument: "covariance"))
        let correlation = try context.run(total: 1) { (run) throws(InfoLensError) in
            run.enter(stage: "checking the covariance")
            return try given.correlation(run: run)
        }
        let result = GaussianJoint(
            label: .none, samples: Int(samples), correlation: correlation, conditional: [], labelDimensions: 0,
            isCorrected: options.isCorrected, singular: options.singular)
        let neurons = GaussianFit.Neurons(
            tied: [Double](repeating: .nan, count: result.neurons),
            isConstant: [Bool](repeating: false, count: result.neurons))
        output.pointee = Handles.insert(
            Joint(
                .gaussian(result), layer: "", sampled: nil, neurons: neurons,
                metadata: Joint.metadata(of: result, layer: "", options: options, classes: 0)))
    }
}
