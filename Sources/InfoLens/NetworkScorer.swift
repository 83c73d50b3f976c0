// SPDX-License-Identifier: Apache-2.0
import Ablation
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// A network with the samples that it is judged by: whatever scores it without some neurons.
struct NetworkScorer {
    /// A column of scores.
    struct Score {
        let name: String
        let unit: String
        let description: String
        var isCount = false
    }

    /// A curve that is wanted.
    struct Curve {
        /// In the order of removal.
        let order: [NeuronIndex]
        let replacement: Replacement
        /// Numbers of removed neurons at which to score.
        let points: [Int]
    }

    let context: Context
    let layers: [(name: String, neurons: Int)]
    let scores: [Score]
    /// The column of accuracy, if there is one.
    var accuracy: Int? { scores.firstIndex { $0.name == "accuracy" } }
    private(set) var metadata: [(key: String, value: String)]
    /// Number of samples, 1 where it is not known.
    let samples: Int
    /// Samples of each class; nil where labels are not known.
    let classSamples: [Int]?
    private let kind: Kind

    var isCallback: Bool { if case .callback = kind { true } else { false } }

    /// The dense network with its samples; what needs one cannot do with a callback.
    func dense(for what: StaticString) throws(InfoLensError) -> DenseAblation {
        guard case .dense(let ablation, _) = kind else {
            throw InfoLensError(.argument, "network: \(what) needs weights, and a callback has none")
        }
        return ablation
    }

    private enum Kind {
        case dense(DenseAblation, JudgedLabels)
        case callback(CallbackNetwork)
    }

    /// - Parameters:
    ///   - source: nil for a callback that needs none
    ///   - tolerance: of the reproduction; 0 = by what is recorded
    init(
        _ network: Network, _ source: Source?, context: Context, tolerance: Double, perClass: Bool
    ) throws(InfoLensError) {
        self.context = context
        let given = network.kind
        layers = given.layers
        let contents = source?.contents
        classSamples = contents?.labels?.counts
        samples = contents?.samples ?? 1
        switch given {
        case .callback(let callback):
            kind = .callback(callback)
            scores = callback.scores.map { Score(name: $0, unit: "1", description: "as the callback scored it") }
            metadata = contents.map { [("samples", "\($0.samples ?? 0)")] } ?? []
        case .dense(let dense):
            guard !dense.layers.isEmpty else {
                throw InfoLensError(.argument, "network: it has no layers; add them with il_network_add_layer()")
            }
            guard let contents else {
                throw InfoLensError(
                    .argument,
                    "source: is NULL, but a network with weights needs data; get one from il_source_for_network()")
            }
            guard let labels = contents.labels else {
                throw noLabels("accuracy needs them", candidates: contents.labelCandidates)
            }
            let judged = try JudgedLabels(labels, scores: dense.classes, perClass: perClass)
            let checked = try CheckedNetwork(
                dense, network.inputScale, contents, labels: judged.scoreOfSample, tolerance: tolerance,
                context: context)
            kind = .dense(try DenseAblation(network: checked.network, data: checked.data), judged)
            scores =
                [
                    Score(
                        name: "correct", unit: "1", description: "samples whose label has the highest score",
                        isCount: true
                    ),
                    Score(name: "accuracy", unit: "1", description: "share of correct samples"),
                    Score(
                        name: "cross_entropy", unit: "nats", description: "mean of -log softmax(scores)[label]"),
                ] + judged.columns
            metadata =
                [
                    ("samples", "\(checked.data.samples)"), ("classes", "\(judged.classes.count)"),
                    ("chance", "\(chanceAccuracy(classSamples: labels.counts))"),
                ] + checked.metadata
        }
    }

    // MARK: Scoring

