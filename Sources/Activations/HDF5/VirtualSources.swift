// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// The datasets that a virtual dataset is put together from.
///
/// libhdf5 fills in for sources that are missing, and overflows the stack when a
/// virtual dataset is its own source: all of them are visited before data is read.
enum VirtualSources {
    private static let maximumDepth = 8
    private static let maximumSources = 10_000

    /// A dataset's identity among open files.
    private struct Key: Hashable {
        let file: UInt
        let address: haddr_t
    }

    private struct Source: Hashable {
        let file: BytePath
        let dataset: BytePath
    }

    private struct Visit {
        var ancestors: [Key] = []
        var sources = 0
    }

    /// - Throws: `format` for cycles, gaps and sources that are too small, `notFound` for those
    ///   that are missing, `io` for those that the policy refuses.
    static func check(_ dataset: Dataset) throws(InfoLensError) {
        var visit = Visit()
        try check(dataset, &visit)
    }

    private static func check(_ dataset: Dataset, _ visit: inout Visit) throws(InfoLensError) {
        guard dataset.facts.layout == .virtual else { return try StoragePlan.check(dataset) }
        let what = dataset.what
        let key = try identity(of: dataset)
        guard !visit.ancestors.contains(key) else {
            throw InfoLensError(.format, "\(what): a virtual dataset is made from itself; the file is corrupt")
        }
        guard visit.ancestors.count < maximumDepth else {
            throw InfoLensError(.format, "\(what): virtual datasets nested deeper than \(maximumDepth) are not read")
        }
        visit.ancestors.append(key)
        defer { visit.ancestors.removeLast() }

        let (parent, mappings) = try mappings(of: dataset)
        var opened: [Source: Dataset] = [:]
        var covered: UInt64 = 0
        for index in 0..<mappings {
            let source = try source(index, of: dataset)
            if opened[source] == nil {
                visit.sources += 1
                guard visit.sources <= maximumSources else {
                    throw InfoLensError(.format, "\(what): more than \(maximumSources) virtual sources are not read")
                }
                let isSameFile = source.file == BytePath(".")
                let path = isSameFile ? parent : try dataset.file.policy.resolve(source.file, from: parent, what: what)
                let file = try OpenFile(path: path, policy: dataset.file.policy)
                let target = try Dataset(file, source.dataset)
                try check(target, &visit)
                opened[source] = target
            }
            if let target = opened[source] { covered &+= try coverage(index, of: dataset, by: target) }
        }
        if let count = dataset.facts.count, covered < UInt64(count), !dataset.file.policy.allowsMissing {
            throw InfoLensError(
                .format,
                """
                \(what): \(UInt64(count) - covered) of its \(count) elements have no source; the sources are \
                incomplete
                """
            )
        }
    }

    private static func identity(of dataset: Dataset) throws(InfoLensError) -> Key {
        try HDF5.locked { () throws(InfoLensError) in
            var object = chdf5_object()
            guard chdf5_object_at(dataset.id, ".", chdf5_default(), &object) >= 0 else {
                throw HDF5.failure(dataset.what)
            }
            return Key(file: object.file, address: object.address)
        }
    }

    /// The path of the file that holds the dataset, and how many sources it has.
    private static func mappings(of dataset: Dataset) throws(InfoLensError) -> (BytePath, Int) {
        try HDF5.locked { () throws(InfoLensError) in
            var count = 0
            guard H5Pget_virtual_count(dataset.creationProperties, &count) >= 0 else {
                throw HDF5.failure("\(dataset.what): its sources cannot be read")
            }
            let path = text { H5Fget_name(dataset.id, $0, $1) }
            return (path ?? dataset.file.path, count)
        }
    }

    private static func source(_ index: Int, of dataset: Dataset) throws(InfoLensError) -> Source {
        try HDF5.locked { () throws(InfoLensError) in
            let properties = dataset.creationProperties
            guard let file = text({ H5Pget_virtual_filename(properties, index, $0, $1) }),
                let name = text({ H5Pget_virtual_dsetname(properties, index, $0, $1) })
            else { throw HDF5.failure("\(dataset.what): its sources cannot be read") }
            guard !file.bytes.contains(UInt8(ascii: "%")), !name.bytes.contains(UInt8(ascii: "%")) else {
                throw InfoLensError(
                    .format, "\(dataset.what): numbered virtual sources ('%b') are not read; list the sources instead")
            }
            return Source(file: file, dataset: name)
        }
    }

    /// How many elements the mapping at `index` fills, its source having all that it selects.
    private static func coverage(_ index: Int, of dataset: Dataset, by source: Dataset) throws(InfoLensError) -> UInt64
    {
        let what = dataset.what
        return try HDF5.locked { () throws(InfoLensError) in
            let properties = dataset.creationProperties
            let target = try HDF5ID(H5Pget_virtual_vspace(properties, index), "\(what): its mapping cannot be read")
            let selection = try HDF5ID(
                H5Pget_virtual_srcspace(properties, index), "\(what): its mapping cannot be read")
            let count = H5Sget_select_npoints(target.raw)
            // An unlimited selection has no count of its own: it grows with its source.
            guard count >= 0, UInt64(count) != chdf5_unlimited() else { return UInt64(dataset.facts.count ?? 0) }
            let isWhole = H5Sget_select_type(selection.raw) == H5S_SEL_ALL
            var start = [hsize_t](repeating: 0, count: 33)
            var end = start
            let fits =
                isWhole
                ? Int(count) == source.facts.count
                : H5Sget_select_bounds(selection.raw, &start, &end) >= 0
                    && zip(end, source.facts.shape).allSatisfy { $0 < hsize_t($1) }
            guard fits else {
                throw InfoLensError(.format, "\(what): its source \(source.what) has another shape than declared")
            }
            return UInt64(count)
        }
    }

    /// The result of a call that gives the length of a text first and the text then.
    private static func text(_ read: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> BytePath? {
        let length = read(nil, 0)
        guard length >= 0 else { return nil }
        var buffer = [CChar](repeating: 0, count: length + 1)
        guard read(&buffer, buffer.count) >= 0 else { return nil }
        return BytePath(buffer.prefix(length).map { UInt8(bitPattern: $0) })
    }
}
