// SPDX-License-Identifier: Apache-2.0
import Ablation
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// The measures that a diagnosis looks at; the first decides about counts.
private let diagnosedMeasures = ["mutual_information", "entropy", "kl_selectivity"]

extension il_diagnosis_options {
    static var defaults: il_diagnosis_options {
        var options = il_diagnosis_options()
        options.struct_size = UInt32(MemoryLayout<il_diagnosis_options>.size)
        options.replacement = Int32(IL_REPLACE_ZERO)
        options.tolerance = 0.01
        options.chance_margin = 0.05
        return options
    }

    /// The ablations behind the diagnosis.
    fileprivate var ablation: il_ablation_options {
        var options = AblationOptions.defaults
        options.layers = layers
        options.layer_count = layer_count
        options.quantizer = quantizer
        options.ordering_source = ordering_source
        options.replacements = replacement
        options.directions = Int32(IL_ASCENDING) + Int32(IL_DESCENDING)
        options.value = value
        options.mean_source = mean_source
        options.tolerance = reproduction_tolerance
        options.per_class = 0
        return options
    }
}

/// How a network uses its neurons, from curves and from removing each neuron alone.
private struct Diagnosis {
    let layers: Table
    let correlations: Table
    let neurons: Table

    init(
        _ context: Context, _ network: Network, _ source: Source, _ pointer: UnsafePointer<il_diagnosis_options>?
    ) throws(InfoLensError) {
        let given = try optionsOrDefaults(
            pointer, defaults: .defaults, argument: "options", initializer: "il_diagnosis_options_init()")
        for (name, value) in [("tolerance", given.tolerance), ("chance_margin", given.chance_margin)] {
            guard (0...1).contains(value) else {
                throw InfoLensError(
                    .argument, "options.\(name): is \(value); give a share of the samples, between 0 and 1")
            }
        }
        var raw = given.ablation
        let options = try AblationOptions(&raw)
        let replacement = try options.replacement(of: "il_diagnose()")
        let scorer = try NetworkScorer(
            network, source, context: context, tolerance: options.tolerance, perClass: false)
        guard let accuracy = scorer.accuracy, let classSamples = scorer.classSamples else {
            throw InfoLensError(
                .argument,
                """
                network: a diagnosis needs the accuracy and labels; let the callback give a score "accuracy", and the \
                source have labels
                """
            )
        }
        let chosen = try AblationOrders.layers(named: options.layers, of: scorer)
        // For each measure two curves of the layers and two of the network.
        try scorer.checkMemory(
            neurons: saturatingProduct(
                4 * diagnosedMeasures.count, chosen.map { scorer.layers[$0].neurons }.saturatingSum()))
        let measured = try MeasuredNeurons(scorer, source, layers: chosen, options: options)

        // Curves: for each measure those of the layers, then that of the network, each in both directions.
        let units = chosen.indices.map { [$0] } + [Array(chosen.indices)]
        var wanted: [NetworkScorer.Curve] = []
        for measure in diagnosedMeasures {
            for unit in units {
                let places = unit.flatMap { measured.places[$0] }
                let values = unit.flatMap { measured.values(of: measure, layer: $0) }
                for direction in options.directions {
                    wanted.append(
                        NetworkScorer.Curve(
                            order: AblationOrders.sorted(places, by: values, direction), replacement: replacement,
                            points: RemovalCurve.points(of: places.count, step: 1)))
                }
            }
        }
        let curves = try scorer.curves(wanted, options: options, until: nil, stage: "diagnosis: curves")
            .map { $0.map { $0[accuracy] } }
        let singles = try scorer.groups(
            measured.places.flatMap { $0 }.map { [$0] }, replacement: replacement, options: options,
            stage: "diagnosis: single neurons")
        let losses = singles.map { $0.whole[accuracy] - $0.without[accuracy] }
        let entropy = scorer.scores.firstIndex { $0.name == "cross_entropy" }
        let increases = entropy.map { index in singles.map { $0.without[index] - $0.whole[index] } } ?? losses

        // Below what a float32 sum leaves uncertain, or half a sample where only accuracy is known.
        let resolution =
            entropy.map { index in 1e-5 * (singles.first?.whole[index] ?? 0) } ?? 0.5 / Double(scorer.samples)
        let chance = chanceAccuracy(classSamples: classSamples)
        var diagnoses: [LayerDiagnosis] = []
        var predicted: [Double] = []
        var roles: [NeuronRole] = []
        var next = 0
        for (index, places) in measured.places.enumerated() {
            let range = next..<next + places.count
            next = range.upperBound
            let isInactive = places.indices.map { measured.isInactive(layer: index, neuron: $0, unit: context.unit) }
            let candidates = SynergisticCandidates(
                information: measured.values(of: diagnosedMeasures[0], layer: index), increase: Array(increases[range]),
                isInactive: isInactive, resolution: resolution)
            predicted += candidates.predictedIncrease
            roles += places.indices.map {
                NeuronRole(isInactive: isInactive[$0], isSynergisticCandidate: candidates.isCandidate[$0])
            }
            diagnoses.append(
                LayerDiagnosis(
                    lowFirst: curves[2 * index], highFirst: curves[2 * index + 1], tolerance: given.tolerance,
                    chance: chance, margin: given.chance_margin, inactive: isInactive.count { $0 },
                    synergistic: candidates.isCandidate.count { $0 }))
        }
        let names = chosen.map { scorer.layers[$0].name }
        let level = chosen.indices.filter { layer in
            let values = measured.values(of: diagnosedMeasures[0], layer: layer)
            return values.count > 1 && values.allSatisfy { $0 == values[0] }
        }
        let warning = AblationOrders.warning(
            diagnosedMeasures[0], ofEqual: level.map { names[$0] }, quantizer: options.quantizer)
        var metadata =
            [
                ("replacement", scorer.isCallback ? "callback" : replacement.rawValue),
                ("tolerance", "\(given.tolerance)"), ("chance_margin", "\(given.chance_margin)"),
                ("quantizer", "\(options.quantizer)"),
            ] + (scorer.isCallback ? [("chance", "\(chance)")] : []) + scorer.metadata + [
                ("seed", "\(context.seed)"), ("version", "\(libraryVersion)"),
            ]
        if let warning { metadata.append(("warning", warning)) }
        layers = Diagnosis.table(of: diagnoses, names: names, metadata: metadata)
        correlations = Diagnosis.correlations(
            curves: curves, increases: increases, measured: measured, names: names, least: 1 / Double(scorer.samples),
            metadata: metadata)
        neurons = Table(
            columns: [
                Column(
                    "layer", description: "the layer's name",
                    texts: measured.places.flatMap { $0.map { scorer.layers[$0.layer].name } }),
                Column(
                    "neuron", description: "index of the neuron in its layer",
                    integers: measured.places.flatMap { $0.map { Int64($0.neuron) } }),
            ]
                + ["entropy", "mutual_information", "kl_selectivity"].map { measure in
                    Column(
                        measure, unit: context.unit.name, description: "on the samples of the order",
                        doubles: measured.places.indices.flatMap { measured.values(of: measure, layer: $0) })
                } + [
                    Column(
                        "accuracy_loss", unit: "1", description: "accuracy of the whole network less that without",
                        doubles: losses),
                    Column(
                        "cross_entropy_increase", unit: entropy == nil ? "1" : "nats",
                        description: entropy == nil
                            ? "accuracy_loss: the callback gives no cross_entropy"
                            : "cross-entropy without less that of the whole network",
                        doubles: increases),
                    Column(
                        "predicted_increase", unit: entropy == nil ? "1" : "nats",
                        description: "what the neuron's own information predicts, by isotonic regression in the layer",
                        doubles: predicted),
                    Column(
                        "role", description: "inactive, synergistic candidate or empty", texts: roles.map(\.name)),
                ], metadata: metadata)
    }