    /// The scores at each point of each curve.
    ///
    /// - Parameter until: a callback is asked no further once its accuracy is below; nil = to the end
    func curves(
        _ curves: [Curve], options: AblationOptions, until: Double?, stage: String
    ) throws(InfoLensError) -> [[[Double]]] {
        switch kind {
        case .dense(let ablation, let judged):
            let substitutes = try substitutes(
                Set(curves.map(\.replacement)), layers: Set(curves.flatMap { $0.order.map(\.layer) }).sorted(),
                options: options)
            return try context.run(total: ablation.workUnits(curves: curves.count)) { (run) throws(InfoLensError) in
                run.enter(stage: stage)
                let wanted = try curves.map { (curve) throws(InfoLensError) in
                    RemovalCurve(
                        order: curve.order, substitutes: try found(substitutes, curve.replacement), points: curve.points
                    )
                }
                run.reserve(substitutes.values.map(\.bytes).saturatingSum())
                let results = try ablation.curves(wanted, run: run)
                return try results.map { (points) throws(InfoLensError) in
                    try points.map { (scores) throws(InfoLensError) in try judged.row(scores, samples: samples) }
                }
            }
        case .callback(let callback):
            let total = curves.map(\.points.count).saturatingSum()
            return try context.run(total: total) { (run) throws(InfoLensError) in
                run.enter(stage: stage)
                return try curves.map { (curve) throws(InfoLensError) in
                    var rows: [[Double]] = []
                    for point in curve.points {
                        rows.append(try callback.scores(without: Array(curve.order.prefix(point))))
                        run.advance(by: 1)
                        try run.checkpoint()
                        if let until, let accuracy, rows[rows.count - 1][accuracy] < until { break }
                    }
                    return rows
                }
            }
        }
    }

    /// The scores of the whole network and of it without each group.
    func groups(
        _ groups: [[NeuronIndex]], replacement: Replacement, options: AblationOptions, stage: String
    ) throws(InfoLensError) -> [(whole: [Double], without: [Double])] {
        switch kind {
        case .dense(let ablation, let judged):
            let substitutes = try substitutes(
                [replacement], layers: Set(groups.flatMap { $0.map(\.layer) }).sorted(), options: options)
            return try context.run(total: ablation.workUnits(curves: groups.count)) { (run) throws(InfoLensError) in
                run.enter(stage: stage)
                let values = try found(substitutes, replacement)
                run.reserve(values.bytes)
                let results = try ablation.groups(groups, substitutes: values, run: run)
                return try results.map { (scores) throws(InfoLensError) in
                    (try judged.row(scores.whole, samples: samples), try judged.row(scores.without, samples: samples))
                }
            }
        case .callback(let callback):
            return try context.run(total: groups.count + 1) { (run) throws(InfoLensError) in
                run.enter(stage: stage)
                let whole = try callback.scores(without: [])
                return try groups.map { (group) throws(InfoLensError) in
                    let without = try callback.scores(without: group)
                    run.advance(by: 1)
                    try run.checkpoint()
                    return (whole, without)
                }
            }
        }
    }

    func found(
        _ substitutes: [Replacement: Substitutes], _ replacement: Replacement
    ) throws(InfoLensError) -> Substitutes {
        guard let values = substitutes[replacement] else {
            throw InfoLensError(.internal, "replacement: \"\(replacement.rawValue)\" was not prepared")
        }
        return values
    }

    /// What removed neurons of some layers say.
    func substitutes(
        _ replacements: Set<Replacement>, layers: [Int], options: AblationOptions
    ) throws(InfoLensError) -> [Replacement: Substitutes] {
        let ablation = try dense(for: "a replacement")
        var result: [Replacement: Substitutes] = [:]
        for replacement in replacements {
            switch replacement {
            case .zero, .value:
                result[replacement] = Substitutes(
                    replacement, layers: layers, of: ablation.network, value: options.value, means: [])
            case .mean:
                var data = ablation.data
                if let source = options.meanSource {
                    data = try NetworkData(
                        of: ablation.network, matrices: source.contents.layers.map(\.matrix), labels: nil)
                }
                var means: [[Double]] = []
                for layer in layers {
                    let mean = try context.run(total: data.samples) { (run) throws(InfoLensError) in
                        run.enter(stage: "means")
                        return try columnMeans(
                            of: data.activations(of: layer, in: ablation.network, run: run), run: run)
                    }
                    means.append(mean)
                }
                result[replacement] = Substitutes(
                    .mean, layers: layers, of: ablation.network, value: 0, means: means)
            case .permute:
                result[replacement] = try context.run(total: 1) { (run) throws(InfoLensError) in
                    run.enter(stage: "permutations")
                    return try Substitutes(permuting: layers, of: ablation, seed: context.seed, run: run)
                }
            }
        }
        return result
    }

