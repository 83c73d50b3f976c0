// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import Kernels
import Synchronization
import Tables

/// Layers with their samples' labels, behind `il_source`.
final class Source: HandleObject, Sendable {
    static let typeName: StaticString = "il_source"
    static let origin: StaticString = "il_source_from_dump() or il_source_new()"

    struct Layer: Sendable {
        let matrix: any ActivationMatrix
        let plan: ReadingPlan
    }

    struct Contents: Sendable {
        var layers: [Layer] = []
        var labels: Labels?
        /// What could be the labels, if there are none.
        var labelCandidates: [String] = []
        /// The condition Z of conditional mutual information, a value a sample.
        var condition: Labels?

        /// N, once it is known.
        var samples: Int? { layers.first?.matrix.samples ?? labels?.codes.count ?? condition?.codes.count }

        /// The classes of the labels; one class without.
        var sampleClasses: SampleClasses {
            if let labels { return SampleClasses(codes: labels.codes, samples: labels.counts) }
            return SampleClasses(unlabelled: samples ?? 0)
        }
    }

    private let reduction: Reduction
    private let state: Mutex<Contents>

    /// What the source holds now; later changes do not touch a call that is running.
    var contents: Contents { state.withLock { $0 } }

    init(reduction: Reduction, contents: Contents = Contents()) {
        self.reduction = reduction
        state = Mutex(contents)
    }

    /// Layers of a dump with its labels; without any for an empty `path`.
    static func make(
        from dump: any DumpContents, layers names: [String]?, labels path: String?, condition: String?,
        form: MatrixForm, missing: MissingLabels, memory: Int
    ) throws(InfoLensError) -> Source {
        let samples = try LabelledSamples(
            labels: path == "" ? nil : dump.labels(path: path),
            condition: condition.flatMap { (path) throws(InfoLensError) in try dump.labels(path: path) },
            missing: missing)
        var contents = Contents(labels: samples.labels, condition: samples.condition)
        contents.labelCandidates = dump.labelCandidates
        let names = names ?? dump.layerNames
        guard !names.isEmpty else { throw noLayer(in: dump) }
        for name in names {
            let matrix = try dump.matrix(layer: name, as: form, memory: memory)
            try contents.add(Layer(matrix: samples.samples(of: matrix), plan: matrix.plan))
        }
        return Source(reduction: form.reduction, contents: contents)
    }

    /// What to say of a file in which nothing looks like a layer: what it holds instead.
    private static func noLayer(in dump: any DumpContents) -> InfoLensError {
        let others = dump.entries.filter { $0.role != "labels" }
        var list = others.prefix(4).map { entry in
            let shape = entry.shape.isEmpty ? "one" : entry.shape.map { "\($0)" }.joined(separator: " × ")
            let about = entry.note.isEmpty ? "\(shape) \(entry.dtype)" : entry.note
            return "\"\(entry.path)\" (\(about))"
        }
        if others.count > list.count { list.append("\(others.count - list.count) more") }
        let contents = list.isEmpty ? "no dataset beside labels" : list.joined(separator: ", ")
        return InfoLensError(
            .notFound,
            """
            dump: no layer was found in the file, which holds \(contents); if some of these are layers, name them \
            as layers
            """
        )
    }

    func addLayer(_ array: StridedArray, name: String) throws(InfoLensError) {
        let matrix = try ArrayMatrix(name: name, array: array, reduction: reduction)
        try change { (contents) throws(InfoLensError) in
            try contents.add(Layer(matrix: matrix, plan: matrix.plan))
        }
    }

    func setLabels(_ labels: Labels) throws(InfoLensError) {
        try change { (contents) throws(InfoLensError) in
            if let layer = contents.layers.first { try checkLength(of: layer.matrix, against: labels, "labels") }
            contents.labels = labels
        }
    }

    func setCondition(_ condition: Labels) throws(InfoLensError) {
        try change { (contents) throws(InfoLensError) in
            if let layer = contents.layers.first { try checkLength(of: layer.matrix, against: condition, "condition") }
            contents.condition = condition
        }
    }

