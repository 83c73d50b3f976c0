// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// A dataset met in a file, or something that stands where one should.
struct FoundDataset: Sendable {
    let path: BytePath
    /// nil if the dataset cannot be understood.
    let facts: DatasetFacts?
    /// Why there are no facts.
    let problem: String?
}

/// Visits every dataset of a file within bounds.
///
/// Links can form cycles and files can be made to hold endless trees: a group
/// is not entered again below itself, and depth and number are limited. What
/// lies beyond can still be named by its path.
struct FileWalk {
    static let maximumDepth = 32
    static let maximumObjects = 100_000

    private(set) var datasets: [FoundDataset] = []
    /// Whether something was left out because of the limits.
    private(set) var isComplete = true

    private let file: OpenFile
    private var remaining = Self.maximumObjects
    private var ancestors: [Group] = []

    private struct Group: Equatable {
        let file: UInt
        let address: haddr_t
    }

    private init(_ file: OpenFile) { self.file = file }

    /// - Throws: `format` if not even the root group can be read. Damage below it becomes
    ///   the `problem` of what it hits.
    static func visit(_ file: OpenFile) throws(InfoLensError) -> FileWalk {
        try HDF5.locked { () throws(InfoLensError) in
            var walk = FileWalk(file)
            var root = chdf5_object()
            guard chdf5_object_at(file.id, "/", file.linkAccess, &root) >= 0 else {
                throw HDF5.failure("'\(file.path.text)': the root group cannot be read")
            }
            try walk.enter(BytePath("/"), Group(file: root.file, address: root.address))
            walk.datasets.sort { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
            return walk
        }
    }

    private mutating func enter(_ path: BytePath, _ group: Group) throws(InfoLensError) {
        guard !ancestors.contains(group) else { return }
        guard ancestors.count < Self.maximumDepth else {
            isComplete = false
            return
        }
        ancestors.append(group)
        defer { ancestors.removeLast() }
        for name in try names(in: path) {
            guard remaining > 0 else {
                isComplete = false
                return
            }
            remaining -= 1
            look(at: path.appending(name))
        }
    }

    /// Never fails: what is wrong with an object is told where it is used.
    private mutating func look(at path: BytePath) {
        do throws(InfoLensError) {
            // Most objects are datasets, and asking first what they are takes as long as opening them.
            if let dataset = try Dataset.ifPresent(file, path) {
                datasets.append(FoundDataset(path: path, facts: dataset.facts, problem: nil))
                return
            }
            _ = file.policy.takeRefusal()
            var object = chdf5_object()
            guard path.withCString({ chdf5_object_at(file.id, $0, file.linkAccess, &object) }) >= 0 else {
                throw file.policy.takeRefusal() ?? HDF5.failure("the link leads nowhere")
            }
            if object.is_group != 0 {
                try enter(path, Group(file: object.file, address: object.address))
            } else if object.is_dataset != 0 {
                // It could not be opened: why?
                _ = try Dataset(file, path)
            }
        } catch {
            datasets.append(FoundDataset(path: path, facts: nil, problem: error.description))
        }
    }

    /// The names of a group's links; at most as many as may still be visited, and one.
    private func names(in path: BytePath) throws(InfoLensError) -> [BytePath] {
        let group = try HDF5ID(
            path.withCString { H5Oopen(file.id, $0, file.linkAccess) }, "the group '\(path.text)' cannot be opened")
        var listing = Listing(limit: remaining + 1)
        let status = withUnsafeMutablePointer(to: &listing) { listing in
            chdf5_links(
                group.raw,
                { name, user in
                    guard let name, let listing = user?.assumingMemoryBound(to: Listing.self) else { return -1 }
                    listing.pointee.names.append(BytePath(name))
                    return listing.pointee.names.count < listing.pointee.limit ? 0 : 1
                }, listing)
        }
        guard status >= 0 else { throw HDF5.failure("the group '\(path.text)' cannot be listed") }
        return listing.names
    }

    private struct Listing {
        let limit: Int
        var names: [BytePath] = []
    }
}
