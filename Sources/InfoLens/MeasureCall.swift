// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// What a call is asked to measure, checked as far as the options alone allow.
struct MeasureCall {
    let context: Context
    let rows: NeuronMeasure.Rows
    private(set) var quantizer: Quantizer
    let request: MeasureRequest
    let refusesUndefined: Bool
    let permutations: Int
    let bootstrap: Int
    let confidence: Double

    init(
        context: Context, options pointer: UnsafePointer<il_measure_options>?, rows: NeuronMeasure.Rows
    ) throws(InfoLensError) {
        let options = try optionsOrDefaults(
            pointer, defaults: MeasureCall.defaults, oldest: MemoryLayout<il_measure_options>.offset(of: \.estimator),
            argument: "options", initializer: "il_measure_options_init()")
        self.context = context
        self.rows = rows
        quantizer = try Quantizer.make(options.quantizer)
        let unit = try context.unit(options.unit, argument: "options.unit")
        let names = try textList(
            options.measures, count: options.measure_count, argument: "measures",
            countArgument: "options.measure_count")
        var request = MeasureRequest(
            try MeasureCall.measures(named: names, rows: rows),
            function: EntropyFunction(try EntropyEstimator.named(options.estimator), unit: unit),
            alphabet: try Alphabet.make(options.alphabet))
        if let groups = options.groups {
            guard options.group_count > 0, options.group_count < Int32.max else {
                throw InfoLensError(.argument, "options.group_count: is \(options.group_count); give one entry a class")
            }
            request.groups = Array(UnsafeBufferPointer(start: groups, count: Int(options.group_count)))
        }
        self.request = request
        refusesUndefined = try choice(
            options.undefined, of: [(Int(IL_UNDEFINED_NAN), false), (Int(IL_UNDEFINED_ERROR), true)],
            argument: "options.undefined", names: "IL_UNDEFINED_NAN or IL_UNDEFINED_ERROR")
        permutations = try MeasureCall.repetitions(options.permutations, "options.permutations", rows: rows)
        bootstrap = try MeasureCall.repetitions(options.bootstrap, "options.bootstrap", rows: rows)
        confidence = options.confidence
        guard confidence > 0, confidence < 1 else {
            throw InfoLensError(
                .argument, "options.confidence: is \(confidence); give a number between 0 and 1, for instance 0.95")
        }
    }

    /// Measures of neurons by plug-in estimates, in the context's unit.
    init(context: Context, measures: [NeuronMeasure], quantizer: Quantizer) {
        self.context = context
        rows = .perNeuron
        self.quantizer = quantizer
        request = MeasureRequest(measures, function: EntropyFunction(.plugIn, unit: context.unit), alphabet: .full)
        refusesUndefined = false
        permutations = 0
        bootstrap = 0
        confidence = 0.95
    }

    static var defaults: il_measure_options {
        var options = il_measure_options()
        options.struct_size = UInt32(MemoryLayout<il_measure_options>.size)
        options.confidence = 0.95
        return options
    }

    private static func repetitions(
        _ count: Int64, _ argument: StaticString, rows: NeuronMeasure.Rows
    ) throws(InfoLensError) -> Int {
        guard (0...1_000_000).contains(count) else {
            throw InfoLensError(.argument, "\(argument): is \(count); give 0 for none, or up to 1000000")
        }
        guard count == 0 || rows == .perNeuron else {
            throw InfoLensError(
                .argument, "\(argument): is \(count); measures of classes are not tested: ask for neurons, or give 0")
        }
        return Int(count)
    }

    /// Measures in registry order, each once.
    private static func measures(
        named names: [String]?, rows: NeuronMeasure.Rows
    ) throws(InfoLensError) -> [NeuronMeasure] {
        let possible = NeuronMeasure.all.filter { $0.rows == rows }
        guard let names else { return possible.filter(\.byDefault) }
        for (index, name) in names.enumerated() where !possible.contains(where: { $0.isNamed(name) }) {
            let list = possible.map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw InfoLensError(
                .notFound, "measures[\(index)]: there is no measure \"\(name)\" here; choose from \(list)")
        }
        return possible.filter { names.contains("\($0.name)") }
    }

    /// Whether a value of the table can be undefined, so that it needs warnings.
    var canBeUndefined: Bool {
        request.function.estimator != .plugIn || bootstrap > 0
            || request.measures.contains { $0.needs.contains(.activations) }
    }

    // MARK: - What is measured must fit

