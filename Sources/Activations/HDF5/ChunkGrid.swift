// SPDX-License-Identifier: Apache-2.0

/// Where the elements of each chunk lie among those of a dataset in C order.
///
/// Innermost axes that a chunk spans whole are treated as one with the axis
/// outside them, so that what is copied is as long as it can be.
struct ChunkGrid: Sendable {
    /// Shape of a chunk, of the dataset's rank.
    let chunk: [Int]
    private let shape: [Int]
    /// Shapes with the innermost axes joined.
    private let joinedShape: [Int]
    private let joinedChunk: [Int]
    /// Elements of the joined axes per step of the last one that was not joined.
    private let joinedInner: Int
    private let elementSize: Int

    /// - Precondition: equal ranks ≥ 1, no empty axis; the products fit.
    init(shape: [Int], chunk: [Int], elementSize: Int) {
        self.shape = shape
        self.chunk = chunk
        self.elementSize = elementSize
        var joinedShape = shape
        var joinedChunk = chunk
        var inner = 1
        while joinedShape.count > 1, let length = joinedShape.last, joinedChunk.last == length {
            joinedShape.removeLast()
            joinedChunk.removeLast()
            joinedShape[joinedShape.count - 1] &*= length
            joinedChunk[joinedChunk.count - 1] &*= length
            inner = length
        }
        self.joinedShape = joinedShape
        self.joinedChunk = joinedChunk
        joinedInner = inner
    }

    /// A chunk's part within the rows that are read.
    struct Box {
        /// The chunk's first element, as HDF5 counts.
        let offset: [UInt64]
        /// Whether the chunk sticks out of the dataset.
        let isPartial: Bool
        /// Bytes copied at a time.
        fileprivate var runBytes: Int
        /// Outer axes of the part, innermost last: length, and byte strides in the chunk and the output.
        fileprivate var axes: [(length: Int, chunk: Int, output: Int)]
        /// Bytes from the beginning of the chunk, and of the output, to the part's.
        fileprivate var chunkStart: Int
        fileprivate var outputStart: Int
    }
}

extension ChunkGrid {
    /// Positions in the grid of the chunks that hold some of the rows, in C order.
    func positions(of rows: Range<Int>) -> some Sequence<[Int]> {
        let unit = rowUnit
        let first = rows.lowerBound &* unit / joinedChunk[0]
        let last = (rows.upperBound &* unit &- 1) / joinedChunk[0]
        var lengths = zip(joinedShape, joinedChunk).map { ($0 &+ $1 &- 1) / $1 }
        lengths[0] = last &- first &+ 1
        let count = lengths.reduce(1, &*)
        return (0..<count).lazy.map { [lengths] index in
            var rest = index
            var position = [Int](repeating: 0, count: lengths.count)
            for axis in lengths.indices.reversed() {
                position[axis] = rest % lengths[axis]
                rest /= lengths[axis]
            }
            position[0] &+= first
            return position
        }
    }

    /// Elements of joined axis 0 a row: 1 unless everything was joined.
    private var rowUnit: Int { joinedShape.count == 1 ? joinedInner : 1 }

    /// Bytes of a chunk that lie together among the dataset's elements.
    var runBytes: Int { (joinedChunk.last ?? 1) &* elementSize }

    /// What to copy from the chunk at `position` for these rows, row `rows.lowerBound` coming first in the output.
    func box(at position: [Int], rows: Range<Int>) -> Box {
        let last = joinedShape.count - 1
        var offset = [UInt64](repeating: 0, count: shape.count)
        var isPartial = false
        var axes: [(length: Int, chunk: Int, output: Int)] = []
        var chunkStart = 0
        var outputStart = 0
        var chunkStride = elementSize
        var outputStride = elementSize
        for axis in stride(from: last, through: 0, by: -1) {
            let start = position[axis] &* joinedChunk[axis]
            let end = min(start &+ joinedChunk[axis], joinedShape[axis])
            isPartial = isPartial || start &+ joinedChunk[axis] > joinedShape[axis]
            offset[axis] = UInt64(axis == last ? start / joinedInner : start)
            let unit = axis == 0 ? rowUnit : 1
            let low = axis == 0 ? max(start, rows.lowerBound &* unit) : start
            let high = axis == 0 ? min(end, rows.upperBound &* unit) : end
            let origin = axis == 0 ? rows.lowerBound &* unit : 0
            axes.append((length: high &- low, chunk: chunkStride, output: outputStride))
            chunkStart &+= (low &- start) &* chunkStride
            outputStart &+= (low &- origin) &* outputStride
            chunkStride &*= joinedChunk[axis]
            outputStride &*= joinedShape[axis]
        }
        let run = axes.removeFirst()
        return Box(
            offset: offset, isPartial: isPartial, runBytes: run.length &* elementSize, axes: axes.reversed(),
            chunkStart: chunkStart, outputStart: outputStart)
    }
}

extension ChunkGrid.Box {
    /// Copies this part from its decoded chunk.
    func copy(from chunk: UnsafeRawPointer, to output: UnsafeMutableRawPointer) {
        forEachRun { chunkOffset, outputOffset in
            (output + outputOffset).copyMemory(from: chunk + chunkOffset, byteCount: runBytes)
        }
    }

    /// Fills this part with one element's bytes.
    func fill(_ output: UnsafeMutableRawPointer, with element: [UInt8]) {
        forEachRun { _, outputOffset in
            for byte in 0..<runBytes {
                output.storeBytes(of: element[byte % element.count], toByteOffset: outputOffset &+ byte, as: UInt8.self)
            }
        }
    }

    private func forEachRun(_ body: (_ chunkOffset: Int, _ outputOffset: Int) -> Void) {
        let count = axes.reduce(1) { $0 &* $1.length }
        for index in 0..<count {
            var rest = index
            var chunkOffset = chunkStart
            var outputOffset = outputStart
            for axis in axes.reversed() {
                let step = rest % axis.length
                rest /= axis.length
                chunkOffset &+= step &* axis.chunk
                outputOffset &+= step &* axis.output
            }
            body(chunkOffset, outputOffset)
        }
    }
}
