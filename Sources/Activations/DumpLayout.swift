// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What each dataset of a file is taken for, and why.
///
/// `Recognition` tells activations and labels by the layout that the file follows; Keras' weights, and those of the
/// native layout, are found whatever that is.
struct DumpLayout: Sendable {
    let entries: [DumpEntry]
    /// Every layer that has a name, in the order of the listing.
    let layers: [LayerPlace]
    /// The layers that whoever names none means.
    let layerNames: [String]
    let labels: LabelPlace?
    /// What could be the labels, if none are found, as a caller names it.
    let labelCandidates: [String]
    /// Layers with weights in native layout, in the order of layers.
    let weights: [WeightPlace]
    /// What a file of Keras' holds, unless there are weights in native layout.
    let keras: KerasNetwork?
    /// Where layers are in `layers`, by the bytes of their names.
    private let positions: [[UInt8]: Int]
    /// Labels that are no dataset of their own, by the names of candidates.
    private let labelPlaces: [String: LabelPlace]
    /// Paths whose bytes are not those of their text.
    private let unusualPaths: [String: BytePath]

    init(_ walk: FileWalk, in file: OpenFile) {
        let datasets = walk.datasets.map(ListedDataset.init)
        let hasNativeWeights = datasets.contains { DatasetStanding(native: $0)?.role == .weight }
        keras = hasNativeWeights ? nil : KerasNetwork.find(walk, in: file)
        let ofKeras = keras.map(KerasDatasets.init)
        let contents = FileContents(datasets.filter { !(ofKeras?.contains($0) ?? false) }, in: file)
        var recognition = Recognition(of: contents)
        recognition.makeNamesDistinct()
        recognition.explainCandidates()

        var rows = Self.rows(of: recognition, in: walk)
        ofKeras?.mark(&rows)
        Self.setIndices(of: &rows) { file.integer(attribute: "index", of: $0) }
        // Rows are large, and sorting their places moves none of them twice.
        rows = rows.indices.sorted { ListingRow.precedes(rows[$0], rows[$1]) }.map { rows[$0] }

        weights = keras == nil ? NativeNetwork.places(rows.map { ($0.found, $0.standing) }) : []
        let places = Dictionary(
            recognition.layers.map { (Array($0.place.name.utf8), $0.place) }, uniquingKeysWith: { first, _ in first })
        layers = rows.compactMap {
            $0.standing.role == .layer || $0.standing.role == .other ? places[Array($0.standing.layer.utf8)] : nil
        }
        positions = Dictionary(
            layers.enumerated().map { (Array($1.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        layerNames = rows.filter { $0.standing.role == .layer }.map(\.standing.layer)
        labels = recognition.labels?.place
        labelCandidates = labels == nil ? LabelSearch.listed(recognition.candidates) : []
        labelPlaces = Dictionary(
            recognition.candidates.map { ($0.name, $0.place) }, uniquingKeysWith: { first, _ in first }
        ).filter {
            if case .dataset = $0.value { false } else { true }
        }
        entries = Self.entries(rows, isComplete: walk.isComplete)
        unusualPaths = Dictionary(
            walk.datasets.map(\.path).filter { BytePath($0.text) != $0 }.map { ($0.text, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The path that a listing shows as `text`, if that is not what its bytes say.
    func path(listedAs text: String) -> BytePath? { unusualPaths[text] }

    /// The labels that a listing of candidates calls `name`, unless that is the path of their dataset.
    func labels(listedAs name: String) -> LabelPlace? { labelPlaces[name] ?? labelPlaces["/" + name] }

    /// The layer of this name.
    func layer(named name: String) -> LayerPlace? { positions[Array(name.utf8)].map { layers[$0] } }

    // MARK: Rows

    /// A row for each layer, for the labels, and for each dataset that neither is described by.
    private static func rows(of recognition: Recognition, in walk: FileWalk) -> [ListingRow] {
        let found = Dictionary(walk.datasets.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        var rows: [ListingRow] = []
        var described = recognition.parts
        for layer in recognition.layers {
            guard let path = layer.place.path, let dataset = found[path] else { continue }
            described.insert(path)
            rows.append(row(of: layer, dataset))
        }
        if let labels = recognition.labels, let path = labels.place.path, let dataset = found[path] {
            described.insert(path)
            rows.append(
                ListingRow(
                    dataset, DatasetStanding(role: .labels), note: labels.note, shape: labels.shape,
                    dtype: labels.dtype))
        }
        for dataset in walk.datasets where !described.contains(dataset.path) {
            let mark = recognition.marks[dataset.path]
            rows.append(
                ListingRow(dataset, mark?.standing ?? DatasetStanding(role: .other), note: mark?.note ?? ""))
        }
        return rows
    }

    private static func row(of layer: Recognition.Layer, _ dataset: FoundDataset) -> ListingRow {
        var note = layer.note
        var dtype = layer.dtype
        if case .datasets(let places) = layer.place.storage, let type = places.first?.dtype {
            dtype = type.name
            note += "; \(type.name) kept as \(dataset.facts?.type.name ?? "")"
        }
        return ListingRow(
            dataset,
            DatasetStanding(role: layer.isDefault ? .layer : .other, layer: layer.place.name, epoch: layer.epoch),
            index: layer.order, note: note, shape: layer.shape == dataset.facts?.shape ? nil : layer.shape,
            dtype: dtype)
    }

    /// Gives all rows of a layer the place in the network that one of them has.
    ///
    /// - Parameter attribute: the `index` attribute of the object at a path, if it has one
    private static func setIndices(of rows: inout [ListingRow], _ attribute: (BytePath) -> Int64?) {
        let isFew = rows.count <= maximumAsked
        var ofGroups: [BytePath: Int64?] = [:]
        // Names are told apart by their bytes: to Swift, composed and decomposed letters are equal.
        var indices: [[UInt8]: Int64] = [:]
        for row in rows where !row.standing.layer.isEmpty {
            let layer = Array(row.standing.layer.utf8)
            if indices[layer] != nil { continue }
            let group = row.found.path.directory
            let known = ofGroups[group] ?? attribute(group)
            ofGroups[group] = known
            // What was recorded of a layer may have the attribute instead of its group.
            indices[layer] =
                row.index ?? known ?? (isFew && row.standing.role == .layer ? attribute(row.found.path) : nil)
        }
        for position in rows.indices where !rows[position].standing.layer.isEmpty {
            rows[position].index = indices[Array(rows[position].standing.layer.utf8)]
        }
    }

    /// Where there are more datasets they are not asked for attributes of their own.
    private static let maximumAsked = 20_000

    private static func entries(_ rows: [ListingRow], isComplete: Bool) -> [DumpEntry] {
        var entries = rows.map(\.entry)
        if !isComplete, var last = entries.popLast() {
            let note =
                "the listing ends at depth \(FileWalk.maximumDepth) or \(FileWalk.maximumObjects) objects; what is "
                + "beyond can be named by its path"
            last.note = last.note.isEmpty ? note : "\(last.note); \(note)"
            entries.append(last)
        }
        return entries
    }
}
