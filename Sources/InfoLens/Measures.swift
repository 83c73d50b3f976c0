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
    try call.check(population, hasCondition: contents.condition != nil, hasActivations: true)
    return try call.table(contents, population)
}

extension MeasureCall {
    func table(_ contents: Source.Contents, _ population: Population) throws(InfoLensError) -> Table {
        let classes = contents.sampleClasses
        var condition: JointClasses?
        if request.measures.contains(where: { $0.needs.contains(.condition) }), let values = contents.condition {
            condition = try JointClasses(
                labels: classes, condition: SampleClasses(codes: values.codes, samples: values.counts))
        }
        var evaluated = request
        let tested = tests ? evaluated.index(adding: "mutual_information") : 0
        let total = contents.layers.map { workUnits(of: $0.matrix, measures: evaluated.measures) }.saturatingSum()
        let (results, further) = try context.run(total: total) { (run) throws(InfoLensError) in
            let matrices = contents.layers.map(\.matrix)
            // What is tested afterwards is read again then; otherwise each layer has the memory to itself.
            return try run.keepingRows(of: matrices, passes: tests ? 3 : 1) { (matrices) throws(InfoLensError) in
                var results: [LayerMeasures] = []
                for matrix in matrices {
                    run.enter(stage: "neuron measures: \(matrix.name)")
                    results.append(
                        try run.keepingRows(of: matrix, passes: passes(evaluated.measures)) {
                            (matrix) throws(InfoLensError) in
                            try evaluate(
                                evaluated, of: matrix, quantizer: quantizer, classes: classes, condition: condition,
                                run: run)
                        })
                }
                let further = try test(matrices, measure: tested, results: &results, classes: classes, run: run)
                return (results, further)
            }
        }
        return try MeasureTable(self, population, results).table(further: further)
    }

    /// Whether mutual information is to be tested, whether it was asked for or not.
    private var tests: Bool { permutations > 0 || bootstrap > 0 }

    /// How often evaluating measures goes over a layer's rows.
    private func passes(_ measures: [NeuronMeasure]) -> Int {
        let further = measures.contains { $0.isOfSamples || !$0.needs.isDisjoint(with: [.activations, .condition]) }
        return quantizer.passes + (further ? 1 : 0)
    }

    private func workUnits(of matrix: any ActivationMatrix, measures: [NeuronMeasure]) -> Int {
        var units = [InformationTheory.workUnits(of: matrix, quantizer: quantizer, measures: measures)]
        if permutations > 0 {
            units.append(permutationWorkUnits(of: matrix, quantizer: quantizer, permutations: permutations))
        }
        if bootstrap > 0 {
            units.append(bootstrapWorkUnits(of: matrix, quantizer: quantizer, replicates: bootstrap))
        }
        return units.saturatingSum()
    }

    /// The columns of permutations and bootstrap.
    /// - Parameter measure: index of mutual information among the results
    private func test(
        _ matrices: [any ActivationMatrix], measure: Int, results: inout [LayerMeasures], classes: SampleClasses,
        run: Run
    ) throws(InfoLensError) -> [MeasureTable.Further] {
        guard tests else { return [] }
        let observed = zip(matrices, results).map { matrix, result in
            Array(UnsafeBufferPointer(start: result.values[measure].values(of: Double.self), count: matrix.neurons))
        }
        let unit = request.function.unit.name
        var columns: [MeasureTable.Further] = []
        if permutations > 0 {
            var nulls: [PermutationNull] = []
            for (matrix, values) in zip(matrices, observed) {
                run.enter(stage: "permutations: \(matrix.name)")
                nulls.append(
                    try request.permutations(
                        permutations, of: matrix, quantizer: quantizer, classes: classes, observed: values,
                        seed: context.seed, run: run))
            }
            for (index, null) in nulls.enumerated() {
                for (neuron, mean) in null.mean.enumerated() where mean.isNaN && !observed[index][neuron].isNaN {
                    results[index].warnings[neuron, default: NeuronWarning()].note(.permutation)
                }
            }
            let found = Significance(observed: observed, nulls: nulls, permutations: permutations)
            columns += [
                ("p_value", "1", "share of label permutations with at least this mutual information", found.pValue),
                ("p_value_family", "1", "the same for the largest of all rows: family-wise", found.familyPValue),
                ("q_value", "1", "least false discovery rate at which the row counts as informative", found.qValue),
                ("null_mean", unit, "mean of mutual information over permutations", found.nullMean),
                ("null_std", unit, "standard deviation of mutual information over permutations", found.nullDeviation),
                ("z_score", "1", "(mutual_information - null_mean) / null_std; NaN if null_std is 0", found.zScore),
            ]
        }
        if bootstrap > 0 {
            var intervals: [[BootstrapInterval]] = []
            for (index, matrix) in matrices.enumerated() {
                run.enter(stage: "bootstrap: \(matrix.name)")
                let found = try request.intervals(
                    bootstrap, confidence: confidence, of: matrix, quantizer: quantizer, classes: classes,
                    seed: context.seed, run: run)
                for (neuron, interval) in found.enumerated() where interval.bca.low.isNaN && !interval.estimate.isNaN {
                    if interval.percentile.low.isNaN {
                        results[index].warnings[neuron, default: NeuronWarning()].note(.resample)
                    } else {
                        results[index].warnings[neuron, default: NeuronWarning()].isUncorrected = true
                    }
                }
                intervals.append(found)
            }
            func column(_ value: (BootstrapInterval) -> Double) -> [[Double]] { intervals.map { $0.map(value) } }
            columns += [
                ("bootstrap_bias", unit, "mean of mutual information over resamples less its value", column(\.bias)),
                ("bootstrap_std", unit, "standard deviation of mutual information over resamples", column(\.deviation)),
                ("percentile_low", unit, "lower percentile of the resamples", column(\.percentile.low)),
                ("percentile_high", unit, "upper percentile of the resamples", column(\.percentile.high)),
                (
                    "bca_low", unit, "lower end corrected for bias and acceleration; NaN if not finite",
                    column(\.bca.low)
                ),
                ("bca_high", unit, "upper end, likewise", column(\.bca.high)),
            ]
        }
        return columns
    }
}

@c @implementation
public func il_measure_options_init(_ options: UnsafeMutablePointer<il_measure_options>!, _ structSize: UInt32)
    -> il_status
{
    guarded { () throws(InfoLensError) in
        try fill(
            options, size: structSize, defaults: MeasureCall.defaults,
            oldest: MemoryLayout<il_measure_options>.offset(of: \.estimator), argument: "options")
    }
}

@c @implementation
public func il_neuron_measures(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in try InfoLens.table(context, source, options, rows: .perNeuron) }
}

@c @implementation
public func il_class_measures(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in try InfoLens.table(context, source, options, rows: .perNeuronClass) }
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
