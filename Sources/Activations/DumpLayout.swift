// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What each dataset of a file is taken for, and why.
///
/// The native layout is recognised by its paths alone. A file without it may be
/// flat: float datasets in the root whose axis 0 is as long as the labels.
struct DumpLayout: Sendable {
    /// A layer and where its activations are.
    struct Layer: Sendable {
        let name: String
        let path: BytePath
    }

    let entries: [DumpEntry]
    let layers: [Layer]
    let labels: BytePath?
    /// Layers with weights in native layout, in the order of layers.
    let weights: [WeightPlace]
    /// What a file of Keras' holds, unless there are weights in native layout.
    let keras: KerasNetwork?
    /// Paths whose bytes are not those of their text.
    private let unusualPaths: [String: BytePath]

    /// A dataset with its role so far.
    private struct Item {
        let found: FoundDataset
        var place: NativePlace
        var index: Int64?
        var note = ""
    }

    /// - Parameters:
    ///   - keras: layers with weights as Keras stores them
    ///   - index: the `index` attribute of the object at a path, if it has one
    init(_ walk: FileWalk, keras: KerasNetwork?, index: (BytePath) -> Int64?) {
        var items = walk.datasets.map { found in
            Item(found: found, place: NativePlace(path: found.path) ?? NativePlace(role: .other))
        }
        if !items.contains(where: { $0.place.role == .layer }) { Self.classifyFlat(&items) }
        Self.explainNative(&items)
        self.keras = items.contains { $0.place.role == .weight } ? nil : keras
        if let keras = self.keras { Self.mark(keras.layers, in: &items) }
        Self.arrange(&items, index: index)

        weights = self.keras == nil ? NativeNetwork.places(items.map { ($0.found, $0.place) }) : []
        labels = items.first { $0.place.role == .labels }?.found.path
        layers = items.filter { $0.place.role == .layer }.map { Layer(name: $0.place.layer, path: $0.found.path) }
        var entries = items.map(Self.entry)
        if !walk.isComplete, var last = entries.popLast() {
            let note =
                "the listing ends at depth \(FileWalk.maximumDepth) or \(FileWalk.maximumObjects) objects; what is "
                + "beyond can be named by its path"
            last.note = last.note.isEmpty ? note : "\(last.note); \(note)"
            entries.append(last)
        }
        self.entries = entries
        unusualPaths = Dictionary(
            items.map(\.found.path).filter { BytePath($0.text) != $0 }.map { ($0.text, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The path that a listing shows as `text`, if that is not what its bytes say.
    func path(listedAs text: String) -> BytePath? { unusualPaths[text] }

    private static func explainNative(_ items: inout [Item]) {
        for position in items.indices where items[position].place.role != .other && items[position].note.isEmpty {
            items[position].note = "native layout"
        }
    }

    // MARK: Keras

    /// Gives kernels and biases of dense layers their roles, and layers the order of the network.
    private static func mark(_ layers: [WeightPlace], in items: inout [Item]) {
        let positions = Dictionary(
            items.enumerated().map { ($1.found.path, $0) }, uniquingKeysWith: { first, _ in first })
        for (index, layer) in layers.enumerated() {
            for (found, role) in [(layer.weight, DatasetRole.weight), (layer.bias, .bias)] {
                guard let found, let position = positions[found.path] else { continue }
                if let obstacle = layer.obstacle {
                    items[position].note = "Keras layer '\(layer.name)': \(obstacle)"
                } else {
                    items[position].place = NativePlace(role: role, layer: layer.name)
                    items[position].index = Int64(index)
                    items[position].note = "Keras layout"
                }
            }
        }
    }

    // MARK: Flat files

    /// Names under which labels are looked for in the root of a flat file, best first.
    private static let labelNames = ["labels", "label", "targets", "target", "y", "class_labels", "classes"]

    private static func classifyFlat(_ items: inout [Item]) {
        for position in items.indices where items[position].place.layer.isEmpty {
            items[position].place = NativePlace(role: .other)
        }
        let root = items.indices.filter { items[$0].found.path.components.count == 1 }
        let names = items.map { String($0.found.path.text.dropFirst()) }

        var labels: Int?
        for wanted in labelNames where labels == nil {
            labels = root.first { names[$0].lowercased() == wanted && canBeLabels(items[$0].found.facts) }
        }
        if labels == nil {
            // "labels_onehot", "target_ids", …: taken if there is only one.
            let similar = root.filter { position in
                let name = names[position].lowercased()
                return (name.hasPrefix("label") || name.hasPrefix("target")) && canBeLabels(items[position].found.facts)
            }
            labels = similar.count == 1 ? similar[0] : nil
        }
        if let labels {
            items[labels].place.role = .labels
            items[labels].note = "flat file: labels by name"
        }
        let samples = labels.flatMap { items[$0].found.facts }.flatMap(labelCount)
        let candidates = root.filter { $0 != labels && isFloatMatrix(items[$0].found.facts) }
        let lengths = Set(candidates.compactMap { items[$0].found.facts?.shape[0] })
        for position in candidates {
            guard let shape = items[position].found.facts?.shape else { continue }
            switch names[position] {
            case "inputs": items[position].place.role = .inputs
            case "logits": items[position].place.role = .logits
            default: break
            }
            guard items[position].place.role == .other else {
                items[position].note = "flat file: by name"
                continue
            }
            if let samples {
                if shape[0] == samples {
                    items[position].place = NativePlace(role: .layer, layer: names[position])
                    items[position].note = "flat file: floats, axis 0 as long as the labels"
                } else {
                    let hint = shape[1] == samples ? "; axis 1 does: transposed?" : ""
                    items[position].note = "no layer: axis 0 does not match the \(samples) labels\(hint)"
                }
            } else if lengths.count == 1 {
                items[position].place = NativePlace(role: .layer, layer: names[position])
                items[position].note = "flat file without labels: floats of rank \(shape.count)"
            } else {
                items[position].note = "no layer: without labels, datasets of different lengths must be named by path"
            }
        }
    }

    private static func canBeLabels(_ facts: DatasetFacts?) -> Bool {
        guard let facts, (1...2).contains(facts.shape.count) else { return false }
        if case .other = facts.type { return false }
        return true
    }

    private static func labelCount(_ facts: DatasetFacts) -> Int? {
        facts.shape.count == 2 && facts.shape[0] == 1 ? facts.shape[1] : facts.shape.first
    }

    private static func isFloatMatrix(_ facts: DatasetFacts?) -> Bool {
        guard let facts else { return false }
        return facts.shape.count >= 2 && facts.type.isFloat
    }

    // MARK: Order and text

    /// Labels, inputs and logits; then layer by layer, in the order of `index` and then by
    /// name, those of epochs after the others; then everything else by path.
    private static func arrange(_ items: inout [Item], index: (BytePath) -> Int64?) {
        // Names are told apart by their bytes: to Swift, composed and decomposed letters are equal.
        var indices: [[UInt8]: Int64] = [:]
        for item in items where !item.place.layer.isEmpty {
            let layer = Array(item.place.layer.utf8)
            // What was recorded of a layer may have the attribute instead of its group.
            indices[layer] =
                indices[layer] ?? item.index ?? index(item.found.path.directory)
                ?? (item.place.role == .layer ? index(item.found.path) : nil)
        }
        for position in items.indices { items[position].index = indices[Array(items[position].place.layer.utf8)] }
        items.sort { a, b in
            let (x, y) = (section(a), section(b))
            if x != y { return x < y }
            let (m, n) = (a.place.epoch ?? "", b.place.epoch ?? "")
            if !isSameText(m, n) { return naturallyPrecedes(m, n) }
            if !isSameText(a.place.layer, b.place.layer) {
                let (i, j) = (a.index ?? .max, b.index ?? .max)
                return i != j ? i < j : naturallyPrecedes(a.place.layer, b.place.layer)
            }
            if a.place.role != b.place.role { return a.place.role.order < b.place.role.order }
            return a.found.path.bytes.lexicographicallyPrecedes(b.found.path.bytes)
        }
    }

    private static func section(_ item: Item) -> Int {
        switch item.place.role {
        case .labels, .inputs, .logits: 0
        case .other: 3
        default: item.place.epoch == nil ? 1 : 2
        }
    }

    private static func entry(_ item: Item) -> DumpEntry {
        var entry = DumpEntry(
            role: item.place.role.rawValue, name: item.place.layer, path: item.found.path.text, shape: [], dtype: "",
            samples: 0, neurons: 0, storage: "", note: item.note)
        guard let facts = item.found.facts else {
            entry.note = "cannot be used: \(item.found.problem ?? "unknown")"
            return entry
        }
        entry.shape = facts.shape
        entry.dtype = facts.type.name
        entry.samples = facts.isNull ? 0 : facts.shape.first ?? 1
        entry.neurons = facts.shape.count < 2 ? 0 : checkedProduct(facts.shape.dropFirst()) ?? 0
        entry.storage = facts.storage
        let problem = item.place.role == .layer ? layerProblem(facts) : nil
        entry.note = [item.note, problem].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "; ")
        return entry
    }

    /// What will have to be said about a layer before it can be read.
    private static func layerProblem(_ facts: DatasetFacts) -> String? {
        if facts.type.encoding == nil { return "cannot be used: elements of type \(facts.type.name)" }
        if facts.count == 0 { return "cannot be used: empty" }
        if facts.storedBytes == 0 && facts.layout != .virtual && facts.externalFiles == 0 {
            return "cannot be used: its data was never written"
        }
        if facts.shape.isEmpty { return "cannot be used: a scalar" }
        if facts.shape.count > 2 { return "rank \(facts.shape.count): needs a reduction (mean, max or flatten)" }
        return nil
    }
}
