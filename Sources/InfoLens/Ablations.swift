// SPDX-License-Identifier: Apache-2.0
import Ablation
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// A call that removes neurons: the network, the samples, and what was asked.
private struct AblationCall {
    let context: Context
    let source: Source?
    let scorer: NetworkScorer
    let options: AblationOptions

    init(
        _ context: OpaquePointer?, _ network: OpaquePointer?, _ source: OpaquePointer?,
        _ options: UnsafePointer<il_ablation_options>?
    ) throws(InfoLensError) {
        self.context = try Handles.object(context, Context.self, argument: "context")
        let network = try Handles.object(network, Network.self, argument: "network")
        self.source = try source.map { (handle) throws(InfoLensError) in
            try Handles.object(handle, Source.self, argument: "source")
        }
        self.options = try AblationOptions(options)
        scorer = try NetworkScorer(
            network, self.source, context: self.context, tolerance: self.options.tolerance,
            perClass: self.options.perClass)
    }

    func name(_ replacement: Replacement) -> String { scorer.isCallback ? "callback" : replacement.rawValue }

    func metadata(_ more: [(key: String, value: String)]) -> [(key: String, value: String)] {
        more + scorer.metadata + [("seed", "\(context.seed)"), ("version", "\(libraryVersion)")]
    }

    // MARK: Curves

    func curves() throws(InfoLensError) -> Table {
        if options.until != nil, scorer.accuracy == nil {
            throw InfoLensError(
                .argument, "options.until: there is no score \"accuracy\" to end by; let the callback give one")
        }
        let orders = try AblationOrders(scorer, source, options: options)
        var wanted: [NetworkScorer.Curve] = []
        var names: [(curve: NamedCurve, replacement: Replacement)] = []
        // What a callback replaces neurons by is its own affair.
        let replacements = scorer.isCallback ? [.zero] : options.replacements
        for curve in orders.curves {
            for replacement in replacements {
                names.append((curve, replacement))
                wanted.append(
                    NetworkScorer.Curve(
                        order: curve.order, replacement: replacement,
                        points: RemovalCurve.points(of: curve.order.count, step: options.step)))
            }
        }
        var results = try scorer.curves(wanted, options: options, until: options.until, stage: "ablation")
        if let until = options.until, let accuracy = scorer.accuracy {
            for index in results.indices {
                guard let end = results[index].firstIndex(where: { $0[accuracy] < until }) else { continue }
                results[index].removeLast(results[index].count - end - 1)
            }
        }

        let rows = results.indices.flatMap { curve in results[curve].indices.map { (curve: curve, point: $0) } }
        func texts(_ name: String, _ description: String, _ value: (Int) -> String) -> Column {
            Column(name, description: description, texts: rows.map { value($0.curve) })
        }
        func removed(_ row: (curve: Int, point: Int)) -> NeuronIndex? {
            let count = wanted[row.curve].points[row.point]
            return count > 0 ? wanted[row.curve].order[count - 1] : nil
        }
        var columns = [
            texts("layer", "the layer whose neurons are removed, or network") { names[$0].curve.layer },
            texts("ordering", "what the order is by") { names[$0].curve.ordering },
            texts("direction", "which end of the ordering goes first") { names[$0].curve.direction },
            texts("replacement", "what a removed neuron says") { name(names[$0].replacement) },
            Column(
                "repeat", description: "number of the random order",
                integers: rows.map { Int64(names[$0.curve].curve.repetition) }),
            Column(
                "step", description: "number of the step, 0 for the whole network",
                integers: rows.map { Int64($0.point) }),
            Column(
                "neurons_removed", unit: "1", description: "number of neurons removed",
                integers: rows.map { Int64(wanted[$0.curve].points[$0.point]) }),
            Column(
                "removed_layer", description: "layer of the neuron removed last",
                texts: rows.map { removed($0).map { scorer.layers[$0.layer].name } ?? "" }),
            Column(
                "removed_neuron", description: "the neuron removed last, -1 for none",
                integers: rows.map { removed($0).map { Int64($0.neuron) } ?? -1 }),
        ]
        columns += scorer.columns(rows.map { results[$0.curve][$0.point] })
        var about = [("scope", options.scope == .layer ? "layer" : "network")]
        if let quantizer = orders.quantizer { about.append(("quantizer", "\(quantizer)")) }
        let warning = orders.warning.map { [("warning", $0)] } ?? []
        return Table(columns: columns, metadata: metadata(about) + warning)
    }

    // MARK: Groups

    /// - Throws: `argument` where the accuracy of a class would be called as what a removal costs is
    private func checkColumns() throws(InfoLensError) {
        guard !scorer.isCallback, scorer.scores.contains(where: { $0.name == "accuracy_loss" }) else { return }
        throw InfoLensError(
            .argument,
            """
            options.per_class: the accuracy of class loss would be called accuracy_loss, as what a removal costs is; \
            give 0, or name the class otherwise
            """
        )
    }

