// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// What a measure call was asked for, checked.
private struct MeasureRequest {
    let context: Context
    let contents: Source.Contents
    let unit: Logarithm
    let quantizer: Quantizer
    let measures: [NeuronMeasure]

    init(
        context: OpaquePointer?, source: OpaquePointer?, options pointer: UnsafePointer<il_measure_options>?,
        rows: NeuronMeasure.Rows
    ) throws(InfoLensError) {
        let context = try Handles.object(context, Context.self, argument: "context")
        contents = try Handles.object(source, Source.self, argument: "source").contents
        let options = try optionsOrDefaults(
            pointer, defaults: MeasureRequest.defaults, argument: "options", initializer: "il_measure_options_init()")
        unit = try choice(
            options.unit, of: [(Int(IL_UNIT_DEFAULT), context.unit), (Int(IL_BITS), .bits), (Int(IL_NATS), .nats)],
            argument: "options.unit", names: "IL_UNIT_DEFAULT, IL_BITS or IL_NATS")
        quantizer = try Quantizer.make(options.quantizer)
        let names = try textList(
            options.measures, count: options.measure_count, argument: "measures",
            countArgument: "options.measure_count")
        measures = try MeasureRequest.measures(named: names, rows: rows)
        self.context = context
        guard !contents.layers.isEmpty else {
            throw InfoLensError(.shape, "source: it has no layers; add them with il_source_add_layer()")
        }
        if contents.labels == nil, let measure = measures.first(where: \.needsLabels) {
            throw InfoLensError(
                .notFound,
                "labels: \(measure.name) needs them and there are none; give labels, or ask for \"entropy\" alone"
            )
        }
    }

    static var defaults: il_measure_options {
        var options = il_measure_options()
        options.struct_size = UInt32(MemoryLayout<il_measure_options>.size)
        return options
    }

    /// Measures in registry order, each once.
    private static func measures(
        named names: [String]?, rows: NeuronMeasure.Rows
    ) throws(InfoLensError) -> [NeuronMeasure] {
        let possible = NeuronMeasure.all.filter { $0.rows == rows }
        guard let names else { return possible.filter(\.byDefault) }
        for (index, name) in names.enumerated() where !possible.contains(where: { "\($0.name)" == name }) {
            let list = possible.map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw InfoLensError(
                .notFound, "measures[\(index)]: there is no measure \"\(name)\" here; choose from \(list)")
        }
        return possible.filter { names.contains("\($0.name)") }
    }

    var classes: SampleClasses {
        if let labels = contents.labels { return SampleClasses(codes: labels.codes, samples: labels.counts) }
        return SampleClasses(unlabelled: contents.samples ?? 0)
    }

    /// Values of each measure for each layer: [layer][measure].
    func evaluate() throws(InfoLensError) -> [[AlignedBuffer]] {
        var total = 0
        for layer in contents.layers {
            let (sum, overflow) = total.addingReportingOverflow(workUnits(of: layer.matrix, quantizer: quantizer))
            total = overflow ? Int.max : sum
        }
        return try context.run(total: total) { (run) throws(InfoLensError) in
            var results: [[AlignedBuffer]] = []
            for layer in contents.layers {
                run.enter(stage: "neuron measures: \(layer.matrix.name)")
                results.append(
                    try InformationTheory.evaluate(
                        measures, of: layer.matrix, quantizer: quantizer, classes: classes, unit: unit, run: run))
            }
            return results
        }
    }

    var metadata: [(key: String, value: String)] {
        [
            ("measure", measures.map { "\($0.name)" }.joined(separator: ", ")), ("estimator", "plug-in"),
            ("quantizer", "\(quantizer)"), ("unit", unit.name), ("samples", "\(contents.samples ?? 0)"),
            ("classes", "\(contents.labels?.counts.count ?? 0)"), ("seed", "\(context.seed)"),
            ("version", "\(libraryVersion)"),
        ]
    }
}

/// Builds columns row by row over all layers, in memory that the table then owns.
private struct ColumnBuilder {
    let layers: [Source.Layer]
    /// Rows for each neuron.
    let rowsPerNeuron: Int
    let rows: Int

    init(layers: [Source.Layer], rowsPerNeuron: Int) throws(InfoLensError) {
        self.layers = layers
        self.rowsPerNeuron = rowsPerNeuron
        var rows = 0
        for layer in layers {
            let (part, tooMany) = layer.matrix.neurons.multipliedReportingOverflow(by: rowsPerNeuron)
            let (sum, overflow) = rows.addingReportingOverflow(part)
            guard !tooMany, !overflow else {
                throw InfoLensError(.memory, "out of memory: the table has too many rows")
            }
            rows = sum
        }
        self.rows = rows
    }

    /// - Parameter value: the value of (layer, row of that layer)
    private func fill<Value: BitwiseCopyable & Sendable>(
        _ value: (_ layer: Int, _ row: Int) -> Value
    ) throws(InfoLensError) -> ColumnMemory<Value> {
        let buffer = try AlignedBuffer(count: rows, of: Value.self)
        let values = buffer.values(of: Value.self)
        var next = 0
        for (layer, entry) in layers.enumerated() {
            for row in 0..<entry.matrix.neurons * rowsPerNeuron {
                values[next] = value(layer, row)
                next += 1
            }
        }
        return ColumnMemory(UnsafeBufferPointer(start: values, count: rows), owner: buffer)
    }

