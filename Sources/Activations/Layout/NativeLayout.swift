// SPDX-License-Identifier: Apache-2.0

/// The layout that InfoLens writes: `/labels`, `/layers/<name>/activations`, `/epochs/<n>/layers/<name>/activations`.
///
/// Paths alone decide, so that it holds whatever the datasets are: one that cannot be read is an error where it is used.
enum NativeLayout: Layout {
    static func recognise(_ contents: FileContents) -> Recognition? {
        let standings = contents.datasets.compactMap { dataset in
            DatasetStanding(native: dataset).map { (dataset, $0) }
        }
        guard standings.contains(where: { $0.1.role == .layer }) else { return nil }
        var recognition = Recognition()
        for (dataset, standing) in standings {
            switch standing.role {
            case .labels:
                recognition.labels = Recognition.Labels(place: .dataset(dataset.path), note: "native layout")
            case .layer:
                let place = contents.place(of: dataset) ?? DatasetPlace(path: dataset.path)
                recognition.layers.append(
                    Recognition.Layer(
                        place: LayerPlace(name: standing.layer, storage: .datasets([place])), shape: dataset.shape,
                        note: "native layout", epoch: standing.epoch))
            default:
                recognition.marks[dataset.path] = Recognition.Mark(standing: standing, note: "native layout")
            }
        }
        if recognition.labels == nil {
            recognition.candidates = LabelSearch.candidates(
                in: contents.datasets, lengths: Set(recognition.layers.compactMap(\.shape.first)))
        }
        return recognition
    }

    /// Weights and what else the native layout has beside activations, for files whose activations lie otherwise.
    static func marks(of contents: FileContents) -> [BytePath: Recognition.Mark] {
        var marks: [BytePath: Recognition.Mark] = [:]
        for dataset in contents.datasets {
            guard let standing = DatasetStanding(native: dataset), !standing.layer.isEmpty else { continue }
            marks[dataset.path] = Recognition.Mark(standing: standing, note: "native layout")
        }
        return marks
    }
}

extension DatasetStanding {
    /// Recognises `/labels`, `/inputs`, `/logits`, `/layers/<name>/<what>`, `/epochs/<n>/layers/<name>/<what>` and
    /// `/layers/<name>/epoch_<n>/<what>`. A layer's name may have several components.
    init?(native dataset: ListedDataset) {
        let components = dataset.names
        switch components.first {
        case "labels" where components.count == 1: role = .labels
        case "inputs" where components.count == 1: role = .inputs
        case "logits" where components.count == 1: role = .logits
        case "layers":
            guard let standing = Self.inLayer(components.dropFirst()) else { return nil }
            self = standing
        case "epochs" where components.count > 3 && components[2] == "layers":
            guard var standing = Self.inLayer(components.dropFirst(3)) else { return nil }
            standing.epoch = components[1]
            standing.layer = "epochs/\(components[1])/\(standing.layer)"
            self = standing
        default: return nil
        }
    }

    private static let epochWords: Set = ["epoch", "checkpoint"]

    private static func inLayer(_ components: ArraySlice<String>) -> DatasetStanding? {
        guard components.count >= 2, let last = components.last else { return nil }
        let role: DatasetRole
        switch last {
        case "activations": role = .layer
        case "preactivations": role = .preactivations
        case "weight": role = .weight
        case "bias": role = .bias
        case "initial_weight": role = .initialWeight
        case "initial_bias": role = .initialBias
        case "gradients": role = .gradients
        default: return nil
        }
        let name = components.dropLast()
        // Epochs may lie below layers too.
        if name.count > 1, let last = name.last.flatMap({ NumberedName($0) }), epochWords.contains(last.word) {
            let layer = name.dropLast().joined(separator: "/")
            return DatasetStanding(role: role, layer: "epochs/\(last.number)/\(layer)", epoch: last.number)
        }
        return DatasetStanding(role: role, layer: name.joined(separator: "/"))
    }
}
