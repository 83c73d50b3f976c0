// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The multiplets of one order among d variables, in lexicographic order: ranks 0 ..< count.
public struct Combinations: Sendable, Equatable {
    /// d.
    public let variables: Int
    /// k, 1 … d.
    public let order: Int
    /// d over k; `Int.max` where it passes `most`.
    public let count: Int

    /// Counts beyond this are not told apart; ranks up to here and their sums stay within Int.
    public static let most = 1 << 62

    public init(variables: Int, order: Int) {
        self.variables = variables
        self.order = order
        count = Combinations.binomial(variables, order)
    }

    /// n over k, `Int.max` where it passes `most`; 0 for n < k.
    public static func binomial(_ n: Int, _ k: Int) -> Int {
        guard k >= 0, n >= k else { return 0 }
        var result: UInt128 = 1
        for i in 0..<min(k, n - k) {
            result = result * UInt128(n - i) / UInt128(i + 1)
            // It only grows from here on: 2i < n.
            if result > UInt128(most) { return .max }
        }
        return Int(result)
    }

    /// The rank of ascending members. Those that begin like it and go on lower come before: with c the members and c₋₁ = −1,
    /// the sum over i of (d−1−c_{i−1} over k−i) − (d−c_i over k−i).
    public func rank(of members: some RandomAccessCollection<Int>) -> Int {
        var (rank, least) = (0, 0)
        for (i, member) in members.enumerated() {
            rank +=
                Combinations.binomial(variables - least, order - i)
                - Combinations.binomial(variables - member, order - i)
            least = member + 1
        }
        return rank
    }

    /// The members of a rank, 0 ..< count.
    public func members(at rank: Int) -> [Int] {
        members(at: rank) { n, rest in Combinations.binomial(n, rest) }
    }

    fileprivate func members(at rank: Int, binomial: (_ n: Int, _ rest: Int) -> Int) -> [Int] {
        var (members, rest, next) = ([Int](), rank, 0)
        members.reserveCapacity(order)
        for i in 0..<order {
            // Multiplets that go on with `next`; rank and count are within `most`, and so are these.
            var block = binomial(variables - next - 1, order - i - 1)
            while rest >= block, next < variables - (order - i) {
                rest -= block
                next += 1
                block = binomial(variables - next - 1, order - i - 1)
            }
            members.append(next)
            next += 1
        }
        return members
    }
}

/// Ranks and members of many multiplets, from a table of the binomials that they take.
public struct LexicographicRanks: Sendable {
    private let combinations: Combinations
    /// (n over r) at r (d + 1) + n, r up to the order; empty where it would be large.
    private let binomials: [Int]

    public init(_ combinations: Combinations) {
        self.combinations = combinations
        let (d, k) = (combinations.variables, combinations.order)
        guard saturatingProduct(d + 1, k + 1) <= 1 << 16 else {
            binomials = []
            return
        }
        // Pascal's rule, and `Combinations.binomial`'s limit.
        var binomials = [Int](repeating: 0, count: (d + 1) * (k + 1))
        for n in 0...d { binomials[n] = 1 }
        for r in 1...k {
            let row = r * (d + 1)
            for n in 1...d {
                let (a, b) = (binomials[row + n - 1], binomials[row - (d + 1) + n - 1])
                binomials[row + n] = a > Combinations.most - min(b, Combinations.most) ? .max : a + b
            }
        }
        self.binomials = binomials
    }

    /// `Combinations.rank(of:)`.
    public func rank(of members: [Int]) -> Int {
        guard !binomials.isEmpty else { return combinations.rank(of: members) }
        let (d, k) = (combinations.variables, combinations.order)
        var (rank, least) = (0, 0)
        for (i, member) in members.enumerated() {
            let row = (k - i) * (d + 1) + d
            rank += binomials[row - least] - binomials[row - member]
            least = member + 1
        }
        return rank
    }

    /// `Combinations.members(at:)`.
    public func members(at rank: Int) -> [Int] {
        guard !binomials.isEmpty else { return combinations.members(at: rank) }
        return combinations.members(at: rank) { n, rest in binomials[rest * (combinations.variables + 1) + n] }
    }
}

/// The multiplets of several orders, all of the smallest first: places 0 ..< count.
public struct MultipletOrders: Sendable, Equatable {
    public let variables: Int
    public let orders: ClosedRange<Int>
    private let starts: [Int]
    /// `Int.max` beyond `Combinations.most`.
    public let count: Int

    public init(variables: Int, orders: ClosedRange<Int>) {
        self.variables = variables
        self.orders = orders
        var (starts, total) = ([Int](), 0)
        for order in orders {
            starts.append(total)
            let count = Combinations(variables: variables, order: order).count
            total = count > Combinations.most - total ? .max : total + count
            if total == .max { break }
        }
        self.starts = starts
        count = total
    }

    /// The ranks of each order within a range of places below `count`.
    public func ranks(in places: Range<Int>) -> [(order: Int, ranks: Range<Int>)] {
        starts.indices.compactMap { i in
            let order = orders.lowerBound + i
            let all = starts[i]..<starts[i] + Combinations(variables: variables, order: order).count
            let part = places.clamped(to: all)
            return part.isEmpty ? nil : (order, part.lowerBound - all.lowerBound..<part.upperBound - all.lowerBound)
        }
    }
}
