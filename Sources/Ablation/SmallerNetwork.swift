// SPDX-License-Identifier: Apache-2.0
import Kernels

extension DenseNetwork {
    /// The network without some neurons, with what they said balanced in: b_k += Σ_j w_jk r_j.
    ///
    /// Weights of inputs that were scaled are scaled instead, so that the inputs are taken as they are recorded.
    ///
    /// - Parameters:
    ///   - removed: neurons of hidden layers; none twice
    ///   - substitutes: what they say; not permuted
    /// - Throws: `argument` for a layer that would lose its last neuron
    public func without(_ removed: [NeuronIndex], saying substitutes: Substitutes) throws(InfoLensError) -> DenseNetwork
    {
        let plan = RemovalPlan(removed, of: self)
        var result = DenseNetwork()
        for (index, layer) in layers.enumerated() {
            let kept = self.kept(layer: index, plan)
            guard !kept.isEmpty else {
                throw InfoLensError(
                    .argument,
                    "removed: layer \"\(layer.name)\" would lose its last neuron, and nothing could follow it; keep one"
                )
            }
            let inputs = index > 0 ? self.kept(layer: index - 1, plan) : Array(0..<layer.inputs)
            let scale = index == 0 ? inputScale : 1
            var bias = kept.map { layer.bias[$0] }
            if index > 0 {
                for neuron in plan.removed[index - 1].map({ Int($0) }) {
                    let said = substitutes.value(layer: index - 1, neuron: neuron, row: 0)
                    guard said != 0 else { continue }
                    for (place, k) in kept.enumerated() {
                        bias[place] += said * layer.weight[neuron * layer.neurons + k]
                    }
                }
            }
            var weight: [Double] = []
            weight.reserveCapacity(inputs.count * kept.count)
            for input in inputs { for k in kept { weight.append(scale * layer.weight[input * layer.neurons + k]) } }
            let needsBias = layer.hasBias || bias.contains { $0 != 0 }
            try result.append(
                DenseLayer(
                    name: layer.name, inputs: inputs.count, neurons: kept.count, weight: weight,
                    bias: needsBias ? bias : nil, activation: layer.activation))
        }
        return result
    }

    /// The neurons of a layer that stay.
    private func kept(layer: Int, _ plan: RemovalPlan) -> [Int] {
        plan.removed[layer].isEmpty ? Array(0..<layers[layer].neurons) : plan.staying[layer].map { Int($0) }
    }
}

/// Some columns of a matrix.
public struct SelectedColumns: ActivationMatrix {
    private let matrix: any ActivationMatrix
    private let columns: [Int]

    /// - Parameter columns: of the matrix, at least one
    public init(_ columns: [Int], of matrix: any ActivationMatrix) {
        self.columns = columns
        self.matrix = matrix
    }

    /// Columns of a recorded layer whose neurons stay when some are removed.
    public init(staying removed: [NeuronIndex], of matrix: any ActivationMatrix, layer: Int) {
        let gone = Set(removed.filter { $0.layer == layer }.map(\.neuron))
        self.init((0..<matrix.neurons).filter { !gone.contains($0) }, of: matrix)
    }

    public var name: String { matrix.name }
    public var samples: Int { matrix.samples }
    public var neurons: Int { columns.count }
    public var element: Element { matrix.element }
    public var preferredRows: Int? { matrix.preferredRows }

    private func outputBytes(rows: Int) -> Int {
        [saturatingProduct(rows, neurons, element.size), 63].saturatingSum() & ~63
    }

    public func scratchBytes(rows: Int) -> Int {
        [outputBytes(rows: rows), matrix.scratchBytes(rows: rows)].saturatingSum()
    }

    public func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let output = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "layer \"\(name)\": \(scratch.count) bytes of scratch are too few")
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: scratch[outputBytes(rows: rows.count)...])
        let block = try matrix.read(rows: rows, scratch: rest)
        for row in 0..<rows.count {
            for (place, column) in columns.enumerated() {
                let offset = row * neurons + place
                switch element {
                case .float32: output.assumingMemoryBound(to: Float.self)[offset] = Float(block[row, column])
                case .float64: output.assumingMemoryBound(to: Double.self)[offset] = block[row, column]
                }
            }
        }
        return RowBlock(
            base: UnsafeRawPointer(output), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }
}