    func keys() throws(InfoLensError) -> [Column] {
        let layerCodes = try fill { layer, _ in Int32(clamping: layer) }
        let neurons = try fill { _, row in Int64(row / rowsPerNeuron) }
        return [
            Column(
                "layer", description: "the layer's name",
                values: .strings(codes: layerCodes, names: layers.map(\.matrix.name), count: rows)),
            Column("neuron", description: "index of the neuron in its layer", values: .integers(neurons, count: rows)),
        ]
    }

    func doubles(
        _ name: String, unit: String, description: String, _ value: (_ layer: Int, _ row: Int) -> Double
    ) throws(InfoLensError) -> Column {
        Column(name, unit: unit, description: description, values: .doubles(try fill(value), count: rows))
    }

    func classes(
        _ name: String, description: String, classes: ClassNames, _ index: (_ layer: Int, _ row: Int) -> Int
    ) throws(InfoLensError) -> Column {
        let indices = try fill { layer, row in Int32(clamping: index(layer, row)) }
        return try classColumn(name, description: description, indices: indices, count: rows, classes: classes)
    }
}

private func neuronTable(_ request: MeasureRequest) throws(InfoLensError) -> Table {
    let results = try request.evaluate()
    let builder = try ColumnBuilder(layers: request.contents.layers, rowsPerNeuron: 1)
    var columns = try builder.keys()
    for (index, measure) in request.measures.enumerated() {
        let width = measure.columns.count
        for (position, column) in measure.columns.enumerated() {
            func value(layer: Int, row: Int) -> Double {
                results[layer][index].values(of: Double.self)[row * width + position]
            }
            let (name, description) = ("\(column.name)", "\(column.description)")
            switch column.content {
            case .information:
                columns.append(
                    try builder.doubles(name, unit: request.unit.name, description: description, value))
            case .classIndex:
                guard let labels = request.contents.labels else { continue }
                columns.append(
                    try builder.classes(name, description: description, classes: labels.classes) {
                        Int(value(layer: $0, row: $1))
                    })
            }
        }
    }
    return Table(columns: columns, metadata: request.metadata)
}

private func classTable(_ request: MeasureRequest) throws(InfoLensError) -> Table {
    guard let labels = request.contents.labels else {
        throw InfoLensError(.notFound, "labels: measures of classes need them and there are none; give labels")
    }
    let classCount = labels.counts.count
    let results = try request.evaluate()
    let builder = try ColumnBuilder(layers: request.contents.layers, rowsPerNeuron: classCount)
    var columns = try builder.keys()
    columns.append(
        try builder.classes("class", description: "the class's label", classes: labels.classes) { $1 % classCount })
    let probabilities = labels.counts.map { Double($0) / Double(labels.codes.count) }
    columns.append(
        try builder.doubles("class_probability", unit: "1", description: "p(y), share of the samples") {
            probabilities[$1 % classCount]
        })
    for (index, measure) in request.measures.enumerated() {
        for column in measure.columns {
            columns.append(
                try builder.doubles("\(column.name)", unit: request.unit.name, description: "\(column.description)") {
                    results[$0][index].values(of: Double.self)[$1]
                })
        }
    }
    return Table(columns: columns, metadata: request.metadata)
}

@c @implementation
public func il_measure_options_init(_ options: UnsafeMutablePointer<il_measure_options>!) -> il_status {
    guarded { () throws(InfoLensError) in try required(options, "options").pointee = MeasureRequest.defaults }
}

@c @implementation
public func il_neuron_measures(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(table, "table")
        let request = try MeasureRequest(context: context, source: source, options: options, rows: .perNeuron)
        output.pointee = Handles.insert(TableHandle(try neuronTable(request)))
    }
}

@c @implementation
public func il_class_measures(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(table, "table")
        let request = try MeasureRequest(context: context, source: source, options: options, rows: .perNeuronClass)
        output.pointee = Handles.insert(TableHandle(try classTable(request)))
    }
}

@c @implementation
public func il_measure_count() -> Int64 { Int64(NeuronMeasure.all.count) }

@c @implementation
public func il_measure_at(_ index: Int64, _ info: UnsafeMutablePointer<il_measure_info>!) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(info, "info")
        try checkStructSize(
            UnsafePointer(output), argument: "info", initializer: "info.struct_size = sizeof(il_measure_info)")
        let measure = try entry(NeuronMeasure.all, at: index, of: "measures")
        output.pointee.rows = Int32(measure.rows == .perNeuron ? IL_PER_NEURON : IL_PER_NEURON_CLASS)
        output.pointee.needs_labels = measure.needsLabels ? 1 : 0
        output.pointee.by_default = measure.byDefault ? 1 : 0
        output.pointee.name = cText(measure.name)
        output.pointee.columns = cText(measure.columnNames)
        output.pointee.unit = cText(measure.unit)
        output.pointee.description = cText(measure.description)
        output.pointee.reference = cText(measure.reference)
    }
}