    func singles() throws(InfoLensError) -> Table {
        try checkColumns()
        let replacement = try options.replacement(of: "il_ablate_single()")
        let chosen = try AblationOrders.layers(named: options.layers, of: scorer)
        try scorer.checkMemory(neurons: chosen.map { scorer.layers[$0].neurons }.saturatingSum())
        let neurons = chosen.flatMap { layer in
            (0..<scorer.layers[layer].neurons).map { NeuronIndex(layer: layer, neuron: $0) }
        }
        let results = try scorer.groups(
            neurons.map { [$0] }, replacement: replacement, options: options, stage: "single ablation")
        let keys = [
            Column("layer", description: "the layer's name", texts: neurons.map { scorer.layers[$0.layer].name }),
            Column(
                "neuron", description: "index of the neuron in its layer", integers: neurons.map { Int64($0.neuron) }),
        ]
        return groupTable(keys, results, replacement)
    }

    func groups(_ groups: OpaquePointer?) throws(InfoLensError) -> Table {
        try checkColumns()
        let replacement = try options.replacement(of: "il_ablate_groups()")
        guard options.layers == nil else {
            throw InfoLensError(.argument, "options.layers: groups name their layers themselves; leave it NULL")
        }
        let rows = try NeuronRows(groups, argument: "groups", layers: scorer.layers)
        try rows.checkLayers(are: scorer.removable)
        let numbers = try rows.integers(of: "group")
        var members: [Int64: [Int]] = [:]
        for (row, number) in numbers.enumerated() { members[number, default: []].append(row) }
        let order = members.keys.sorted()
        guard !order.isEmpty else { throw InfoLensError(.argument, "groups: there are none; name at least one neuron") }
        var sets: [[NeuronIndex]] = []
        for number in order {
            let chosen = members[number] ?? []
            try rows.checkDistinct(chosen)
            sets.append(chosen.map { rows.places[$0] })
        }
        let results = try scorer.groups(sets, replacement: replacement, options: options, stage: "group ablation")
        let keys = [
            Column("group", description: "the group's number", integers: order),
            Column("neurons", unit: "1", description: "neurons of the group", integers: sets.map { Int64($0.count) }),
        ]
        return groupTable(keys, results, replacement)
    }

    private func groupTable(
        _ keys: [Column], _ results: [(whole: [Double], without: [Double])], _ replacement: Replacement
    ) -> Table {
        var columns = keys + scorer.columns(results.map(\.without))
        for (index, score) in scorer.scores.enumerated() {
            if scorer.isCallback || score.name == "accuracy" {
                columns.append(
                    Column(
                        "\(score.name)_loss", unit: score.unit,
                        description: "\(score.name) of the whole network less that without",
                        doubles: results.map { $0.whole[index] - $0.without[index] }))
            } else if score.name == "cross_entropy" {
                columns.append(
                    Column(
                        "cross_entropy_increase", unit: score.unit,
                        description: "cross-entropy without less that of the whole network",
                        doubles: results.map { $0.without[index] - $0.whole[index] }))
            }
        }
        var about = [("replacement", name(replacement))]
        if let whole = results.first?.whole {
            for (index, score) in scorer.scores.enumerated() where !score.name.hasPrefix("accuracy_") {
                about.append((score.name, score.isCount ? "\(Int(whole[index]))" : "\(whole[index])"))
            }
        }
        return Table(columns: columns, metadata: metadata(about))
    }
}

extension NetworkScorer {
    /// Indices of the layers that can lose neurons: all of a callback, all but the last of others.
    var removable: Range<Int> { isCallback ? layers.indices : 0..<max(layers.count - 1, 0) }

    /// - Parameter neurons: removals that a call has to remember, in all its orders or groups
    /// - Throws: `memory` where they pass the budget: a callback may claim any number, and repeats multiply it
    func checkMemory(neurons: Int) throws(InfoLensError) {
        let bytes = saturatingProduct(neurons, MemoryLayout<NeuronIndex>.stride)
        guard bytes <= context.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: the orders of removal name \(neurons) neurons in all and take \(bytes) bytes; ask for fewer \
                layers or random repeats at a time, or give the context as much
                """
            )
        }
    }

    /// Rows of scores as columns.
    func columns(_ rows: [[Double]]) -> [Column] {
        scores.enumerated().map { index, score in
            score.isCount
                ? Column(
                    score.name, unit: score.unit, description: score.description,
                    integers: rows.map { Int64($0[index]) })
                : Column(
                    score.name, unit: score.unit, description: score.description, doubles: rows.map { $0[index] })
        }
    }
}

@c @implementation
public func il_ablation_options_init(_ options: UnsafeMutablePointer<il_ablation_options>!, _ structSize: UInt32)
    -> il_status
{
    guarded { () throws(InfoLensError) in
        try fill(options, size: structSize, defaults: AblationOptions.defaults, argument: "options")
    }
}

/// Runs an entry point that makes a table by several computations.
private func ablating(
    _ table: UnsafeMutablePointer<OpaquePointer?>?, _ context: OpaquePointer?,
    _ make: () throws(InfoLensError) -> Table
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        try Handles.object(context, Context.self, argument: "context").call(make)
    }
}

@c @implementation
public func il_ablate(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    ablating(table, context) { () throws(InfoLensError) in
        try AblationCall(context, network, source, options).curves()
    }
}

@c @implementation
public func il_ablate_single(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    ablating(table, context) { () throws(InfoLensError) in
        try AblationCall(context, network, source, options).singles()
    }
}

@c @implementation
public func il_ablate_groups(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!, _ groups: OpaquePointer!,
    _ options: UnsafePointer<il_ablation_options>!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    ablating(table, context) { () throws(InfoLensError) in
        try AblationCall(context, network, source, options).groups(groups)
    }
}
