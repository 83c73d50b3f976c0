// SPDX-License-Identifier: Apache-2.0

/// Whatever a script wrote: labels are known by name, layers as the floats that are as long as the labels. For files
/// that follow none of the other layouts.
enum PlainLayout: Layout {
    static func recognise(_ contents: FileContents) -> Recognition? {
        var recognition = Recognition()
        let found = ActivationSearch(contents)
        let lengths = found.lengths
        recognition.candidates = contents.datasets.flatMap { LabelCandidate.all(in: $0, contents) }
        let choice = LabelSearch.choose(recognition.candidates, lengths: lengths)
        if let choice { recognition.labels = Recognition.Labels(choice) }
        recognition.candidates.removeAll { !lengths.contains($0.count) }

        // Several candidates of one length tell it as well as one.
        let counts = Set(recognition.candidates.map(\.count))
        let samples = choice?.candidate.count ?? (counts.count == 1 ? counts.first : nil) ?? lengths.only
        let layers = found.matrices.filter { $0.shape[0] == samples }
        let reason =
            if choice != nil {
                "floats, axis 0 as long as the labels"
            } else if recognition.candidates.isEmpty {
                "no labels were found; floats of rank \(layers.first?.shape.count ?? 2)"
            } else {
                "floats, axis 0 as long as what could be the labels"
            }
        recognition.add(layers, note: reason)
        for matrix in found.matrices where matrix.shape[0] != samples {
            recognition.mark(matrix.dataset, refusal(of: matrix, samples: samples, areLabelled: choice != nil))
        }
        recognition.add(found.marks)
        return recognition
    }

    private static func refusal(of matrix: FoundMatrix, samples: Int?, areLabelled: Bool) -> String {
        guard let samples else {
            return "no layer: without labels, datasets of different lengths must be named by path"
        }
        let hint =
            matrix.shape[1] == samples
            ? "; axis 1 does: transposed? If so, name it as a layer with sample_axis=-1" : ""
        return
            "no layer: axis 0 does not match the \(samples) \(areLabelled ? "labels" : "samples of the others")\(hint)"
    }
}

extension Collection {
    /// The element of a collection of one.
    var only: Element? { count == 1 ? first : nil }
}
