// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Several dumps as one: the samples of the second follow those of the first, and so on.
///
/// Layers are those of the first dump, and so is all that belongs to no sample, such as weights.
public final class ShardedDump: DumpContents {
    /// A dump, and what errors call it.
    public struct Shard: Sendable {
        public let path: String
        public let contents: any DumpContents

        public init(path: String, contents: any DumpContents) {
            self.path = path
            self.contents = contents
        }
    }

    public let entries: [DumpEntry]
    public var layerNames: [String] { first.contents.layerNames }
    public let labelCandidates: [String]

    private let first: Shard
    private let shards: [Shard]

    /// - Parameter shards: at least one
    /// - Throws: `argument` for no shards; `notFound` for a layer that one of them lacks; `shape` for one of another
    ///   width
    public init(_ shards: [Shard]) throws(InfoLensError) {
        guard let first = shards.first else {
            throw InfoLensError(.argument, "paths: there are none; give at least one file")
        }
        self.shards = shards
        self.first = first
        // A hundred files with a hundred layers are ten thousand look-ups.
        let listings = shards.map { shard in
            Dictionary(shard.contents.entries.map { (Key($0), $0) }, uniquingKeysWith: { first, _ in first })
        }
        var entries: [DumpEntry] = []
        for entry in first.contents.entries { entries.append(try Self.joined(entry, shards, listings)) }
        self.entries = entries
        let all = shards.map { Set($0.contents.labelCandidates) }
        labelCandidates = first.contents.labelCandidates.filter { name in all.allSatisfy { $0.contains(name) } }
    }

    /// What a dataset is known by in every shard: a layer by its name, anything else by its path.
    private struct Key: Hashable {
        let role: String
        let name: [UInt8]

        init(_ entry: DumpEntry) {
            let isLabels = entry.role == "labels"
            role = entry.role
            name = isLabels ? [] : Array((entry.role == "layer" ? entry.name : entry.path).utf8)
        }
    }

    /// A dataset of the first shard with the samples of all.
    private static func joined(
        _ entry: DumpEntry, _ shards: [Shard], _ listings: [[Key: DumpEntry]]
    ) throws(InfoLensError) -> DumpEntry {
        guard shards.count > 1, ["layer", "labels", "inputs", "logits", "preactivations"].contains(entry.role) else {
            return entry
        }
        var samples = 0
        for (shard, listing) in zip(shards, listings) {
            guard let other = listing[Key(entry)] else {
                guard entry.role == "layer" || entry.role == "labels" else { return entry }
                let what = entry.role == "layer" ? "layer \"\(entry.name)\"" : "labels"
                throw InfoLensError(
                    .notFound,
                    "'\(shard.path)' has no \(what), which '\(shards[0].path)' has; all files must have the same layers"
                )
            }
            // Axes beyond the second may be reduced.
            if entry.role == "layer", entry.shape.count == 2, other.shape.count != 2 || other.neurons != entry.neurons {
                throw InfoLensError(
                    .shape,
                    """
                    '\(shard.path)': layer "\(entry.name)" is \(describe(shape: other.shape)), but \
                    \(describe(shape: entry.shape)) in '\(shards[0].path)'; all files must have as many neurons
                    """
                )
            }
            samples = [samples, other.samples].saturatingSum()
        }
        var joined = entry
        joined.samples = samples
        if entry.shape.first == entry.samples {
            joined.shape[0] = samples
        } else if let last = entry.shape.indices.last, entry.shape[last] == entry.samples {
            joined.shape[last] = samples
        }
        let note = "rows of \(shards.count) files"
        joined.note = entry.note.isEmpty ? note : "\(entry.note); \(note)"
        return joined
    }

    public func matrix(layer: String, as form: MatrixForm, memory: Int) throws(InfoLensError) -> any PlannedMatrix {
        try StackedMatrix.joining(name: layer, count: shards.count, memory: memory) {
            [shards] (index) throws(InfoLensError) in
            try shards[index].named { (contents) throws(InfoLensError) in
                try contents.matrix(layer: layer, as: form, memory: memory)
            }
        }
    }

    public func labels(path: String?) throws(InfoLensError) -> Labels? {
        var merged = MergedLabels()
        for (index, shard) in shards.enumerated() {
            let labels = try shard.named { (contents) throws(InfoLensError) in try contents.labels(path: path) }
            guard let labels else {
                if index == 0, shards.allSatisfy({ !$0.hasLabels }) { return nil }
                throw InfoLensError(
                    .notFound, "'\(shard.path)' has no labels, but others have; all files must have them, or none")
            }
            try merged.append(labels, from: "'\(shard.path)'")
        }
        return try merged.labels()
    }

    public func denseLayers(
        named: [String]?, activations: [String]?, layout: WeightLayout, memory: Int
    ) throws(InfoLensError) -> [StoredDenseLayer] {
        try first.named { (contents) throws(InfoLensError) in
            try contents.denseLayers(named: named, activations: activations, layout: layout, memory: memory)
        }
    }
}

extension ShardedDump.Shard {
    fileprivate var hasLabels: Bool { contents.entries.contains { $0.role == "labels" } }

    /// Errors of `body` that name no file name this one.
    fileprivate func named<Result>(
        _ body: (any DumpContents) throws(InfoLensError) -> Result
    ) throws(InfoLensError) -> Result {
        do throws(InfoLensError) {
            return try body(contents)
        } catch {
            throw error.description.contains(path)
                ? error : InfoLensError(error.kind, "'\(path)': \(error.description)")
        }
    }
}
