// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What a dump can be asked, wherever it is read: one file, several, or one in another process.
public protocol DumpContents: Sendable {
    /// Datasets in the order: labels, inputs, logits; layer by layer; all others by path.
    var entries: [DumpEntry] { get }
    /// What "every layer" means, in the order of `index` attributes, then by name with numbers as
    /// numbers; those of epochs last, epoch by epoch.
    var layerNames: [String] { get }
    /// Datasets that could be labels, where none of them is so without doubt: for errors.
    var labelCandidates: [String] { get }

    /// Activations of a layer, or of any dataset, as samples × neurons.
    ///
    /// - Parameters:
    ///   - layer: the name of a layer or the path of a dataset, perhaps with `[:, k]` or `[field]`
    ///   - memory: bytes that reading may use
    /// - Throws: `notFound` if there is neither (lists the layers); `shape` for ranks that the reduction
    ///   does not take, and emptiness; `dtype` for elements that are no numbers; `memory` for a chunk larger
    ///   than `memory`; `format` and `io` for data that is missing, damaged or elsewhere.
    func matrix(layer: String, as form: MatrixForm, memory: Int) throws(InfoLensError) -> any PlannedMatrix

    /// The samples' classes; those without have the code −1.
    ///
    /// - Parameter path: of the labels' dataset; nil for those that were found
    /// - Returns: nil if `path` is nil and the dump has no labels
    /// - Throws: `notFound`; `shape`, `dtype` or `numeric` for what cannot be labels; `format`, `io`.
    func labels(path: String?) throws(InfoLensError) -> Labels?

    /// The dense layers whose weights are in the file, chained; see `DumpFile.denseLayers`.
    func denseLayers(
        named: [String]?, activations: [String]?, layout: WeightLayout, memory: Int
    ) throws(InfoLensError) -> [StoredDenseLayer]
}

/// How a dataset becomes samples × neurons.
public struct MatrixForm: Sendable {
    /// For samples of more than one axis.
    public var reduction: Reduction
    /// Samples lie along the last axis, whatever the layout says.
    public var samplesAreLast: Bool

    public init(_ reduction: Reduction, samplesAreLast: Bool = false) {
        self.reduction = reduction
        self.samplesAreLast = samplesAreLast
    }
}

/// What is asked of a file when it is opened.
public struct OpeningOptions: Sendable {
    /// Follow external raw storage, and links and virtual sources out of the dump's folder.
    public var allowsExternal = false
    /// Take data that was never written, and has no fill value of its own, for the default fill value.
    public var allowsMissing = false
    /// Seconds of a bin in which spikes are counted; nil for one bin a trial.
    public var binWidth: Double?

    public init() {}
}
