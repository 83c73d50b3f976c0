// SPDX-License-Identifier: Apache-2.0

/// A walk over multiplets each of which is evaluated by itself.
public final class PlainSweeper: MultipletSweeper {
    private let combinations: Combinations
    private let evaluate: ([Int]) -> Double

    /// - Parameter evaluate: the value of a multiplet given in ascending order; NaN for singular ones
    public init(variables: Int, order: Int, evaluate: @escaping ([Int]) -> Double) {
        combinations = Combinations(variables: variables, order: order)
        self.evaluate = evaluate
    }

    public func search(_ ranks: Range<Int>, lists: inout TopLists) -> Int {
        var singular = 0
        forEach(ranks) { rank, value in
            if value.isNaN { singular += 1 } else { lists.offer(value, rank: rank) }
        }
        return singular
    }

    public func evaluate(_ ranks: Range<Int>, into values: UnsafeMutablePointer<Double>) -> Int {
        var singular = 0
        forEach(ranks) { rank, value in
            values[rank - ranks.lowerBound] = value
            if value.isNaN { singular += 1 }
        }
        return singular
    }

    private func forEach(_ ranks: Range<Int>, _ body: (_ rank: Int, _ value: Double) -> Void) {
        for rank in ranks { body(rank, evaluate(combinations.members(at: rank))) }
    }
}
