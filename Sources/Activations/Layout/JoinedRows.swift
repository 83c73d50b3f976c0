// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Datasets whose rows one after the other are a layer, if they fit together.
struct JoinedRows {
    let places: [DatasetPlace]
    /// Of all rows together.
    let shape: [Int]
    let dtype: String
    /// Rows of each dataset.
    let rows: [Int]

    struct Refusal: Error {
        let reason: String
    }

    /// - Parameter areSamples: whether each dataset is one sample, whatever its rank
    /// - Throws: why the datasets are no layer together
    init(_ datasets: [ListedDataset], areSamples: Bool, _ contents: FileContents) throws(Refusal) {
        guard let first = datasets.first, let model = contents.place(of: first) else {
            throw Refusal(reason: "they are no floats")
        }
        // A sample may have an axis of length 1 for itself.
        let sample =
            areSamples && (first.shape.count == 1 || first.shape[0] != 1) ? first.shape : Array(first.shape.dropFirst())
        dtype = model.dtype?.name ?? first.facts?.type.name ?? ""
        var places: [DatasetPlace] = []
        var rows: [Int] = []
        for dataset in datasets {
            guard dataset.facts?.type == first.facts?.type else {
                throw Refusal(
                    reason: "'\(dataset.path.text)' holds \(dataset.facts?.type.name ?? "nothing that can be read"), "
                        + "'\(first.path.text)' \(first.facts?.type.name ?? "")")
            }
            let fits = areSamples ? dataset.shape == first.shape : dataset.shape.dropFirst() == first.shape.dropFirst()
            guard fits, dataset.shape.count == first.shape.count else {
                throw Refusal(
                    reason: "'\(dataset.path.text)' is \(describe(shape: dataset.shape)), '\(first.path.text)' "
                        + describe(shape: first.shape))
            }
            var place = DatasetPlace(path: dataset.path)
            place.dtype = model.dtype
            place.isOneSample = areSamples
            places.append(place)
            rows.append(areSamples ? 1 : dataset.shape[0])
        }
        guard let total = checkedSum(rows) else { throw Refusal(reason: "they have too many rows") }
        self.places = places
        self.rows = rows
        shape = [total] + sample
    }

    func layer(named name: String) -> Recognition.Layer {
        let ends = [places.first, places.last].compactMap { $0 }.map { "'\($0.path.text)'" }.joined(separator: " to ")
        return Recognition.Layer(
            place: LayerPlace(name: name, storage: .datasets(places)), shape: shape,
            note: "rows of \(places.count) datasets, \(ends)", dtype: dtype)
    }
}

/// The sum of lengths; nil when it does not fit.
func checkedSum(_ lengths: some Sequence<Int>) -> Int? {
    var sum = 0
    for length in lengths {
        let (next, overflow) = sum.addingReportingOverflow(length)
        if overflow { return nil }
        sum = next
    }
    return sum
}
