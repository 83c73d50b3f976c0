// SPDX-License-Identifier: Apache-2.0
import Ablation
import Activations
import CInfoLens
import Kernels
import Tables

extension NetworkScorer {
    /// Writes the network without some neurons, with what the samples make of it, as a dump.
    func export(
        without removed: [NeuronIndex], labels: Labels, to path: UnsafePointer<CChar>, options: AblationOptions
    ) throws(InfoLensError) {
        let ablation = try dense(for: "il_network_export()")
        let replacement = try options.replacement(of: "il_network_export()")
        guard replacement != .permute else {
            throw InfoLensError(
                .argument,
                "options.replacements: what a permuted neuron says is no bias; choose zero, mean or value")
        }
        let values = try substitutes([replacement], layers: Set(removed.map(\.layer)).sorted(), options: options)
        guard ablation.data.samples > 1 else {
            throw InfoLensError(.shape, "source: it has one sample, and a dump needs two; give more")
        }
        let smaller = try ablation.network.without(removed, saying: found(values, replacement))
        let writer = try DumpWriter(path: path)
        for layer in smaller.layers {
            let isSingle = (layer.weight + layer.bias).allSatisfy { Double(Float($0)) == $0 }
            try writer.addLayer(
                StoredDenseLayer(
                    name: layer.name, inputs: layer.inputs, neurons: layer.neurons, weight: layer.weight,
                    bias: layer.hasBias ? layer.bias : nil, activation: layer.activation.name),
                as: isSingle ? .float32 : .float64)
        }
        try writer.write(labels: labels)
        try context.run(total: smaller.layers.count) { (run) throws(InfoLensError) in
            run.enter(stage: "export")
            // What the first layer says does not depend on what was removed; all else is computed from what stays.
            let first = SelectedColumns(
                staying: removed, of: try ablation.data.activations(of: 0, in: ablation.network, run: run), layer: 0)
            let data = try NetworkData(of: smaller, matrices: [first], labels: nil)
            for (index, layer) in smaller.layers.enumerated() {
                let matrix = try data.activations(of: index, in: smaller, run: run)
                let isLast = index == smaller.layers.count - 1
                let recording: DumpWriter.Recording = isLast ? .logits : .activations(layer: layer.name)
                try writer.begin(recording, samples: matrix.samples, neurons: matrix.neurons)
                _ = try RowBlocks(of: matrix, run: run).forEach(unitsPerRow: 0) { (_, block) throws(InfoLensError) in
                    try writer.write(block, to: recording)
                    return 0
                }
                run.advance(by: 1)
            }
        }
        try writer.finish()
    }
}

@c @implementation
public func il_network_export(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!, _ removed: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ path: UnsafePointer<CChar>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let network = try Handles.object(network, Network.self, argument: "network")
        _ = try network.dense(for: "il_network_export()")
        let source = try Handles.object(source, Source.self, argument: "source")
        let options = try AblationOptions(options)
        guard let path else {
            throw InfoLensError(.argument, "path: is NULL; pass the path of the file to write")
        }
        try context.call { () throws(InfoLensError) in
            let scorer = try NetworkScorer(
                network, source, context: context, tolerance: options.tolerance, perClass: false)
            let rows = try NeuronRows(removed, argument: "removed", layers: scorer.layers)
            try rows.checkDistinct()
            try rows.checkLayers(are: scorer.removable)
            guard let labels = source.contents.labels else {
                throw noLabels("a dump needs them", candidates: source.contents.labelCandidates)
            }
            try scorer.export(without: rows.places, labels: labels, to: path, options: options)
        }
    }
}
