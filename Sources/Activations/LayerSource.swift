// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Makes matrices of a file's layers, wherever and however they lie in it.
struct LayerSource {
    let file: OpenFile
    /// Of spike counts; nil for one sample a trial.
    let binWidth: Double?
    /// What the layer is called.
    let name: String
    let form: MatrixForm
    /// Bytes that reading may use.
    let memory: Int

    func matrix(at place: LayerPlace) throws(InfoLensError) -> any PlannedMatrix {
        let matrix: any PlannedMatrix
        switch place.storage {
        case .datasets(let parts):
            guard !parts.isEmpty else {
                throw InfoLensError(.internal, "layer \"\(name)\" consists of no dataset")
            }
            matrix = try StackedMatrix.joining(name: name, count: parts.count, memory: memory) {
                [self] (index) throws(InfoLensError) in try dataset(at: parts[index])
            }
        case .sparse(let place):
            try refuseLastAxis("its rows are stored sparsely")
            matrix = try SparseMatrix(name: name, file: file, place: place, memory: memory)
        case .spikes(let place):
            try refuseLastAxis("it is counted from spike times")
            matrix = try SpikeCounts(place, binWidth: binWidth, in: file, memory: memory).matrix(name: name)
        }
        guard let columns = place.columns else { return matrix }
        return try PickedColumns(columns, of: matrix, name: name)
    }

    /// Part of a layer: a position of its axis 1, or a field of its table.
    func matrix(of part: BracketedName.Part, at place: LayerPlace) throws(InfoLensError) -> any PlannedMatrix {
        guard case .datasets(let parts) = place.storage, let first = parts.first else {
            throw InfoLensError(
                .argument, "layer \"\(name)\": brackets name parts of datasets, which this layer does not consist of")
        }
        switch part {
        case .field(let field):
            let fields = parts.map { place in
                var place = place
                place.field = field
                return place
            }
            return try matrix(at: LayerPlace(name: name, storage: .datasets(fields)))
        case .position(let k):
            guard place.columns == nil, first.field == nil, !first.isOneSample else {
                throw InfoLensError(
                    .argument,
                    "layer \"\(name)\": [:, \(k)] is a position of a dataset [N, L, \u{2026}], which this layer is not")
            }
            let columns = try columns(ofPosition: k, in: first)
            let whole = LayerSource(
                file: file, binWidth: binWidth, name: name,
                form: MatrixForm(.flatten, samplesAreLast: form.samplesAreLast), memory: memory)
            let matrix = try whole.matrix(at: LayerPlace(name: name, storage: place.storage))
            // The dataset was opened twice.
            guard columns.upperBound <= matrix.neurons else {
                throw InfoLensError(.format, "layer \"\(name)\" changed while it was read; leave it alone meanwhile")
            }
            return PickedColumns(range: columns, of: matrix, name: name)
        }
    }

    private func columns(ofPosition k: Int, in place: DatasetPlace) throws(InfoLensError) -> Range<Int> {
        let dataset = try Dataset(file, place.path)
        let shape = dataset.facts.shape
        guard !place.samplesAreLast, !form.samplesAreLast else {
            throw InfoLensError(
                .argument, "\(dataset.what): positions of axis 1 can be named where the samples lie along axis 0 alone")
        }
        guard shape.count >= 2, let count = checkedProduct(shape), count > 0 else {
            throw InfoLensError(
                .shape,
                "\(dataset.what): shape \(describe(shape: shape)) has no position [:, \(k)]; rank 2 is the least")
        }
        if shape.count > 3 {
            switch form.reduction {
            case .none, .flatten: break
            default:
                throw InfoLensError(
                    .shape,
                    """
                    \(dataset.what): [:, \(k)] of shape \(describe(shape: shape)) is flattened; choose the reduction \
                    flatten, or none
                    """
                )
            }
        }
        let width = shape.dropFirst(2).reduce(1, &*)
        guard let columns = BracketedName.columns(ofPosition: k, length: shape[1], width: width) else {
            throw InfoLensError(
                .shape, "\(dataset.what): axis 1 has \(shape[1]) positions, and none of them is \(k)")
        }
        return columns
    }

    private func dataset(at place: DatasetPlace) throws(InfoLensError) -> any PlannedMatrix {
        if let name = place.field {
            let dataset = try Dataset(file, place.path, access: file.uncachedAccess)
            return try records(of: dataset, field: dataset.field(named: name))
        }
        do throws(InfoLensError) {
            return try HDF5Matrix(name: name, file: file, place: place, form: form, memory: memory)
        } catch {
            guard error.kind == .dtype else { throw error }
            let dataset = try Dataset(file, place.path, access: file.uncachedAccess)
            if let array = try dataset.arrayField() { return try records(of: dataset, field: array) }
            let fields = try dataset.fields()
            guard !fields.isEmpty else { throw error }
            throw InfoLensError(
                .dtype, "\(error.description); name a field of the table as path[field]: \(Dataset.list(fields))")
        }
    }

    private func records(of dataset: Dataset, field: StoredField) throws(InfoLensError) -> any PlannedMatrix {
        try RecordMatrix(name: name, dataset: dataset, field: field, reduction: form.reduction, memory: memory)
    }

    private func refuseLastAxis(_ why: String) throws(InfoLensError) {
        guard form.samplesAreLast else { return }
        throw InfoLensError(
            .argument, "sample_axis: is -1, but of layer \"\(name)\" samples are where they are, since \(why); give 0")
    }
}