    /// The activations of a layer, to be measured: of another source where one is given.
    func activations(of layer: Int, in source: Source?) throws(InfoLensError) -> any ActivationMatrix {
        let matrices = source?.contents.layers.map(\.matrix) ?? []
        if case .dense(let ablation, _) = kind {
            var data = ablation.data
            if source != nil { data = try NetworkData(of: ablation.network, matrices: matrices, labels: nil) }
            return try context.run(total: data.samples) { (run) throws(InfoLensError) in
                run.enter(stage: "activations")
                return try data.activations(of: layer, in: ablation.network, run: run)
            }
        }
        let (name, neurons) = layers[layer]
        guard let matrix = matrices.first(where: { isSameText($0.name, name) }) else {
            throw InfoLensError(
                .notFound,
                """
                source: it has no activations of layer "\(name)", by which its neurons could be ordered; add them, or \
                give measures or an order
                """
            )
        }
        guard matrix.neurons == neurons else {
            throw InfoLensError(
                .shape,
                "source: layer \"\(name)\" has \(matrix.neurons) neurons there, but \(neurons) in the network")
        }
        return matrix
    }
}

/// Labels as a network with scores sees them.
struct JudgedLabels {
    /// Index of the score that should be highest, for each sample.
    let scoreOfSample: [Int32]
    /// Names of the classes.
    let classes: [String]
    private let scoreOfClass: [Int]
    private let classSamples: [Int]
    private let perClass: Bool

    /// - Throws: `numeric` for a label that no score belongs to
    init(_ labels: Labels, scores: Int, perClass: Bool) throws(InfoLensError) {
        let values: [Int64]
        switch labels.classes {
        case .integers(let integers):
            classes = integers.map { "\($0)" }
            values = integers
        case .strings(let names):
            // By their rank: where one is missing the others would be taken for their neighbours.
            guard names.count == scores else {
                throw InfoLensError(
                    .numeric,
                    """
                    labels: they are texts of \(names.count) classes, but the network's last layer has \(scores) \
                    neurons, so which neuron stands for which class is not known; give the index of each sample's class
                    """
                )
            }
            classes = names
            values = names.indices.map { Int64($0) }
        }
        for (value, name) in zip(values, classes) where !(0..<Int64(scores)).contains(value) {
            throw InfoLensError(
                .numeric,
                """
                labels: class \(name) has no score: the network's last layer has \(scores) neurons, for labels 0 to \
                \(scores - 1); number the classes from 0, or check which layer is the last
                """
            )
        }
        scoreOfClass = values.map { Int($0) }
        let codes = values.map { Int32($0) }
        scoreOfSample = labels.codes.map { codes[Int($0)] }
        classSamples = labels.counts
        self.perClass = perClass
    }

    var columns: [NetworkScorer.Score] {
        guard perClass else { return [] }
        return classes.map { name in
            NetworkScorer.Score(
                name: "accuracy_\(name)", unit: "1",
                description: "share of correct samples among those of class \(name)")
        }
    }

    /// The scores as a row of a table.
    func row(_ scores: AblationScores, samples: Int) throws(InfoLensError) -> [Double] {
        guard scores.crossEntropy.isFinite else {
            throw InfoLensError(
                .numeric,
                """
                network: the scores of the classes are not finite once neurons are removed; weights or activations are \
                too large for float32
                """
            )
        }
        let correct = scores.correct
        let shares = scoreOfClass.indices.map {
            Double(scores.correctByClass[scoreOfClass[$0]]) / Double(classSamples[$0])
        }
        return [Double(correct), Double(correct) / Double(samples), scores.crossEntropy] + (perClass ? shares : [])
    }
}
