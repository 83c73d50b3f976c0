// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Where the elements of each chunk lie among those of a block of samples.
///
/// Where samples are along axis 0, innermost axes that a chunk spans whole are treated as one with
/// the axis outside them, so that what is copied is as long as it can be.
struct ChunkGrid: Sendable {
    /// Shape of a chunk, of the dataset's rank.
    let chunk: [Int]
    private let shape: [Int]
    private let sampleAxis: Int
    /// Shapes with the innermost axes joined.
    private let joinedShape: [Int]
    private let joinedChunk: [Int]
    /// Elements of the joined axes per step of the last one that was not joined.
    private let joinedInner: Int
    private let elementSize: Int

    /// - Precondition: equal ranks ≥ 1, no empty axis; the products fit.
    init(_ slab: Slab, chunk: [Int], elementSize: Int) {
        shape = slab.shape
        self.chunk = chunk
        sampleAxis = slab.sampleAxis
        self.elementSize = elementSize
        var joinedShape = shape
        var joinedChunk = chunk
        var inner = 1
        while !slab.samplesAreLast, joinedShape.count > 1, let length = joinedShape.last, joinedChunk.last == length {
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

    /// Chunks along each axis.
    var lengths: [Int] { zip(shape, chunk).map { ($0 &- 1) / $1 &+ 1 } }

    /// A chunk's part within the rows that are read. Places count elements.
    struct Box: Sendable {
        /// The chunk's first element, as HDF5 counts.
        let offset: [UInt64]
        /// Whether the chunk sticks out of the dataset.
        let isPartial: Bool
        /// Elements that lie together in the chunk and in the block.
        fileprivate(set) var runLength: Int
        /// Outer axes of the part, innermost last: length, and distances in the chunk and the block.
        fileprivate(set) var axes: [(length: Int, chunk: Int, output: Int)]
        /// Places of the part's first element in the chunk and in the block.
        fileprivate(set) var chunkStart: Int
        fileprivate(set) var outputStart: Int

        var runs: Int { axes.reduce(1) { $0 &* $1.length } }
    }
}

extension ChunkGrid {
    /// Positions in the grid of the chunks that hold some of the rows, in C order.
    func positions(of rows: Range<Int>) -> some Sequence<[Int]> {
        let axis = joinedShape.count == 1 ? 0 : sampleAxis
        let unit = rowUnit
        let first = rows.lowerBound &* unit / joinedChunk[axis]
        let last = (rows.upperBound &* unit &- 1) / joinedChunk[axis]
        var lengths = zip(joinedShape, joinedChunk).map { ($0 &- 1) / $1 &+ 1 }
        lengths[axis] = last &- first &+ 1
        let count = lengths.reduce(1, &*)
        return (0..<count).lazy.map { [lengths] index in
            var rest = index
            var position = [Int](repeating: 0, count: lengths.count)
            for axis in lengths.indices.reversed() {
                position[axis] = rest % lengths[axis]
                rest /= lengths[axis]
            }
            position[axis] &+= first
            return position
        }
    }

    /// Elements of joined axis 0 a row: 1 unless everything was joined.
    private var rowUnit: Int { joinedShape.count == 1 ? joinedInner : 1 }

    /// Bytes of a chunk that lie together among the dataset's elements.
    var runBytes: Int { (joinedChunk.last ?? 1) &* elementSize }

    /// What to copy from the chunk at `position` for these rows, row `rows.lowerBound` coming first in the block.
    func box(at position: [Int], rows: Range<Int>) -> Box {
        let last = joinedShape.count - 1
        let samples = joinedShape.count == 1 ? 0 : sampleAxis
        var offset = [UInt64](repeating: 0, count: shape.count)
        var isPartial = false
        var axes: [(length: Int, chunk: Int, output: Int)] = []
        var chunkStart = 0
        var outputStart = 0
        var chunkStride = 1
        var outputStride = 1
        for axis in stride(from: last, through: 0, by: -1) {
            let start = position[axis] &* joinedChunk[axis]
            let end = min(start &+ joinedChunk[axis], joinedShape[axis])
            isPartial = isPartial || start &+ joinedChunk[axis] > joinedShape[axis]
            offset[axis] = UInt64(axis == last ? start / joinedInner : start)
            let isCut = axis == samples
            let unit = isCut ? rowUnit : 1
            let low = isCut ? max(start, rows.lowerBound &* unit) : start
            let high = isCut ? min(end, rows.upperBound &* unit) : end
            let origin = isCut ? rows.lowerBound &* unit : 0
            axes.append((length: high &- low, chunk: chunkStride, output: outputStride))
            chunkStart &+= (low &- start) &* chunkStride
            outputStart &+= (low &- origin) &* outputStride
            chunkStride &*= joinedChunk[axis]
            outputStride &*= isCut ? rows.count &* unit : joinedShape[axis]
        }
        let run = axes.removeFirst()
        return Box(
            offset: offset, isPartial: isPartial, runLength: run.length, axes: axes.reversed(),
            chunkStart: chunkStart, outputStart: outputStart)
    }
}

extension ChunkGrid.Box {
    /// Calls `body` with the place of each run in the chunk and in the block, in their order in the chunk.
    func forEachRun(_ body: (_ chunk: Int, _ output: Int) throws(InfoLensError) -> Void) throws(InfoLensError) {
        // Almost always there is one axis of runs.
        if axes.count <= 1 {
            let axis = axes.first ?? (length: 1, chunk: 0, output: 0)
            for index in 0..<axis.length {
                try body(chunkStart &+ index &* axis.chunk, outputStart &+ index &* axis.output)
            }
            return
        }
        for index in 0..<runs {
            var rest = index
            var chunkPlace = chunkStart
            var outputPlace = outputStart
            for axis in axes.reversed() {
                let step = rest % axis.length
                rest /= axis.length
                chunkPlace &+= step &* axis.chunk
                outputPlace &+= step &* axis.output
            }
            try body(chunkPlace, outputPlace)
        }
    }
}
