// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// Texts of a dataset as labels, read in pieces.
struct StoredTexts {
    private let dataset: Dataset
    /// The dataset's, or [1] for a scalar.
    private let shape: [Int]
    private let samples: Int
    /// Along which samples follow each other.
    private let axis: Int

    private var pieceBytes: Int { StoredLabels.pieceBytes }
    /// Variable-length strings read at a time, if `pieceBytes` hold them.
    private var pieceStrings: Int { 4096 }

    /// - Throws: `shape` for what is no list of labels
    init(_ dataset: Dataset, shape: [Int]) throws(InfoLensError) {
        self.dataset = dataset
        self.shape = shape
        (samples, axis) = try LabelReader.layout(shape, argument: dataset.what)
    }

    /// - Parameter size: bytes of each string; nil for variable length
    func labels(size: Int?, padding: UInt8) throws(InfoLensError) -> Labels {
        if let size { try fixedStrings(size: size, padding: padding) } else { try variableStrings() }
    }

    private func fixedStrings(size: Int, padding: UInt8) throws(InfoLensError) -> Labels {
        guard size > 0, size <= pieceBytes else {
            throw InfoLensError(
                .dtype, "\(dataset.what): strings of \(size) bytes; labels are at most \(pieceBytes) bytes")
        }
        var coder = StringCoder(reserving: samples)
        try forEachPiece(size: size, limit: pieceBytes / size) { (buffer, count) throws(InfoLensError) in
            for index in 0..<count {
                let bytes = UnsafeRawBufferPointer(start: buffer + index &* size, count: size)
                try coder.append(Self.trimmed(bytes, padding: padding), what: dataset.what)
            }
        }
        return try coder.labels(what: dataset.what)
    }

    /// Up to the first NUL, without trailing padding.
    static func trimmed(_ bytes: UnsafeRawBufferPointer, padding: UInt8) -> UnsafeRawBufferPointer {
        var end = bytes.firstIndex(of: 0) ?? bytes.count
        while padding != 0, end > 0, bytes[end - 1] == padding { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[..<end])
    }

    /// A string that was never written arrives as NULL and counts as "".
    private func variableStrings() throws(InfoLensError) -> Labels {
        var coder = StringCoder(reserving: samples)
        if shape.reduce(1, &*) == samples, var strings = try HeapStrings(dataset, limit: pieceBytes) {
            try strings.forEach { (text) throws(InfoLensError) in try coder.append(text, what: dataset.what) }
            return try coder.labels(what: dataset.what)
        }
        let size = MemoryLayout<UnsafePointer<CChar>?>.size
        try forEachPiece(size: size, limit: pieceStrings) { (buffer, count) throws(InfoLensError) in
            let pointers = buffer.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
            for index in 0..<count {
                try coder.append(pointers[index].map(BytePath.init)?.bytes ?? [], what: dataset.what)
            }
        }
        return try coder.labels(what: dataset.what)
    }

    /// Reads the dataset's elements along its samples, `limit` at a time, as stored.
    private func forEachPiece(
        size: Int, limit: Int, _ body: (UnsafeMutableRawPointer, Int) throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        let what = dataset.what
        guard shape.reduce(1, &*) == samples else {
            throw InfoLensError(
                .shape, "\(what): shape \(describe(shape: shape)) of strings; labels are [N], [N, 1] or [1, N]")
        }
        let buffer = try Scratch(bytes: min(samples, limit) &* size, for: what)
        let fileLength = try FileLength(of: dataset)
        var arena = chdf5_arena()
        arena.limit = pieceBytes
        try withUnsafeMutablePointer(to: &arena) { (arena) throws(InfoLensError) in
            let transfer = try HDF5.locked { () throws(InfoLensError) in
                let transfer = try HDF5ID(H5Pcreate(chdf5_transfer()), what, kind: .internal)
                guard chdf5_use_arena(transfer.raw, arena) >= 0 else { throw HDF5.failure(what, kind: .internal) }
                return transfer
            }
            var start = 0
            var wanted = limit
            while start < samples {
                defer { chdf5_arena_empty(arena) }
                let count = min(wanted, samples - start)
                var offset = [hsize_t](repeating: 0, count: shape.count)
                var length = [hsize_t](repeating: 1, count: shape.count)
                offset[axis] = hsize_t(start)
                length[axis] = hsize_t(count)
                let isRead = try HDF5.locked { () throws(InfoLensError) in
                    let space = try HDF5ID(H5Dget_space(dataset.id), what)
                    let memory = try HDF5ID(H5Screate_simple(Int32(shape.count), length, nil), what)
                    // Of a scalar everything is selected.
                    if dataset.facts.shape.isEmpty
                        || H5Sselect_hyperslab(space.raw, H5S_SELECT_SET, offset, nil, length, nil) >= 0,
                        H5Dread(dataset.id, dataset.typeID, memory.raw, space.raw, transfer.raw, buffer.base) >= 0
                    {
                        return true
                    }
                    guard arena.pointee.is_full != 0 else { throw HDF5.failure("\(what): reading failed") }
                    return false
                }
                if isRead {
                    try fileLength.check()
                    try body(buffer.base, count)
                    start += count
                    wanted = min(limit, wanted * 2)
                } else if count > 1 {
                    wanted = max(1, count / 4)
                } else {
                    throw GlobalHeap.tooLong(what, row: start, limit: pieceBytes)
                }
            }
        }
    }
}

/// Codes of strings; classes are ordered by their bytes.
struct StringCoder {
    /// Bytes of the classes' names together, lest a small file of overlapping strings fill the memory.
    private static let classBytes = 1 << 30

    private var codes: [Int32] = []
    private var codeOf: [[UInt8]: Int32] = [:]
    private var classes: [[UInt8]] = []
    /// Bytes of `classes`.
    private var named = 0

    init(reserving count: Int) { codes.reserveCapacity(count) }

    mutating func append(_ bytes: some Collection<UInt8>, what: String) throws(InfoLensError) {
        let key = Array(bytes)
        if let code = codeOf[key] {
            codes.append(code)
        } else {
            let code = Int32(truncatingIfNeeded: classes.count)
            named += key.count
            guard named <= Self.classBytes else {
                throw InfoLensError(
                    .memory,
                    "\(what): its distinct strings take more than \(Self.classBytes) bytes; recode them")
            }
            codeOf[key] = code
            classes.append(key)
            codes.append(code)
        }
    }

    func labels(what: String) throws(InfoLensError) -> Labels {
        guard classes.count <= Int(Int32.max) else {
            throw InfoLensError(.shape, "\(what): \(classes.count) distinct labels; at most \(Int32.max) are supported")
        }
        let order = classes.indices.sorted { classes[$0].lexicographicallyPrecedes(classes[$1]) }
        var rank = [Int32](repeating: 0, count: classes.count)
        for (position, index) in order.enumerated() { rank[index] = Int32(truncatingIfNeeded: position) }
        return Labels(
            codes: codes.map { rank[Int($0)] },
            classes: .strings(order.map { String(decoding: classes[$0], as: UTF8.self) }))
    }
}
