// SPDX-License-Identifier: Apache-2.0

/// A group a sample, or a group a batch: `sample_<i>/hidden_states` with `sample_<i>/label`, `batch_<i>/fc1` with
/// `batch_<i>/labels`. Datasets of one name in all groups are a layer together.
enum SampleGroupsLayout: Layout {
    private static let sampleWords: Set = [
        "sample", "image", "img", "trial", "example", "item", "instance", "stimulus", "stim", "sequence", "seq",
        "prompt", "text", "sentence", "document", "doc", "frame",
    ]
    private static let batchWords: Set = ["batch", "minibatch", "chunk", "part", "shard"]

    static func recognise(_ contents: FileContents) -> Recognition? {
        let families = NumberedFamily.find(in: contents.datasets, position: position)
        // With several kinds of groups it is not told what belongs together.
        guard let first = families.first,
            families.allSatisfy({ $0.prefix == first.prefix && $0.word == first.word }),
            let numbers = families.map(\.numbers).max(by: { $0.count < $1.count }), numbers.count > 1
        else { return nil }
        let groups = Groups(families: families, numbers: numbers, contents: contents)
        // Numbers alone may count anything.
        guard !groups.layers.isEmpty, !first.word.isEmpty || groups.areCertain else { return nil }
        return groups.recognition
    }

    /// The first component with a number that counts samples or batches, or a number alone in the root.
    private static func position(_ dataset: ListedDataset) -> Int? {
        dataset.names.indices.dropLast().first { index in
            guard let name = NumberedName(dataset.names[index]) else { return false }
            if name.word.isEmpty { return index == 0 }
            return sampleWords.contains(name.word) || batchWords.contains(name.word)
        }
    }

    /// What lies in groups that are alike.
    private struct Groups {
        /// Floats.
        let layers: [NumberedFamily]
        /// With the number of labels of each group.
        let labels: [(family: NumberedFamily, counts: [Int])]
        let numbers: [String]
        let contents: FileContents
        private let word: String
        /// Whether a group has one label, and is one sample therefore.
        private let haveOneLabel: Bool

        init(families: [NumberedFamily], numbers: [String], contents: FileContents) {
            self.numbers = numbers
            self.contents = contents
            word = families.first?.word ?? ""
            layers = families.filter { family in
                family.datasets[0].shape.count >= 1 && contents.place(of: family.datasets[0]) != nil
                    && !family.datasets[0].label.isOfLabels
            }
            labels = families.compactMap { family in
                let dataset = family.datasets[0]
                let isNamed = family.datasets[0].label.isUsualOrSimilar
                let isScalar =
                    dataset.shape.isEmpty && (dataset.isInteger || dataset.isText || (isNamed && dataset.isFloat))
                guard family.numbers == numbers, isScalar || LabelCandidate(dataset) != nil else { return nil }
                return (family, family.datasets.map { $0.shape.isEmpty ? 1 : LabelCandidate($0)?.count ?? 0 })
            }
            haveOneLabel = labels.contains { family, _ in
                family.datasets[0].label.isUsualOrSimilar && family.datasets.allSatisfy(\.shape.isEmpty)
            }
        }

        /// Whether each dataset of a family is one sample; nil where that cannot be told.
        private func areSamples(_ family: NumberedFamily) -> Bool? {
            let datasets = family.datasets
            if haveOneLabel { return true }
            guard datasets.allSatisfy({ !$0.shape.isEmpty }) else { return nil }
            let lengths = datasets.map { $0.shape[0] }
            if labels.contains(where: { $0.counts == lengths }) { return datasets[0].shape.count > 1 ? false : nil }
            if SampleGroupsLayout.batchWords.contains(word) { return datasets[0].shape.count > 1 ? false : nil }
            if datasets.allSatisfy({ $0.shape.count == 1 }) { return true }
            return datasets.allSatisfy { $0.shape.count == 2 && $0.shape[0] == 1 } ? true : nil
        }

        private func join(_ family: NumberedFamily) throws(JoinedRows.Refusal) -> JoinedRows {
            let own = Set(family.numbers)
            if let missing = numbers.first(where: { !own.contains($0) }) {
                throw JoinedRows.Refusal(reason: "the group of number \(missing) has none")
            }
            guard let areSamples = areSamples(family) else {
                throw JoinedRows.Refusal(
                    reason: "each of \(describe(shape: family.datasets[0].shape)) may be one sample or several; store "
                        + "[1, …] for one, or labels beside it")
            }
            return try JoinedRows(family.datasets, areSamples: areSamples, contents)
        }

        /// Whether everything that could be a layer is one.
        var areCertain: Bool {
            layers.allSatisfy { family in
                do throws(JoinedRows.Refusal) {
                    _ = try join(family)
                    return true
                } catch { return false }
            }
        }

        var recognition: Recognition {
            var recognition = Recognition()
            var joined: [(family: NumberedFamily, rows: JoinedRows)] = []
            for family in layers {
                do throws(JoinedRows.Refusal) {
                    joined.append((family, try join(family)))
                } catch {
                    for dataset in family.datasets {
                        recognition.mark(dataset, "no layer: not joined with the other groups', since \(error.reason)")
                    }
                }
            }
            guard let rows = joined.first?.rows.rows, let samples = joined.first?.rows.shape[0] else {
                return recognition
            }
            let fitting = joined.filter { $0.rows.rows == rows }
            let names = LayerNaming.names(of: fitting.map(\.family.suffix))
            for (name, (_, joined)) in zip(names, fitting) {
                recognition.layers.append(joined.layer(named: name))
                recognition.parts.formUnion(joined.places.map(\.path))
            }
            for (family, joined) in joined where joined.rows != rows {
                for dataset in family.datasets {
                    recognition.mark(dataset, "no layer: \(joined.shape[0]) samples, not \(samples) as the others have")
                }
            }
            recognition.candidates =
                labels.filter { $0.counts == rows }.map { family, _ in
                    LabelCandidate(
                        name: "/" + family.suffix.joined(separator: "/"), place: .joined(family.datasets.map(\.path)),
                        count: samples, label: family.datasets[0].label, depth: family.suffix.count, shape: [samples])
                } + LabelSearch.candidates(in: contents.datasets, lengths: [samples])
            if let choice = LabelSearch.choose(recognition.candidates) {
                recognition.labels = Recognition.Labels(choice)
                if case .joined(let paths) = choice.candidate.place {
                    recognition.parts.formUnion(paths)
                    recognition.labels?.note += "; of \(paths.count) groups, joined"
                }
            }
            return recognition
        }
    }
}
