// SPDX-License-Identifier: Apache-2.0

/// Levels × classes counts of one neuron, in memory that a kernel lends.
public struct ContingencyTable {
    /// N = Σ marginal.
    public let samples: Int
    /// Samples of each class.
    public let classSamples: [Int]
    /// Samples of each level; levels that do not occur may be listed with 0.
    public let marginal: UnsafeBufferPointer<UInt32>
    /// The cells of class c are at `starts[c]` ..< `ends[c]` of `cells` (and of `levels`).
    private let cells: UnsafePointer<UInt32>
    /// The level of each cell, or nil where a class's cells are all levels in order.
    private let levels: UnsafePointer<UInt32>?
    private let ranges: Ranges

    private enum Ranges {
        case dense(levels: Int)
        case sparse(starts: UnsafePointer<Int>, ends: UnsafePointer<Int>)
    }

    /// All cells in the order [class][level].
    public init(
        samples: Int, classSamples: [Int], marginal: UnsafeBufferPointer<UInt32>, dense cells: UnsafePointer<UInt32>
    ) {
        self.samples = samples
        self.classSamples = classSamples
        self.marginal = marginal
        self.cells = cells
        levels = nil
        ranges = .dense(levels: marginal.count)
    }

    /// Only cells that are not empty, with their levels.
    init(
        samples: Int, classSamples: [Int], marginal: UnsafeBufferPointer<UInt32>, cells: UnsafePointer<UInt32>,
        levels: UnsafePointer<UInt32>, starts: UnsafePointer<Int>, ends: UnsafePointer<Int>
    ) {
        self.samples = samples
        self.classSamples = classSamples
        self.marginal = marginal
        self.cells = cells
        self.levels = levels
        ranges = .sparse(starts: starts, ends: ends)
    }

    /// The counts of the levels of one class, in ascending order of level.
    public func counts(ofClass c: Int) -> UnsafeBufferPointer<UInt32> {
        let range = cellRange(c)
        return UnsafeBufferPointer(start: cells + range.lowerBound, count: range.count)
    }

    /// The level that cell `index` of `counts(ofClass: c)` belongs to.
    public func level(ofCell index: Int, class c: Int) -> Int {
        guard let levels else { return index }
        return Int(levels[cellRange(c).lowerBound + index])
    }

    private func cellRange(_ c: Int) -> Range<Int> {
        switch ranges {
        case .dense(let levels): c * levels..<(c + 1) * levels
        case .sparse(let starts, let ends): starts[c]..<ends[c]
        }
    }
}
