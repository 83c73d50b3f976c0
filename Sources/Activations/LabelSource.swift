// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Reads the labels of a file from wherever they lie in it.
struct LabelSource {
    let file: OpenFile
    /// Of spike counts; nil for one sample a trial.
    let binWidth: Double?

    /// - Throws: `shape`, `dtype` or `numeric` for what cannot be labels; `notFound`, `format`, `io`
    func labels(at place: LabelPlace) throws(InfoLensError) -> Labels {
        switch place {
        case .dataset(let path): try StoredLabels.read(Dataset(file, path))
        case .transposed(let path): try StoredLabels.read(Dataset(file, path), as: .init(isTransposed: true))
        case .column(let path, field: nil, let column):
            try StoredLabels.read(Dataset(file, path), as: .init(column: column))
        case .column(let path, field: let name?, let column): try field(name, column: column, of: path)
        case .field(let path, let name): try field(name, of: path)
        case .categorical(let codes, let names): try categorical(codes: codes, names: names)
        case .joined(let paths): try joined(paths)
        case .trials(let path, let spikes): try trials(path, spikes)
        }
    }

    // MARK: Fields of records

    /// - Parameter column: of the values in a record; nil for all of them, one label or a one-hot row
    private func field(_ name: String, column: Int? = nil, of path: BytePath) throws(InfoLensError) -> Labels {
        let dataset = try Dataset(file, path)
        let field = try dataset.field(named: name)
        let reader = try FieldReader(dataset, field: field, memory: StoredLabels.memory)
        let piece = min(reader.records, max(1, StoredLabels.pieceBytes / reader.rowBytes))
        let rows = reader.preferredRows.map { piece > $0 ? piece - piece % $0 : piece } ?? piece
        let buffer = try Scratch(bytes: aligned(rows &* reader.rowBytes) &+ reader.workspaceBytes, for: reader.what)
        func forEachPiece(_ body: (Int) throws(InfoLensError) -> Void) throws(InfoLensError) {
            for start in stride(from: 0, to: reader.records, by: rows) {
                let end = min(start + rows, reader.records)
                try reader.read(
                    rows: start..<end, into: buffer.base, workspace: buffer.base + aligned(rows &* reader.rowBytes))
                try body(end - start)
            }
        }
        switch field.type {
        case .string(let size?, let padding) where field.shape.reduce(1, &*) == 1:
            var coder = StringCoder(reserving: reader.records)
            try forEachPiece { (count) throws(InfoLensError) in
                for index in 0..<count {
                    let bytes = UnsafeRawBufferPointer(start: buffer.base + index &* size, count: size)
                    try coder.append(StoredTexts.trimmed(bytes, padding: padding), what: reader.what)
                }
            }
            return try coder.labels(what: reader.what)
        case .numeric(let encoding):
            let size = encoding.dtype.size
            guard column ?? 0 < field.shape.reduce(1, &*) else {
                throw InfoLensError(.shape, "\(reader.what) has no value \(column ?? 0); \(field.description)")
            }
            var labels = try LabelReader(
                shape: [reader.records] + (column == nil ? field.shape : []), dtype: encoding.dtype,
                swapped: encoding.swapped,
                rowsAreSamples: true, allowsMissing: true, argument: reader.what)
            try forEachPiece { (count) throws(InfoLensError) in
                try labels.append(
                    UnsafeRawPointer(buffer.base) + (column ?? 0) &* size, samples: count, stride: reader.rowBytes,
                    innerStride: size)
            }
            return try labels.labels(classNames: nil)
        default:
            throw InfoLensError(.dtype, "\(reader.what) holds arrays of strings; a label is one string")
        }
    }

    // MARK: Categories

