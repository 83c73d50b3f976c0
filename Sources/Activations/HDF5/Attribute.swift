// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// What an attribute of a group or dataset holds.
enum AttributeValue: Equatable, Sendable {
    case texts([String])
    case numbers([Double])
    /// Of an element type that nothing here reads: its name.
    case other(String)

    /// For errors: "the text 'in_out'", "3 numbers", …
    var description: String {
        switch self {
        case .texts(let texts):
            if let only = texts.first, texts.count == 1 {
                "the text '\(only.prefix(40))'"
            } else {
                "\(texts.count) texts"
            }
        case .numbers(let numbers):
            if let only = numbers.first, numbers.count == 1 { "the number \(only)" } else { "\(numbers.count) numbers" }
        case .other(let type): "elements of type \(type)"
        }
    }
}

extension OpenFile {
    /// Most bytes of an attribute.
    static let attributeBytes = 16 << 20
    /// Most elements of an attribute.
    private static let attributeElements = 100_000

    /// The attribute `name` of the object at `path`; nil if there is no such attribute or object.
    ///
    /// - Throws: `format` for one that is damaged or too large; `io` where the policy refuses a link on the way.
    func attribute(_ name: String, of path: BytePath) throws(InfoLensError) -> AttributeValue? {
        let what = attributeName(name, of: path)
        return try HDF5.locked { () throws(InfoLensError) -> AttributeValue? in
            _ = policy.takeRefusal()
            let raw = path.withCString { H5Aopen_by_name(id, $0, name, chdf5_default(), linkAccess) }
            guard raw >= 0 else {
                if let refusal = policy.takeRefusal() { throw refusal }
                return nil
            }
            let attribute = try HDF5ID(raw, what)
            let type = try HDF5ID(H5Aget_type(raw), "\(what): its type cannot be read")
            let space = try HDF5ID(H5Aget_space(raw), "\(what): its extent cannot be read")
            let points = H5Sget_simple_extent_npoints(space.raw)
            guard let count = Int(exactly: points), count >= 0, count <= Self.attributeElements else {
                throw InfoLensError(.format, "\(what): \(points) elements; at most \(Self.attributeElements) are read")
            }
            switch StoredType(type.raw) {
            case .numeric, .converted:
                var values = [Double](repeating: 0, count: count)
                guard count == 0 || H5Aread(attribute.raw, chdf5_native_double(), &values) >= 0 else {
                    throw HDF5.failure("\(what) cannot be read")
                }
                return .numbers(values)
            case .string(let size?, let padding):
                return .texts(
                    try Self.fixedTexts(attribute.raw, type.raw, count: count, size: size, padding: padding, what))
            case .string(nil, _):
                return .texts(try variableTexts(name, of: path, count: count, what))
            case .other(let name):
                return .other(name)
            }
        }
    }

    /// The only text of an attribute; nil if there is no such attribute or it is empty.
    ///
    /// - Throws: `format` for anything else than one text.
    func text(attribute name: String, of path: BytePath) throws(InfoLensError) -> String? {
        guard let value = try attribute(name, of: path) else { return nil }
        switch value {
        case .texts(let texts) where texts.count <= 1: return texts.first.flatMap { $0.isEmpty ? nil : $0 }
        case .numbers(let numbers) where numbers.isEmpty: return nil
        default:
            throw InfoLensError(
                .format, "\(attributeName(name, of: path)) holds \(value.description); write one text"
            )
        }
    }

    /// The only number of an attribute; nil if there is no such attribute.
    ///
    /// - Throws: `format` for anything else than one finite number.
    func number(attribute name: String, of path: BytePath) throws(InfoLensError) -> Double? {
        guard let value = try attribute(name, of: path) else { return nil }
        guard case .numbers(let numbers) = value, numbers.count == 1, numbers[0].isFinite else {
            throw InfoLensError(
                .format, "\(attributeName(name, of: path)) holds \(value.description); write one finite number")
        }
        return numbers[0]
    }

    /// An attribute of one integer; nil for anything else.
    func integer(attribute name: String, of path: BytePath) -> Int64? {
        try? HDF5.locked { () throws(InfoLensError) -> Int64? in
            let raw = path.withCString { H5Aopen_by_name(id, $0, name, chdf5_default(), linkAccess) }
            guard raw >= 0 else { return nil }
            let attribute = try HDF5ID(raw, name)
            let type = try HDF5ID(H5Aget_type(attribute.raw), name)
            let space = try HDF5ID(H5Aget_space(attribute.raw), name)
            guard H5Tget_class(type.raw) == H5T_INTEGER, H5Sget_simple_extent_npoints(space.raw) == 1 else {
                return nil
            }
            var value: Int64 = 0
            return H5Aread(attribute.raw, chdf5_native_int64(), &value) >= 0 ? value : nil
        }
    }

    func attributeName(_ name: String, of path: BytePath) -> String {
        "'\(self.path.text)': attribute '\(name)' of '\(path.text)'"
    }

    private static func fixedTexts(
        _ attribute: hid_t, _ type: hid_t, count: Int, size: Int, padding: UInt8, _ what: String
    ) throws(InfoLensError) -> [String] {
        guard let bytes = checkedProduct([count, size]), bytes <= attributeBytes else {
            throw InfoLensError(
                .format, "\(what): \(count) texts of \(size) bytes; at most \(attributeBytes) bytes are read")
        }
        guard bytes > 0 else { return [String](repeating: "", count: count) }
        var buffer = [UInt8](repeating: 0, count: bytes)
        guard H5Aread(attribute, type, &buffer) >= 0 else { throw HDF5.failure("\(what) cannot be read") }
        return ShortTexts.texts(in: buffer, count: count, size: size, padding: padding)
    }

    /// Not read by HDF5, which follows texts in damaged files to wherever they lead.
    private func variableTexts(
        _ name: String, of path: BytePath, count: Int, _ what: String
    ) throws(InfoLensError) -> [String] {
        guard count > 0 else { return [] }
        let object = try HDF5ID(
            path.withCString { H5Oopen(id, $0, linkAccess) }, "\(what): its object cannot be opened")
        var place = chdf5_object()
        guard chdf5_object_at(object.raw, ".", chdf5_default(), &place) >= 0 else { throw HDF5.failure(what) }
        let file = try RawFile(of: object.raw, what)
        let header = try ObjectHeader(file, at: Int(clamping: place.address))
        guard let elements = try header.elements(of: name) else {
            throw InfoLensError(
                .format,
                """
                \(what) is stored where it is not read: among more than eight attributes of a file with \
                libver="latest", or shared; rewrite the file with libver="earliest"
                """
            )
        }
        var heap = GlobalHeap(file, limit: Self.attributeBytes)
        let size = heap.elementBytes
        guard elements.count / size >= count else {
            throw InfoLensError(.format, "\(what) lacks some of its \(count) texts; the file is corrupt")
        }
        var texts: [String] = []
        var total = 0
        for index in 0..<count {
            let start = elements.startIndex + index * size
            let text = try heap.text(elements[start..<start + size], row: index)
            total += text.count
            guard total <= Self.attributeBytes else {
                throw InfoLensError(.format, "\(what): its texts have more than \(Self.attributeBytes) bytes")
            }
            texts.append(String(decoding: text, as: UTF8.self))
        }
        return texts
    }
}
