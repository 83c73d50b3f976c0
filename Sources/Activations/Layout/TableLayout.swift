// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Tables, as PyTables writes them and numpy's structured arrays become: a field that holds an array of floats is a
/// layer, one of integers or strings can be the labels.
enum TableLayout: Layout {
    static func recognise(_ contents: FileContents) -> Recognition? {
        var fields: [(table: ListedDataset, field: StoredField)] = []
        for table in contents.datasets where table.isCompound && table.shape.count == 1 {
            fields += contents.fields(of: table).filter { $0.type.isFloat && $0.shape.contains { $0 > 1 } }
                .map { (table, $0) }
        }
        guard !fields.isEmpty else { return nil }
        var recognition = Recognition()
        let found = ActivationSearch(contents)
        let lengths = Set(fields.map(\.table.shape[0]))
        let candidates = contents.datasets.flatMap { LabelCandidate.all(in: $0, contents) }
        let choice = LabelSearch.choose(candidates, lengths: lengths)
        if let choice { recognition.labels = Recognition.Labels(choice) }
        recognition.candidates = candidates.filter { lengths.contains($0.count) }

        guard let samples = choice?.candidate.count ?? lengths.only else { return recognition }
        let fitting = fields.filter { $0.table.shape[0] == samples }
        let names = LayerNaming.names(of: fitting.map { $0.table.names + [$0.field.name] })
        for (name, (table, field)) in zip(names, fitting) {
            var place = DatasetPlace(path: table.path)
            place.field = field.name
            recognition.layers.append(
                Recognition.Layer(
                    place: LayerPlace(name: name, storage: .datasets([place])), shape: table.shape + field.shape,
                    note: "the field '\(field.name)' of a table", dtype: field.type.name))
        }
        recognition.add(
            found.matrices.filter { $0.shape[0] == samples }, note: "floats, axis 0 as long as the table")
        recognition.add(found.marks)
        return recognition
    }
}
