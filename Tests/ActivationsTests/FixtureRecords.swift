// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

@testable import Activations

/// A field of records that tests write.
struct FixtureField {
    let name: String
    let type: hid_t
    var shape: [Int] = []
    /// The bytes of each record's value.
    let values: [[UInt8]]

    init<T>(_ name: String, _ values: [T], type: hid_t) {
        self.name = name
        self.type = type
        self.values = values.map { value in withUnsafeBytes(of: value) { Array($0) } }
    }

    /// A field of arrays, `shape` values a record.
    init<T>(_ name: String, arrays: [[T]], shape: [Int], type: hid_t) {
        self.name = name
        self.type = type
        self.shape = shape
        values = arrays.map { $0.withUnsafeBytes { Array($0) } }
    }
}

extension FixtureFile {
    /// A dataset of records, one field after the other.
    func records(_ name: String, _ fields: [FixtureField], storage: FixtureStorage = .contiguous) throws(InfoLensError)
    {
        let sizes = fields.map { $0.values[0].count }
        let type = try HDF5.locked { () throws(InfoLensError) in
            let record = try HDF5ID(H5Tcreate(H5T_COMPOUND, sizes.reduce(0, +)), "record")
            var offset = 0
            for (field, size) in zip(fields, sizes) {
                let member = try Self.member(field)
                H5Tinsert(record.raw, field.name, offset, member.raw)
                offset += size
            }
            return record
        }
        let count = fields[0].values.count
        let bytes = (0..<count).flatMap { row in fields.flatMap { $0.values[row] } }
        try dataset(name, bytes, type: type.raw, shape: [count], storage: storage)
    }

    /// A dataset whose elements are arrays.
    func arrays(_ name: String, _ field: FixtureField) throws(InfoLensError) {
        let type = try HDF5.locked { () throws(InfoLensError) in try Self.member(field) }
        try dataset(name, field.values.flatMap { $0 }, type: type.raw, shape: [field.values.count])
    }

    private static func member(_ field: FixtureField) throws(InfoLensError) -> HDF5ID {
        if field.shape.isEmpty { return try HDF5ID(H5Tcopy(field.type), field.name) }
        return try HDF5ID(
            H5Tarray_create2(field.type, UInt32(field.shape.count), field.shape.map(hsize_t.init)), field.name)
    }
}
