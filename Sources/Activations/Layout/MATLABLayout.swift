// SPDX-License-Identifier: Apache-2.0

/// MATLAB v7.3: what MATLAB shows as N × d is stored as [d, N], so that samples lie along the last axis.
enum MATLABLayout: Layout {
    /// Datasets that are asked for their class before the file is taken for another's.
    private static let asked = 8

    static func recognise(_ contents: FileContents) -> Recognition? {
        let own = contents.datasets.filter { $0.names.first != "#refs#" && $0.names.first != "#subsystem#" }
        guard own.prefix(asked).contains(where: { contents.hasAttribute("MATLAB_class", of: $0.path) }) else {
            return nil
        }
        var recognition = Recognition()
        for dataset in contents.datasets where dataset.names.first == "#refs#" {
            recognition.mark(dataset, "MATLAB: contents of a cell array")
        }
        let matrices = own.filter { $0.isFloat && $0.shape.count >= 2 && !$0.isVector }
        let labels = own.flatMap { candidates(in: $0, contents) }
        let lengths = Set(matrices.flatMap { [$0.shape[0], $0.shape[$0.shape.count - 1]] })
        recognition.candidates = labels.filter { lengths.contains($0.count) }
        let choice = LabelSearch.choose(labels, lengths: lengths)
        if let choice {
            recognition.labels = Recognition.Labels(choice, of: "MATLAB")
        }
        let samples = choice?.candidate.count ?? Set(matrices.compactMap(\.shape.last)).only
        recognition.add(matrices, samples: samples)
        return recognition
    }

    /// Vectors, and one-hot rows, which are columns here.
    private static func candidates(in dataset: ListedDataset, _ contents: FileContents) -> [LabelCandidate] {
        // Text of MATLAB's is stored as numbers.
        if dataset.isInteger, dataset.isVector, contents.text("MATLAB_class", of: dataset.path) == "char" { return [] }
        guard let candidate = LabelCandidate(dataset) else { return [] }
        if dataset.isVector { return [candidate] }
        return [
            LabelCandidate(
                name: candidate.name, place: .transposed(dataset.path), count: dataset.shape[1], label: dataset.label,
                depth: candidate.depth, shape: [dataset.shape[1], dataset.shape[0]])
        ]
    }
}

extension Recognition {
    fileprivate mutating func add(_ matrices: [ListedDataset], samples: Int?) {
        let names = LayerNaming.names(
            of: matrices.filter { $0.shape.last == samples || $0.shape[0] == samples }.map(\.names))
        var next = names.makeIterator()
        for dataset in matrices {
            let samplesAreLast = dataset.shape.last == samples
            guard samplesAreLast || dataset.shape[0] == samples, let name = next.next() else {
                mark(
                    dataset,
                    samples.map { "MATLAB: neither axis has length \($0)" }
                        ?? "MATLAB: without labels, matrices of different lengths must be named by path")
                continue
            }
            var place = DatasetPlace(path: dataset.path)
            place.samplesAreLast = samplesAreLast
            layers.append(
                Layer(
                    place: LayerPlace(name: name, storage: .datasets([place])),
                    shape: samplesAreLast ? dataset.shape.reversed() : dataset.shape,
                    note: samplesAreLast
                        ? "MATLAB: stored transposed, samples along the last axis"
                        : "MATLAB: d × N there, stored as samples × neurons"))
        }
    }
}