    /// Checks that labels, condition and groups are there where they are needed.
    func check(_ population: Population, hasCondition: Bool, hasActivations: Bool) throws(InfoLensError) {
        if rows == .perNeuronClass, population.classes == nil {
            throw noLabels("measures of classes need them", candidates: population.labelCandidates)
        }
        for measure in request.measures {
            if measure.needs.contains(.labels), population.classes == nil {
                throw noLabels(
                    "\(measure.name) needs them", candidates: population.labelCandidates,
                    otherwise: ", or ask for \"entropy\" alone")
            }
            if measure.needs.contains(.condition), !hasCondition {
                throw InfoLensError(
                    .notFound,
                    "condition: \(measure.name) needs one and there is none; give a value of it for each sample")
            }
            if measure.needs.contains(.activations), !hasActivations {
                throw InfoLensError(
                    .argument,
                    """
                    measures: \(measure.name) needs the activations, of which an accumulator keeps counts only; measure \
                    a dump or an array
                    """)
            }
            if measure.needs.contains(.groups) { try checkGroups(population, measure: measure.name) }
        }
        if permutations > 0 || bootstrap > 0, population.classes == nil {
            throw noLabels(
                "permutations and bootstrap test mutual information", candidates: population.labelCandidates)
        }
    }

    private func checkGroups(_ population: Population, measure: StaticString) throws(InfoLensError) {
        let groups = request.groups
        guard !groups.isEmpty else {
            throw InfoLensError(
                .notFound, "groups: \(measure) compares two groups of classes and there are none; give options.groups")
        }
        guard groups.count == population.classSamples.count else {
            throw InfoLensError(
                .shape,
                "groups: there are \(groups.count), but \(population.classSamples.count) classes; give one a class")
        }
        if let index = groups.firstIndex(where: { !(0...2).contains($0) }) {
            throw InfoLensError(.argument, "groups[\(index)]: is \(groups[index]); give 1, 2, or 0 for neither")
        }
        for group: Int32 in 1...2 {
            let samples = zip(groups, population.classSamples).reduce(0) { $0 + ($1.0 == group ? $1.1 : 0) }
            guard samples > 0 else {
                throw InfoLensError(
                    .argument, "groups: no sample is of a class of group \(group); give classes to both")
            }
        }
    }

    /// The same call on what was quantised by another.
    func with(quantizer: Quantizer) -> MeasureCall {
        var copy = self
        copy.quantizer = quantizer
        return copy
    }

    var metadata: [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = [
            ("measure", request.measures.map { "\($0.name)" }.joined(separator: ", ")),
            ("estimator", request.function.estimator.rawValue),
        ]
        if request.function.estimator.dependsOnAlphabet {
            entries.append(("alphabet", request.alphabet == .full ? "full" : "observed"))
        }
        if permutations > 0 { entries.append(("permutations", "\(permutations)")) }
        if bootstrap > 0 { entries += [("bootstrap", "\(bootstrap)"), ("confidence", "\(confidence)")] }
        entries += [("quantizer", "\(quantizer)"), ("unit", request.function.unit.name)]
        return entries
    }
}

extension EntropyEstimator {
    /// The estimator of a name; NULL is plug-in.
    static func named(_ name: UnsafePointer<CChar>?) throws(InfoLensError) -> EntropyEstimator {
        guard let name else { return .plugIn }
        let text = try requiredText(name, "estimator")
        if let estimator = EntropyEstimator(rawValue: text) { return estimator }
        let list = EntropyEstimator.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw InfoLensError(.notFound, "estimator: there is no estimator \"\(text)\"; choose from \(list)")
    }
}

extension Alphabet {
    static func make(_ value: Int32) throws(InfoLensError) -> Alphabet {
        try choice(
            value, of: [(Int(IL_ALPHABET_FULL), .full), (Int(IL_ALPHABET_OBSERVED), .observed)], argument: "alphabet",
            names: "IL_ALPHABET_FULL or IL_ALPHABET_OBSERVED")
    }
}

/// What a table is about: layers of neurons, and the classes of the samples.
struct Population {
    /// Name and number of neurons.
    let layers: [(name: String, neurons: Int)]
    let samples: Int
    /// Nil without labels.
    let classes: ClassNames?
    let classSamples: [Int]
    /// What could be the labels, if there are none.
    var labelCandidates: [String] = []

    init(layers: [(name: String, neurons: Int)], samples: Int, classes: ClassNames?, classSamples: [Int]) {
        self.layers = layers
        self.samples = samples
        self.classes = classes
        self.classSamples = classSamples
    }

    init(_ contents: Source.Contents) throws(InfoLensError) {
        guard !contents.layers.isEmpty else {
            throw InfoLensError(.shape, "source: it has no layers; add them with il_source_add_layer()")
        }
        self.init(
            layers: contents.layers.map { ($0.matrix.name, $0.matrix.neurons) }, samples: contents.samples ?? 0,
            classes: contents.labels?.classes, classSamples: contents.labels?.counts ?? [])
        labelCandidates = contents.labelCandidates
    }

    /// A class as people call it.
    func className(_ index: Int) -> String { classes?.name(at: index) ?? "\(index)" }
}
