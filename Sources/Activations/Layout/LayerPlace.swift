// SPDX-License-Identifier: Apache-2.0

/// Where the activations of a layer lie in a file, and in which form.
struct LayerPlace: Sendable {
    let name: String
    let storage: Storage
    /// The columns that are the layer's neurons, ascending; nil for all.
    var columns: [Int]?

    enum Storage: Sendable {
        /// The rows of these datasets one after the other; of most layers there is one.
        case datasets([DatasetPlace])
        /// A sparse matrix, row by row.
        case sparse(SparsePlace)
        /// Spikes of each unit, to be counted in bins.
        case spikes(SpikePlace)
    }

    init(name: String, storage: Storage, columns: [Int]? = nil) {
        self.name = name
        self.storage = storage
        self.columns = columns
    }

    /// A layer that is one dataset, samples along axis 0.
    init(name: String, path: BytePath) {
        self.init(name: name, storage: .datasets([DatasetPlace(path: path)]))
    }

    /// The first dataset, which stands for the layer in a listing.
    var path: BytePath? {
        switch storage {
        case .datasets(let places): places.first?.path
        case .sparse(let place): place.values
        case .spikes(let place): place.times
        }
    }
}

/// A dataset whose elements are activations.
struct DatasetPlace: Hashable, Sendable {
    let path: BytePath
    /// The samples lie along the last axis, as in what MATLAB stores.
    var samplesAreLast = false
    /// The whole dataset is one sample: [d], or [1, d].
    var isOneSample = false
    /// The field of a compound dataset that holds the neurons.
    var field: String?
    /// The elements' own type where the file gives it another: bfloat16 kept as uint16.
    var dtype: DType?
}

/// A matrix in compressed sparse rows: row i has `values[pointers[i] ..< pointers[i + 1]]`, in the columns that
/// `indices` says.
struct SparsePlace: Sendable {
    let values: BytePath
    let indices: BytePath
    let pointers: BytePath
    /// Samples and neurons.
    let shape: [Int]
}

/// The spikes of units in the format of Neurodata Without Borders: those of unit u are
/// `times[ends[u − 1] ..< ends[u]]`, in seconds.
struct SpikePlace: Sendable {
    let times: BytePath
    let ends: BytePath
    /// Beginning and end of each trial, if the file has any.
    let starts: BytePath?
    let stops: BytePath?
}