    private static func table(
        of diagnoses: [LayerDiagnosis], names: [String], metadata: [(key: String, value: String)]
    ) -> Table {
        func counts(_ name: String, _ description: String, _ value: (LayerDiagnosis) -> Int) -> Column {
            Column(name, unit: "1", description: description, integers: diagnoses.map { Int64(value($0)) })
        }
        return Table(
            columns: [
                Column("layer", description: "the layer's name", texts: names),
                counts("neurons", "number of neurons", \.neurons),
                Column(
                    "accuracy", unit: "1", description: "of the whole network", doubles: diagnoses.map(\.accuracy)),
                counts("suffice", "fewest most informative neurons that keep accuracy - tolerance", \.counts.suffice),
                counts(
                    "tolerate", "most of the most informative removed without passing below accuracy - tolerance",
                    \.counts.tolerate),
                counts("destroy", "fewest most informative removed to reach chance + margin, -1 for never") {
                    $0.counts.destroy ?? -1
                },
                counts("inactive", "neurons of entropy 0, or information below twice its bias", \.inactive),
                counts("redundant", "neurons - suffice - inactive, at least 0", \.redundant),
                counts(
                    "synergistic", "neurons whose removal hurts more than their own information predicts", \.synergistic
                ),
                Column("reading", description: "the counts in a sentence", texts: diagnoses.map(\.reading)),
            ], metadata: metadata)
    }

