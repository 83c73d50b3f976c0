// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// Short vectors of strings that say how other datasets are to be taken: names of columns, a coordinate.
///
/// They are read while a file is opened, and so within bounds of number, memory and time.
enum ShortTexts {
    private static let maximumCount = 1 << 20
    /// Of the strings together, and of what is read for them.
    private static let maximumBytes = 32 << 20

    /// - Throws: `format` for what is larger, or stored where only libhdf5 would find it; else as for labels.
    static func read(_ dataset: Dataset) throws(InfoLensError) -> [String] {
        let facts = dataset.facts
        guard let count = facts.count, count > 0, count <= maximumCount, facts.storedBytes <= UInt64(maximumBytes),
            facts.layout != .virtual, facts.externalFiles == 0
        else { throw refusal(dataset) }
        if case .chunked(let chunk) = facts.layout {
            guard let bytes = checkedProduct(chunk + [facts.elementBytes]), bytes <= maximumBytes else {
                throw refusal(dataset)
            }
        }
        try StoragePlan.check(dataset)
        switch facts.type {
        case .string(nil, _): return try variable(dataset, count: count)
        case .string(let size?, let padding): return try fixed(dataset, count: count, size: size, padding: padding)
        default: throw refusal(dataset)
        }
    }

    private static func refusal(_ dataset: Dataset) -> InfoLensError {
        InfoLensError(.format, "\(dataset.what) is no short list of texts")
    }

    private static func variable(_ dataset: Dataset, count: Int) throws(InfoLensError) -> [String] {
        guard var strings = try HeapStrings(dataset, limit: 1 << 16, readable: maximumBytes) else {
            throw refusal(dataset)
        }
        var texts: [String] = []
        var bytes = 0
        texts.reserveCapacity(count)
        try strings.forEach { (text) throws(InfoLensError) in
            bytes &+= text.count
            guard bytes <= maximumBytes else { throw refusal(dataset) }
            texts.append(String(decoding: text, as: UTF8.self))
        }
        return texts
    }

    private static func fixed(_ dataset: Dataset, count: Int, size: Int, padding: UInt8) throws(InfoLensError)
        -> [String]
    {
        guard let bytes = checkedProduct([count, size]), bytes <= maximumBytes else { throw refusal(dataset) }
        var buffer = [UInt8](repeating: 0, count: bytes)
        try HDF5.locked { () throws(InfoLensError) in
            let status = buffer.withUnsafeMutableBytes {
                H5Dread(dataset.id, dataset.typeID, chdf5_all(), chdf5_all(), chdf5_default(), $0.baseAddress)
            }
            guard status >= 0 else { throw HDF5.failure("\(dataset.what): reading failed") }
        }
        return texts(in: buffer, count: count, size: size, padding: padding)
    }

    /// Texts of `size` bytes each: up to the first NUL, without trailing padding.
    static func texts(in buffer: [UInt8], count: Int, size: Int, padding: UInt8) -> [String] {
        (0..<count).map { index in
            var text = buffer[index &* size..<(index &+ 1) &* size].prefix { $0 != 0 }
            while padding != 0, text.last == padding { text.removeLast() }
            return String(decoding: text, as: UTF8.self)
        }
    }
}
