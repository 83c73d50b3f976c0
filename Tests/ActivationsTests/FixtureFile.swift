// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

@testable import Activations

/// A folder that lives as long as its owner.
final class TemporaryFolder: @unchecked Sendable {
    let path: String

    init() {
        var template = Array("/tmp/infolens-tests-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink("\(path)/\(name)")
            }
            closedir(folder)
        }
        rmdir(path)
    }

    subscript(_ name: String) -> String { "\(path)/\(name)" }
}

/// How a fixture's dataset is stored.
struct FixtureStorage {
    var chunk: [Int]?
    var shuffle = false
    var deflate = false
    var fletcher32 = false
    var isCompact = false
    var leavesEdgesUnfiltered = false
    var fill: Float?

    static let contiguous = FixtureStorage()
}

/// Writes HDF5 files for tests.
final class FixtureFile {
    let path: String
    private let file: HDF5ID

    /// - Parameter newest: in the newest formats that the library knows
    init(_ path: String, newest: Bool = false) throws(InfoLensError) {
        self.path = path
        file = try HDF5.locked { () throws(InfoLensError) in
            let access = try HDF5ID(H5Pcreate(chdf5_file_access()), "access")
            if newest { H5Pset_libver_bounds(access.raw, H5F_LIBVER_V110, H5F_LIBVER_V110) }
            return try HDF5ID(H5Fcreate(path, chdf5_truncate(), chdf5_default(), access.raw), "fixture")
        }
    }

    /// The dump in this file, once everything is written.
    func dump(allowExternal: Bool = false) throws(InfoLensError) -> DumpFile {
        H5Fflush(file.raw, H5F_SCOPE_GLOBAL)
        return try DumpFile(path: path, allowExternal: allowExternal)
    }

