// SPDX-License-Identifier: Apache-2.0

/// A convention of where activations and labels lie in a file. Each looks at names, shapes, types and attributes, and
/// at nothing that takes long.
protocol Layout {
    /// What the file holds by this convention; nil if it does not follow it.
    static func recognise(_ contents: FileContents) -> Recognition?
}

/// What a layout takes the datasets of a file for, and why.
struct Recognition {
    /// A layer of activations.
    struct Layer {
        let place: LayerPlace
        /// Lengths of the axes, samples first.
        let shape: [Int]
        let note: String
        /// The epoch's name, of layers of checkpoints.
        var epoch: String?
        /// The layer's place in the network, if the layout tells.
        var order: Int64?
        /// Whether whoever asks for every layer means this one too. Others are named: what has other samples than the
        /// labels.
        var isDefault = true
        var dtype: String?
    }

    struct Labels {
        let place: LabelPlace
        let note: String
        /// nil for the dataset's own.
        var shape: [Int]?
        var dtype: String?
    }

    /// A dataset that is neither layer nor labels.
    struct Mark {
        var standing = DatasetStanding(role: .other)
        let note: String
    }

    var layers: [Layer] = []
    var labels: Labels?
    /// What could be labels, where none is chosen.
    var candidates: [LabelCandidate] = []
    var marks: [BytePath: Mark] = [:]
    /// Datasets that are described by the row of another.
    var parts: Set<BytePath> = []

    mutating func mark(_ dataset: ListedDataset, _ note: String) {
        marks[dataset.path] = Mark(note: note)
    }
}

extension Recognition {
    init(of contents: FileContents) {
        // What a tool writes of its own is tried before what people make up.
        let layouts: [any Layout.Type] = [
            NativeLayout.self
        ]
        self = layouts.lazy.compactMap { $0.recognise(contents) }.first ?? PlainLayout.describe(contents)
        // Weights may lie in native layout whatever the activations do.
        marks.merge(NativeLayout.marks(of: contents)) { _, native in native }
    }
}
