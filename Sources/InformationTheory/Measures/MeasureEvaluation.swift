// SPDX-License-Identifier: Apache-2.0
import Kernels
import Synchronization

/// Which measures, and how they are estimated.
public struct MeasureRequest: Sendable {
    /// Measures, all of the same rows.
    public var measures: [NeuronMeasure]
    public var function: EntropyFunction
    public var alphabet: Alphabet
    /// The group of each class, 0 for neither, for measures that need groups.
    public var groups: [Int32]

    public init(
        _ measures: [NeuronMeasure], function: EntropyFunction, alphabet: Alphabet = .full, groups: [Int32] = []
    ) {
        self.measures = measures
        self.function = function
        self.alphabet = alphabet
        self.groups = groups
    }

    /// The index of a measure of this name, which is added if it was not asked for.
    public mutating func index(adding name: String) -> Int {
        if let index = measures.firstIndex(where: { $0.isNamed(name) }) { return index }
        measures += NeuronMeasure.all.filter { $0.isNamed(name) }
        return measures.count - 1
    }

    func layer(quantizer: Quantizer, classes: SampleClasses) throws(InfoLensError) -> LayerSummary {
        var layer = try LayerSummary(
            function: function, alphabet: alphabet, levels: quantizer.levels, total: classes.total,
            classSamples: classes.samples)
        layer.groups = groups
        if measures.contains(where: \.adjustsForChance) {
            layer.expected = try ExpectedMutualInformation(samples: classes.total)
        }
        return layer
    }
}

/// The measures of the neurons of one layer.
public struct LayerMeasures: Sendable {
    /// For each measure values in the order [neuron][column] (`perNeuron`) or [neuron][class].
    public let values: [AlignedBuffer]
    /// What is undefined in the row of each neuron; neurons that are missing have nothing.
    public var warnings: [Int: NeuronWarning] = [:]
}

/// Evaluates measures for each neuron of a layer.
///
/// - Parameters:
///   - classes: of the labels
///   - condition: pairs of label and condition, for measures that need them
/// - Throws: as `forEachQuantizedNeuron`
public func evaluate(
    _ request: MeasureRequest, of matrix: any ActivationMatrix, quantizer: Quantizer, classes: SampleClasses,
    condition: JointClasses? = nil, run: Run
) throws(InfoLensError) -> LayerMeasures {
    try checkWidth(of: matrix, run: run)
    let writer = try MeasureWriter(request.measures, neurons: matrix.neurons, classes: classes.count)
    let conditional = request.measures.indices.filter { request.measures[$0].needs.contains(.condition) }
    let sampled = request.measures.indices.filter { request.measures[$0].isOfSamples }
    let others = request.measures.indices.filter { !conditional.contains($0) && !sampled.contains($0) }
    if !others.isEmpty {
        var layer = try request.layer(quantizer: quantizer, classes: classes)
        if others.contains(where: { request.measures[$0].needs.contains(.activations) }) {
            layer.activations = (
                try columnMeans(of: matrix, classes: classes, run: run), try columnExtrema(of: matrix, run: run).low
            )
        }
        let summary = layer
        try forEachQuantizedNeuron(of: matrix, quantizer: quantizer, classes: classes, run: run) { neuron, table in
            writer.write(others, of: NeuronSummary(neuron: neuron, table: table, layer: summary))
        }
    }
    if !conditional.isEmpty, let condition {
        var layer = try request.layer(quantizer: quantizer, classes: condition.classes)
        layer.conditions = condition.pairs
        let summary = layer
        try forEachQuantizedNeuron(
            of: matrix, quantizer: quantizer, classes: condition.classes, run: run
        ) { neuron, table in
            writer.write(conditional, of: NeuronSummary(neuron: neuron, table: table, layer: summary))
        }
    }
    if !sampled.isEmpty {
        try forEachNeuronCopula(of: matrix, classes: classes, unit: request.function.unit, run: run) { copula in
            writer.write(sampled, of: copula)
        }
    }
    return writer.result
}

