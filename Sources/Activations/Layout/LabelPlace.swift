// SPDX-License-Identifier: Apache-2.0

/// Where the samples' labels lie in a file, and in which form.
enum LabelPlace: Sendable {
    /// One label an element, or one a row of one-hot labels.
    case dataset(BytePath)
    /// A field of a compound dataset.
    case field(BytePath, String)
    /// A column of a dataset [N, k], or of a field of a compound dataset that holds k values.
    case column(BytePath, field: String?, Int)
    /// One-hot labels that are stored transposed, [C, N].
    case transposed(BytePath)
    /// Indices into a list of names; −1 where the label is missing.
    case categorical(codes: BytePath, names: BytePath)
    /// The labels of these datasets one after the other, each a scalar or a vector.
    case joined([BytePath])
    /// A label a trial; with bins, that of the trial in which a bin's middle lies.
    case trials(BytePath, spikes: SpikePlace)

    /// The dataset that stands for the labels in a listing.
    var path: BytePath? {
        switch self {
        case .dataset(let path), .field(let path, _), .column(let path, field: _, _), .transposed(let path),
            .categorical(codes: let path, names: _), .trials(let path, _):
            path
        case .joined(let paths): paths.first
        }
    }
}

/// What to do with samples that have no label.
public enum MissingLabels: Sendable {
    case refuse
    case exclude
    /// A class of their own, the last.
    case ownClass
}
