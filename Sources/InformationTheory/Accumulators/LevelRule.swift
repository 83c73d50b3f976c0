// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How the neurons of a layer become levels, with every edge fixed before the data come.
///
/// Gives each value the level that the one-shot measures give it, so that counts taken
/// piece by piece are theirs.
enum LevelRule: Equatable, Sendable {
    /// Ascending edges shared by all neurons.
    case shared(edges: [Double])
    /// One edge a neuron.
    case threshold(edge: [Double])
    /// Equal bins; edge k of neuron j is k · step[j] + low[j]. A constant neuron has step 0.
    case grid(low: [Double], step: [Double], bins: Int)
    /// Each neuron's own ascending edges, equally many; equal ones are passed together.
    case edges([[Double]])
    /// floor(x / width) − first[j], in 0 ..< levels[j].
    case cells(width: Double, first: [Double], levels: [Int])
    /// x − first[j], in 0 ..< levels[j]; x must be an integer.
    case symbols(first: [Double], levels: [Int])

    /// Levels of a neuron.
    func levels(of neuron: Int) -> Int {
        switch self {
        case .shared(let edges): edges.count + 1
        case .threshold: 2
        case .grid(_, _, let bins): bins
        case .edges(let edges): edges[neuron].count + 1
        case .cells(_, _, let levels), .symbols(_, let levels): levels[neuron]
        }
    }

    /// The level of one value; outside the cells it is the first or the last.
    func level(of value: Double, neuron: Int) -> Int {
        switch self {
        case .shared(let edges): return partitionPoint(edges.count) { edges[$0] <= value }
        case .threshold(let edge): return edge[neuron] <= value ? 1 : 0
        case .grid(let low, let step, let bins):
            guard step[neuron] != 0 else { return 0 }
            return partitionPoint(bins - 1) { Double($0 + 1) * step[neuron] + low[neuron] <= value }
        case .edges(let edges): return partitionPoint(edges[neuron].count) { edges[neuron][$0] <= value }
        case .cells(let width, let first, let levels):
            return clamped((value / width).rounded(.down) - first[neuron], levels[neuron])
        case .symbols(let first, let levels): return clamped(value - first[neuron], levels[neuron])
        }
    }

    private func clamped(_ cell: Double, _ levels: Int) -> Int { Int(min(max(cell, 0), Double(levels - 1))) }

    /// What the counting kernels take, and the neurons that they cannot count together with the others.
    func coding(neurons: Int) -> (coding: LevelCoding?, others: [Int]) {
        let all = Array(0..<neurons)
        func split(_ levels: [Int]) -> (most: Int, others: [Int]) {
            let limit = mostCountedLevels(levels.map(Double.init))
            return (
                levels.filter { Double($0) <= limit }.max() ?? 1, all.filter { Double(levels[$0]) > limit }
            )
        }
        switch self {
        case .shared(let edges): return (.sharedEdges(edges), [])
        case .threshold(let edge): return (.edge(edge), [])
        case .grid(let low, let step, let bins):
            let grid = UniformGrid(low: low, step: step, bins: bins)
            let others = all.filter { !grid.isWellSpaced($0) }
            var counted = step
            for neuron in others { counted[neuron] = 0 }
            return (.grid(low: low, step: counted, bins: bins), others)
        case .edges: return (nil, all)
        case .cells(let width, let first, let levels):
            let (most, others) = split(levels)
            return (.cells(width: width, first: first, levels: most), others)
        case .symbols(let first, let levels):
            let (most, others) = split(levels)
            return (.integers(first: first, levels: most), others)
        }
    }

    /// Refuses values that have no level: those outside the cells that were found before.
    func check(_ matrix: any ActivationMatrix, run: Run) throws(InfoLensError) {
        let (width, first, levels): (Double, [Double], [Int])
        switch self {
        case .cells(let w, let f, let l): (width, first, levels) = (w, f, l)
        case .symbols(let f, let l): (width, first, levels) = (1, f, l)
        default: return
        }
        let (low, high) = try columnExtrema(of: matrix, run: run)
        for neuron in 0..<matrix.neurons {
            let from = (low[neuron] / width).rounded(.down) - first[neuron]
            let to = (high[neuron] / width).rounded(.down) - first[neuron]
            if from >= 0, to < Double(levels[neuron]) { continue }
            throw InfoLensError(
                .numeric,
                """
                activations: neuron \(neuron) of layer "\(matrix.name)" reaches from \(low[neuron]) to \(high[neuron]), \
                outside the range that the accumulator was fitted to; fit it to all of the data first
                """
            )
        }
    }
}

extension UniformGrid {
    /// A grid that was fitted before.
    init(low: [Double], step: [Double], bins: Int) {
        self.low = low
        self.step = step
        self.bins = bins
    }
}
