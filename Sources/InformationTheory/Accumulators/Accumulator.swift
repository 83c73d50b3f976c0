// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Counts of quantised neurons taken piece by piece, from which measures are evaluated as
/// from the whole.
///
/// Quantisers whose edges depend on the data go through two phases: `update` first gathers
/// what the edges depend on, `fit` fixes them, and from then on `update` counts. The
/// counts, hence the measures, do not depend on how the data are cut into pieces or on the
/// order in which these come or are merged.
///
/// One thread at a time uses it.
public final class Accumulator: @unchecked Sendable {
    public let quantizer: Quantizer
    /// N: samples counted, or seen while fitting.
    public internal(set) var samples = 0
    /// Classes in the order in which they came.
    var classes: [ClassKey] = []
    var classSamples: [Int] = []
    /// Layers in the order of the first piece.
    var phase: Phase

    enum Phase: Sendable {
        /// No piece has come.
        case empty
        case fitting([FittedLayer])
        case counting([AccumulatedLayer])
    }

    /// A layer whose edges are not known yet.
    struct FittedLayer: Sendable {
        let name: String
        let neurons: Int
        var range: FittedRange
    }

    /// - Throws: `argument` for a quantiser out of range
    public init(quantizer: Quantizer) throws(InfoLensError) {
        try quantizer.validate()
        self.quantizer = quantizer
        phase = .empty
    }

    /// Whether updates gather ranges and do not count yet.
    public var isFitting: Bool {
        switch phase {
        case .empty: quantizer.needsFitting
        case .fitting: true
        case .counting: false
        }
    }

    /// Name and number of neurons of each layer.
    public var layers: [(name: String, neurons: Int)] {
        switch phase {
        case .empty: []
        case .fitting(let layers): layers.map { ($0.name, $0.neurons) }
        case .counting(let layers): layers.map { ($0.name, $0.neurons) }
        }
    }

    /// Takes a piece: further samples of the same layers. When it throws, nothing of the piece is kept.
    ///
    /// - Parameters:
    ///   - matrices: the layers, in the order of the first piece, of equally many samples
    ///   - classes: the class of each sample, by index into `keys`; ignored while fitting
    ///   - keys: what the classes are called; a class without samples becomes one all the same
    /// - Throws: `shape` when the layers differ from those of the first piece; `argument` when labels of
    ///   another kind came before; `numeric`, `memory`, and what reading the matrices throws
    public func update(
        _ matrices: [any ActivationMatrix], classes piece: SampleClasses, keys: [ClassKey], run: Run
    ) throws(InfoLensError) {
        let total = try checkedTotal(adding: piece.total)
        try checkLayers(matrices.map { ($0.name, $0.neurons) })
        for matrix in matrices { try checkWidth(of: matrix, run: run) }
        switch phase {
        case .empty where quantizer.needsFitting:
            phase = .fitting(
                matrices.map {
                    FittedLayer(
                        name: $0.name, neurons: $0.neurons,
                        range: FittedRange(
                            for: quantizer, neurons: $0.neurons, element: $0.element, layer: $0.name))
                })
            do throws(InfoLensError) { try gather(matrices, total: total, run: run) } catch {
                phase = .empty
                throw error
            }
        case .fitting: try gather(matrices, total: total, run: run)
        case .empty:
            var layers: [AccumulatedLayer] = []
            for matrix in matrices {
                let rule = try FittedRange.nothing.rule(
                    for: quantizer, neurons: matrix.neurons, layer: matrix.name, run: run)
                layers.append(AccumulatedLayer(name: matrix.name, neurons: matrix.neurons, rule: rule))
            }
            try count(matrices, in: layers, classes: piece, keys: keys, total: total, run: run)
        case .counting(let layers): try count(matrices, in: layers, classes: piece, keys: keys, total: total, run: run)
        }
    }

    /// Checks that there is something to evaluate.
    /// - Throws: `argument` while fitting and before the first piece
    public func requireCounts() throws(InfoLensError) {
        if case .counting = phase, samples > 0 { return }
        let why =
            isFitting
            ? "its edges are not fixed: call fit and update it with the data once more"
            : "it has counted nothing: update it first"
        throw InfoLensError(.argument, "accumulator: \(why)")
    }

    /// Fixes the edges to what has come; from here on updates count, from zero.
    /// - Throws: `argument` when nothing was to be fitted; `numeric`, `memory`
    public func fit(run: Run) throws(InfoLensError) {
        guard case .fitting(let layers) = phase else {
            let why =
                isFitting
                ? "no data has come yet: update it first"
                : quantizer.needsFitting
                    ? "it has been fitted already: make a new one" : "\(quantizer) needs no fitting: update it at once"
            throw InfoLensError(.argument, "accumulator: \(why)")
        }
        var fitted: [AccumulatedLayer] = []
        for layer in layers {
            run.enter(stage: "fitting \(layer.name)")
            let rule = try layer.range.rule(for: quantizer, neurons: layer.neurons, layer: layer.name, run: run)
            fitted.append(AccumulatedLayer(name: layer.name, neurons: layer.neurons, rule: rule))
        }
        phase = .counting(fitted)
        (samples, classes, classSamples) = (0, [], [])
    }

