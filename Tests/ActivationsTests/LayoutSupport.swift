// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

extension LayerPlace {
    /// The place in one line: "fc1: /act/fc1 transposed".
    var summary: String {
        let place =
            switch storage {
            case .datasets(let parts): Self.summary(parts)
            case .sparse(let rows): "\(rows.values.text) sparse \(rows.shape[0]) × \(rows.shape[1])"
            case .spikes(let spikes):
                "\(spikes.times.text) by \(spikes.ends.text)\(spikes.starts == nil ? "" : " in trials")"
            }
        let columns = columns.map { " columns \($0.first ?? -1)…\($0.last ?? -1) (\($0.count))" } ?? ""
        return "\(name): \(place)\(columns)"
    }

    private static func summary(_ parts: [DatasetPlace]) -> String {
        guard let first = parts.first, let last = parts.last else { return "nothing" }
        var text = first.path.text
        if let field = first.field { text += "[\(field)]" }
        if parts.count > 1 { text += " … \(last.path.text) (\(parts.count))" }
        if first.samplesAreLast { text += " transposed" }
        if first.isOneSample { text += " one each" }
        if let dtype = first.dtype { text += " as \(dtype.name)" }
        return text
    }
}

extension LabelPlace {
    var summary: String {
        switch self {
        case .dataset(let path): path.text
        case .field(let path, let name): "\(path.text)[\(name)]"
        case .column(let path, let field, let column): "\(path.text)\(field.map { "[\($0)]" } ?? "")[:, \(column)]"
        case .transposed(let path): "\(path.text) transposed"
        case .categorical(let codes, let names): "\(codes.text) of \(names.text)"
        case .joined(let paths): "\(paths.first?.text ?? "") … \(paths.last?.text ?? "") (\(paths.count))"
        case .trials(let path, _): "\(path.text) by trial"
        }
    }
}

extension DumpFile {
    var places: [String] { layout.layers.map(\.summary) }

    /// Where the labels are; "" without.
    var labelSummary: String { layout.labels?.summary ?? "" }

    /// How many rows of a listing have each role: "labels 1, layer 2, other 5".
    var roles: String {
        DatasetRole.allCases.compactMap { role in
            let count = entries.filter { $0.role == role.rawValue }.count
            return count == 0 ? nil : "\(role.rawValue) \(count)"
        }.joined(separator: ", ")
    }

    func entry(_ path: String) -> DumpEntry? { entries.first { $0.path == path } }
}

extension FixtureFile {
    /// Zeros, for tests that look at what is where and at no value.
    func zeros(_ name: String, _ shape: Int...) throws(InfoLensError) {
        try floats(name, [Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
    }

    /// Labels 0, 1, 0, 1, ….
    func labels(_ name: String, _ shape: Int...) throws(InfoLensError) {
        try integers(name, (0..<Int32(shape.reduce(1, *))).map { $0 % 2 }, shape: shape)
    }

    func texts(_ name: String, _ texts: [String], size: Int? = nil) throws(InfoLensError) {
        try strings(name, texts.map { Array($0.utf8) }, size: size)
    }

    /// A field of a table: float32 or int64, an array where `count` is given.
    struct TableField {
        let name: String
        let isFloat: Bool
        var count: Int?

        static func floats(_ name: String, _ count: Int? = nil) -> TableField {
            TableField(name: name, isFloat: true, count: count)
        }

        static func integers(_ name: String, _ count: Int? = nil) -> TableField {
            TableField(name: name, isFloat: false, count: count)
        }
    }

    /// A compound dataset of zeros.
    func table(_ name: String, rows: Int, _ fields: TableField...) throws(InfoLensError) {
        let size = fields.reduce(0) { $0 + ($1.isFloat ? 4 : 8) * ($1.count ?? 1) }
        let type = try HDF5ID(H5Tcreate(H5T_COMPOUND, size), name)
        var offset = 0
        for field in fields {
            let element = field.isFloat ? chdf5_ieee_f32(0) : chdf5_std_integer(8, 1, 0)
            if let count = field.count {
                let array = try HDF5ID(H5Tarray_create2(element, 1, [hsize_t(count)]), name)
                H5Tinsert(type.raw, field.name, offset, array.raw)
            } else {
                H5Tinsert(type.raw, field.name, offset, element)
            }
            offset += (field.isFloat ? 4 : 8) * (field.count ?? 1)
        }
        try dataset(name, [UInt8](repeating: 0, count: size * rows), type: type.raw, shape: [rows])
    }
}
