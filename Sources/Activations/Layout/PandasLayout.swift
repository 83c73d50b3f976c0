// SPDX-License-Identifier: Apache-2.0

/// What pandas writes with `to_hdf`: a frame a group, its columns gathered by their types. Blocks of floats are layers;
/// a column of integers or strings can be the labels, and so can a series.
///
/// In the fixed format a block is `block<i>_values` with the names of its columns in `block<i>_items`; in the table
/// format it is the field `values_block_<i>` of `table`, the names being in an attribute.
enum PandasLayout: Layout {
    static func recognise(_ contents: FileContents) -> Recognition? {
        var blocks: [Block] = []
        var candidates: [LabelCandidate] = []
        for dataset in contents.datasets {
            if dataset.name == "table", dataset.isCompound {
                guard contents.hasAttribute("pandas_type", of: dataset.path.directory) else { continue }
                blocks += PandasTable.blocks(of: dataset, contents)
            } else if let block = fixedBlock(dataset, contents) {
                blocks.append(block)
            } else if dataset.name == "values", dataset.shape.count == 1, dataset.names.count > 1,
                contents.sibling("index", of: dataset) != nil,
                contents.text("pandas_type", of: dataset.path.directory) == "series"
            {
                candidates += series(dataset)
            }
        }
        guard !blocks.isEmpty else { return nil }
        let layers = blocks.filter { $0.isFloat }
        candidates += blocks.flatMap(\.candidates)
        let lengths = Set(layers.map(\.shape[0]))
        var recognition = Recognition()
        let choice = LabelSearch.choose(candidates, lengths: lengths)
        if let choice { recognition.labels = Recognition.Labels(choice, of: "pandas") }
        recognition.candidates = candidates.filter { lengths.contains($0.count) }
        let samples = choice?.candidate.count ?? lengths.only
        recognition.add(layers, samples: samples)
        for dataset in contents.datasets {
            if dataset.names.contains("_i_table") { recognition.mark(dataset, "PyTables: an index of the table") }
            if dataset.name.hasPrefix("axis") || dataset.name.hasSuffix("_items") {
                recognition.mark(dataset, "pandas: names of rows or columns")
            }
        }
        return recognition
    }

    /// Columns of one type.
    struct Block {
        /// The frame's, "acts".
        let key: String
        /// The block's own, where a frame has several of floats.
        let name: String
        let place: DatasetPlace
        let isFloat: Bool
        /// Rows and columns.
        let shape: [Int]
        let dtype: String
        let candidates: [LabelCandidate]
    }

    private static func fixedBlock(_ dataset: ListedDataset, _ contents: FileContents) -> Block? {
        guard dataset.name.hasPrefix("block"), dataset.name.hasSuffix("_values"), dataset.names.count > 1,
            let items = contents.sibling(dataset.name.dropLast(6) + "items", of: dataset), items.shape.count == 1,
            dataset.shape.count == 2, dataset.isNumber || dataset.isText
        else { return nil }
        // Without the attribute the block lies as pandas keeps it in memory.
        let isSquare = dataset.shape[0] == dataset.shape[1]
        let isTransposed =
            isSquare ? contents.hasAttribute("transposed", of: dataset.path) : dataset.shape[1] == items.shape[0]
        let shape = isTransposed ? dataset.shape : dataset.shape.reversed()
        guard shape[1] == items.shape[0] else { return nil }
        var place = DatasetPlace(path: dataset.path)
        place.samplesAreLast = !isTransposed
        let key = dataset.names.dropLast().joined(separator: "/")
        var candidates: [LabelCandidate] = []
        if !dataset.isFloat, isTransposed || shape[1] == 1 {
            candidates = columns(
                contents.texts(of: items) ?? [], count: shape[1], of: key, rows: shape[0],
                dtype: dataset.facts?.type.name
            ) { shape[1] == 1 ? .dataset(dataset.path) : .column(dataset.path, field: nil, $0) }
        }
        return Block(
            key: key, name: String(dataset.name.dropLast(7)), place: place, isFloat: dataset.isFloat, shape: shape,
            dtype: dataset.facts?.type.name ?? "", candidates: candidates)
    }

    /// The columns of a block of integers or strings, each of which could be the labels.
    ///
    /// - Parameter names: of the columns; without them only a column alone can be told
    static func columns(
        _ names: [String], count: Int, of key: String, rows: Int, dtype: String?, place: (Int) -> LabelPlace
    ) -> [LabelCandidate] {
        guard names.count == count || count == 1 else { return [] }
        return (0..<min(count, 1000)).map { column in
            let name = names.count == count ? names[column] : "\(column)"
            return LabelCandidate(
                name: "/\(key)/\(name)", place: place(column), count: rows, label: LabelName(name), depth: 1,
                shape: [rows],
                dtype: dtype)
        }
    }

    /// A series is known by its key.
    private static func series(_ dataset: ListedDataset) -> [LabelCandidate] {
        guard dataset.isInteger || dataset.isText || LabelName(dataset.names[dataset.names.count - 2]).isUsualOrSimilar
        else { return [] }
        let key = dataset.names.dropLast()
        return [
            LabelCandidate(
                name: "/" + key.joined(separator: "/"), place: .dataset(dataset.path), count: dataset.shape.first ?? 0,
                label: LabelName(key.last ?? ""))
        ]
    }
}

extension Recognition {
    fileprivate mutating func add(_ blocks: [PandasLayout.Block], samples: Int?) {
        let counts = Dictionary(blocks.map { ($0.key, 1) }, uniquingKeysWith: +)
        for block in blocks {
            guard block.shape[0] == samples else {
                marks[block.place.path] = Mark(
                    note: "pandas: \(block.shape[0]) rows"
                        + (samples.map { ", not \($0)" } ?? ", others have more or less"))
                continue
            }
            let isAlone = counts[block.key] == 1
            layers.append(
                Layer(
                    place: LayerPlace(
                        name: isAlone ? block.key : "\(block.key)/\(block.name)", storage: .datasets([block.place])),
                    shape: block.shape,
                    note: "pandas: the \(block.shape[1]) columns of type \(block.dtype) of the frame '\(block.key)'",
                    dtype: block.dtype))
        }
    }
}
