// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// An open dataset with everything about it that costs no reading of data.
final class Dataset: @unchecked Sendable {
    let file: OpenFile
    /// For errors: the file and the path within it.
    let what: String
    let facts: DatasetFacts
    private let object: HDF5ID
    private let creation: HDF5ID
    private let elementType: HDF5ID

    var id: hid_t { object.raw }
    /// Its creation property list.
    var creationProperties: hid_t { creation.raw }
    /// The datatype as stored.
    var typeID: hid_t { elementType.raw }

    /// Opens the dataset at `path`.
    ///
    /// - Parameter access: dataset access properties; nil for those of `file`
    /// - Throws: `notFound` when nothing is there, `io` when the policy refuses a link on the
    ///   way, `format` for what is not a dataset or cannot be understood.
    convenience init(_ file: OpenFile, _ path: BytePath, access: hid_t? = nil) throws(InfoLensError) {
        let what = "'\(file.path.text)': dataset '\(path.text)'"
        let object = try HDF5.locked { () throws(InfoLensError) in
            try Self.open(file, path, access ?? file.datasetAccess, what)
        }
        try self.init(file, opened: object, what)
    }

    /// The dataset at `path` with the access of `file`; nil where `init` would say why there is none.
    static func ifPresent(_ file: OpenFile, _ path: BytePath) throws(InfoLensError) -> Dataset? {
        let raw = try HDF5.locked { () throws(InfoLensError) in
            path.withCString { H5Dopen2(file.id, $0, file.datasetAccess) }
        }
        guard raw >= 0 else { return nil }
        let what = "'\(file.path.text)': dataset '\(path.text)'"
        return try Dataset(file, opened: HDF5ID(raw, what), what)
    }

    private init(_ file: OpenFile, opened object: consuming HDF5ID, _ what: String) throws(InfoLensError) {
        let id = object.raw
        let creation = try HDF5.locked { () throws(InfoLensError) in try HDF5ID(H5Dget_create_plist(id), what) }
        let elementType = try HDF5.locked { () throws(InfoLensError) in try HDF5ID(H5Dget_type(id), what) }
        let (properties, type) = (creation.raw, elementType.raw)
        self.facts = try HDF5.locked { () throws(InfoLensError) in
            try DatasetFacts(dataset: id, creation: properties, type: type, what: what)
        }
        self.file = file
        self.what = what
        self.object = object
        self.creation = creation
        self.elementType = elementType
    }

    private static func open(_ file: OpenFile, _ path: BytePath, _ access: hid_t, _ what: String)
        throws(InfoLensError) -> HDF5ID
    {
        _ = file.policy.takeRefusal()
        var object = chdf5_object()
        guard path.withCString({ chdf5_object_at(file.id, $0, file.linkAccess, &object) }) >= 0 else {
            if let refusal = file.policy.takeRefusal() { throw refusal }
            let cause = HDF5.cause
            if cause.contains("doesn't exist") || cause.contains("component not found") {
                throw InfoLensError(.notFound, "\(what) does not exist")
            }
            throw HDF5.failure("\(what) cannot be opened")
        }
        guard object.is_dataset != 0 else {
            throw InfoLensError(
                .format, "\(what) is a \(object.is_group != 0 ? "group" : "named type"); name a dataset in the file")
        }
        return try HDF5ID(path.withCString { H5Dopen2(file.id, $0, access) }, "\(what) cannot be opened")
    }
}

/// What a dataset declares: extent, element type and storage.
struct DatasetFacts: Sendable {
    /// How elements are laid out in the file.
    enum Layout: Equatable, Sendable {
        case compact
        case contiguous
        /// Boxes of this shape, each filtered on its own.
        case chunked([Int])
        /// Put together from other datasets.
        case virtual
    }

    let shape: [Int]
    /// Declared without any extent (H5S_NULL).
    let isNull: Bool
    let type: StoredType
    /// Bytes of an element in the file; at least 1.
    let elementBytes: Int
    let layout: Layout
    let filters: [Filter]
    /// Number of files that hold the data outside the HDF5 file.
    let externalFiles: Int
    /// Bytes of data in the file; for chunks as filtered.
    let storedBytes: UInt64

    /// Product of the lengths; nil when it does not fit.
    var count: Int? { isNull ? 0 : checkedProduct(shape) }

    /// "contiguous", "chunked 256 × 64, shuffle, gzip", …
    var storage: String {
        let base =
            switch layout {
            case .compact: "compact"
            case .contiguous: externalFiles > 0 ? "external files" : "contiguous"
            case .chunked(let chunk): "chunked \(describe(shape: chunk))"
            case .virtual: "virtual"
            }
        return ([base] + filters.map(\.name)).joined(separator: ", ")
    }

