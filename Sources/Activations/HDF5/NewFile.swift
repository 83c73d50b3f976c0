// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// An HDF5 file that is being written, into another that takes its place when it is complete.
///
/// Where the disk is full libhdf5 fails to close its file, keeps it, and overwrites memory in the end. It is therefore
/// given nothing to write before room for it is reserved. Objects have no times of their making, so that the same
/// contents are the same bytes.
final class NewFile {
    private let file: HDF5ID
    private let replacing: ReplacingFile
    private let what: String

    /// Bytes for what HDF5 keeps beside data: an object takes less than a tenth of that.
    private static let overhead = 1 << 17

    init(_ replacing: ReplacingFile) throws(InfoLensError) {
        let what = "path: '\(replacing.shown)' cannot be written"
        self.what = what
        self.replacing = replacing
        try replacing.write(try Self.emptyFile(what))
        try replacing.reserve(Self.overhead)
        file = try HDF5.locked { () throws(InfoLensError) in
            try HDF5ID(H5Fopen(replacing.temporary, chdf5_read_write(), chdf5_default()), what, kind: .io)
        }
    }

    /// The bytes of a file without contents, made in memory.
    private static func emptyFile(_ what: String) throws(InfoLensError) -> [UInt8] {
        try HDF5.locked { () throws(InfoLensError) in
            let access = try HDF5ID(H5Pcreate(chdf5_file_access()), what, kind: .internal)
            guard H5Pset_fapl_core(access.raw, 4096, false) >= 0 else { throw HDF5.failure(what, kind: .internal) }
            let file = try HDF5ID(
                H5Fcreate("infolens", chdf5_truncate(), chdf5_default(), access.raw), what, kind: .internal)
            guard H5Fflush(file.raw, H5F_SCOPE_GLOBAL) >= 0 else { throw HDF5.failure(what, kind: .internal) }
            let size = H5Fget_file_image(file.raw, nil, 0)
            guard size > 0 else { throw HDF5.failure(what, kind: .internal) }
            var bytes = [UInt8](repeating: 0, count: size)
            guard H5Fget_file_image(file.raw, &bytes, size) == size else { throw HDF5.failure(what, kind: .internal) }
            return bytes
        }
    }

    /// Makes room for `bytes` bytes more, and what HDF5 keeps about them.
    private func reserve(_ bytes: Int) throws(InfoLensError) {
        var end: haddr_t = 0
        guard H5Fget_eoa(file.raw, &end) >= 0 else { throw HDF5.failure(what, kind: .internal) }
        let (sum, overflow) = Int(clamping: end).addingReportingOverflow(bytes)
        guard !overflow, sum < Int.max / 2 else { throw InfoLensError(.io, "\(what): \(bytes) bytes are too many") }
        try replacing.reserve(sum &+ Self.overhead)
    }

    /// Hands everything written to the system. Nothing may be written after that.
    func flush() throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            try reserve(0)
            var end: haddr_t = 0
            guard H5Fflush(file.raw, H5F_SCOPE_GLOBAL) >= 0, H5Fget_eoa(file.raw, &end) >= 0 else {
                throw HDF5.failure(what, kind: .io)
            }
            try replacing.truncate(to: Int(clamping: end))
        }
    }

    /// Makes a contiguous dataset and the groups that it lies in.
    ///
    /// - Parameter type: of its elements in the file
    func makeDataset(_ path: String, type: hid_t, shape: [Int]) throws(InfoLensError) -> NewDataset {
        try HDF5.locked { () throws(InfoLensError) in
            try reserve((checkedProduct(shape + [H5Tget_size(type)]) ?? .max / 2) &+ 8 &* path.utf8.count)
            let links = try intermediateGroups()
            let properties = try HDF5ID(H5Pcreate(chdf5_dataset_create()), what, kind: .internal)
            // All rows are going to be written: there is nothing to fill before.
            guard H5Pset_fill_time(properties.raw, H5D_FILL_TIME_NEVER) >= 0,
                H5Pset_alloc_time(properties.raw, H5D_ALLOC_TIME_EARLY) >= 0,
                H5Pset_obj_track_times(properties.raw, false) >= 0
            else { throw HDF5.failure(what, kind: .internal) }
            let space = try HDF5ID(
                H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil), what, kind: .internal)
            let raw = H5Dcreate2(file.raw, path, type, space.raw, links.raw, properties.raw, chdf5_default())
            return NewDataset(try HDF5ID(raw, what, kind: .io), shape: shape, what: what)
        }
    }

    /// Sets an attribute, a text of variable length, of the object at `path`.
    func setAttribute(_ name: String, _ text: String, of path: String) throws(InfoLensError) {
        let type = try HDF5.locked { () throws(InfoLensError) in
            let type = try HDF5ID(H5Tcopy(chdf5_c_string()), what, kind: .internal)
            guard H5Tset_size(type.raw, chdf5_variable()) >= 0, H5Tset_cset(type.raw, H5T_CSET_UTF8) >= 0 else {
                throw HDF5.failure(what, kind: .internal)
            }
            return type
        }
        let bytes = text.utf8.count
        try BytePath(text).withCString { (text) throws(InfoLensError) in
            var pointer: UnsafePointer<CChar>? = text
            try setAttribute(name, type: type.raw, value: &pointer, bytes: bytes, of: path)
        }
    }

    func setAttribute(_ name: String, _ integer: Int, of path: String) throws(InfoLensError) {
        var value = Int64(integer)
        try setAttribute(name, type: chdf5_native_int64(), value: &value, bytes: 8, of: path)
    }

    private func setAttribute(
        _ name: String, type: hid_t, value: UnsafeRawPointer, bytes: Int, of path: String
    ) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            try reserve(bytes)
            let space = try HDF5ID(H5Screate(H5S_SCALAR), what, kind: .internal)
            let raw = H5Acreate_by_name(
                file.raw, path, name, type, space.raw, chdf5_default(), chdf5_default(), chdf5_default())
            let attribute = try HDF5ID(raw, what, kind: .io)
            guard H5Awrite(attribute.raw, type, value) >= 0 else { throw HDF5.failure(what, kind: .io) }
        }
    }

    private func intermediateGroups() throws(InfoLensError) -> HDF5ID {
        let links = try HDF5ID(H5Pcreate(chdf5_link_create()), what, kind: .internal)
        guard H5Pset_create_intermediate_group(links.raw, 1) >= 0 else { throw HDF5.failure(what, kind: .internal) }
        return links
    }
}

/// A dataset that is being written.
final class NewDataset {
    let shape: [Int]
    private let dataset: HDF5ID
    private let what: String

    fileprivate init(_ dataset: consuming HDF5ID, shape: [Int], what: String) {
        self.dataset = dataset
        self.shape = shape
        self.what = what
    }

    /// Writes rows, which lie within the dataset, from elements of `type` in C order.
    func write(_ rows: Range<Int>, from elements: UnsafeRawPointer, type: hid_t) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            var start = shape.map { _ in hsize_t(0) }
            var count = shape.map { hsize_t($0) }
            start[0] = hsize_t(rows.lowerBound)
            count[0] = hsize_t(rows.count)
            let memory = try HDF5ID(H5Screate_simple(Int32(count.count), count, nil), what, kind: .internal)
            let space = try HDF5ID(H5Dget_space(dataset.raw), what, kind: .internal)
            guard H5Sselect_hyperslab(space.raw, H5S_SELECT_SET, start, nil, count, nil) >= 0,
                H5Dwrite(dataset.raw, type, memory.raw, space.raw, chdf5_default(), elements) >= 0
            else { throw HDF5.failure(what, kind: .io) }
        }
    }
}
