// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A line of a listing: a dataset, or several that are one layer, and what it is taken for.
struct ListingRow {
    /// The dataset, or the first of several.
    let found: FoundDataset
    var standing: DatasetStanding
    /// The layer's place in the network.
    var index: Int64?
    var note: String
    /// What the row describes, where that is not the dataset as it is.
    var shape: [Int]?
    var dtype: String?

    init(
        _ found: FoundDataset, _ standing: DatasetStanding, index: Int64? = nil, note: String = "",
        shape: [Int]? = nil, dtype: String? = nil
    ) {
        self.found = found
        self.standing = standing
        self.index = index
        self.note = note
        self.shape = shape
        self.dtype = dtype
    }

    var entry: DumpEntry {
        var entry = DumpEntry(
            role: standing.role.rawValue, name: standing.layer, path: found.path.text, shape: [], dtype: "",
            samples: 0, neurons: 0, storage: "", note: note)
        guard let facts = found.facts else {
            entry.note = "cannot be used: \(found.problem ?? "unknown")"
            return entry
        }
        let shape = shape ?? facts.shape
        entry.shape = shape
        entry.dtype = dtype ?? facts.type.name
        entry.samples = facts.isNull ? 0 : shape.first ?? 1
        entry.neurons = shape.count < 2 ? 0 : checkedProduct(shape.dropFirst()) ?? 0
        entry.storage = facts.storage
        let problem = standing.role == .layer ? layerProblem(facts, shape: shape) : nil
        entry.note = [note, problem].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "; ")
        return entry
    }

    /// What will have to be said about a layer before it can be read.
    private func layerProblem(_ facts: DatasetFacts, shape: [Int]) -> String? {
        if facts.type.encoding == nil && dtype == nil { return "cannot be used: elements of type \(facts.type.name)" }
        if facts.count == 0 { return "cannot be used: empty" }
        if facts.storedBytes == 0 && facts.layout != .virtual && facts.externalFiles == 0 {
            return "cannot be used: its data was never written"
        }
        if facts.shape.isEmpty { return "cannot be used: a scalar" }
        guard shape.count > 2 else { return nil }
        let choice = self.shape == nil ? ", or one position k of axis 1, named '\(found.path.text)[:, k]'" : ""
        return "rank \(shape.count): needs a reduction (mean, max or flatten)\(choice)"
    }

    // MARK: Order

    /// Labels, inputs and logits; then layer by layer, in the order of their places and then by name, those of epochs
    /// after the others; then everything else by path.
    static func precedes(_ a: ListingRow, _ b: ListingRow) -> Bool {
        let (x, y) = (a.section, b.section)
        if x != y { return x < y }
        if x != otherSection {
            let (m, n) = (a.standing.epoch ?? "", b.standing.epoch ?? "")
            if !isSameText(m, n) { return naturallyPrecedes(m, n) }
            if !isSameText(a.standing.layer, b.standing.layer) {
                let (i, j) = (a.index ?? .max, b.index ?? .max)
                return i != j ? i < j : naturallyPrecedes(a.standing.layer, b.standing.layer)
            }
            if a.standing.role != b.standing.role { return a.standing.role.order < b.standing.role.order }
        }
        return a.found.path.bytes.lexicographicallyPrecedes(b.found.path.bytes)
    }

    private static let otherSection = 3

    private var section: Int {
        switch standing.role {
        case .labels, .inputs, .logits: 0
        case .other: Self.otherSection
        default: standing.epoch == nil ? 1 : 2
        }
    }
}