    /// Called inside HDF5's lock.
    init(dataset: hid_t, creation: hid_t, type: hid_t, what: String) throws(InfoLensError) {
        let space = try HDF5ID(H5Dget_space(dataset), "\(what): its extent cannot be read")
        isNull = H5Sget_simple_extent_type(space.raw) == H5S_NULL
        let rank = max(0, Int(H5Sget_simple_extent_ndims(space.raw)))
        var lengths = [hsize_t](repeating: 0, count: rank + 1)
        var maxima = lengths
        guard H5Sget_simple_extent_dims(space.raw, &lengths, &maxima) >= 0 else {
            throw HDF5.failure("\(what): its extent cannot be read")
        }
        shape = try Self.lengths(lengths.prefix(rank), what)
        // HDF5 itself does not compare them.
        for (length, maximum) in zip(lengths, maxima) where length > maximum {
            throw InfoLensError(
                .format,
                "\(what): an axis of length \(length) exceeds its own maximum of \(maximum); the file is corrupt")
        }
        self.type = StoredType(type)
        elementBytes = try Self.elementBytes(type, self.type, dataset, what)
        filters = Filter.pipeline(of: creation)
        externalFiles = max(0, Int(H5Pget_external_count(creation)))
        storedBytes = H5Dget_storage_size(dataset)

        switch H5Pget_layout(creation) {
        case H5D_COMPACT: layout = .compact
        case H5D_CONTIGUOUS: layout = .contiguous
        case H5D_CHUNKED:
            guard H5Pget_chunk(creation, Int32(rank), &lengths) == rank else {
                throw HDF5.failure("\(what): its chunk shape cannot be read")
            }
            let chunk = try Self.lengths(lengths.prefix(rank), what)
            guard !chunk.contains(0) else { throw InfoLensError(.format, "\(what): a chunk has an empty axis") }
            layout = .chunked(chunk)
        case H5D_VIRTUAL: layout = .virtual
        default: throw InfoLensError(.format, "\(what): unknown storage layout; rewrite the file with h5repack")
        }
    }

    /// HDF5 tells the size of an element in memory. That of a variable-length part is a pointer's, or a length and a
    /// pointer; the file holds its length, and the address and index of its contents.
    private static func elementBytes(_ type: hid_t, _ stored: StoredType, _ dataset: hid_t, _ what: String)
        throws(InfoLensError) -> Int
    {
        let size = max(1, H5Tget_size(type))
        switch stored {
        case .numeric, .converted, .string(size: .some, padding: _): return size
        case .string(size: nil, padding: _), .other: break
        }
        let file = try HDF5ID(H5Iget_file_id(dataset), "\(what): its file cannot be found", kind: .internal)
        let creation = try HDF5ID(H5Fget_create_plist(file.raw), what, kind: .internal)
        var addressBytes = 8
        var lengthBytes = 8
        guard H5Pget_sizes(creation.raw, &addressBytes, &lengthBytes) >= 0 else { throw HDF5.failure(what) }
        return max(1, size &+ growth(of: type, heapBytes: 4 + addressBytes + 4, depth: 0))
    }

    /// Bytes that a type takes in the file beyond what it takes in memory.
    private static func growth(of type: hid_t, heapBytes: Int, depth: Int) -> Int {
        guard depth < 8 else { return 0 }
        func growth(_ part: hid_t) -> Int {
            guard part >= 0 else { return 0 }
            defer { H5Idec_ref(part) }
            return Self.growth(of: part, heapBytes: heapBytes, depth: depth + 1)
        }
        switch H5Tget_class(type) {
        case H5T_STRING: return H5Tis_variable_str(type) > 0 ? heapBytes - H5Tget_size(type) : 0
        case H5T_VLEN: return heapBytes - H5Tget_size(type)
        case H5T_ARRAY:
            let base = H5Tget_super(type)
            let count = H5Tget_size(type) / max(1, base >= 0 ? H5Tget_size(base) : 1)
            return count &* growth(base)
        case H5T_COMPOUND:
            let count = min(max(0, H5Tget_nmembers(type)), 10_000)
            return (0..<UInt32(count)).reduce(0) { $0 &+ growth(H5Tget_member_type(type, $1)) }
        default: return 0
        }
    }

    private static func lengths(_ lengths: some Collection<hsize_t>, _ what: String) throws(InfoLensError) -> [Int] {
        var result: [Int] = []
        for length in lengths {
            guard let value = Int(exactly: length) else {
                throw InfoLensError(.shape, "\(what): an axis of length \(length) is beyond any address space")
            }
            result.append(value)
        }
        return result
    }
}
