// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

extension StoredField {
    /// "values (float32 [16])"
    var description: String {
        let lengths = shape.isEmpty ? "" : " [\(shape.map(String.init).joined(separator: ", "))]"
        return "\(name) (\(type.name)\(lengths))"
    }
}

extension Dataset {
    /// The field of this name.
    ///
    /// - Throws: `notFound` if there is none, listing those that are there; `dtype` where elements are no records
    func field(named name: String) throws(InfoLensError) -> StoredField {
        let fields = try fields()
        guard !fields.isEmpty else {
            throw InfoLensError(
                .dtype,
                "\(what) holds elements of type \(facts.type.name), which has no fields; name it without [\(name)]")
        }
        guard let field = fields.first(where: { isSameText($0.name, name) }) else {
            throw InfoLensError(.notFound, "\(what) has no field '\(name)'; \(Self.list(fields))")
        }
        return field
    }

    /// "its fields are index (int64), values (float32 [16])"
    static func list(_ fields: [StoredField]) -> String {
        let shown = fields.prefix(20).map(\.description).joined(separator: ", ")
        return "its fields are \(shown)\(fields.count > 20 ? " and \(fields.count - 20) more" : "")"
    }

    /// A type in memory that holds this field of each record alone, packed and as stored.
    fileprivate func memoryType(of field: StoredField) throws(InfoLensError) -> HDF5ID {
        try HDF5.locked { () throws(InfoLensError) in
            if field.name.isEmpty { return try HDF5ID(H5Tcopy(typeID), what) }
            let index = field.name.withCString { H5Tget_member_index(typeID, $0) }
            guard index >= 0 else { throw HDF5.failure("\(what): field '\(field.name)' cannot be found") }
            let member = try HDF5ID(H5Tget_member_type(typeID, UInt32(index)), "\(what): field '\(field.name)'")
            let record = try HDF5ID(H5Tcreate(H5T_COMPOUND, H5Tget_size(member.raw)), what)
            guard H5Tinsert(record.raw, field.name, 0, member.raw) >= 0 else {
                throw HDF5.failure("\(what): field '\(field.name)' cannot be read")
            }
            return record
        }
    }
}

/// Reads one field of the records of a dataset of rank 1. HDF5 picks it out, and converts nothing.
final class FieldReader: Sendable {
    let field: StoredField
    let what: String
    let records: Int
    let preferredRows: Int?
    let workspaceBytes: Int
    /// Bytes of the field in a record.
    let rowBytes: Int

    private let dataset: Dataset
    private let memory: HDF5ID
    private let length: FileLength

    /// - Throws: `shape` for another rank than 1; `dtype` for a field that holds neither numbers as we read them nor
    ///   text of fixed length; `memory` for a chunk that is too large; `format` and `io` as for other datasets
    init(_ dataset: Dataset, field: StoredField, memory budget: Int) throws(InfoLensError) {
        let facts = dataset.facts
        what = field.name.isEmpty ? dataset.what : "\(dataset.what), field '\(field.name)'"
        guard !facts.isNull, facts.shape.count == 1, facts.shape[0] > 0 else {
            throw InfoLensError(
                .shape,
                "\(what): records of shape \(facts.isNull ? "empty" : describe(shape: facts.shape)); [N] is wanted")
        }
        let size: Int
        switch field.type {
        case .numeric(let encoding): size = encoding.dtype.size
        case .string(let bytes?, _): size = bytes
        default:
            throw InfoLensError(.dtype, "\(what) holds elements of type \(field.type.name), which is not read")
        }
        _ = try StoragePlan.choose(for: dataset, memory: budget)
        guard let rowBytes = checkedProduct(field.shape + [size]), rowBytes > 0 else {
            throw InfoLensError(.shape, "\(what): an array of shape \(describe(shape: field.shape)) holds nothing")
        }
        self.dataset = dataset
        length = try FileLength(of: dataset)
        self.field = field
        self.rowBytes = rowBytes
        records = facts.shape[0]
        if case .chunked(let chunk) = facts.layout {
            try checkChunk(chunk, of: dataset, memory: budget)
            preferredRows = chunk[0]
            // HDF5's while it decodes: a chunk as stored and as decoded.
            workspaceBytes = facts.filters.isEmpty ? 0 : aligned(2 &* chunk[0] &* facts.elementBytes)
        } else {
            (preferredRows, workspaceBytes) = (nil, 0)
        }
        memory = try dataset.memoryType(of: field)
        let type = memory.raw
        let bytes = try HDF5.locked { () throws(InfoLensError) in H5Tget_size(type) }
        guard bytes == rowBytes else {
            throw InfoLensError(.format, "\(what): \(bytes) bytes a record instead of \(rowBytes); the file is corrupt")
        }
    }

    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        try HDF5.locked { () throws(InfoLensError) in
            let count = [hsize_t(rows.count)]
            let space = try HDF5ID(H5Dget_space(dataset.id), what)
            let extent = try HDF5ID(H5Screate_simple(1, count, nil), what)
            guard
                H5Sselect_hyperslab(space.raw, H5S_SELECT_SET, [hsize_t(rows.lowerBound)], nil, count, nil) >= 0,
                H5Dread(dataset.id, memory.raw, extent.raw, space.raw, chdf5_default(), output) >= 0
            else { throw HDF5.failure("\(what): reading failed") }
        }
        try length.check()
    }

    /// For a plan.
    var storage: String { dataset.facts.storage }
    var storedBytes: UInt64 { dataset.facts.storedBytes }
}
