// SPDX-License-Identifier: Apache-2.0
import Ablation
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// A curve of cumulative ablation with what it is called in the table.
struct NamedCurve {
    let layer: String
    let ordering: String
    /// "" where the ordering has none.
    let direction: String
    let repetition: Int
    let order: [NeuronIndex]
}

/// The orders in which neurons are removed.
struct AblationOrders {
    let curves: [NamedCurve]
    /// The quantiser, where something was measured.
    let quantizer: Quantizer?
    /// What a reader should know of the orders; nil for nothing.
    let warning: String?

    init(_ scorer: NetworkScorer, _ source: Source?, options: AblationOptions) throws(InfoLensError) {
        let layers = scorer.layers
        let chosen = try AblationOrders.layers(named: options.layers, of: scorer)
        let units = AblationOrders.units(chosen, layers, options.scope)
        let isRandom = options.ordering == "random" && options.order == nil
        let repeats = isRandom ? max(options.randomRepeats, 1) : options.randomRepeats
        let others = isRandom ? 0 : options.order == nil ? options.directions.count : 1
        try scorer.checkMemory(
            neurons: saturatingProduct(chosen.map { layers[$0].neurons }.saturatingSum(), repeats + others))

        var explicit: [NeuronIndex] = []
        var values: [NeuronIndex: Double] = [:]
        var measured: Quantizer?
        if let order = options.order {
            explicit = try AblationOrders.explicit(order, layers, chosen, areAll: options.layers == nil)
        } else if let measures = options.measures, !isRandom {
            values = try AblationOrders.values(
                NeuronRows(measures, argument: "measures", layers: layers, skipsOthers: true), of: options.ordering)
        } else if !isRandom {
            let table = try AblationOrders.measures([options.ordering], of: chosen, scorer, source, options: options)
            values = try AblationOrders.values(
                NeuronRows(table, argument: "measures", layers: layers), of: options.ordering)
            measured = options.quantizer
        }
        quantizer = measured

        var curves: [NamedCurve] = []
        var level: [String] = []
        for unit in units {
            let neurons = unit.layers.flatMap { layer in
                (0..<layers[layer].neurons).map { NeuronIndex(layer: layer, neuron: $0) }
            }
            func add(_ order: [NeuronIndex], _ ordering: String, direction: String = "", repetition: Int = 0) {
                guard !order.isEmpty else { return }
                curves.append(
                    NamedCurve(
                        layer: unit.name, ordering: ordering, direction: direction, repetition: repetition,
                        order: order))
            }
            if options.order != nil {
                add(explicit.filter { unit.layers.contains($0.layer) }, "explicit")
            } else if !isRandom {
                var keys: [Double] = []
                for place in neurons { keys.append(try AblationOrders.key(place, values, options.ordering, layers)) }
                if keys.count > 1, keys.allSatisfy({ $0 == keys[0] }) { level.append(unit.name) }
                for direction in options.directions {
                    add(
                        AblationOrders.sorted(neurons, by: keys, direction), options.ordering,
                        direction: direction.rawValue)
                }
            }
            for repetition in 0..<repeats {
                var order = neurons.indices.map { UInt32(truncatingIfNeeded: $0) }
                order.withUnsafeMutableBufferPointer {
                    shuffle(
                        $0, seed: scorer.context.seed, purpose: .removalOrder, index: repetition << 12 | unit.stream)
                }
                add(order.map { neurons[Int($0)] }, "random", repetition: repetition)
            }
        }
        self.curves = curves
        warning = AblationOrders.warning(options.ordering, ofEqual: level, quantizer: measured)
    }

    /// Neurons in the order of keys, none of which is NaN; equal keys keep the order of their neurons.
    static func sorted(
        _ neurons: [NeuronIndex], by keys: [Double], _ direction: AblationOptions.Direction
    ) -> [NeuronIndex] {
        neurons.indices.sorted { a, b in
            keys[a] == keys[b] ? a < b : (keys[a] < keys[b]) == (direction == .ascending)
        }.map { neurons[$0] }
    }

    /// What to say of layers whose neurons all have the same value; nil where there are none.
    static func warning(_ column: String, ofEqual layers: [String], quantizer: Quantizer?) -> String? {
        guard !layers.isEmpty else { return nil }
        let names = layers.map { "\"\($0)\"" }.joined(separator: ", ")
        let remedy = quantizer.map { "; choose another quantizer than \($0)" } ?? ""
        return "\(column) is the same for every neuron of \(names), whose order is that of the indices\(remedy)"
    }

