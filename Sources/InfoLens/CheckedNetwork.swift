// SPDX-License-Identifier: Apache-2.0
import Ablation
import Activations
import CInfoLens
import Kernels
import Tables

/// A network that reproduces what was recorded of it.
struct CheckedNetwork {
    let network: DenseNetwork
    let data: NetworkData
    let differences: [LayerDifference]

    /// - Parameters:
    ///   - scale: what inputs are multiplied by; nil = to be found out
    ///   - tolerance: largest relative difference; 0 = by the coarsest type that is recorded
    ///   - mustCompare: also where anything is tolerated
    /// - Throws: `numeric` for a layer beyond the tolerance
    init(
        _ dense: DenseNetwork, _ scale: Double?, _ contents: Source.Contents, labels: [Int32]?, tolerance: Double,
        mustCompare: Bool = false, context: Context
    ) throws(InfoLensError) {
        var network = dense
        data = try NetworkData(of: network, matrices: contents.layers.map(\.matrix), labels: labels)
        let limit = tolerance > 0 ? tolerance : Self.defaultTolerance(contents)
        // Images are kept as bytes and shown to networks as shares of 255.
        let isBytes = contents.layers.contains { isSameText($0.matrix.name, "inputs") && $0.plan.dtype == "uint8" }
        var scales = isBytes ? [1, 1.0 / 255] : [1]
        if let scale { scales = [scale] }
        var found: [LayerDifference] = []
        var failure: LayerDifference?
        // Where anything is tolerated and nothing is to be found out there is nothing to compare.
        if !mustCompare, limit == .infinity, scales.count == 1 {
            network.inputScale = scales[0]
            scales = []
        }
        for scale in scales {
            network.inputScale = scale
            let (candidate, data) = (network, data)
            let differences = try context.run(total: data.panels) { (run) throws(InfoLensError) in
                run.enter(stage: "reproduction")
                return try reproduction(of: candidate, data: data, run: run)
            }
            let worst = differences.first { !($0.relative <= limit) }
            if failure == nil || worst == nil { (found, failure) = (differences, worst) }
            if worst == nil { break }
        }
        if let failure {
            throw InfoLensError(
                .numeric,
                """
                network: it does not reproduce \(failure.name == "logits" ? "the logits" : "layer \"\(failure.name)\"") \
                as recorded: sample \(failure.sample), neuron \(failure.neuron) differs by \(Float(failure.largest)), \
                \(Float(failure.relative)) of the largest value there, and \(limit) is tolerated; check the activation \
                functions, the layout of the weights, the order of the layers and the scale of the inputs, or raise \
                the tolerance
                """
            )
        }
        self.network = network
        differences = found
    }

    /// float16 has eleven bits, bfloat16 eight, and what layers make of them adds up.
    private static func defaultTolerance(_ contents: Source.Contents) -> Double {
        let types = contents.layers.map(\.plan.dtype)
        return types.contains("bfloat16") ? 5e-2 : types.contains("float16") ? 1e-2 : 1e-3
    }

    var metadata: [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = []
        if let worst = differences.max(by: { $0.relative < $1.relative }) {
            entries += [
                ("largest_difference", "\(worst.largest)"), ("largest_difference_layer", worst.name),
            ]
        }
        if network.inputScale != 1 { entries.append(("input_scale", "\(network.inputScale)")) }
        return entries
    }

    var table: Table {
        Table(
            columns: [
                Column("layer", description: "the layer's name, or logits", texts: differences.map(\.name)),
                Column(
                    "largest_difference", description: "largest absolute difference between computed and recorded",
                    doubles: differences.map(\.largest)),
                Column(
                    "sample", description: "sample of that difference", integers: differences.map { Int64($0.sample) }),
                Column(
                    "neuron", description: "neuron of that difference", integers: differences.map { Int64($0.neuron) }),
                Column(
                    "scale", description: "largest absolute value recorded in the layer",
                    doubles: differences.map(\.scale)),
                Column(
                    "relative_difference", unit: "1", description: "largest_difference / scale",
                    doubles: differences.map(\.relative)),
            ], metadata: metadata)
    }
}

@c @implementation
public func il_network_check(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!, _ tolerance: Double,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let network = try Handles.object(network, Network.self, argument: "network")
        let source = try Handles.object(source, Source.self, argument: "source")
        return try CheckedNetwork(
            network.dense(for: "il_network_check()"), network.inputScale, source.contents, labels: nil,
            tolerance: AblationOptions.tolerance(tolerance, "tolerance"), mustCompare: true, context: context
        ).table
    }
}
