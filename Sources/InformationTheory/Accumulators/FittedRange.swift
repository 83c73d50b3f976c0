// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What a quantiser must know of a layer before it can count: gathered piece by piece, as
/// little as the quantiser allows.
enum FittedRange: Sendable {
    /// All edges are in the quantiser.
    case nothing
    /// Least and greatest value of each neuron.
    case extrema(low: [Double], high: [Double])
    /// Every value: means and order statistics cannot be had to the last bit from less.
    case values(RetainedRows)

    /// What `quantizer` has to see first.
    init(for quantizer: Quantizer, neurons: Int, element: Element, layer: String) {
        switch quantizer {
        case .threshold(.value), .explicit, .uniform(_, .given): self = .nothing
        case .uniform, .width, .integer:
            self = .extrema(
                low: [Double](repeating: .infinity, count: neurons),
                high: [Double](repeating: -.infinity, count: neurons))
        case .threshold, .quantile:
            self = .values(RetainedRows(name: layer, neurons: neurons, element: element))
        }
    }

    /// This and what a further piece of the layer adds.
    func adding(_ matrix: any ActivationMatrix, run: Run) throws(InfoLensError) -> FittedRange {
        switch self {
        case .nothing: return self
        case .extrema(let low, let high):
            let piece = try columnExtrema(of: matrix, run: run)
            // Adding 0 makes −0 the 0 that it equals, so that equal ranges are equal in their bits.
            return .extrema(
                low: zip(low, piece.low).map { min($0, $1) + 0 }, high: zip(high, piece.high).map { max($0, $1) + 0 })
        case .values(let rows): return .values(try rows.adding(matrix, run: run))
        }
    }

    /// This and another, as if their pieces had come one after the other.
    func merged(with other: FittedRange) throws(InfoLensError) -> FittedRange {
        switch (self, other) {
        case (.extrema(let low, let high), .extrema(let otherLow, let otherHigh)):
            return .extrema(low: zip(low, otherLow).map(min), high: zip(high, otherHigh).map(max))
        case (.values(let rows), .values(let others)): return .values(try rows.merged(with: others))
        default: return self
        }
    }

    /// The edges.
    /// - Throws: `numeric` where they cannot be had, or would be too many to be counted
    func rule(for quantizer: Quantizer, neurons: Int, layer: String, run: Run) throws(InfoLensError) -> LevelRule {
        switch (quantizer, self) {
        case (.threshold(.value(let value)), _): return .shared(edges: [value.nextUp])
        case (.explicit(let edges), _): return .shared(edges: edges)
        case (.uniform(let bins, let range), .nothing):
            return try FittedRange.grid(bins, range, ([], []), neurons: neurons, layer: layer)
        case (.uniform(let bins, let range), .extrema(let low, let high)):
            return try FittedRange.grid(bins, range, (low, high), neurons: neurons, layer: layer)
        case (.width(let width), .extrema(let low, let high)):
            let (first, levels) = try cells(width: width, low: low, high: high, layer: layer)
            return .cells(width: width, first: first, levels: try FittedRange.countable(levels, layer: layer))
        case (.integer, .extrema(let low, let high)):
            if let neuron = low.indices.first(where: { !isSymbol(low[$0]) || !isSymbol(high[$0]) }) {
                throw InfoLensError(
                    .numeric,
                    """
                    quantizer: "integer" needs integers within ±2^53, but neuron \(neuron) of layer "\(layer)" \
                    reaches from \(low[neuron]) to \(high[neuron]); choose another quantizer
                    """)
            }
            return .symbols(
                first: low, levels: try FittedRange.countable(zip(low, high).map { $1 - $0 + 1 }, layer: layer))
        case (.threshold(.mean), .values(let rows)): return .threshold(edge: try meanEdges(of: rows, run: run))
        case (.threshold, .values(let rows)):
            return .threshold(edge: try rows.sortedColumns(run: run) { median(of: $0).nextUp })
        case (.quantile(let bins), .values(let rows)):
            return .edges(try rows.sortedColumns(run: run) { quantileEdges(of: $0, bins: bins) })
        default: throw InfoLensError(.internal, "an accumulator was fitted to another quantizer")
        }
    }

    private static func grid(
        _ bins: Int, _ range: Quantizer.Range, _ extrema: (low: [Double], high: [Double]), neurons: Int, layer: String
    ) throws(InfoLensError) -> LevelRule {
        let grid = try UniformGrid(bins: bins, range: range, neurons: neurons, layer: layer) {
            () throws(InfoLensError) in extrema
        }
        return .grid(low: grid.low, step: grid.step, bins: bins)
    }

    /// Numbers of levels that an accumulator can keep a counter for.
    private static func countable(_ levels: [Double], layer: String) throws(InfoLensError) -> [Int] {
        if let neuron = levels.firstIndex(where: { !($0 <= Double(Quantizer.largestBinCount)) }) {
            throw InfoLensError(
                .numeric,
                """
                quantizer: neuron \(neuron) of layer "\(layer)" spans \(levels[neuron]) levels, and an accumulator \
                keeps at most \(Quantizer.largestBinCount); choose a coarser quantizer
                """
            )
        }
        return levels.map { Int($0) }
    }
}
