// SPDX-License-Identifier: Apache-2.0
import Ablation
import CInfoLens
import Kernels
import Tables

/// Checks a number of modules.
private func moduleCount(_ modules: Int64, neurons: Int) throws(InfoLensError) -> Int {
    guard modules >= 2, modules <= neurons else {
        throw InfoLensError(
            .argument,
            "modules: \(modules) modules of \(neurons) neurons; give a number from 2 to that of the neurons")
    }
    return Int(modules)
}

/// The table of modules: of the last nodes of a graph, which are the neurons of layers.
private func table(
    of modules: SpectralModules, count: Int, layers: [(name: String, neurons: Int)],
    metadata: [(key: String, value: String)], seed: UInt64
) -> Table {
    let neurons = layers.reduce(0) { $0 + $1.neurons }
    // By their first neuron: clusters come in no particular order, and some have inputs only.
    var numbers: [Int: Int64] = [:]
    let column = modules.modules.suffix(neurons).map { module -> Int64 in
        guard module >= 0 else { return -1 }
        let number = numbers[module] ?? Int64(numbers.count)
        numbers[module] = number
        return number
    }
    return Table(
        columns: [
            Column(
                "layer", description: "the layer's name",
                texts: layers.flatMap { Array(repeating: $0.name, count: $0.neurons) }),
            Column(
                "neuron", description: "index of the neuron in its layer",
                integers: layers.flatMap { (0..<Int64($0.neurons)) }),
            Column(
                "module", description: "number of the neuron's module; -1 for neurons without ties",
                integers: column),
        ],
        metadata: [
            ("measure", "modules"), ("modules", "\(count)"), ("normalized_cut", "\(modules.normalizedCut)"),
            ("seed", "\(seed)"),
        ] + metadata + [("version", "\(libraryVersion)")])
}

@c @implementation
public func il_joint_modules(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ modules: Int64, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let joint = try Handles.object(joint, Joint.self, argument: "joint")
        let correlation = try joint.gaussian().correlation
        let d = correlation.order
        let count = try moduleCount(modules, neurons: d)
        let found = try context.run(total: SpectralModules.workUnits) { (run) throws(InfoLensError) in
            let graph = try WeightedGraph(nodes: d, run: run) { node, add in
                for other in 0..<d { add(other, abs(correlation[node, other])) }
            }
            return try SpectralModules(of: graph, count: count, seed: context.seed, run: run)
        }
        return InfoLens.table(
            of: found, count: count, layers: [(joint.layer, d)],
            metadata: [("graph", "absolute correlations")] + joint.metadata, seed: context.seed)
    }
}

@c @implementation
public func il_network_modules(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ modules: Int64,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let network = try Handles.object(network, Network.self, argument: "network").dense(for: "clustering")
        let layers = network.layers.map { (name: $0.name, neurons: $0.neurons) }
        let count = try moduleCount(modules, neurons: layers.reduce(0) { $0 + $1.neurons })
        let found = try context.run(total: SpectralModules.workUnits) { (run) throws(InfoLensError) in
            let graph = try WeightedGraph(of: network, run: run)
            return try SpectralModules(of: graph, count: count, seed: context.seed, run: run)
        }
        return InfoLens.table(
            of: found, count: count, layers: layers, metadata: [("graph", "absolute weights")], seed: context.seed)
    }
}
