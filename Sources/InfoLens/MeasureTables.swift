// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// Builds the tables of measures: rows of all layers in memory that the table then owns.
struct MeasureTable {
    private let call: MeasureCall
    private let population: Population
    private let results: [LayerMeasures]
    /// Rows for each neuron.
    private let rowsPerNeuron: Int
    private let rows: Int

    init(_ call: MeasureCall, _ population: Population, _ results: [LayerMeasures]) throws(InfoLensError) {
        self.call = call
        self.population = population
        self.results = results
        rowsPerNeuron = call.rows == .perNeuron ? 1 : population.classSamples.count
        var rows = 0
        for layer in population.layers {
            let (part, tooMany) = layer.neurons.multipliedReportingOverflow(by: rowsPerNeuron)
            let (sum, overflow) = rows.addingReportingOverflow(part)
            guard !tooMany, !overflow else {
                throw InfoLensError(.memory, "out of memory: the table has too many rows")
            }
            rows = sum
        }
        self.rows = rows
    }

    /// A column of numbers that no measure gives, for each layer.
    typealias Further = (name: String, unit: String, description: String, values: [[Double]])

    /// - Parameter further: columns after those of the measures
    func table(further: [Further] = []) throws(InfoLensError) -> Table {
        if call.refusesUndefined { try refuseUndefined() }
        var columns = try keys()
        if call.rows == .perNeuronClass, let classes = population.classes {
            let count = rowsPerNeuron
            columns.append(
                try classColumn("class", description: "the class's label", classes) { $1 % count })
            columns.append(
                try doubles("class_probability", unit: "1", description: "p(y), share of the samples") {
                    Double(population.classSamples[$1 % count]) / Double(population.samples)
                })
        }
        for (index, measure) in call.request.measures.enumerated() {
            for position in measure.columns.indices {
                columns.append(try column(of: measure, index: index, position: position))
            }
        }
        for column in further {
            columns.append(
                try doubles(column.name, unit: column.unit, description: column.description) { column.values[$0][$1] })
        }
        if call.canBeUndefined { columns.append(try warnings()) }
        return Table(columns: columns, metadata: metadata)
    }

    private var metadata: [(key: String, value: String)] {
        call.metadata + [
            ("samples", "\(population.samples)"), ("classes", "\(population.classSamples.count)"),
            ("seed", "\(call.context.seed)"), ("version", "\(libraryVersion)"),
        ]
    }

    // MARK: - Columns

    /// - Parameter value: the value of (layer, row of that layer)
    private func fill<Value: BitwiseCopyable & Sendable>(
        _ value: (_ layer: Int, _ row: Int) -> Value
    ) throws(InfoLensError) -> ColumnMemory<Value> {
        try columnMemory(rows) { values in
            var next = 0
            for (index, layer) in population.layers.enumerated() {
                for row in 0..<layer.neurons * rowsPerNeuron {
                    values[next] = value(index, row)
                    next += 1
                }
            }
        }
    }

    private func keys() throws(InfoLensError) -> [Column] {
        let layerCodes = try fill { layer, _ in Int32(clamping: layer) }
        let neurons = try fill { _, row in Int64(row / rowsPerNeuron) }
        return [
            Column(
                "layer", description: "the layer's name",
                values: .strings(codes: layerCodes, names: population.layers.map(\.name), count: rows)),
            Column("neuron", description: "index of the neuron in its layer", values: .integers(neurons, count: rows)),
        ]
    }

    private func doubles(
        _ name: String, unit: String, description: String, _ value: (_ layer: Int, _ row: Int) -> Double
    ) throws(InfoLensError) -> Column {
        Column(name, unit: unit, description: description, values: .doubles(try fill(value), count: rows))
    }

    private func classColumn(
        _ name: String, description: String, _ classes: ClassNames, _ index: (_ layer: Int, _ row: Int) -> Int
    ) throws(InfoLensError) -> Column {
        let indices = try fill { layer, row in Int32(clamping: index(layer, row)) }
        return try InfoLens.classColumn(
            name, description: description, indices: indices, count: rows, classes: classes)
    }

    private func column(of measure: NeuronMeasure, index: Int, position: Int) throws(InfoLensError) -> Column {
        let column = measure.columns[position]
        let width = measure.rows == .perNeuron ? measure.columns.count : 1
        func value(layer: Int, row: Int) -> Double {
            results[layer].values[index].values(of: Double.self)[row * width + position]
        }
        let (name, description) = ("\(column.name)", "\(column.description)")
        if column.content == .classIndex, let classes = population.classes {
            return try classColumn(name, description: description, classes) { Int(value(layer: $0, row: $1)) }
        }
        let unit = column.content == .information ? call.request.function.unit.name : "1"
        return try doubles(name, unit: unit, description: description, value)
    }

    // MARK: - Warnings

    private func warnings() throws(InfoLensError) -> Column {
        var codes: [NeuronWarning: Int32] = [NeuronWarning(): 0]
        var names = [""]
        for layer in results {
            // In a fixed order, so that the codes do not depend on threads.
            for (_, warning) in layer.warnings.sorted(by: { $0.key < $1.key }) where codes[warning] == nil {
                codes[warning] = Int32(clamping: names.count)
                names.append(text(warning))
            }
        }
        let noSamples = Int32(clamping: names.count)
        if call.rows == .perNeuronClass { names.append("no sample is of this class") }
        let values = try fill { layer, row -> Int32 in
            let (neuron, c) = row.quotientAndRemainder(dividingBy: rowsPerNeuron)
            if call.rows == .perNeuronClass {
                if population.classSamples[c] == 0 { return noSamples }
                guard hasUndefined(layer: layer, row: row) else { return 0 }
            }
            return results[layer].warnings[neuron].flatMap { codes[$0] } ?? 0
        }
        return Column(
            "warning", description: "why a value of the row is NaN, or empty",
            values: .strings(codes: values, names: names, count: rows))
    }

    /// Whether a value of a row of classes is NaN.
    private func hasUndefined(layer: Int, row: Int) -> Bool {
        results[layer].values.contains { $0.values(of: Double.self)[row].isNaN }
    }

    private func refuseUndefined() throws(InfoLensError) {
        for (layer, result) in zip(population.layers, results) {
            guard let (neuron, warning) = result.warnings.min(by: { $0.key < $1.key }) else { continue }
            throw InfoLensError(
                .numeric,
                """
                neuron \(neuron) of layer "\(layer.name)": \(text(warning)); \
                \(warning.undefined.isEmpty ? "do without it" : "choose another estimator or coarser levels"), \
                or allow NaN
                """)
        }
    }

    private func text(_ warning: NeuronWarning) -> String {
        var parts: [String] = []
        for histogram in warning.undefined {
            let place =
                switch histogram {
                case .all: "all samples"
                case .class(let c): "the samples of class \(population.className(c))"
                case .condition: "the samples of some value of the condition"
                case .labels: "the labels"
                case .permutation: "some permutation of the labels"
                case .resample: "some resample"
                }
            let estimator = call.request.function.estimator
            parts.append("\(estimator.rawValue) is undefined for \(place): \(estimator.undefinedWhen)")
        }
        if warning.isNegative { parts.append("class_selectivity needs activations that are not negative") }
        if let silent = warning.silentClass {
            parts.append(
                """
                gcmi_model is undefined where a class does not vary, as class \(population.className(silent)): \
                gcmi_mixture has an answer
                """)
        }
        if warning.isUncorrected {
            parts.append("bca needs resamples on both sides of the estimate, and an estimate without each sample")
        }
        return parts.joined(separator: "; ")
    }
}
