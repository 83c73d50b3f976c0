// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A dump that another process reads, so that what a file does to libhdf5 is not done to this one.
///
/// There is one process for each dump. It ends when the dump and all its matrices are gone, or this process is.
public final class IsolatedDump: DumpContents {
    public let entries: [DumpEntry]
    public let layerNames: [String]
    public let labelCandidates: [String]

    private let reader: ReaderProcess

    /// - Parameters:
    ///   - path: the system's bytes, NUL-terminated
    /// - Throws: what `DumpFile` throws; `notFound` and `io` where the other process cannot be started; `format` where
    ///   it ends or does not answer.
    public convenience init(
        path: UnsafePointer<CChar>, options: OpeningOptions, isolation: Isolation
    ) throws(InfoLensError) {
        let path = BytePath(path)
        try self.init(
            path: path, options: options, memory: isolation.memory,
            reader: ReaderProcess(file: path.text, isolation: isolation))
    }

    init(path: BytePath, options: OpeningOptions, memory: Int, reader: ReaderProcess) throws(InfoLensError) {
        let request = OpenRequest(
            path: path, options: options, pluginFolders: PluginFolders.added, memory: memory)
        let listing = try reader.ask(request, for: DumpListing.self, while: "opening it")
        entries = listing.entries
        layerNames = listing.layerNames
        labelCandidates = listing.labelCandidates
        self.reader = reader
    }

    public func matrix(layer: String, as form: MatrixForm, memory: Int) throws(InfoLensError) -> any PlannedMatrix {
        let (id, forgotten) = reader.numberMatrix()
        let request = MatrixRequest(id: id, layer: layer, form: form, memory: memory, forgotten: forgotten)
        let facts: MatrixFacts
        do throws(InfoLensError) {
            facts = try reader.ask(request, for: MatrixFacts.self, while: "looking at layer \"\(layer)\"")
        } catch {
            // Whoever was cancelled does not know whether it is there.
            reader.forget(matrix: id)
            throw error
        }
        return RemoteMatrix(name: layer, facts: facts, id: id, reader: reader)
    }

    public func labels(path: String?) throws(InfoLensError) -> Labels? {
        let what = path.map { "reading the labels \"\($0)\"" } ?? "reading the labels"
        return try reader.ask(LabelsRequest(path: path), for: LabelsAnswer.self, while: what).labels
    }

    public func denseLayers(
        named: [String]?, activations: [String]?, layout: WeightLayout, memory: Int
    ) throws(InfoLensError) -> [StoredDenseLayer] {
        let request = NetworkRequest(named: named, activations: activations, layout: layout, memory: memory)
        return try reader.ask(request, for: NetworkAnswer.self, while: "reading the weights").layers
    }
}

/// Opens a dump: here, or with `isolation` in a process of its own.
///
/// - Parameter path: the system's bytes, NUL-terminated
public func openContents(
    _ path: UnsafePointer<CChar>, options: OpeningOptions, isolation: Isolation?
) throws(InfoLensError) -> any DumpContents {
    guard let isolation else { return try DumpFile(path: path, options: options) }
    return try IsolatedDump(path: path, options: options, isolation: isolation)
}
