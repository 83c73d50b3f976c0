// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// The variable-length strings of a dataset.
struct HeapStrings {
    let what: String
    private var heap: GlobalHeap
    private let reader: any RowReader
    private let rows: Int
    private let rowElements: Int

    private static let pieceElements = 1 << 16
    /// Looking up an unfiltered chunk takes time with the number of chunks.
    private static let maximumChunks: hsize_t = 2048

    /// nil for storage of which only HDF5 knows where the elements are.
    ///
    /// - Parameters:
    ///   - limit: bytes of the longest string
    ///   - readable: bytes that may be read of the heaps
    /// - Precondition: `StoragePlan.check` has passed the dataset, whose elements are such strings.
    init?(_ dataset: Dataset, limit: Int, readable: Int = .max) throws(InfoLensError) {
        let facts = dataset.facts
        let slab = Slab(shape: facts.shape, samplesAreLast: false, what: dataset.what)
        let transfer = Transfer(raw: facts.elementBytes)
        rows = facts.shape.first ?? 1
        rowElements = facts.shape.dropFirst().reduce(1, &*)
        switch facts.layout {
        case .contiguous where facts.externalFiles == 0:
            let offset = try StoragePlan.offset(of: dataset)
            reader = try ContiguousReader(dataset, slab: slab, transfer: transfer, offset: offset)
        case .chunked(let chunk) where facts.filters.allSatisfy(\.isKnown):
            guard try Self.hasPlainChunks(dataset) else { return nil }
            try checkChunk(chunk, of: dataset, memory: 1 << 30)
            reader = try ChunkReader(
                dataset, slab: slab, transfer: transfer, chunk: chunk,
                index: ChunkIndex(of: dataset, chunk: chunk, memory: 1 << 27))
        default: return nil
        }
        what = dataset.what
        heap = GlobalHeap(try RawFile(of: dataset.id, what), limit: limit, readable: readable)
    }

    /// Whether chunks that were never written hold empty strings, and all can be looked up.
    private static func hasPlainChunks(_ dataset: Dataset) throws(InfoLensError) -> Bool {
        try HDF5.locked { () throws(InfoLensError) in
            var status = H5D_FILL_VALUE_UNDEFINED
            H5Pfill_value_defined(dataset.creationProperties, &status)
            guard status != H5D_FILL_VALUE_USER_DEFINED else { return false }
            if !dataset.facts.filters.isEmpty { return true }
            let space = try HDF5ID(H5Dget_space(dataset.id), dataset.what)
            var count: hsize_t = 0
            return H5Dget_num_chunks(dataset.id, space.raw, &count) >= 0 && count <= maximumChunks
        }
    }

    /// Calls `body` for each string in C order, up to its first NUL.
    mutating func forEach(_ body: (ArraySlice<UInt8>) throws(InfoLensError) -> Void) throws(InfoLensError) {
        var piece = max(1, min(rows, Self.pieceElements / rowElements))
        if let preferred = reader.preferredRows, piece > preferred { piece -= piece % preferred }
        let elementBytes = heap.elementBytes
        let bytes = aligned(piece &* rowElements &* elementBytes)
        let buffer = try Scratch(bytes: bytes &+ reader.workspaceBytes(rows: piece), for: what)
        for start in stride(from: 0, to: rows, by: piece) {
            let end = min(start &+ piece, rows)
            try reader.read(rows: start..<end, into: buffer.base, workspace: buffer.base + bytes)
            for element in 0..<(end &- start) &* rowElements {
                let raw = UnsafeRawBufferPointer(start: buffer.base + element &* elementBytes, count: elementBytes)
                try body(heap.text(raw, row: start &* rowElements &+ element))
            }
        }
    }
}
