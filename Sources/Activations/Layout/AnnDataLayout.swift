// SPDX-License-Identifier: Apache-2.0

/// AnnData's `.h5ad`: samples are observations. `/X`, `/layers/<key>` and `/obsm/<key>` are activations, dense or in
/// compressed sparse rows; the columns of `/obs` say what each sample is.
enum AnnDataLayout: Layout {
    static func recognise(_ contents: FileContents) -> Recognition? {
        let root = BytePath("/")
        guard contents.datasets.contains(where: { $0.names.first == "X" || $0.names.first == "obs" }),
            contents.text("encoding-type", of: root) == "anndata" || isOfOldVersion(contents)
        else { return nil }
        var recognition = Recognition()
        let index = contents.text("_index", of: BytePath("/obs")) ?? "_index"
        let samples = contents["/obs/\(index)"]?.shape.first

        var matrices: [Matrix] = []
        for dataset in contents.datasets {
            guard let group = dataset.names.first, let key = key(of: dataset) else { continue }
            let isInGroup = dataset.names.count > (group == "X" ? 1 : 2)
            guard isInGroup else {
                matrices.append(Matrix(key: key, dataset: dataset, shape: dataset.shape, sparse: nil))
                continue
            }
            guard dataset.name == "data" else { continue }
            switch sparseRows(of: dataset, contents) {
            case .success(let place):
                recognition.parts.formUnion([place.indices, place.pointers])
                matrices.append(Matrix(key: key, dataset: dataset, shape: place.shape, sparse: place))
            case .failure(let reason): recognition.mark(dataset, "AnnData: \(reason.text)")
            }
        }
        for dataset in contents.datasets where dataset.names.first?.hasPrefix("var") ?? false {
            recognition.mark(dataset, "AnnData: about the neurons")
        }
        if let names = contents["/obs/\(index)"] { recognition.mark(names, "AnnData: names of the samples") }
        let length = samples ?? matrices.first?.shape.first
        recognition.add(matrices, samples: length)
        recognition.addLabels(of: contents, index: index, samples: length)
        return recognition
    }

    fileprivate struct Matrix {
        /// "X", "layers/pre".
        let key: [String]
        let dataset: ListedDataset
        let shape: [Int]
        let sparse: SparsePlace?
    }

    /// Before version 0.7 files did not name their format.
    private static func isOfOldVersion(_ contents: FileContents) -> Bool {
        let groups = Set(contents.datasets.compactMap(\.names.first))
        return groups.isSuperset(of: ["X", "obs", "var"])
            && contents.datasets.contains { $0.names.first == "obs" && $0.names.count > 1 }
    }

    /// What a dataset is the matrix of, or a part of; nil for what is none.
    private static func key(of dataset: ListedDataset) -> [String]? {
        switch dataset.names.first {
        case "X" where dataset.names.count <= 2: ["X"]
        case "layers" where (2...3).contains(dataset.names.count), "obsm" where (2...3).contains(dataset.names.count):
            Array(dataset.names.prefix(2))
        default: nil
        }
    }

    private struct Refusal: Error {
        let text: String
    }

    /// The matrix whose values these are.
    private static func sparseRows(
        of values: ListedDataset, _ contents: FileContents
    ) -> Result<SparsePlace, Refusal> {
        let group = values.path.directory
        let format = contents.text("encoding-type", of: group) ?? contents.text("h5sparse_format", of: group)
        let key = values.names.dropLast().joined(separator: "/")
        switch format {
        case "csr_matrix", "csr": break
        case "csc_matrix", "csc":
            let name = key == "X" ? "adata.X" : "adata.\(values.names[0])['\(values.names[1])']"
            return .failure(
                Refusal(
                    text: "sparse by columns, which would have to be read once a sample; store rows: "
                        + "\(name) = \(name).tocsr()"))
        default: return .failure(Refusal(text: "no matrix"))
        }
        let shape =
            contents.integers("shape", of: group) ?? contents.integers("h5sparse_shape", of: group) ?? []
        guard shape.count == 2, shape.allSatisfy({ $0 >= 0 }),
            let indices = contents.sibling("indices", of: values),
            let pointers = contents.sibling("indptr", of: values),
            pointers.shape == [shape[0] &+ 1], indices.shape == values.shape, values.shape.count == 1
        else { return .failure(Refusal(text: "a sparse matrix whose parts do not fit together")) }
        return .success(
            SparsePlace(values: values.path, indices: indices.path, pointers: pointers.path, shape: shape))
    }
}

extension Recognition {
    /// The matrices that have a row a sample, as layers of their keys' names.
    fileprivate mutating func add(_ matrices: [AnnDataLayout.Matrix], samples: Int?) {
        var fitting: [AnnDataLayout.Matrix] = []
        for matrix in matrices {
            if matrix.shape.count >= 2, matrix.shape[0] == samples, matrix.dataset.isNumber {
                fitting.append(matrix)
            } else {
                mark(matrix.dataset, "AnnData: no matrix with a row a sample")
            }
        }
        let known = Dictionary(fitting.map { ($0.key.last ?? "", 1) }, uniquingKeysWith: +)
        for (order, matrix) in fitting.enumerated() {
            let name = matrix.key.last ?? ""
            let isTaken = known[name, default: 0] > 1
            let storage =
                matrix.sparse.map(LayerPlace.Storage.sparse) ?? .datasets([DatasetPlace(path: matrix.dataset.path)])
            layers.append(
                Layer(
                    place: LayerPlace(name: isTaken ? matrix.key.joined(separator: "/") : name, storage: storage),
                    shape: matrix.shape, note: matrix.sparse == nil ? "AnnData" : "AnnData: compressed sparse rows",
                    order: Int64(order)))
        }
    }

    /// The columns of `/obs` that could be labels, and the one that is: of a usual name, or the only categorical one.
    fileprivate mutating func addLabels(of contents: FileContents, index: String, samples: Int?) {
        var categorical: [LabelCandidate] = []
        for dataset in contents.datasets where dataset.names.first == "obs" && dataset.shape == [samples ?? -1] {
            let column = dataset.names.count > 1 ? dataset.names[1] : ""
            let isCodes = dataset.names.count == 3 && dataset.name == "codes"
            guard isCodes || dataset.names.count == 2, column != index else { continue }
            let names = isCodes ? contents.sibling("categories", of: dataset) : contents["/obs/__categories/\(column)"]
            guard let names else {
                guard !isCodes, let candidate = LabelCandidate(dataset) else { continue }
                candidates.append(candidate)
                continue
            }
            parts.insert(names.path)
            categorical.append(
                LabelCandidate(
                    name: "/obs/\(column)", place: .categorical(codes: dataset.path, names: names.path),
                    count: dataset.shape.first ?? 0, label: LabelName(column), depth: 1))
        }
        candidates += categorical
        if let best = candidates.compactMap(\.label.rank).min(),
            let named = candidates.first(where: { $0.label.rank == best })
        {
            labels = Labels(
                place: named.place, note: "AnnData: the column '\(named.name.dropFirst(5))' of obs, labels by name")
        } else if categorical.count == 1 {
            labels = Labels(
                place: categorical[0].place,
                note: "AnnData: '\(categorical[0].name.dropFirst(5))', the only categorical column of obs")
        }
        for candidate in categorical where candidate.place.path != labels?.place.path {
            guard let path = candidate.place.path else { continue }
            marks[path] = Mark(note: "AnnData: a categorical column; labels='\(candidate.name)' takes it")
        }
    }
}
