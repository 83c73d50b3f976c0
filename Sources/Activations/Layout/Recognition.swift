// SPDX-License-Identifier: Apache-2.0

/// A convention of where activations and labels lie in a file. Each looks at names, shapes, types and attributes, and
/// at nothing that takes long.
protocol Layout {
    /// What the file holds by this convention; nil if it does not follow it. Neither layers nor labels, but marks, say
    /// what nobody should take for activations, and why.
    static func recognise(_ contents: FileContents) -> Recognition?
}

/// What a layout takes the datasets of a file for, and why.
struct Recognition {
    /// A layer of activations.
    struct Layer {
        var place: LayerPlace
        /// Lengths of the axes, samples first.
        let shape: [Int]
        var note: String
        /// The epoch's name, of layers of checkpoints.
        var epoch: String?
        /// The layer's place in the network, if the layout tells.
        var order: Int64?
        /// Whether whoever asks for every layer means this one too. Others are named: what has other samples than the
        /// labels.
        var isDefault = true
        /// As listed; nil for the dataset's own.
        var dtype: String?
    }

    struct Labels {
        let place: LabelPlace
        var note: String
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
            NativeLayout.self, AnnDataLayout.self, MATLABLayout.self, NWBLayout.self, NetCDFLayout.self,
            PandasLayout.self, TableLayout.self, SplitRowsLayout.self, SampleGroupsLayout.self, EpochLayout.self,
            PlainLayout.self,
        ]
        self.init()
        var explained: [BytePath: Mark] = [:]
        for layout in layouts {
            guard let recognition = layout.recognise(contents) else { continue }
            if !recognition.layers.isEmpty || recognition.labels != nil || layout == PlainLayout.self {
                self = recognition
                break
            }
            // What a layout only explains is not for the next one to take.
            explained.merge(recognition.marks) { first, _ in first }
            contents.leaveOut(recognition.marks.keys)
        }
        add(explained)
        // Weights may lie in native layout whatever the activations do.
        marks.merge(NativeLayout.marks(of: contents)) { _, native in native }
    }

    /// Says of what could be labels that it could.
    mutating func explainCandidates() {
        let chosen = labels?.place.path
        for candidate in candidates where !candidate.label.isIdentifier {
            guard let path = candidate.place.path, path != chosen, marks[path]?.standing.role ?? .other == .other else {
                continue
            }
            marks[path] = Mark(
                note: "could be \(chosen == nil ? "the labels" : "labels instead"): labels='\(candidate.name)'")
        }
    }

    /// Gives a layer whose name is another's that of its path; where that is taken too, only its dataset is left.
    ///
    /// Names that are not UTF-8 can read the same.
    mutating func makeNamesDistinct() {
        // Names are told apart by their bytes: to Swift, composed and decomposed letters are equal.
        var names: Set<[UInt8]> = []
        layers = layers.compactMap { layer in
            if names.insert(Array(layer.place.name.utf8)).inserted { return layer }
            guard let path = layer.place.path else { return nil }
            let name = path.text.drop { $0 == "/" }
            guard names.insert(Array(name.utf8)).inserted else {
                marks[path] = Mark(note: "no layer: its name reads as that of another")
                return nil
            }
            var renamed = layer
            renamed.place = LayerPlace(
                name: String(name), storage: layer.place.storage, columns: layer.place.columns)
            return renamed
        }
    }
}
