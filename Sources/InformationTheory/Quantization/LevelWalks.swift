// SPDX-License-Identifier: Apache-2.0
import Kernels

// Rules for forEachSortedNeuron: each meets a neuron's values in ascending order.

/// Levels between ascending edges.
struct EdgeWalk: LevelWalk {
    let edges: [Double]
    private var passed = 0

    init(edges: [Double]) { self.edges = edges }

    mutating func level(of value: Double) -> Double {
        while passed < edges.count, edges[passed] <= value { passed += 1 }
        return Double(passed)
    }
}

/// Levels between the edges k · step + low, k = 1 ..< bins.
struct GridWalk: LevelWalk {
    let low: Double
    let step: Double
    let bins: Int
    private var passed = 0

    init(low: Double, step: Double, bins: Int) {
        self.low = low
        self.step = step
        // A constant neuron has no edges.
        self.bins = step == 0 ? 1 : bins
    }

    mutating func level(of value: Double) -> Double {
        while passed < bins - 1, Double(passed + 1) * step + low <= value { passed += 1 }
        return Double(passed)
    }
}

/// Levels of fixed width.
struct CellWalk: LevelWalk {
    let width: Double

    func level(of value: Double) -> Double { (value / width).rounded(.down) }
}

/// Levels of symbols; tells of values that are none.
struct SymbolWalk: LevelWalk {
    let foundFraction: () -> Void

    func level(of value: Double) -> Double {
        if !isSymbol(value) { foundFraction() }
        return value
    }
}