    // MARK: - Parts of an update

    private func gather(_ matrices: [any ActivationMatrix], total: Int, run: Run) throws(InfoLensError) {
        guard case .fitting(var layers) = phase else { return }
        for (index, matrix) in matrices.enumerated() {
            run.enter(stage: "range of \(matrix.name)")
            layers[index].range = try layers[index].range.adding(matrix, run: run)
        }
        phase = .fitting(layers)
        samples = total
    }

    private func count(
        _ matrices: [any ActivationMatrix], in layers: [AccumulatedLayer], classes piece: SampleClasses,
        keys: [ClassKey], total: Int, run: Run
    ) throws(InfoLensError) {
        let (indices, added) = try place(keys)
        try checkBudget(layers, classes: classes.count + added.count, piece: keys.count, run: run)
        var counters: [[AlignedBuffer]] = []
        var room: [[AlignedBuffer]] = []
        for (layer, matrix) in zip(layers, matrices) {
            run.enter(stage: "counting \(matrix.name)")
            do throws(InfoLensError) {
                counters.append(try layer.count(matrix, classes: piece, run: run))
            } catch {
                throw layer.explained(error, matrix: matrix, run: run)
            }
            room.append(try layer.counters(classes: added.count))
        }
        // From here on nothing can fail: a piece is counted whole or not at all.
        commit(counters, to: layers, room: room, newClasses: added, indices: indices, samples: piece.samples)
        samples = total
    }

    /// The counters of all classes, and those of a piece until they are added, each have the budget of the call.
    private func checkBudget(
        _ layers: [AccumulatedLayer], classes: Int, piece: Int, run: Run
    ) throws(InfoLensError) {
        let cells = layers.reduce(0) { $0 + $1.cells }
        let most = run.memory / 4 / max(cells, 1)
        guard classes > most || piece > most else { return }
        throw InfoLensError(
            .memory,
            """
            memory: counters of \(cells) levels for \(classes) classes exceed the budget of \(run.memory) bytes; \
            give the context at least \(saturatingProduct(4, cells, classes)) bytes, or use \
            fewer levels
            """)
    }

    /// Adds counters, one a layer and class of a piece, to those of this accumulator.
    func commit(
        _ counters: [[AlignedBuffer]], to layers: [AccumulatedLayer], room: [[AlignedBuffer]], newClasses: [ClassKey],
        indices: [Int], samples: [Int]
    ) {
        var layers = layers
        for index in layers.indices {
            layers[index].append(room[index])
            for (c, target) in indices.enumerated() { layers[index].add(counters[index][c], class: target) }
        }
        classes += newClasses
        classSamples += [Int](repeating: 0, count: newClasses.count)
        for (c, target) in indices.enumerated() { classSamples[target] += samples[c] }
        phase = .counting(layers)
    }

    /// The index of each class here, and the classes that are new.
    func place(_ keys: [ClassKey]) throws(InfoLensError) -> (indices: [Int], added: [ClassKey]) {
        if let old = classes.first, let new = keys.first, old.kind != new.kind {
            let names = ["without labels", "with integer labels", "with names as labels"]
            throw InfoLensError(
                .argument,
                "labels: this piece comes \(names[new.kind]), earlier ones came \(names[old.kind]); give all alike")
        }
        var known: [ClassKey: Int] = [:]
        for (index, key) in classes.enumerated() { known[key] = index }
        var added: [ClassKey] = []
        let indices = keys.map { key in
            if let index = known[key] { return index }
            let index = classes.count + added.count
            known[key] = index
            added.append(key)
            return index
        }
        return (indices, added)
    }

    func checkedTotal(adding count: Int) throws(InfoLensError) -> Int {
        // Counters are UInt32.
        guard count <= Int(UInt32.max) - samples else {
            throw InfoLensError(
                .shape,
                "samples: \(samples) have come and \(count) more make too many; an accumulator takes \(UInt32.max)")
        }
        return samples + count
    }

    func checkLayers(_ others: [(name: String, neurons: Int)]) throws(InfoLensError) {
        if case .empty = phase { return }
        let isSame = layers.elementsEqual(others) { isSameText($0.name, $1.name) && $0.neurons == $1.neurons }
        guard !isSame else { return }
        func text(_ layers: [(name: String, neurons: Int)]) -> String {
            layers.map { "\"\($0.name)\" of \($0.neurons)" }.joined(separator: ", ")
        }
        throw InfoLensError(
            .shape,
            "layers: the accumulator has \(text(layers)) neurons, this piece \(text(others)); give the same layers")
    }
}

extension Quantizer {
    /// Whether edges depend on the data.
    var needsFitting: Bool {
        switch self {
        case .threshold(.value), .explicit, .uniform(_, .given): false
        case .threshold, .uniform, .quantile, .width, .integer: true
        }
    }
}
