// SPDX-License-Identifier: Apache-2.0

/// Datasets whose rows were split over several numbered ones: thingsvision's `features_01`, `features_02`, …, `part_0`,
/// `fc1/batch_0`.
///
/// `layer_0`, `layer_1` are layers of their own. What is counted as parts has a name that says so, or labels that are
/// as many as all rows together.
enum SplitRowsLayout: Layout {
    private static let partWords: Set = ["features", "feature", "part", "chunk", "batch", "minibatch", "shard"]

    static func recognise(_ contents: FileContents) -> Recognition? {
        let families = NumberedFamily.find(in: contents.datasets) { $0.names.count - 1 }.filter { $0.members.count > 1 }
        var joined: [(family: NumberedFamily, rows: JoinedRows)] = []
        var recognition = Recognition()
        var candidates = contents.datasets.compactMap { LabelCandidate($0) }
        // Labels that are split themselves are as long as a part.
        let split = Set(families.filter { LabelName($0.word).isUsualOrSimilar }.flatMap(\.datasets).map(\.path))
        let labels = Set(
            candidates.filter { $0.label.isUsualOrSimilar && !split.contains($0.place.path ?? BytePath("")) }
                .map(\.count))
        for family in families where family.datasets.allSatisfy({ $0.shape.count >= 2 }) {
            if LabelName(family.word).isOfLabels { continue }
            let lengths = Set(family.datasets.map { $0.shape[0] })
            let total = checkedSum(family.datasets.map { $0.shape[0] })
            let isNamed = NumberedName(family.word + "0")?.words.last.map(partWords.contains) ?? false
            // Labels for each of them make layers of them.
            let areLayers = lengths.only.map(labels.contains) ?? false
            guard total.map(labels.contains) ?? false || (isNamed && !areLayers) else { continue }
            do throws(JoinedRows.Refusal) {
                try check(family)
                joined.append((family, try JoinedRows(family.datasets, areSamples: false, contents)))
            } catch {
                guard isNamed, family.datasets[0].isFloat else { continue }
                for dataset in family.datasets {
                    recognition.mark(dataset, "no layer: not joined with its neighbours, since \(error.reason)")
                }
            }
        }
        guard let samples = joined.first?.rows.shape[0] else { return recognition.marks.isEmpty ? nil : recognition }

        candidates += families.compactMap { Self.labels($0, of: joined[0].rows) }
        recognition.candidates = candidates.filter { $0.count == samples }
        if let choice = LabelSearch.choose(recognition.candidates) {
            recognition.labels = Recognition.Labels(choice)
            if case .joined(let paths) = choice.candidate.place { recognition.parts.formUnion(paths) }
        }
        let names = names(of: joined.map(\.family))
        for (name, (family, rows)) in zip(names, joined) {
            guard rows.shape[0] == samples else {
                for dataset in family.datasets {
                    recognition.mark(dataset, "no layer: not the \(samples) rows of the others")
                }
                continue
            }
            recognition.layers.append(rows.layer(named: name))
            recognition.parts.formUnion(rows.places.map(\.path))
        }
        let found = ActivationSearch(contents) { !recognition.parts.contains($0.path) }
        recognition.add(
            found.matrices.filter { $0.shape[0] == samples }, note: "floats, axis 0 as long as the rows together")
        recognition.add(found.marks)
        return recognition
    }

    /// Numbers count from 0 or 1 without a gap: otherwise rows are missing.
    private static func check(_ family: NumberedFamily) throws(JoinedRows.Refusal) {
        let numbers = family.numbers.compactMap { Int($0) }
        guard let first = numbers.first, first <= 1 else {
            throw JoinedRows.Refusal(reason: "they begin with \(family.numbers.first ?? "nothing")")
        }
        for (number, expected) in zip(numbers, first...) where number != expected {
            throw JoinedRows.Refusal(reason: "number \(expected) is missing")
        }
    }

    /// Labels that are split as the rows are.
    private static func labels(_ family: NumberedFamily, of rows: JoinedRows) -> LabelCandidate? {
        let counts = family.datasets.compactMap { LabelCandidate($0)?.count }
        guard counts == rows.rows, LabelName(family.word).isUsualOrSimilar else { return nil }
        return LabelCandidate(
            name: "/" + (family.prefix + [family.word]).joined(separator: "/"),
            place: .joined(family.datasets.map(\.path)), count: rows.shape[0], label: LabelName(family.word),
            depth: family.prefix.count, shape: [rows.shape[0]])
    }

    /// "features", "fc1" for "fc1/batch_0" and for "fc1_part_0".
    private static func names(of families: [NumberedFamily]) -> [String] {
        LayerNaming.names(
            of: families.map { family in
                var words = family.word.split { "_-. ".contains($0) }
                if words.count > 1 || !family.prefix.isEmpty, words.last != "features",
                    words.last.map({ partWords.contains(String($0)) }) ?? false
                {
                    words.removeLast()
                }
                let own = words.isEmpty ? [] : [words.joined(separator: "_")]
                return family.prefix + own
            })
    }
}