    private func change(_ body: (inout Contents) throws(InfoLensError) -> Void) throws(InfoLensError) {
        var failure: InfoLensError?
        state.withLock { contents in
            do throws(InfoLensError) { try body(&contents) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

extension Source.Contents {
    mutating func add(_ layer: Source.Layer) throws(InfoLensError) {
        let matrix = layer.matrix
        if layers.contains(where: { isSameText($0.matrix.name, matrix.name) }) {
            throw InfoLensError(
                .argument, "layers: there are two layers named \"\(matrix.name)\"; give each its own name")
        }
        guard matrix.samples <= Int(UInt32.max) else {
            throw InfoLensError(
                .shape, "activations: layer \"\(matrix.name)\" has \(matrix.samples) samples; the most is \(UInt32.max)"
            )
        }
        if let first = layers.first?.matrix, first.samples != matrix.samples {
            throw InfoLensError(
                .shape,
                """
                activations: layer "\(matrix.name)" has \(matrix.samples) samples, but layer "\(first.name)" has \
                \(first.samples); all layers of a source must be of the same samples
                """
            )
        }
        if let labels { try checkLength(of: matrix, against: labels, "labels") }
        if let condition { try checkLength(of: matrix, against: condition, "condition") }
        layers.append(layer)
    }
}

private func checkLength(
    of matrix: any ActivationMatrix, against labels: Labels, _ argument: StaticString
) throws(InfoLensError) {
    let count = labels.codes.count
    guard count != matrix.samples else { return }
    let hint = count == matrix.neurons ? " (its other axis has \(count): transposed?)" : ""
    throw InfoLensError(
        .shape,
        """
        \(argument): there are \(count), but layer "\(matrix.name)" has \(matrix.samples) samples\(hint); give one \
        a sample, along axis 0
        """
    )
}

/// Memory of a column, which `fill` writes.
func columnMemory<Value: BitwiseCopyable & Sendable>(
    _ count: Int, _ fill: (UnsafeMutablePointer<Value>) -> Void
) throws(InfoLensError) -> ColumnMemory<Value> {
    let buffer = try AlignedBuffer(count: count, of: Value.self)
    let values = buffer.values(of: Value.self)
    fill(values)
    return ColumnMemory(UnsafeBufferPointer(start: values, count: count), owner: buffer)
}

/// A column of classes, given by their indices, as the labels name them.
func classColumn(
    _ name: String, description: String, indices: ColumnMemory<Int32>, count: Int, classes: ClassNames
) throws(InfoLensError) -> Column {
    switch classes {
    case .strings(let names):
        return Column(name, description: description, values: .strings(codes: indices, names: names, count: count))
    case .integers(let integers):
        let memory = try columnMemory(count) { values in
            for row in 0..<count { values[row] = integers[Int(indices.values[row])] }
        }
        return Column(name, description: description, values: .integers(memory, count: count))
    }
}

/// The classes, one row each.
func classColumns(_ classes: ClassNames, samples: [Int], total: Int) throws(InfoLensError) -> [Column] {
    let indices = ColumnMemory(samples.indices.map { Int32(clamping: $0) })
    return [
        try classColumn(
            "class", description: "the class's label", indices: indices, count: samples.count, classes: classes),
        Column("samples", description: "number of samples", integers: samples.map { Int64($0) }),
        Column(
            "probability", unit: "1", description: "share of the samples",
            doubles: samples.map { Double($0) / Double(total) }),
    ]
}

// MARK: - Options

extension Source {
    static var defaultOptions: il_source_options {
        var options = il_source_options()
        options.struct_size = UInt32(MemoryLayout<il_source_options>.size)
        options.channel_axis = 1
        return options
    }

    static func options(
        _ pointer: UnsafePointer<il_source_options>?
    ) throws(InfoLensError) -> (values: il_source_options, form: MatrixForm, missing: MissingLabels) {
        let options = try optionsOrDefaults(
            pointer, defaults: defaultOptions, oldest: MemoryLayout<il_source_options>.offset(of: \.condition),
            argument: "options", initializer: "il_source_options_init()")
        guard options.reserved == 0 else {
            throw InfoLensError(.argument, "options.reserved: is \(options.reserved); leave it 0")
        }
        let axis = Int(options.channel_axis)
        guard axis != 0, abs(axis) < Int(IL_MAX_RANK) else {
            throw InfoLensError(
                .argument,
                """
                options.channel_axis: is \(axis); give 1 for channels first (NCHW), -1 for channels last (NHWC), \
                never 0, which counts samples
                """
            )
        }
        let reduction: Reduction = try choice(
            options.reduction,
            of: [
                (Int(IL_REDUCE_NONE), .none), (Int(IL_REDUCE_MEAN), .mean(channelAxis: axis)),
                (Int(IL_REDUCE_MAX), .max(channelAxis: axis)), (Int(IL_REDUCE_FLATTEN), .flatten),
            ], argument: "options.reduction",
            names: "IL_REDUCE_NONE, IL_REDUCE_MEAN, IL_REDUCE_MAX or IL_REDUCE_FLATTEN")
        let samplesAreLast = try choice(
            options.sample_axis, of: [(0, false), (-1, true)], argument: "options.sample_axis",
            names: "0 for the axis that the layout says, or -1 for the last")
        let missing: MissingLabels = try choice(
            options.missing_labels,
            of: [
                (Int(IL_MISSING_REFUSE), .refuse), (Int(IL_MISSING_EXCLUDE), .exclude),
                (Int(IL_MISSING_CLASS), .ownClass),
            ], argument: "options.missing_labels", names: "IL_MISSING_REFUSE, IL_MISSING_EXCLUDE or IL_MISSING_CLASS")
        return (options, MatrixForm(reduction, samplesAreLast: samplesAreLast), missing)
    }
}

/// A C list of texts, or nil for a NULL list.
func textList(
    _ list: UnsafePointer<UnsafePointer<CChar>?>?, count: Int64, argument: StaticString, countArgument: StaticString
) throws(InfoLensError) -> [String]? {
    guard let list else {
        guard count == 0 else {
            throw InfoLensError(.argument, "\(argument): is NULL, but \(countArgument) is \(count); pass the list or 0")
        }
        return nil
    }
    guard count > 0, count < Int32.max else {
        throw InfoLensError(.argument, "\(countArgument): is \(count); give the length of \(argument), at least 1")
    }
    var texts: [String] = []
    for index in 0..<Int(count) { texts.append(try requiredText(list[index], "\(argument)[\(index)]")) }
    return texts
}

func stridedArray(
    _ array: UnsafePointer<il_array>?, argument: String
) throws(InfoLensError) -> StridedArray {
    guard let array = array?.pointee else {
        throw InfoLensError(.argument, "\(argument): is NULL; pass an il_array")
    }
    guard (0...Int32(IL_MAX_RANK)).contains(array.ndim) else {
        throw InfoLensError(.shape, "\(argument): ndim is \(array.ndim); give 0 to \(IL_MAX_RANK)")
    }
    guard array.ndim == 0 || array.shape != nil else {
        throw InfoLensError(.argument, "\(argument): shape is NULL; pass \(array.ndim) lengths")
    }
    let shape = Array(UnsafeBufferPointer(start: array.shape, count: Int(array.ndim)))
    let strides = array.strides.map { Array(UnsafeBufferPointer(start: $0, count: Int(array.ndim))) }
    return try StridedArray(
        data: array.data, dtype: array.dtype, shape: shape, strides: strides, argument: argument)
}

// MARK: - Entry points

@c @implementation
public func il_source_options_init(_ options: UnsafeMutablePointer<il_source_options>!, _ structSize: UInt32)
    -> il_status
{
    guarded { () throws(InfoLensError) in
        try fill(
            options, size: structSize, defaults: Source.defaultOptions,
            oldest: MemoryLayout<il_source_options>.offset(of: \.condition), argument: "options")
    }
}

@c @implementation
public func il_source_from_dump(
    _ context: OpaquePointer!, _ dump: OpaquePointer!, _ options: UnsafePointer<il_source_options>!,
    _ source: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let dump = try Handles.object(dump, Dump.self, argument: "dump")
        let output = try required(source, "source")
        let (options, form, missing) = try Source.options(options)
        let layers = try textList(
            options.layers, count: options.layer_count, argument: "layers", countArgument: "options.layer_count"
        )
        let labels = try options.labels.map { (path) throws(InfoLensError) in try requiredText(path, "options.labels") }
        let condition = try options.condition.map { (path) throws(InfoLensError) in
            try requiredText(path, "options.condition")
        }
        let source = try context.wait(stage: "looking at layers") { () throws(InfoLensError) in
            try Source.make(
                from: dump.contents, layers: layers, labels: labels, condition: condition, form: form,
                missing: missing, memory: context.memory)
        }
        output.pointee = Handles.insert(source)
    }
}

@c @implementation
public func il_source_new(
    _ context: OpaquePointer!, _ options: UnsafePointer<il_source_options>!,
    _ source: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let output = try required(source, "source")
        let (options, form, missing) = try Source.options(options)
        guard options.layers == nil, options.labels == nil, options.condition == nil else {
            throw InfoLensError(
                .argument,
                """
                options: layers, labels and condition name datasets of a dump; leave them NULL and use \
                il_source_add_layer(), il_source_set_labels() and il_source_set_condition()
                """
            )
        }
        guard !form.samplesAreLast, missing == .refuse else {
            throw InfoLensError(
                .argument,
                """
                options: sample_axis and missing_labels are for dumps; leave them 0, and give arrays by other strides \
                or without the samples that have no label
                """
            )
        }
        output.pointee = Handles.insert(Source(reduction: form.reduction))
    }
}

@c @implementation
public func il_source_add_layer(
    _ source: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ activations: UnsafePointer<il_array>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let source = try Handles.object(source, Source.self, argument: "source")
        let name = try requiredText(name, "name")
        try source.addLayer(try stridedArray(activations, argument: "activations \"\(name)\""), name: name)
    }
}

@c @implementation
public func il_source_set_labels(
    _ source: OpaquePointer!, _ labels: UnsafePointer<il_array>!, _ classNames: UnsafePointer<UnsafePointer<CChar>?>!,
    _ classCount: Int64
) -> il_status {
    guarded { () throws(InfoLensError) in
        let source = try Handles.object(source, Source.self, argument: "source")
        let names = try textList(
            classNames, count: classCount, argument: "class_names", countArgument: "class_count")
        try source.setLabels(try Labels(array: try stridedArray(labels, argument: "labels"), classNames: names))
    }
}

@c @implementation
public func il_source_set_condition(
    _ source: OpaquePointer!, _ condition: UnsafePointer<il_array>!,
    _ classNames: UnsafePointer<UnsafePointer<CChar>?>!, _ classCount: Int64
) -> il_status {
    guarded { () throws(InfoLensError) in
        let source = try Handles.object(source, Source.self, argument: "source")
        let names = try textList(
            classNames, count: classCount, argument: "class_names", countArgument: "class_count")
        let array = try stridedArray(condition, argument: "condition")
        try source.setCondition(try Labels(array: array, classNames: names))
    }
}

@c @implementation
public func il_source_layers(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let layers = try Handles.object(source, Source.self, argument: "source").contents.layers
        let columns = [
            Column("layer", description: "the layer's name", texts: layers.map(\.matrix.name)),
            Column("samples", description: "number of samples", integers: layers.map { Int64($0.matrix.samples) }),
            Column("neurons", description: "number of neurons", integers: layers.map { Int64($0.matrix.neurons) }),
            Column("dtype", description: "type of an element as stored", texts: layers.map(\.plan.dtype)),
        ]
        try required(table, "table").pointee = Handles.insert(TableHandle(Table(columns: columns)))
    }
}

@c @implementation
public func il_source_classes(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let source = try Handles.object(source, Source.self, argument: "source")
        guard let labels = source.contents.labels else {
            throw noLabels("classes are those of labels", candidates: source.contents.labelCandidates)
        }
        let columns = try classColumns(labels.classes, samples: labels.counts, total: labels.codes.count)
        try required(table, "table").pointee = Handles.insert(TableHandle(Table(columns: columns)))
    }
}

@c @implementation
public func il_source_free(_ source: OpaquePointer!) { Handles.remove(source, Source.self) }
