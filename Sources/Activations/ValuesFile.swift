// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// An HDF5 file with one dataset of float64 values, written from the first to the last; it takes its place when it is complete.
public final class ValuesFile {
    private let replacing: ReplacingFile
    private let file: NewFile
    private let dataset: NewDataset
    private let path: String
    private var written = 0

    /// - Parameters:
    ///   - dataset: path within the file, for instance "o_information"
    ///   - count: number of values; room for them is reserved at once
    /// - Throws: `argument`, `io`
    public init(path: UnsafePointer<CChar>?, dataset: String, count: Int) throws(InfoLensError) {
        replacing = try ReplacingFile(path: path)
        file = try NewFile(replacing)
        self.path = dataset
        self.dataset = try file.makeDataset(dataset, type: chdf5_ieee_f64(0), shape: [count])
    }

    /// Appends values.
    public func write(_ values: UnsafeBufferPointer<Double>) throws(InfoLensError) {
        guard let base = values.baseAddress, values.count <= dataset.shape[0] - written else {
            throw InfoLensError(.internal, "more values than the dataset was made for")
        }
        try dataset.write(written..<written + values.count, from: base, type: chdf5_native_double())
        written += values.count
    }

    /// Says something about the values.
    public func setAttribute(_ name: String, _ text: String) throws(InfoLensError) {
        try file.setAttribute(name, text, of: path)
    }

    /// Makes the file what is at its path.
    public func commit() throws(InfoLensError) {
        try file.flush()
        try replacing.commit()
    }
}
