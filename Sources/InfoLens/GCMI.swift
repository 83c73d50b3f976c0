// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels

/// A call for Gaussian-copula information, checked as far as the options alone allow.
private struct CopulaCall {
    let context: Context
    let unit: Logarithm
    let copula: GaussianCopula

    init(_ context: OpaquePointer?, _ pointer: UnsafePointer<il_gcmi_options>?) throws(InfoLensError) {
        self.context = try Handles.object(context, Context.self, argument: "context")
        let options = try optionsOrDefaults(
            pointer, defaults: CopulaCall.defaults, argument: "options", initializer: "il_gcmi_options_init()")
        unit = try self.context.unit(options.unit, argument: "options.unit")
        let isCorrected = try choice(
            options.bias_correction, of: [(0, false), (1, true)], argument: "options.bias_correction", names: "0 or 1")
        copula = GaussianCopula(
            ties: try TieRule.make(options.ties, seed: self.context.seed, argument: "options.ties"),
            isCorrected: isCorrected,
            points: try choice(
                options.sigma_points, of: [(Int(IL_SIGMA_COLUMNS), .columns), (Int(IL_SIGMA_ROWS), .rows)],
                argument: "options.sigma_points", names: "IL_SIGMA_COLUMNS or IL_SIGMA_ROWS"))
        guard options.reserved == 0 else {
            throw InfoLensError(.argument, "options.reserved: is \(options.reserved); leave it 0")
        }
    }

    static var defaults: il_gcmi_options {
        var options = il_gcmi_options()
        options.struct_size = UInt32(MemoryLayout<il_gcmi_options>.size)
        options.bias_correction = 1
        return options
    }

    /// Runs a computation of information in nats.
    func run<Result>(
        _ stage: String, work: Int, checking columns: JoinedColumns, _ body: (Run) throws(InfoLensError) -> Result
    ) throws(InfoLensError) -> Result {
        try context.run(total: work) { (run) throws(InfoLensError) in
            run.enter(stage: stage)
            try checkWidth(of: columns, run: run)
            return try body(run)
        }
    }
}

/// The variable behind an argument.
private func variable(
    _ array: UnsafePointer<il_array>?, _ argument: String
) throws(InfoLensError) -> JoinedColumns.Part {
    let array = try stridedArray(array, argument: argument)
    guard (1...2).contains(array.shape.count) else {
        throw InfoLensError(
            .shape, "\(argument): has \(array.shape.count) axes; give [N], one column, or [N, d]")
    }
    let matrix = try ArrayMatrix(name: argument, array: array, reduction: .none)
    guard matrix.samples > 1, matrix.samples <= Int(UInt32.max) else {
        throw InfoLensError(
            .shape,
            """
            \(argument): \(matrix.samples == 1 ? "there is one sample" : "there are \(matrix.samples) samples"), along \
            axis 0; give 2 to \(UInt32.max)
            """)
    }
    return JoinedColumns.Part(argument, matrix)
}

/// The labels behind an argument, one for each sample of `x`.
private func labels(
    _ array: UnsafePointer<il_array>?, _ argument: String, of x: JoinedColumns.Part
) throws(InfoLensError) -> GaussianCopula.Labels {
    let labels = try Labels(array: try stridedArray(array, argument: argument), classNames: nil)
    try checkSamples(labels.count, of: argument, like: x)
    let classes = labels.classes
    return GaussianCopula.Labels(
        argument: argument, classes: SampleClasses(codes: labels.codes, samples: labels.counts)
    ) { classes.name(at: $0) }
}

private func checkSamples(_ count: Int, of argument: String, like x: JoinedColumns.Part) throws(InfoLensError) {
    guard count != x.matrix.samples else { return }
    throw InfoLensError(
        .shape,
        """
        \(argument): there are \(count) samples, but \(x.matrix.samples) of \(x.argument); give both of the same samples, \
        along axis 0
        """)
}

// MARK: - Entry points

@c @implementation
public func il_gcmi_options_init(_ options: UnsafeMutablePointer<il_gcmi_options>!, _ structSize: UInt32) -> il_status {
    guarded { () throws(InfoLensError) in
        try fill(options, size: structSize, defaults: CopulaCall.defaults, argument: "options")
    }
}

@c @implementation
public func il_gcmi(
    _ context: OpaquePointer!, _ x: UnsafePointer<il_array>!, _ y: UnsafePointer<il_array>!,
    _ condition: UnsafePointer<il_array>!, _ conditionLabels: UnsafePointer<il_array>!,
    _ options: UnsafePointer<il_gcmi_options>!, _ information: UnsafeMutablePointer<Double>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let call = try CopulaCall(context, options)
        let output = try required(information, "information")
        guard condition == nil || conditionLabels == nil else {
            throw InfoLensError(
                .argument, "condition: is given beside condition_labels; give one of them, and NULL for the other")
        }
        let (x, y) = (try variable(x, "x"), try variable(y, "y"))
        try checkSamples(y.matrix.samples, of: "y", like: x)
        var all = [x, y]
        var z: JoinedColumns.Part?
        if let condition {
            let part = try variable(condition, "condition")
            try checkSamples(part.matrix.samples, of: "condition", like: x)
            all.append(part)
            z = part
        }
        let within = try conditionLabels.map { (array) throws(InfoLensError) in
            try labels(array, "condition_labels", of: x)
        }
        let columns = try JoinedColumns(all)
        let work = call.copula.workUnits(of: columns)
        let nats = try call.run("Gaussian-copula information", work: work, checking: columns) {
            (run) throws(InfoLensError) in
            if let within { return try call.copula.information(x, y, within: within, run: run) }
            return try call.copula.information(x, y, given: z, run: run)
        }
        output.pointee = call.unit.fromNats(nats)
    }
}

@c @implementation
public func il_gcmi_model(
    _ context: OpaquePointer!, _ x: UnsafePointer<il_array>!, _ labels: UnsafePointer<il_array>!,
    _ options: UnsafePointer<il_gcmi_options>!, _ information: UnsafeMutablePointer<Double>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let call = try CopulaCall(context, options)
        let output = try required(information, "information")
        let x = try variable(x, "x")
        let labels = try InfoLens.labels(labels, "labels", of: x)
        let columns = try JoinedColumns([x])
        let work = call.copula.workUnits(of: columns)
        let nats = try call.run("Gaussian-copula model", work: work, checking: columns) { (run) throws(InfoLensError) in
            try call.copula.model(columns, labels, run: run)
        }
        output.pointee = call.unit.fromNats(nats)
    }
}

@c @implementation
public func il_gcmi_mixture(
    _ context: OpaquePointer!, _ x: UnsafePointer<il_array>!, _ labels: UnsafePointer<il_array>!,
    _ options: UnsafePointer<il_gcmi_options>!, _ information: UnsafeMutablePointer<Double>!,
    _ tied: UnsafeMutablePointer<Double>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let call = try CopulaCall(context, options)
        let output = try required(information, "information")
        let x = try variable(x, "x")
        let labels = try InfoLens.labels(labels, "labels", of: x)
        let columns = try JoinedColumns([x])
        let work = call.copula.workUnits(ofMixture: columns)
        let result = try call.run("Gaussian-copula mixture", work: work, checking: columns) {
            (run) throws(InfoLensError) in
            try call.copula.mixture(columns, labels, run: run)
        }
        output.pointee = call.unit.fromNats(result.nats)
        tied?.pointee = result.tied
    }
}
