// SPDX-License-Identifier: Apache-2.0
import Kernels

/// An HDF5 file of activations and what was found in it.
public final class DumpFile: @unchecked Sendable {
    /// Datasets in the order: labels, inputs, logits; layer by layer; all others by path.
    public var entries: [DumpEntry] { layout.entries }
    /// Layers in the order of their `index` attributes, then by name with numbers as
    /// numbers; those of epochs last, epoch by epoch.
    public let layerNames: [String]

    let file: OpenFile
    let layout: DumpLayout

    /// Opens the file and lists its datasets; reads no data.
    ///
    /// - Parameters:
    ///   - path: the system's bytes, NUL-terminated
    ///   - allowExternal: follow external raw storage, and links and virtual sources out of the dump's folder
    /// - Throws: `notFound` if there is no such file; `io` if it may not be read or a writer has
    ///   locked it; `format` if it is not HDF5, truncated or corrupt.
    public init(path: UnsafePointer<CChar>, allowExternal: Bool) throws(InfoLensError) {
        let path = BytePath(path)
        let file = try OpenFile(path: path, policy: LinkPolicy(dump: path, allowsExternal: allowExternal))
        let walk = try FileWalk.visit(file)
        self.file = file
        layout = DumpLayout(walk, keras: KerasNetwork.find(walk, in: file)) { file.integer(attribute: "index", of: $0) }
        layerNames = layout.layers.map(\.name)
    }

    /// Activations of a layer, or of any dataset, as samples × neurons.
    ///
    /// - Parameters:
    ///   - layer: the name of a layer or the path of a dataset
    ///   - memory: bytes that reading may use
    /// - Throws: `notFound` if there is neither (lists the layers); `shape` for ranks that `reduction`
    ///   does not take, emptiness, and fewer than two samples; `dtype` for elements that are no
    ///   numbers; `memory` for a chunk larger than `memory`; `format` and `io` for data that is
    ///   missing, damaged or elsewhere.
    public func matrix(layer: String, reduction: Reduction, memory: Int) throws(InfoLensError) -> any ActivationMatrix {
        if let known = layout.layers.first(where: { isSameText($0.name, layer) }) {
            return try HDF5Matrix(name: layer, file: file, path: known.path, reduction: reduction, memory: memory)
        }
        do {
            return try HDF5Matrix(name: layer, file: file, path: path(layer), reduction: reduction, memory: memory)
        } catch {
            throw error.kind == .notFound ? InfoLensError(.notFound, "\(error.description); \(listing)") : error
        }
    }

    /// The samples' classes.
    ///
    /// - Parameter path: of the labels' dataset; nil for those that were found
    /// - Returns: nil if `path` is nil and the dump has no labels
    /// - Throws: `notFound`; `shape`, `dtype` or `numeric` for what cannot be labels; `format`, `io`.
    public func labels(path: String?) throws(InfoLensError) -> Labels? {
        guard let path = path.map({ self.path($0) }) ?? layout.labels else { return nil }
        return try StoredLabels.read(Dataset(file, path))
    }

    /// The bytes behind a path: those of a dataset that was listed by this text, or the text's own.
    private func path(_ text: String) -> BytePath {
        let absolute = text.hasPrefix("/") ? text : "/" + text
        return layout.path(listedAs: absolute) ?? BytePath(absolute)
    }

    /// What could have been named instead.
    private var listing: String {
        if layerNames.isEmpty {
            return "no layers were found; name a dataset by its path (the datasets are listed by describe)"
        }
        let shown = layerNames.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
        return "layers: \(shown)\(layerNames.count > 20 ? " and \(layerNames.count - 20) more" : "")"
    }
}
