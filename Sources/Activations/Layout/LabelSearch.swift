// SPDX-License-Identifier: Apache-2.0

/// Something that could be the labels.
struct LabelCandidate {
    /// How a caller names it.
    let name: String
    let place: LabelPlace
    /// Number of labels.
    let count: Int
    let label: LabelName
    /// How many groups it lies in.
    let depth: Int
    var shape: [Int]?
    var dtype: String?

    init(
        name: String, place: LabelPlace, count: Int, label: LabelName, depth: Int = 0, shape: [Int]? = nil,
        dtype: String? = nil
    ) {
        self.name = name
        self.place = place
        self.count = count
        self.label = label
        self.depth = depth
        self.shape = shape
        self.dtype = dtype
    }

    /// A dataset of a form that labels can have: integers, bool or strings [N], [N, 1] or [1, N], and, under the name
    /// of labels, floats or rows [N, C].
    init?(_ dataset: ListedDataset) {
        guard let facts = dataset.facts, (1...2).contains(facts.shape.count), !facts.shape.contains(0) else {
            return nil
        }
        let label = dataset.label
        let isDiscrete = dataset.isInteger || dataset.isText
        guard isDiscrete || dataset.isFloat, !label.isOther else { return nil }
        if !(isDiscrete && dataset.isVector) {
            guard label.isUsualOrSimilar else { return nil }
        }
        self.init(
            name: dataset.path.text, place: .dataset(dataset.path),
            count: facts.shape.count == 2 && facts.shape[0] == 1 ? facts.shape[1] : facts.shape[0],
            label: label, depth: dataset.names.count - 1)
    }

    /// A field of a table: one integer or text a row.
    static func fields(of dataset: ListedDataset, _ fields: [StoredField]) -> [LabelCandidate] {
        guard dataset.shape.count == 1 else { return [] }
        return fields.compactMap { field in
            let label = LabelName(field.name)
            guard field.shape.allSatisfy({ $0 == 1 }), !label.isOther else { return nil }
            switch field.type {
            case .other: return nil
            case .numeric, .converted, .string: if field.type.isFloat && !label.isUsualOrSimilar { return nil }
            }
            return LabelCandidate(
                name: "\(dataset.path.text)[\(field.name)]", place: .field(dataset.path, field.name),
                count: dataset.shape.first ?? 0, label: label, depth: dataset.names.count, dtype: field.type.name)
        }
    }
}

/// Which of several candidates are the labels.
enum LabelSearch {
    /// Datasets that could be labels of layers of these lengths.
    static func candidates(in datasets: [ListedDataset], lengths: Set<Int>) -> [LabelCandidate] {
        datasets.compactMap { LabelCandidate($0) }.filter { lengths.contains($0.count) }
    }

    /// The names of candidates, the likeliest first.
    static func listed(_ candidates: [LabelCandidate]) -> [String] {
        candidates.sorted { a, b in
            let (i, j) = (a.label.likelihood, b.label.likelihood)
            return i != j ? i < j : naturallyPrecedes(a.name, b.name)
        }.map(\.name)
    }

    struct Choice {
        let candidate: LabelCandidate
        let reason: String
    }

    /// The labels if they can be told: by a usual name, the best and the least deep, failing that the only one of a
    /// similar name, failing that the only one that is no number of the sample.
    static func choose(_ candidates: [LabelCandidate]) -> Choice? {
        if let best = candidates.compactMap(\.label.rank).min() {
            let named = candidates.filter { $0.label.rank == best }
            let depth = named.map(\.depth).min()
            let nearest = named.filter { $0.depth == depth }
            return nearest.count == 1 ? Choice(candidate: nearest[0], reason: "labels by name") : nil
        }
        let similar = candidates.filter { $0.label.isSimilar }
        if !similar.isEmpty {
            return similar.count == 1 ? Choice(candidate: similar[0], reason: "labels by name") : nil
        }
        let others = candidates.filter { !$0.label.isIdentifier }
        guard others.count == 1 else { return nil }
        return Choice(
            candidate: others[0], reason: "labels: the only integers or strings as long as the layers")
    }

    /// The labels among those that are as long as one of the layers; failing that, those of a usual name, so that
    /// the difference can be told.
    static func choose(_ candidates: [LabelCandidate], lengths: Set<Int>) -> Choice? {
        let fitting = candidates.filter { lengths.contains($0.count) }
        if !fitting.isEmpty { return choose(fitting) }
        return choose(candidates.filter { $0.label.isUsualOrSimilar })
    }
}

extension LabelCandidate {
    /// What a dataset has that could be labels: itself, or fields of it.
    static func all(in dataset: ListedDataset, _ contents: FileContents) -> [LabelCandidate] {
        if dataset.isCompound { return fields(of: dataset, contents.fields(of: dataset)) }
        return LabelCandidate(dataset).map { [$0] } ?? []
    }
}

extension Recognition.Labels {
    /// - Parameter layout: the layout's name, for the note
    init(_ choice: LabelSearch.Choice, of layout: String? = nil) {
        let candidate = choice.candidate
        var note = layout.map { "\($0): \(choice.reason)" } ?? choice.reason
        // What is no dataset of its own, or is called otherwise.
        if candidate.name != candidate.place.path?.text { note += ", '\(candidate.name)'" }
        self.init(place: candidate.place, note: note, shape: candidate.shape, dtype: candidate.dtype)
    }
}
