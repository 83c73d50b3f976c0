// SPDX-License-Identifier: Apache-2.0

/// The best of the multiplets that a search came by, each once.
struct BestVisited {
    private let limit: Int
    private let extremum: Extremum
    private let sign: Double
    /// All that came and is not known to be beyond the limit.
    private var found: [RankedMultiplet] = []
    private var known: Set<[Int]> = []
    /// A value times `sign` above this one is not among the best.
    private var bound = Double.infinity

    init(limit: Int, extremum: Extremum) {
        self.limit = limit
        self.extremum = extremum
        sign = extremum == .minimum ? 1 : -1
    }

    /// Whether a multiplet of about this value has a chance; NaN has none.
    func takes(_ value: Double) -> Bool { sign * value <= bound }

    /// Takes the multiplet, whatever the order of its members, with the value that it has by itself.
    mutating func offer(_ members: [Int], of evaluator: any MultipletEvaluator) {
        let sorted = members.sorted()
        guard !known.contains(sorted) else { return }
        let value = evaluator.value(of: sorted)
        guard !value.isNaN else { return }
        offer(RankedMultiplet(members: sorted, value: value))
    }

    mutating func offer(_ multiplet: RankedMultiplet) {
        guard known.insert(multiplet.members).inserted else { return }
        found.append(multiplet)
        if found.count >= 2 * limit + 16 { prune() }
    }

    /// The best first.
    mutating func ranked() -> [RankedMultiplet] {
        prune()
        return found
    }

    private mutating func prune() {
        found.sort { $0.precedes($1, for: extremum) }
        guard found.count > limit else { return }
        found.removeLast(found.count - limit)
        known = Set(found.map(\.members))
        // Values are asked about before they are computed afresh, so that they may be this far off.
        if let last = found.last { bound = sign * last.value + 1e-9 }
    }
}
