// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import Glibc
import InformationTheory
import Kernels
import Tables

/// The table of a source's measures.
private func table(
    _ context: OpaquePointer?, _ source: OpaquePointer?, _ options: UnsafePointer<il_measure_options>?,
    rows: NeuronMeasure.Rows
) throws(InfoLensError) -> Table {
    let context = try Handles.object(context, Context.self, argument: "context")
    let contents = try Handles.object(source, Source.self, argument: "source").contents
    let call = try MeasureCall(context: context, options: options, rows: rows)
    let population = try Population(contents)
    if rows == .perNeuronClass, population.classes == nil {
        throw InfoLensError(.notFound, "labels: measures of classes need them and there are none; give labels")
    }
    try call.check(population, hasCondition: contents.condition != nil, hasActivations: true)
    return try call.table(contents, population)
}

extension MeasureCall {
    fileprivate func table(_ contents: Source.Contents, _ population: Population) throws(InfoLensError) -> Table {
        let classes = contents.sampleClasses
        var condition: JointClasses?
        if request.measures.contains(where: { $0.needs.contains(.condition) }), let values = contents.condition {
            condition = try JointClasses(
                labels: classes, condition: SampleClasses(codes: values.codes, samples: values.counts))
        }
        var total = 0
        for layer in contents.layers {
            let units = workUnits(of: layer.matrix, quantizer: quantizer, measures: request.measures)
            let (sum, overflow) = total.addingReportingOverflow(units)
            total = overflow ? Int.max : sum
        }
        let results = try context.run(total: total) { (run) throws(InfoLensError) in
            var results: [LayerMeasures] = []
            for layer in contents.layers {
                run.enter(stage: "neuron measures: \(layer.matrix.name)")
                results.append(
                    try evaluate(
                        request, of: layer.matrix, quantizer: quantizer, classes: classes, condition: condition,
                        run: run))
            }
            return results
        }
        return try MeasureTable(self, population, results).table()
    }
}

@c @implementation
public func il_measure_options_init(_ options: UnsafeMutablePointer<il_measure_options>!) -> il_status {
    guarded { () throws(InfoLensError) in try required(options, "options").pointee = MeasureCall.defaults }
}

@c @implementation
public func il_neuron_measures(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(table, "table")
        output.pointee = Handles.insert(
            TableHandle(try InfoLens.table(context, source, options, rows: .perNeuron)))
    }
}

@c @implementation
public func il_class_measures(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(table, "table")
        output.pointee = Handles.insert(
            TableHandle(try InfoLens.table(context, source, options, rows: .perNeuronClass)))
    }
}

/// The columns of each measure, joined once for the life of the process.
private struct MeasureColumns: @unchecked Sendable {
    let texts = NeuronMeasure.all.map { measure in
        UnsafePointer(strdup(measure.columns.map { "\($0.name)" }.joined(separator: ",")))
    }
}

private let measureColumns = MeasureColumns()

@c @implementation
public func il_measure_count() -> Int64 { Int64(NeuronMeasure.all.count) }

@c @implementation
public func il_measure_at(_ index: Int64, _ info: UnsafeMutablePointer<il_measure_info>!) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(info, "info")
        let needsOffset = MemoryLayout<il_measure_info>.offset(of: \.needs)
        let size = try structSize(
            UnsafePointer(output), oldest: needsOffset, argument: "info",
            initializer: "info.struct_size = sizeof(il_measure_info)")
        let measure = try entry(NeuronMeasure.all, at: index, of: "measures")
        output.pointee.rows = Int32(measure.rows == .perNeuron ? IL_PER_NEURON : IL_PER_NEURON_CLASS)
        output.pointee.needs_labels = measure.needs.contains(.labels) ? 1 : 0
        output.pointee.by_default = measure.byDefault ? 1 : 0
        output.pointee.name = cText(measure.name)
        output.pointee.columns = measureColumns.texts[Int(index)]
        output.pointee.unit = cText(measure.unit)
        output.pointee.description = cText(measure.description)
        output.pointee.reference = cText(measure.reference)
        // An older header's struct ends before it.
        if let needsOffset, size > needsOffset { output.pointee.needs = cText(measure.needs.text) }
    }
}
