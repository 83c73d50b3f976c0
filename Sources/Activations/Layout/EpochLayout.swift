// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Checkpoints of training as groups: `epoch_<n>/<layer>`, `epochs/<n>/<layer>`, `<n>/activations/<layer>`,
/// `step_<n>/…`, and below layers, `<layer>/epoch_<n>`. Layers are named `epochs/<n>/<layer>`, and epochs come in the
/// order of their numbers.
///
/// Epochs may also be pieces of an electroencephalogram. Those of training have labels as long as their activations,
/// or groups named `activations` or `layers`.
enum EpochLayout: Layout {
    private static let words: Set = [
        "epoch", "ep", "checkpoint", "ckpt", "chkpt", "step", "iter", "iteration", "global_step",
    ]
    private static let groups: Set = [
        "epochs", "checkpoints", "ckpts", "steps", "iters", "iterations", "training_steps",
    ]
    private static let layerGroups: Set = ["activations", "layers", "acts", "features"]

    static func recognise(_ contents: FileContents) -> Recognition? {
        let found = ActivationSearch(contents)
        var checkpoints: [(place: Place, matrix: FoundMatrix)] = []
        for matrix in found.matrices {
            if let place = Place(matrix.dataset) { checkpoints.append((place, matrix)) }
        }
        guard !checkpoints.isEmpty else { return nil }
        var recognition = Recognition()
        let lengths = Set(checkpoints.map { $0.matrix.shape[0] })
        // Labels of one epoch need not be those of another.
        let (inside, outside) = contents.datasets.flatMap { LabelCandidate.all(in: $0, contents) }.reduce(
            into: ([LabelCandidate](), [LabelCandidate]())
        ) { parts, candidate in
            let isInside = candidate.place.path.flatMap { contents[$0] }.flatMap(Place.init) != nil
            if isInside { parts.0.append(candidate) } else { parts.1.append(candidate) }
        }
        let choice = LabelSearch.choose(outside, lengths: lengths)
        if let choice { recognition.labels = Recognition.Labels(choice) }
        recognition.candidates = (outside + inside).filter { lengths.contains($0.count) }

        let samples = choice?.candidate.count ?? lengths.only
        let areOfTraining =
            !recognition.candidates.isEmpty || checkpoints.allSatisfy { !$0.place.mayBeRecording }
        let fitting = checkpoints.filter { areOfTraining && $0.matrix.shape[0] == samples }
        for (place, matrix) in checkpoints where !(areOfTraining && matrix.shape[0] == samples) {
            recognition.mark(matrix.dataset, refusal(place, areOfTraining: areOfTraining, samples: samples))
        }
        recognition.add(fitting)
        if let samples, areOfTraining {
            let others = found.matrices.filter { Place($0.dataset) == nil && $0.shape[0] == samples }
            recognition.add(others, note: "floats, axis 0 as long as those of the epochs")
        }
        recognition.add(found.marks)
        return recognition
    }

    private static func refusal(_ place: Place, areOfTraining: Bool, samples: Int?) -> String {
        guard areOfTraining else {
            return
                "no layer: '\(place.component)' may be an epoch of training or of a recording, and there are no labels "
                + "to tell; name the datasets that are layers"
        }
        return samples.map { "no layer: axis 0 does not match the \($0) samples of the other epochs" }
            ?? "no layer: epochs have different numbers of samples; name datasets by path"
    }

    /// Where a dataset stands among epochs.
    struct Place: Equatable {
        /// The component with the epoch's number.
        let component: String
        let word: String
        let number: String
        /// The path without the epoch.
        let layer: [String]
        /// Whether nothing but the word says that this is training.
        let mayBeRecording: Bool

        init?(_ dataset: ListedDataset) {
            let names = dataset.names
            for index in names.indices {
                guard let name = NumberedName(names[index]) else { continue }
                let isInGroup = index > 0 && EpochLayout.groups.contains(names[index - 1].lowercased())
                let hasGroup =
                    index + 2 < names.count && EpochLayout.layerGroups.contains(names[index + 1].lowercased())
                guard
                    EpochLayout.words.contains(name.word)
                        || (name.word.isEmpty && (isInGroup || (index == 0 && hasGroup)))
                else { continue }
                var before = Array(names[..<(isInGroup ? index - 1 : index)])
                var after = Array(names[(index + 1)...])
                let isOfLayers = EpochLayout.layerGroups.contains(before.first?.lowercased() ?? "")
                if isOfLayers { before.removeFirst() }
                if hasGroup { after.removeFirst() }
                if before.count + after.count > 1, after.last == "activations" { after.removeLast() }
                component = names[index]
                word = name.word
                number = name.number
                layer = before + after
                mayBeRecording =
                    word.hasPrefix("ep") && !hasGroup && !isOfLayers && before.isEmpty
                    || (word.isEmpty && isInGroup && !hasGroup && names[index - 1].lowercased() == "epochs")
                return
            }
            return nil
        }
    }
}

extension Recognition {
    fileprivate mutating func add(_ checkpoints: [(place: EpochLayout.Place, matrix: FoundMatrix)]) {
        // Steps and epochs of one number are different checkpoints.
        let isOneKind = Set(checkpoints.map(\.place.word)).count == 1
        for (place, matrix) in checkpoints {
            let epoch = isOneKind ? place.number : place.component
            let layer = place.layer.isEmpty ? "activations" : place.layer.joined(separator: "/")
            layers.append(
                Layer(
                    place: LayerPlace(name: "epochs/\(epoch)/\(layer)", storage: .datasets([matrix.place])),
                    shape: matrix.shape, note: "checkpoint '\(place.component)'", epoch: epoch))
        }
    }
}