    func dataset<T>(
        _ name: String, _ elements: [T], type: hid_t, shape: [Int], storage: FixtureStorage = .contiguous,
        writing: Bool = true
    ) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            let space = try HDF5ID(H5Screate_simple(Int32(shape.count), shape.map(hsize_t.init), nil), "space")
            let properties = try HDF5ID(H5Pcreate(chdf5_dataset_create()), "properties")
            if let chunk = storage.chunk {
                H5Pset_chunk(properties.raw, Int32(chunk.count), chunk.map(hsize_t.init))
            }
            if storage.shuffle { H5Pset_shuffle(properties.raw) }
            if storage.deflate { H5Pset_deflate(properties.raw, 4) }
            if storage.fletcher32 { H5Pset_fletcher32(properties.raw) }
            if storage.isCompact { H5Pset_layout(properties.raw, H5D_COMPACT) }
            if storage.leavesEdgesUnfiltered {
                H5Pset_chunk_opts(properties.raw, UInt32(H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS))
            }
            if var fill = storage.fill { H5Pset_fill_value(properties.raw, chdf5_ieee_f32(0), &fill) }
            let dataset = try create(name, type, space.raw, properties.raw)
            guard writing, !elements.isEmpty else { return }
            let status = elements.withUnsafeBytes {
                H5Dwrite(dataset.raw, type, chdf5_all(), chdf5_all(), chdf5_default(), $0.baseAddress)
            }
            if status < 0 { throw HDF5.failure("writing \(name)") }
        }
    }

    func floats(_ name: String, _ values: [Float], shape: [Int], storage: FixtureStorage = .contiguous)
        throws(InfoLensError)
    {
        try dataset(name, values, type: chdf5_ieee_f32(0), shape: shape, storage: storage)
    }

    func integers(_ name: String, _ values: [Int32], shape: [Int]? = nil) throws(InfoLensError) {
        try dataset(name, values, type: chdf5_std_integer(4, 1, 0), shape: shape ?? [values.count])
    }

    /// Strings of fixed size if `size` is given, padded by NULs, else of variable length; nil is never written.
    func strings(
        _ name: String, _ texts: [[UInt8]], size: Int?, shape: [Int]? = nil, storage: FixtureStorage = .contiguous
    ) throws(InfoLensError) {
        let type = try textType(size: size)
        let shape = shape ?? [texts.count]
        if let size {
            let bytes = texts.flatMap { $0 + [UInt8](repeating: 0, count: size - $0.count) }
            try dataset(name, bytes, type: type.raw, shape: shape, storage: storage)
        } else {
            let copies = texts.map { strdup(($0 + [0]).map { CChar(bitPattern: $0) }) }
            defer { copies.forEach { free($0) } }
            try dataset(name, copies, type: type.raw, shape: shape, storage: storage)
        }
    }

    func attribute(_ name: String, _ value: Int64, of object: String) throws(InfoLensError) {
        try attribute(name, [value], type: chdf5_native_int64(), of: object)
    }

    func attribute(_ name: String, number value: Double, of object: String) throws(InfoLensError) {
        try attribute(name, [value], type: chdf5_native_double(), of: object)
    }

    func attribute(_ name: String, numbers: [Int64], of object: String) throws(InfoLensError) {
        try attribute(name, numbers, type: chdf5_native_int64(), of: object)
    }

    /// Texts of fixed size if `size` is given, else of variable length; a scalar if there is one.
    func attribute(_ name: String, _ texts: String..., size: Int? = nil, of object: String) throws(InfoLensError) {
        try attribute(name, texts: texts, size: size, of: object)
    }

    func attribute(_ name: String, texts: [String], size: Int? = nil, of object: String) throws(InfoLensError) {
        let type = try textType(size: size)
        if let size {
            let bytes = texts.flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: size - $0.utf8.count) }
            try attribute(name, bytes, type: type.raw, count: texts.count, of: object)
        } else {
            let copies = texts.map { strdup($0) }
            defer { copies.forEach { free($0) } }
            try attribute(name, copies, type: type.raw, of: object)
        }
    }

    private func attribute<T>(_ name: String, _ values: [T], type: hid_t, count: Int? = nil, of object: String)
        throws(InfoLensError)
    {
        try HDF5.locked { () throws(InfoLensError) in
            let length = [hsize_t(count ?? values.count)]
            let space = try HDF5ID(
                length[0] == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, length, nil), "space")
            let attribute = try HDF5ID(
                H5Acreate_by_name(
                    file.raw, object, name, type, space.raw, chdf5_default(), chdf5_default(), chdf5_default()),
                "attribute")
            _ = values.withUnsafeBytes { H5Awrite(attribute.raw, type, $0.baseAddress) }
        }
    }

    private func textType(size: Int?) throws(InfoLensError) -> HDF5ID {
        try HDF5.locked { () throws(InfoLensError) in
            let type = try HDF5ID(H5Tcopy(chdf5_c_string()), "type")
            H5Tset_size(type.raw, size ?? chdf5_variable())
            H5Tset_strpad(type.raw, H5T_STR_NULLPAD)
            return type
        }
    }

    func group(_ name: String) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            let links = try parents()
            _ = try HDF5ID(H5Gcreate2(file.raw, name, links.raw, chdf5_default(), chdf5_default()), "group")
        }
    }

    func softLink(_ name: String, to target: String) {
        H5Lcreate_soft(target, file.raw, name, chdf5_default(), chdf5_default())
    }

    func hardLink(_ name: String, to target: String) {
        H5Lcreate_hard(file.raw, target, file.raw, name, chdf5_default(), chdf5_default())
    }

    func externalLink(_ name: String, file other: String, object: String) {
        H5Lcreate_external(other, object, file.raw, name, chdf5_default(), chdf5_default())
    }

    /// A virtual dataset whose rows are those of its sources one after the other, each [rows, columns] of float32.
    func virtual(
        _ name: String, rows: Int, columns: Int, sources: [(file: String, dataset: String)], declared: Int? = nil
    )
        throws(InfoLensError)
    {
        try HDF5.locked { () throws(InfoLensError) in
            let total = declared ?? rows * sources.count
            let space = try HDF5ID(H5Screate_simple(2, [hsize_t(total), hsize_t(columns)], nil), "space")
            let part = try HDF5ID(H5Screate_simple(2, [hsize_t(rows), hsize_t(columns)], nil), "space")
            let properties = try HDF5ID(H5Pcreate(chdf5_dataset_create()), "properties")
            for (index, source) in sources.enumerated() {
                H5Sselect_hyperslab(
                    space.raw, H5S_SELECT_SET, [hsize_t(index * rows), 0], nil, [hsize_t(rows), hsize_t(columns)], nil)
                H5Pset_virtual(properties.raw, space.raw, source.file, source.dataset, part.raw)
            }
            H5Sselect_all(space.raw)
            _ = try create(name, chdf5_ieee_f32(0), space.raw, properties.raw)
        }
    }

    /// A dataset of [rows, columns] float32 whose data lie in another file.
    func external(_ name: String, rows: Int, columns: Int, file other: String) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            let space = try HDF5ID(H5Screate_simple(2, [hsize_t(rows), hsize_t(columns)], nil), "space")
            let properties = try HDF5ID(H5Pcreate(chdf5_dataset_create()), "properties")
            H5Pset_external(properties.raw, other, 0, hsize_t(rows * columns * 4))
            _ = try create(name, chdf5_ieee_f32(0), space.raw, properties.raw)
        }
    }

    /// Replaces a chunk by these bytes, as they are.
    func writeChunk(_ name: String, offset: [Int], mask: UInt32 = 0, _ bytes: [UInt8]) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            let dataset = try HDF5ID(H5Dopen2(file.raw, name, chdf5_default()), name)
            guard H5Dwrite_chunk(dataset.raw, chdf5_default(), mask, offset.map(hsize_t.init), bytes.count, bytes) >= 0
            else { throw HDF5.failure("writing a chunk") }
        }
    }

    private func parents() throws(InfoLensError) -> HDF5ID {
        let links = try HDF5ID(H5Pcreate(chdf5_link_create()), "link properties")
        H5Pset_create_intermediate_group(links.raw, 1)
        return links
    }

    private func create(_ name: String, _ type: hid_t, _ space: hid_t, _ properties: hid_t) throws(InfoLensError)
        -> HDF5ID
    {
        let links = try parents()
        return try HDF5ID(H5Dcreate2(file.raw, name, type, space, links.raw, properties, chdf5_default()), name)
    }
}

extension DumpFile {
    convenience init(path: String, allowExternal: Bool = false) throws(InfoLensError) {
        var options = OpeningOptions()
        options.allowsExternal = allowExternal
        try self.init(path: Array(path.utf8CString), options: options)
    }

    func matrix(layer: String, reduction: Reduction, memory: Int) throws(InfoLensError) -> any PlannedMatrix {
        try matrix(layer: layer, as: MatrixForm(reduction), memory: memory)
    }

    /// All values of a layer, in blocks of `block` rows.
    func values(_ layer: String, block: Int = 1000, reduction: Reduction = .none) throws(InfoLensError) -> [Double] {
        try ActivationsTests.values(of: matrix(layer: layer, reduction: reduction, memory: 1 << 24), block: block)
    }
}
