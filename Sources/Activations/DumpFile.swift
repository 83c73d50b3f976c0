// SPDX-License-Identifier: Apache-2.0
import Kernels

/// An HDF5 file of activations and what was found in it.
public final class DumpFile: DumpContents, @unchecked Sendable {
    public var entries: [DumpEntry] { layout.entries }
    public var layerNames: [String] { layout.layerNames }
    public var labelCandidates: [String] { layout.labelCandidates }

    let file: OpenFile
    let layout: DumpLayout

    /// Opens the file and lists its datasets; reads no data.
    ///
    /// - Parameters:
    ///   - path: the system's bytes, NUL-terminated
    /// - Throws: `notFound` if there is no such file; `io` if it may not be read or a writer has
    ///   locked it; `format` if it is not HDF5, truncated or corrupt.
    public init(path: UnsafePointer<CChar>, options: OpeningOptions) throws(InfoLensError) {
        let path = BytePath(path)
        let file = try OpenFile(path: path, policy: LinkPolicy(dump: path, options: options))
        let walk = try FileWalk.visit(file)
        self.file = file
        layout = DumpLayout(walk, in: file)
    }

    public func matrix(layer: String, as form: MatrixForm, memory: Int) throws(InfoLensError) -> any PlannedMatrix {
        if let known = layout.layers.first(where: { isSameText($0.name, layer) }), known.columns == nil,
            case .datasets(let places) = known.storage, places.count == 1
        {
            return try HDF5Matrix(name: layer, file: file, place: places[0], form: form, memory: memory)
        }
        do {
            return try HDF5Matrix(
                name: layer, file: file, place: DatasetPlace(path: path(layer)), form: form, memory: memory)
        } catch {
            throw error.kind == .notFound ? InfoLensError(.notFound, "\(error.description); \(listing)") : error
        }
    }

    public func labels(path: String?) throws(InfoLensError) -> Labels? {
        guard let path = path.map({ self.path($0) }) ?? layout.labels?.path else { return nil }
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