    /// Categories keep the file's order, whether any sample has them or not.
    private func categorical(codes path: BytePath, names: BytePath) throws(InfoLensError) -> Labels {
        let classes = try categories(names)
        let codes = try StoredVector(file, path, memory: StoredLabels.memory)
        let values = try codes.integers(limit: StoredLabels.memory)
        guard codes.count > 0 else { throw InfoLensError(.shape, "\(codes.what) holds no labels") }
        let result = try (0..<codes.count).map { (row) throws(InfoLensError) -> Int32 in
            let code = values.values(of: Int64.self)[row]
            guard code >= -1, code < Int64(classes.count) else {
                throw InfoLensError(
                    .format,
                    """
                    \(codes.what): the code at row \(row) is \(code), but there are \(classes.count) categories: codes \
                    are 0 … \(classes.count - 1), or -1 for a missing label
                    """
                )
            }
            return Int32(truncatingIfNeeded: code)
        }
        return Labels(codes: result, classes: classes)
    }

    private func categories(_ path: BytePath) throws(InfoLensError) -> ClassNames {
        let dataset = try Dataset(file, path)
        // No category at all: then every label is missing.
        if dataset.facts.count == 0 { return .strings([]) }
        if dataset.facts.type.isFloat { return .strings(try numberNames(path)) }
        let names = try StoredLabels.read(dataset)
        if let twice = names.counts.firstIndex(where: { $0 > 1 }) {
            throw InfoLensError(
                .format, "\(dataset.what): the category \(names.classes.name(at: twice)) comes more than once")
        }
        return switch names.classes {
        case .integers(let values): .integers(names.codes.map { values[Int($0)] })
        case .strings(let texts): .strings(names.codes.map { texts[Int($0)] })
        }
    }

    /// Categories that are floats, as text: 0.5 is a name like any other.
    private func numberNames(_ path: BytePath) throws(InfoLensError) -> [String] {
        let vector = try StoredVector(file, path, memory: StoredLabels.memory)
        let names = try vector.doubles(limit: StoredLabels.memory).map { "\($0)" }
        guard Set(names).count == names.count else {
            throw InfoLensError(.format, "\(vector.what): a category comes more than once")
        }
        return names
    }

    // MARK: Several datasets

    private func joined(_ paths: [BytePath]) throws(InfoLensError) -> Labels {
        // A batch of one sample among batches of one-hot rows is such a row too.
        var hasRows = false
        for path in paths where !hasRows {
            let shape = try Dataset(file, path).facts.shape
            hasRows = shape.count == 2 && shape[0] > 1 && shape[1] > 1
            // Scalars and vectors come in large numbers, and all look alike.
            if shape.count < 2 { break }
        }
        var merged = MergedLabels()
        for path in paths {
            let dataset = try Dataset(file, path)
            try merged.append(
                StoredLabels.read(dataset, as: .init(isPart: true, rowsAreSamples: hasRows)), from: dataset.what)
        }
        guard let labels = try merged.labels() else {
            throw InfoLensError(.shape, "'\(file.path.text)': there are no labels to join")
        }
        return labels
    }

    // MARK: Trials

    private func trials(_ path: BytePath, _ spikes: SpikePlace) throws(InfoLensError) -> Labels {
        let labels = try StoredLabels.read(Dataset(file, path))
        guard let binWidth else { return labels }
        let trials = try TimeBins.Trials(spikes, in: file, memory: StoredLabels.memory)
        guard trials.starts.count == labels.count else {
            throw InfoLensError(
                .shape,
                "'\(file.path.text)': dataset '\(path.text)' has \(labels.count) labels for \(trials.starts.count) trials"
            )
        }
        let times = try StoredVector(file, spikes.times, memory: StoredLabels.memory)
        let bins = try SpikeCounts.bins(trials, times: times, width: binWidth, units: 1, memory: StoredLabels.memory)
        guard case .regular(let start, let width, let count) = bins else { return labels }
        let codes = trials.trialOfBin(start: start, width: width, count: count).map { trial in
            trial < 0 ? -1 : labels.codes[Int(trial)]
        }
        return Labels(codes: codes, classes: labels.classes)
    }
}