    private static func correlations(
        curves: [[Double]], increases: [Double], measured: MeasuredNeurons, names: [String], least: Double,
        metadata: [(key: String, value: String)]
    ) -> Table {
        let units = names.count + 1
        var measures: [String] = []
        var layers: [String] = []
        var sizes: [Int64] = []
        var ranks: [Double] = []
        var contrasts: [CurveContrast] = []
        var paradoxes: [Int64] = []
        for (index, measure) in diagnosedMeasures.enumerated() {
            var next = 0
            for layer in 0..<units {
                let isPooled = layer == names.count
                let values =
                    isPooled
                    ? names.indices.flatMap { measured.values(of: measure, layer: $0) }
                    : measured.values(of: measure, layer: layer)
                let range = isPooled ? increases.indices : next..<next + values.count
                next = range.upperBound
                let curve = 2 * (index * units + layer)
                measures.append(measure)
                layers.append(isPooled ? "network" : names[layer])
                sizes.append(Int64(values.count))
                ranks.append(rankCorrelation(values, Array(increases[range])))
                contrasts.append(CurveContrast(lowFirst: curves[curve], highFirst: curves[curve + 1]))
                let within = contrasts.suffix(units).dropLast().map(\.contrast)
                let isParadox =
                    isPooled
                    && isSimpsonsParadox(
                        within: within, pooled: contrasts[contrasts.count - 1].contrast, least: least)
                paradoxes.append(isParadox ? 1 : 0)
            }
        }
        return Table(
            columns: [
                Column("measure", description: "by which neurons are ordered", texts: measures),
                Column("layer", description: "the layer's name, or network for all neurons pooled", texts: layers),
                Column("neurons", unit: "1", description: "number of neurons", integers: sizes),
                Column(
                    "rank_correlation", unit: "1",
                    description: "Spearman's, of the measure and the increase in cross-entropy when removed alone",
                    doubles: ranks),
                Column(
                    "area_low_first", unit: "1",
                    description: "mean accuracy over the curve, lowest values removed first",
                    doubles: contrasts.map(\.areaLowFirst)),
                Column(
                    "area_high_first", unit: "1", description: "the same, highest values first",
                    doubles: contrasts.map(\.areaHighFirst)),
                Column(
                    "contrast", unit: "1",
                    description: "area_low_first - area_high_first: positive where neurons of high values matter more",
                    doubles: contrasts.map(\.contrast)),
                Column(
                    "paradox", unit: "1",
                    description:
                        "1 where the network's contrast has the opposite sign of every layer's: Simpson's paradox",
                    integers: paradoxes),
            ], metadata: metadata)
    }
}

/// Neurons of some layers with their measures.
private struct MeasuredNeurons {
    /// Layer by layer.
    let places: [[NeuronIndex]]
    private let columns: [String: [NeuronIndex: Double]]
    private let samples: Int
    private let classes: Int

    init(
        _ scorer: NetworkScorer, _ source: Source, layers: [Int], options: AblationOptions
    ) throws(InfoLensError) {
        let contents = (options.orderingSource ?? source).contents
        samples = contents.samples ?? 0
        classes = contents.labels?.counts.count { $0 > 0 } ?? 0
        places = layers.map { layer in
            (0..<scorer.layers[layer].neurons).map { NeuronIndex(layer: layer, neuron: $0) }
        }
        let names = diagnosedMeasures + ["g_degrees_of_freedom"]
        let table = try AblationOrders.measures(names, of: layers, scorer, source, options: options)
        let rows = try NeuronRows(table, argument: "measures", layers: scorer.layers)
        var columns: [String: [NeuronIndex: Double]] = [:]
        for name in names { columns[name] = try rows.values(of: name) }
        self.columns = columns
    }

    func values(of measure: String, layer: Int) -> [Double] {
        places[layer].map { columns[measure]?[$0] ?? .nan }
    }

    func isInactive(layer: Int, neuron: Int, unit: Logarithm) -> Bool {
        let place = places[layer][neuron]
        func value(_ name: String) -> Double { columns[name]?[place] ?? .nan }
        // (K − 1)(C − 1) degrees of freedom.
        let freedom = Int(exactly: value("g_degrees_of_freedom")) ?? 0
        let levels = classes > 1 ? freedom / (classes - 1) + 1 : 1
        return Ablation.isInactive(
            entropy: value("entropy"), information: value("mutual_information"), levels: levels, classes: classes,
            samples: samples, unit: unit)
    }
}

@c @implementation
public func il_diagnosis_options_init(_ options: UnsafeMutablePointer<il_diagnosis_options>!, _ structSize: UInt32)
    -> il_status
{
    guarded { () throws(InfoLensError) in
        try fill(options, size: structSize, defaults: .defaults, argument: "options")
    }
}

@c @implementation
public func il_diagnose(
    _ context: OpaquePointer!, _ network: OpaquePointer!, _ source: OpaquePointer!,
    _ options: UnsafePointer<il_diagnosis_options>!, _ layers: UnsafeMutablePointer<OpaquePointer?>!,
    _ correlations: UnsafeMutablePointer<OpaquePointer?>!, _ neurons: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let network = try Handles.object(network, Network.self, argument: "network")
        let source = try Handles.object(source, Source.self, argument: "source")
        let diagnosis = try context.call { () throws(InfoLensError) in
            try Diagnosis(context, network, source, options)
        }
        layers?.pointee = Handles.insert(TableHandle(diagnosis.layers))
        correlations?.pointee = Handles.insert(TableHandle(diagnosis.correlations))
        neurons?.pointee = Handles.insert(TableHandle(diagnosis.neurons))
    }
}
