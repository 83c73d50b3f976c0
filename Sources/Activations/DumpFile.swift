// SPDX-License-Identifier: Apache-2.0
import Kernels

/// An HDF5 file of activations and what was found in it.
public final class DumpFile: DumpContents, @unchecked Sendable {
    public var entries: [DumpEntry] { layout.entries }
    public var layerNames: [String] { layout.layerNames }
    public var labelCandidates: [String] { layout.labelCandidates }

    let file: OpenFile
    let layout: DumpLayout
    private let binWidth: Double?

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
        binWidth = options.binWidth
        layout = DumpLayout(walk, in: file)
    }

    public func matrix(layer: String, as form: MatrixForm, memory: Int) throws(InfoLensError) -> any PlannedMatrix {
        let source = LayerSource(file: file, binWidth: binWidth, name: layer, form: form, memory: memory)
        do throws(InfoLensError) {
            return try source.matrix(at: place(of: layer))
        } catch {
            // A dataset that is literally called so comes first.
            guard error.kind == .notFound, let bracketed = BracketedName(layer) else { throw listed(error) }
            do throws(InfoLensError) {
                return try source.matrix(of: bracketed.part, at: place(of: bracketed.base))
            } catch { throw listed(error) }
        }
    }

    public func labels(path: String?) throws(InfoLensError) -> Labels? {
        let source = LabelSource(file: file, binWidth: binWidth)
        guard let path else {
            return try layout.labels.map { (place) throws(InfoLensError) in try source.labels(at: place) }
        }
        do throws(InfoLensError) {
            return try source.labels(at: labelPlace(of: path))
        } catch {
            guard error.kind == .notFound, let bracketed = BracketedName(path) else { throw error }
            let base = self.path(bracketed.base)
            switch bracketed.part {
            case .field(let name): return try source.labels(at: .field(base, name))
            case .position(let column):
                guard column >= 0 else { throw error }
                return try source.labels(at: .column(base, field: nil, column))
            }
        }
    }

    /// Where a layer lies that is named, or the dataset at a path. The path of a layer's only dataset means the layer.
    private func place(of name: String) -> LayerPlace {
        if let known = layout.layer(named: name) { return known }
        let path = path(name)
        let known = layout.layers.first { layer in
            switch layer.storage {
            case .datasets(let parts): parts.count == 1 && layer.columns == nil && parts[0].path == path
            case .sparse, .spikes: isSameText("/" + layer.name, path.text)
            }
        }
        return known ?? LayerPlace(name: name, path: path)
    }

    /// Where labels lie that are named: as they were found, or in the dataset or the categories at a path.
    private func labelPlace(of name: String) -> LabelPlace {
        if let listed = layout.labels(listedAs: name) { return listed }
        let path = path(name)
        switch layout.labels {
        case .transposed(path), .categorical(codes: path, names: _), .trials(path, spikes: _):
            if let labels = layout.labels { return labels }
        default: break
        }
        let (codes, names) = (path.appending(BytePath("codes")), path.appending(BytePath("categories")))
        let isCategorical = (try? Dataset(file, codes)) != nil && (try? Dataset(file, names)) != nil
        if isCategorical { return .categorical(codes: codes, names: names) }
        return isStoredTransposed(path) ? .transposed(path) : .dataset(path)
    }

    /// Whether a matrix lies in a file whose matrices have their samples along the last axis.
    private func isStoredTransposed(_ path: BytePath) -> Bool {
        let areLast = layout.layers.contains { layer in
            if case .datasets(let parts) = layer.storage { parts.contains(where: \.samplesAreLast) } else { false }
        }
        guard areLast, let shape = try? Dataset(file, path).facts.shape else { return false }
        return shape.count == 2 && !shape.contains(1)
    }

    /// The bytes behind a path: those of a dataset that was listed by this text, or the text's own.
    private func path(_ text: String) -> BytePath {
        let absolute = text.hasPrefix("/") ? text : "/" + text
        return layout.path(listedAs: absolute) ?? BytePath(absolute)
    }

    /// An error about something that is not there, with what is.
    private func listed(_ error: InfoLensError) -> InfoLensError {
        error.kind == .notFound ? InfoLensError(.notFound, "\(error.description); \(listing)") : error
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
