// SPDX-License-Identifier: Apache-2.0
import Ablation
import Activations
import CInfoLens
import Kernels
import Tables

extension Source {
    /// The data of a network's layers in a dump: inputs, logits, activations and labels.
    static func make(
        from dump: any DumpContents, for network: Network, labels path: String?, missing: MissingLabels, memory: Int
    ) throws(InfoLensError) -> Source {
        let samples = try LabelledSamples(labels: dump.labels(path: path), condition: nil, missing: missing)
        var contents = Contents(labels: samples.labels)
        contents.labelCandidates = dump.labelCandidates
        let entries = dump.entries
        func add(_ name: String, from layer: String) throws(InfoLensError) {
            let matrix = try dump.matrix(layer: layer, as: MatrixForm(.flatten), memory: memory)
            try contents.add(
                Layer(matrix: RenamedMatrix(samples.samples(of: matrix), name: name), plan: matrix.plan))
        }
        for role in ["inputs", "logits"] {
            guard let entry = entries.first(where: { $0.role == role }) else { continue }
            try add(role, from: entry.path)
        }
        let names = network.kind.layers.map(\.name)
        for name in names {
            guard let entry = entries.first(where: { $0.role == "layer" && isSameText($0.name, name) }),
                // A last layer may be named as what it gives.
                !contents.layers.contains(where: { isSameText($0.matrix.name, name) })
            else { continue }
            try add(name, from: entry.name)
        }
        let found = contents.layers.map(\.matrix.name)
        if case .dense = network.kind, let first = names.first, !found.contains("inputs"),
            !found.contains(where: { isSameText($0, first) })
        {
            throw InfoLensError(
                .notFound,
                """
                dump: it has neither inputs nor the activations of the network's first layer, "\(first)"; ablation \
                needs one of them: record /inputs [N, \u{2026}] or /layers/\(first)/activations [N, neurons]
                """
            )
        }
        return Source(reduction: .flatten, contents: contents)
    }

    /// Some samples of this source, copied.
    func selecting(_ rows: [Int], memory: Int) throws(InfoLensError) -> Source {
        let contents = contents
        var selected = Contents()
        selected.labels = try contents.labels.map { (labels) throws(InfoLensError) in
            try labels.selecting(rows: rows)
        }
        selected.condition = try contents.condition.map { (labels) throws(InfoLensError) in
            try labels.selecting(rows: rows)
        }
        var left = memory
        for layer in contents.layers {
            let matrix = try selectRows(of: layer.matrix, rows: rows, memory: left)
            left -= saturatingProduct(rows.count, matrix.neurons, matrix.element.size)
            try selected.add(Layer(matrix: matrix, plan: layer.plan))
        }
        return Source(reduction: .none, contents: selected)
    }
}

/// A matrix under another name.
private struct RenamedMatrix: ActivationMatrix {
    let name: String
    private let matrix: any ActivationMatrix

    init(_ matrix: any ActivationMatrix, name: String) {
        self.matrix = matrix
        self.name = name
    }

    var samples: Int { matrix.samples }
    var neurons: Int { matrix.neurons }
    var element: Element { matrix.element }
    var preferredRows: Int? { matrix.preferredRows }
    var rereadingIsCheap: Bool { matrix.rereadingIsCheap }

    func scratchBytes(rows: Int) -> Int { matrix.scratchBytes(rows: rows) }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        try matrix.read(rows: rows, scratch: scratch)
    }
}

@c @implementation
public func il_source_for_network(
    _ context: OpaquePointer!, _ dump: OpaquePointer!, _ network: OpaquePointer!,
    _ options: UnsafePointer<il_source_options>!, _ source: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let dump = try Handles.object(dump, Dump.self, argument: "dump")
        let network = try Handles.object(network, Network.self, argument: "network")
        let output = try required(source, "source")
        let (values, form, missing) = try Source.options(options)
        guard values.layers == nil, values.condition == nil else {
            throw InfoLensError(
                .argument, "options: layers and condition are those of the network; leave them NULL")
        }
        switch form.reduction {
        case .none, .flatten: break
        default:
            throw InfoLensError(
                .argument,
                "options.reduction: inputs of a dense network are flattened; give IL_REDUCE_NONE or IL_REDUCE_FLATTEN")
        }
        let labels = try values.labels.map { (path) throws(InfoLensError) in try requiredText(path, "options.labels") }
        let source = try context.wait(stage: "looking at layers") { () throws(InfoLensError) in
            try Source.make(
                from: dump.contents, for: network, labels: labels, missing: missing, memory: context.memory)
        }
        output.pointee = Handles.insert(source)
    }
}

@c @implementation
public func il_source_select(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ rows: UnsafePointer<Int64>!, _ count: Int64,
    _ selected: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let source = try Handles.object(source, Source.self, argument: "source")
        let output = try required(selected, "selected")
        guard let rows, (0..<Int64(UInt32.max)).contains(count) else {
            throw InfoLensError(
                .argument, "rows: is NULL, or count (\(count)) is out of range; pass the numbers of two rows or more")
        }
        let list = UnsafeBufferPointer(start: rows, count: Int(count)).map { Int(truncatingIfNeeded: $0) }
        output.pointee = Handles.insert(try source.selecting(list, memory: context.memory))
    }
}
