// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// The pairs i ≤ j of a layer's neurons, one row each.
private struct PairTable {
    private let call: MeasureCall
    private let population: Population
    private let matrices: [AlignedBuffer]
    private let rows: Int

    init(_ call: MeasureCall, _ population: Population, _ matrices: [AlignedBuffer]) {
        self.call = call
        self.population = population
        self.matrices = matrices
        // The matrices are in memory: their sizes do not overflow.
        rows = population.layers.reduce(0) { $0 + $1.neurons * ($1.neurons + 1) / 2 }
    }

    private func fill<Value: BitwiseCopyable & Sendable>(
        _ value: (_ layer: Int, _ i: Int, _ j: Int) -> Value
    ) throws(InfoLensError) -> ColumnMemory<Value> {
        try columnMemory(rows) { values in
            var next = 0
            for (layer, entry) in population.layers.enumerated() {
                for i in 0..<entry.neurons {
                    for j in i..<entry.neurons {
                        values[next] = value(layer, i, j)
                        next += 1
                    }
                }
            }
        }
    }

    func table() throws(InfoLensError) -> Table {
        let information = try fill { layer, i, j in
            matrices[layer].values(of: Double.self)[i * population.layers[layer].neurons + j]
        }
        let (neurons, others) = (try fill { _, i, _ in Int64(i) }, try fill { _, _, j in Int64(j) })
        let layers = try fill { layer, _, _ in Int32(clamping: layer) }
        let estimator = call.request.function.estimator
        let reason = "\(estimator.rawValue) is undefined for the pair: \(estimator.undefinedWhen)"
        if call.refusesUndefined, let row = information.values.firstIndex(where: \.isNaN) {
            throw InfoLensError(
                .numeric,
                """
                neurons \(neurons.values[row]) and \(others.values[row]) of layer \
                "\(population.layers[Int(layers.values[row])].name)": \(reason); choose another estimator or coarser \
                levels, or allow NaN
                """)
        }
        var columns = [
            Column(
                "layer", description: "the layer's name",
                values: .strings(
                    codes: layers, names: population.layers.map(\.name), count: rows)),
            Column(
                "neuron", description: "index of the neuron in its layer",
                values: .integers(neurons, count: rows)),
            Column(
                "other", description: "index of the other neuron, not below the first",
                values: .integers(others, count: rows)),
            Column(
                "mutual_information", unit: call.request.function.unit.name,
                description: "I(T_i;T_j), information about each other; entropy for a neuron and itself",
                values: .doubles(information, count: rows)),
        ]
        if estimator != .plugIn {
            let codes = try fill { layer, i, j -> Int32 in
                matrices[layer].values(of: Double.self)[i * population.layers[layer].neurons + j].isNaN ? 1 : 0
            }
            columns.append(
                Column(
                    "warning", description: "why the row's value is NaN, or empty",
                    values: .strings(codes: codes, names: ["", reason], count: rows)))
        }
        let metadata =
            [("measure", "pairwise mutual_information")] + call.metadata.dropFirst()
            + [("samples", "\(population.samples)"), ("version", "\(libraryVersion)")]
        return Table(columns: columns, metadata: metadata)
    }
}

@c @implementation
public func il_pairwise_mutual_information(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let contents = try Handles.object(source, Source.self, argument: "source").contents
        let call = try MeasureCall(context: context, options: options, rows: .perNeuron)
        guard call.permutations == 0, call.bootstrap == 0 else {
            throw InfoLensError(
                .argument, "options: permutations and bootstrap test information about labels, not about pairs; give 0")
        }
        let population = try Population(contents)
        let total = contents.layers.map { pairwiseWorkUnits(of: $0.matrix, quantizer: call.quantizer) }
            .saturatingSum()
        let matrices = try context.run(total: total) { (run) throws(InfoLensError) in
            var matrices: [AlignedBuffer] = []
            for layer in contents.layers {
                run.enter(stage: "pairs of neurons: \(layer.matrix.name)")
                matrices.append(
                    try run.keepingRows(of: layer.matrix, passes: 1 + call.quantizer.passes) {
                        (matrix) throws(InfoLensError) in
                        try call.request.pairs(of: matrix, quantizer: call.quantizer, run: run)
                    })
            }
            return matrices
        }
        return try PairTable(call, population, matrices).table()
    }
}
