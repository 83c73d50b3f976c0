// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The best multiplets of one order so far, by value, ties by lexicographic rank.
///
/// A binary heap with the worst at its root: an offer that is not taken costs one comparison.
public struct TopList: Sendable {
    public struct Entry: Sendable, Equatable {
        /// A multiple of `RankedMultiplet.grid`.
        public let value: Double
        public let rank: Int
    }

    public let extremum: Extremum
    /// Most entries, ≥ 0.
    public let capacity: Int
    private var heap: [Entry] = []

    public init(_ extremum: Extremum, capacity: Int) {
        self.extremum = extremum
        self.capacity = capacity
    }

    /// What a value must be better than, by more than rounding, to be taken if its rank comes after all others'; nil when
    /// any is taken.
    public var bar: Double? {
        if capacity == 0 { return extremum == .minimum ? -.infinity : .infinity }
        return heap.count < capacity ? nil : heap[0].value
    }

    /// Best first.
    public var sorted: [Entry] { heap.sorted { isWorse($1, than: $0) } }

    /// Takes a value, rounded to the grid, if it belongs here; NaN never does.
    /// - Returns: whether it was taken
    public mutating func offer(_ value: Double, rank: Int) -> Bool {
        value.isNaN ? false : offer(Entry(value: RankedMultiplet.rounded(value), rank: rank))
    }

    /// Takes what another list of the same order holds.
    public mutating func merge(_ other: TopList) { for entry in other.heap { _ = offer(entry) } }

    private mutating func offer(_ entry: Entry) -> Bool {
        if heap.count < capacity {
            heap.append(entry)
            var child = heap.count - 1
            while child > 0, isWorse(heap[child], than: heap[(child - 1) / 2]) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
            return true
        }
        guard capacity > 0, isWorse(heap[0], than: entry) else { return false }
        heap[0] = entry
        var parent = 0
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if isWorse(heap[child], than: heap[worst]) { worst = child }
            }
            if worst == parent { return true }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }

    private func isWorse(_ a: Entry, than b: Entry) -> Bool {
        a.value == b.value ? a.rank > b.rank : extremum.isBetter(b.value, than: a.value)
    }
}

/// The lowest and the highest of one order.
public struct TopLists: Sendable {
    public var lowest: TopList
    public var highest: TopList

    /// - Parameter extrema: which are wanted; the list of the other takes nothing
    public init(extrema: Set<Extremum>, capacity: Int) {
        lowest = TopList(.minimum, capacity: extrema.contains(.minimum) ? capacity : 0)
        highest = TopList(.maximum, capacity: extrema.contains(.maximum) ? capacity : 0)
    }

    /// - Returns: whether one of them took it
    @discardableResult
    public mutating func offer(_ value: Double, rank: Int) -> Bool {
        let (isLow, isHigh) = (lowest.offer(value, rank: rank), highest.offer(value, rank: rank))
        return isLow || isHigh
    }

    public mutating func merge(_ other: TopLists) {
        lowest.merge(other.lowest)
        highest.merge(other.highest)
    }

    /// Values below the first or above the second may be taken, all others would not be, if offered in the order of ranks. Less
    /// than half a step of the grid, so that rounding decides.
    public var bars: (low: Double, high: Double) {
        let margin = 0.4 * RankedMultiplet.grid
        return (
            lowest.bar.map { $0 - margin } ?? .infinity, highest.bar.map { $0 + margin } ?? -.infinity
        )
    }
}
