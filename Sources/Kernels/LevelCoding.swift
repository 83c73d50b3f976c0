// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// How the neurons of a layer become levels, with every edge known.
///
/// The level of a value is the number of edges at or below it, compared in float64
/// whatever the value's type, except for `cells`, whose level is a distance in cells.
public enum LevelCoding: Sendable {
    /// `bins` bins a neuron; edge k (1 ..< bins) of neuron j is k·step[j] + low[j].
    /// A constant neuron has step 0 and one level.
    case grid(low: [Double], step: [Double], bins: Int)
    /// Ascending edges shared by all neurons.
    case sharedEdges([Double])
    /// One edge a neuron.
    case edge([Double])
    /// floor(x / width) − first[j], in 0 ..< levels.
    case cells(width: Double, first: [Double], levels: Int)
    /// x − first[j], in 0 ..< levels; x must be an integer.
    case integers(first: [Double], levels: Int)

    /// Levels of a neuron: codes are 0 ..< levels.
    public var levels: Int {
        switch self {
        case .grid(_, _, let bins): bins
        case .sharedEdges(let edges): edges.count + 1
        case .edge: 2
        case .cells(_, _, let levels), .integers(_, let levels): levels
        }
    }
}

/// A coding made ready for one element type: what the kernels read.
///
/// For float32 every edge is replaced by the least float32 not below it, which
/// decides every comparison as the float64 edge would.
struct LevelCoder: Sendable {
    private enum Tables {
        case grid(GridTable)
        case threshold(AlignedBuffer)
        case edges(AlignedBuffer, count: Int)
        case cells(AlignedBuffer, width: Double, levels: Int32)
    }

    private let tables: Tables
    /// Whether a value that is no integer is an error.
    let refusesFractions: Bool

    init(_ coding: LevelCoding, element: Element) throws(InfoLensError) {
        if case .integers = coding { refusesFractions = true } else { refusesFractions = false }
        switch coding {
        case .grid(let low, let step, let bins):
            tables = .grid(try GridTable(low: low, step: step, bins: bins))
        case .sharedEdges(let edges):
            tables = .edges(try LevelCoder.table(edges, element), count: edges.count)
        case .edge(let edges):
            tables = .threshold(try LevelCoder.table(edges, element))
        case .cells(let width, let first, let levels):
            tables = .cells(try LevelCoder.table(first, .float64), width: width, levels: Int32(clamping: levels))
        case .integers(let first, let levels):
            tables = .cells(try LevelCoder.table(first, .float64), width: 1, levels: Int32(clamping: levels))
        }
    }

    private static func table(_ edges: [Double], _ element: Element) throws(InfoLensError) -> AlignedBuffer {
        switch element {
        case .float64:
            let buffer = try AlignedBuffer(count: edges.count, of: Double.self)
            let values = buffer.values(of: Double.self)
            for (index, edge) in edges.enumerated() { values[index] = edge }
            return buffer
        case .float32:
            let buffer = try AlignedBuffer(count: edges.count, of: Float.self)
            let values = buffer.values(of: Float.self)
            for (index, edge) in edges.enumerated() {
                let nearest = Float(edge)
                values[index] = Double(nearest) < edge ? nearest.nextUp : nearest
            }
            return buffer
        }
    }

    /// Writes the codes of columns `columns` of `block`; row r becomes row `place[r]` of `codes`.
    /// - Returns: a set of CN_FOUND flags
    func encode(
        _ block: RowBlock, columns: Range<Int>, place: UnsafePointer<Int32>, codes: CodeTile
    ) -> Int32 {
        let tile = Tile(
            element: block.element, wide: codes.wide,
            tile: cn_tile(
                x: block.base + columns.lowerBound * block.element.size, stride: Int64(block.rowStride),
                place: place, rows: Int64(block.rows), cols: Int64(columns.count), codes: codes.base,
                strip_stride: Int64(codes.stripStride)))
        switch tables {
        case .grid(let table):
            return tile.grid(table.columns(from: columns.lowerBound))
        case .threshold(let buffer):
            return tile.threshold(buffer, from: columns.lowerBound)
        case .edges(let buffer, let count):
            return tile.edges(buffer, count: Int64(count))
        case .cells(let buffer, let width, let levels):
            let first = UnsafePointer(buffer.values(of: Double.self) + columns.lowerBound)
            return tile.cells(width: width, first: first, levels: levels)
        }
    }
}

/// Where the codes of a tile go: strips of CN_STRIP columns, each with its rows one after another.
struct CodeTile {
    let base: UnsafeMutableRawPointer
    /// Distance between strips in codes.
    let stripStride: Int
    /// Two bytes a code, for more than 256 levels.
    let wide: Bool
}

/// The kernels of CNumerics, chosen by element and code type.
private struct Tile {
    let element: Element
    let wide: Bool
    let tile: cn_tile

    func grid(_ grid: cn_grid) -> Int32 {
        withUnsafePointer(to: tile) { tile in
            withUnsafePointer(to: grid) { grid in
                switch (element, wide) {
                case (.float32, false): cn_grid_f32_u8(tile, grid)
                case (.float32, true): cn_grid_f32_u16(tile, grid)
                case (.float64, false): cn_grid_f64_u8(tile, grid)
                case (.float64, true): cn_grid_f64_u16(tile, grid)
                }
            }
        }
    }

    func threshold(_ table: AlignedBuffer, from column: Int) -> Int32 {
        withUnsafePointer(to: tile) { tile in
            switch element {
            case .float32: cn_threshold_f32(tile, table.values(of: Float.self) + column)
            case .float64: cn_threshold_f64(tile, table.values(of: Double.self) + column)
            }
        }
    }

    func edges(_ table: AlignedBuffer, count: Int64) -> Int32 {
        let (single, double) = (table.values(of: Float.self), table.values(of: Double.self))
        return withUnsafePointer(to: tile) { tile in
            switch (element, wide) {
            case (.float32, false): cn_edges_f32_u8(tile, single, count)
            case (.float32, true): cn_edges_f32_u16(tile, single, count)
            case (.float64, false): cn_edges_f64_u8(tile, double, count)
            case (.float64, true): cn_edges_f64_u16(tile, double, count)
            }
        }
    }

    func cells(width: Double, first: UnsafePointer<Double>, levels: Int32) -> Int32 {
        withUnsafePointer(to: tile) { tile in
            switch (element, wide) {
            case (.float32, false): cn_cells_f32_u8(tile, width, first, levels)
            case (.float32, true): cn_cells_f32_u16(tile, width, first, levels)
            case (.float64, false): cn_cells_f64_u8(tile, width, first, levels)
            case (.float64, true): cn_cells_f64_u16(tile, width, first, levels)
            }
        }
    }
}