extension Accumulator {
    /// Evaluates measures, none of which may need activations or a condition, for each layer: the same bits as
    /// from all of the data at once. Classes are in ascending order, as `orderedClasses` has them.
    /// - Throws: `argument` while fitting and before the first piece; `memory`, `cancelled`
    public func evaluate(_ request: MeasureRequest, run: Run) throws(InfoLensError) -> [LayerMeasures] {
        try requireCounts()
        guard case .counting(let layers) = phase else { return [] }
        let order = classOrder
        let classes = SampleClasses(counts: order.map { classSamples[$0] })
        let all = Array(request.measures.indices)
        var results: [LayerMeasures] = []
        for layer in layers {
            run.enter(stage: "neuron measures: \(layer.name)")
            let writer = try MeasureWriter(request.measures, neurons: layer.neurons, classes: classes.count)
            let summary = try request.layer(quantizer: quantizer, classes: classes)
            try layer.forEachTable(classes: classes, order: order, run: run) { neuron, table in
                writer.write(all, of: NeuronSummary(neuron: neuron, table: table, layer: summary))
            }
            results.append(writer.result)
        }
        return results
    }

    private var classOrder: [Int] { classes.indices.sorted { classes[$0] < classes[$1] } }

    /// The classes in ascending order, with their samples.
    public var orderedClasses: [(key: ClassKey, samples: Int)] { classOrder.map { (classes[$0], classSamples[$0]) } }
}

/// Where the values of the neurons of a layer go, written by several threads.
private final class MeasureWriter: Sendable {
    private let measures: [NeuronMeasure]
    private let widths: [Int]
    private let values: [AlignedBuffer]
    private let warnings = Mutex<[Int: NeuronWarning]>([:])

    init(_ measures: [NeuronMeasure], neurons: Int, classes: Int) throws(InfoLensError) {
        self.measures = measures
        widths = measures.map { $0.rows == .perNeuron ? $0.columns.count : classes }
        var values: [AlignedBuffer] = []
        for width in widths {
            let (count, overflow) = neurons.multipliedReportingOverflow(by: width)
            guard !overflow else { throw InfoLensError(.memory, "out of memory: the table has too many rows") }
            values.append(try AlignedBuffer(count: count, of: Double.self))
        }
        self.values = values
    }

    /// Evaluates the measures at these indices, which are of levels.
    func write(_ indices: [Int], of summary: NeuronSummary) {
        var summary = summary
        for index in indices {
            guard case .levels(let evaluate) = measures[index].evaluation else { continue }
            evaluate(&summary, row(index, summary.neuron))
        }
        warn(summary.neuron, summary.warning)
    }

    /// Evaluates the measures at these indices, which are of samples.
    func write(_ indices: [Int], of copula: NeuronCopula) {
        var copula = copula
        for index in indices {
            guard case .samples(let evaluate) = measures[index].evaluation else { continue }
            evaluate(&copula, row(index, copula.neuron))
        }
        warn(copula.neuron, copula.warning)
    }

    private func row(_ index: Int, _ neuron: Int) -> UnsafeMutablePointer<Double> {
        values[index].values(of: Double.self) + neuron * widths[index]
    }

    private func warn(_ neuron: Int, _ warning: NeuronWarning) {
        if !warning.isEmpty { warnings.withLock { $0[neuron, default: NeuronWarning()].add(warning) } }
    }

    var result: LayerMeasures { LayerMeasures(values: values, warnings: warnings.withLock { $0 }) }
}

/// Units of work that `evaluate` reports for one layer; at most Int.max.
public func workUnits(
    of matrix: any ActivationMatrix, quantizer: Quantizer, measures: [NeuronMeasure]
) -> Int {
    let conditional = measures.contains { $0.needs.contains(.condition) } ? 1 : 0
    let sampled = measures.contains(where: \.isOfSamples) ? 1 : 0
    let levels = measures.filter { !$0.needs.contains(.condition) && !$0.isOfSamples }
    let readings = levels.contains { $0.needs.contains(.activations) } ? 2 : 0
    let runs = conditional + (levels.isEmpty ? 0 : 1)
    return saturatingProduct(matrix.samples, matrix.neurons, runs * passes(of: quantizer) + readings + sampled)
}
