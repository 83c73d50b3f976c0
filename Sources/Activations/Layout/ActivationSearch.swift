// SPDX-License-Identifier: Apache-2.0

/// A dataset of floats that could be a layer.
struct FoundMatrix {
    let dataset: ListedDataset
    let place: DatasetPlace
    let shape: [Int]
}

/// The datasets of a file that could be layers by what they are: floats of rank 2 or more, under no name that says
/// otherwise.
struct ActivationSearch {
    private(set) var matrices: [FoundMatrix] = []
    /// Floats that are something else by their names.
    private(set) var marks: [BytePath: Recognition.Mark] = [:]

    /// What training leaves beside activations.
    private static let others: Set = [
        "weight", "weights", "kernel", "kernel:0", "bias", "bias:0", "gradient", "gradients", "grad", "grads",
        "gradmean",
        "gradstd", "weights_norm", "weight_norm", "initial_weight", "initial_bias",
    ]

    /// - Parameter isIncluded: whether a dataset is to be looked at
    init(_ contents: FileContents, where isIncluded: (ListedDataset) -> Bool = { _ in true }) {
        for dataset in contents.datasets where dataset.shape.count >= 2 && isIncluded(dataset) {
            guard let place = contents.place(of: dataset) else { continue }
            if dataset.names.count == 1, let role = Self.role(of: dataset.name) {
                marks[dataset.path] = Recognition.Mark(
                    standing: DatasetStanding(role: role), note: "\(role.rawValue) by name")
            } else if dataset.names.contains(where: Self.others.contains) {
                marks[dataset.path] = Recognition.Mark(note: "no layer by its name; name its path to use it as one")
            } else if dataset.label.isOfLabels {
                marks[dataset.path] = Recognition.Mark(note: "no layer: named as labels are")
            } else {
                matrices.append(FoundMatrix(dataset: dataset, place: place, shape: dataset.shape))
            }
        }
    }

    var lengths: Set<Int> { Set(matrices.map { $0.shape[0] }) }

    private static func role(of name: String) -> DatasetRole? {
        switch name {
        case "inputs": .inputs
        case "logits": .logits
        default: nil
        }
    }
}

extension Recognition {
    /// Adds layers that are named by their paths.
    mutating func add(_ matrices: [FoundMatrix], note: String) {
        let names = LayerNaming.names(of: matrices.map(\.dataset.names))
        for (matrix, name) in zip(matrices, names) {
            layers.append(
                Layer(
                    place: LayerPlace(name: name, storage: .datasets([matrix.place])), shape: matrix.shape,
                    note: note))
        }
    }

    mutating func add(_ others: [BytePath: Mark]) { marks.merge(others) { known, _ in known } }
}
