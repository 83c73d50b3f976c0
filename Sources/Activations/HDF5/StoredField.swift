// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// A field of a compound dataset.
struct StoredField: Equatable, Sendable {
    let name: String
    /// Of an element, where the field is an array.
    let type: StoredType
    /// Lengths of the array that each row has; empty for one value.
    let shape: [Int]
}

extension Dataset {
    /// Most fields that are listed.
    private static let maximumFields = 10_000

    /// The fields of a compound dataset, in their order; none for another.
    func fields() throws(InfoLensError) -> [StoredField] {
        let (type, what) = (typeID, what)
        return try HDF5.locked { () throws(InfoLensError) in
            guard H5Tget_class(type) == H5T_COMPOUND else { return [] }
            let count = Int(max(0, H5Tget_nmembers(type)))
            guard count <= Self.maximumFields else {
                throw InfoLensError(.format, "\(what): \(count) fields; at most \(Self.maximumFields) are read")
            }
            var fields: [StoredField] = []
            for index in 0..<UInt32(count) {
                guard let name = H5Tget_member_name(type, index) else {
                    throw HDF5.failure("\(what): field \(index) has no name")
                }
                defer { H5free_memory(name) }
                let member = try HDF5ID(H5Tget_member_type(type, index), "\(what): field \(index) has no type")
                let text = String(cString: name)
                fields.append(try Self.field(text, member.raw, "\(what): field '\(text)'"))
            }
            return fields
        }
    }

    /// What the elements of a dataset of arrays are, as a field without a name; nil for another dataset.
    func arrayField() throws(InfoLensError) -> StoredField? {
        let (type, what) = (typeID, what)
        return try HDF5.locked { () throws(InfoLensError) in
            H5Tget_class(type) == H5T_ARRAY ? try Self.field("", type, what) : nil
        }
    }

    private static func field(_ name: String, _ type: hid_t, _ what: String) throws(InfoLensError) -> StoredField {
        guard H5Tget_class(type) == H5T_ARRAY else {
            return StoredField(name: name, type: StoredType(type), shape: [])
        }
        var lengths = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
        let rank = Int(H5Tget_array_ndims(type))
        guard rank > 0, rank <= lengths.count, H5Tget_array_dims2(type, &lengths) == rank else {
            throw HDF5.failure("\(what): its extent cannot be read")
        }
        let element = try HDF5ID(H5Tget_super(type), "\(what): its type cannot be read")
        return StoredField(
            name: name, type: StoredType(element.raw), shape: lengths[..<rank].map { Int(clamping: $0) })
    }
}