    /// The neurons of an order that the caller gives.
    private static func explicit(
        _ order: OpaquePointer, _ layers: [(name: String, neurons: Int)], _ chosen: [Int], areAll: Bool
    ) throws(InfoLensError) -> [NeuronIndex] {
        let rows = try NeuronRows(order, argument: "order", layers: layers)
        try rows.checkDistinct()
        guard !rows.places.isEmpty else {
            throw InfoLensError(.argument, "order: it is empty; name at least one neuron")
        }
        if let outside = rows.places.first(where: { !chosen.contains($0.layer) }) {
            throw InfoLensError(
                .argument,
                """
                order: it names neuron \(outside.neuron) of layer "\(layers[outside.layer].name)", which is \
                \(areAll ? "the last one and gives the scores" : "not among the layers asked for")
                """
            )
        }
        return rows.places
    }

    private static func values(
        _ rows: NeuronRows, of column: String
    ) throws(InfoLensError) -> [NeuronIndex: Double] {
        try rows.checkDistinct()
        return try rows.values(of: column)
    }

    /// Neurons that are removed along one curve.
    private struct Unit {
        let name: String
        let layers: [Int]
        /// Its own random orders: a layer's do not depend on which others are asked for.
        let stream: Int
    }

    private static func units(
        _ chosen: [Int], _ layers: [(name: String, neurons: Int)], _ scope: AblationOptions.Scope
    ) -> [Unit] {
        switch scope {
        case .network: [Unit(name: "network", layers: chosen, stream: 0)]
        case .layer: chosen.map { Unit(name: layers[$0].name, layers: [$0], stream: ($0 + 1) & 0xfff) }
        }
    }

    /// Indices of the layers asked for; by default all that can lose neurons.
    static func layers(named names: [String]?, of scorer: NetworkScorer) throws(InfoLensError) -> [Int] {
        let all = scorer.layers
        let possible = scorer.removable
        guard let names else { return Array(possible) }
        var chosen: [Int] = []
        for name in names {
            guard let index = all.firstIndex(where: { isSameText($0.name, name) }), possible.contains(index) else {
                let known = possible.map { "\"\(all[$0].name)\"" }.joined(separator: ", ")
                throw InfoLensError(
                    .notFound,
                    "layers: \"\(name)\" is no layer of the network whose neurons can be removed; choose from \(known)")
            }
            guard !chosen.contains(index) else {
                throw InfoLensError(.argument, "layers: \"\(name)\" comes twice; name it once")
            }
            chosen.append(index)
        }
        return chosen.sorted()
    }

    private static func key(
        _ place: NeuronIndex, _ values: [NeuronIndex: Double], _ column: String,
        _ layers: [(name: String, neurons: Int)]
    ) throws(InfoLensError) -> Double {
        let name = layers[place.layer].name
        guard let value = values[place] else {
            throw InfoLensError(
                .notFound,
                "measures: there is no row for neuron \(place.neuron) of layer \"\(name)\"; give one for each neuron")
        }
        guard !value.isNaN else {
            throw InfoLensError(
                .numeric,
                """
                ordering: "\(column)" is NaN for neuron \(place.neuron) of layer "\(name)"; order by a measure that is \
                defined for every neuron, or give the order itself
                """
            )
        }
        return value
    }

    /// The measures behind some columns, of the neurons of some layers.
    static func measures(
        _ columns: [String], of layers: [Int], _ scorer: NetworkScorer, _ source: Source?, options: AblationOptions
    ) throws(InfoLensError) -> Table {
        var measures: [NeuronMeasure] = []
        for column in columns {
            guard
                let measure = NeuronMeasure.all.first(where: { measure in
                    measure.rows == .perNeuron && measure.columns.contains { "\($0.name)" == column }
                })
            else {
                let known = NeuronMeasure.all.filter { $0.rows == .perNeuron }.map { "\"\($0.name)\"" }
                throw InfoLensError(
                    .notFound,
                    """
                    ordering: there is no measure "\(column)"; choose from "random", \(known.joined(separator: ", ")), \
                    or give the table that has the column as measures
                    """
                )
            }
            if !measures.contains(where: { "\($0.name)" == "\(measure.name)" }) { measures.append(measure) }
        }
        guard let source = options.orderingSource ?? source else {
            throw InfoLensError(
                .notFound,
                "source: is NULL, but the order is by a measure; give a source, measures, an order, or \"random\"")
        }
        var contents = Source.Contents()
        let given = source.contents
        contents.labels = given.labels
        contents.condition = given.condition
        for layer in layers {
            let matrix = try scorer.activations(of: layer, in: source)
            try contents.add(Source.Layer(matrix: matrix, plan: .computed))
        }
        let call = MeasureCall(context: scorer.context, measures: measures, quantizer: options.quantizer)
        let population = try Population(contents)
        try call.check(population, hasCondition: contents.condition != nil, hasActivations: true)
        return try call.table(contents, population)
    }
}
