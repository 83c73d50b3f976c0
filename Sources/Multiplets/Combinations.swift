// SPDX-License-Identifier: Apache-2.0

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
        var (members, rest, next) = ([Int](), rank, 0)
        members.reserveCapacity(order)
        for i in 0..<order {
            // Multiplets that go on with `next`; rank and count are within `most`, and so are these.
            var block = Combinations.binomial(variables - next - 1, order - i - 1)
            while rest >= block, next < variables - (order - i) {
                rest -= block
                next += 1
                block = Combinations.binomial(variables - next - 1, order - i - 1)
            }
            members.append(next)
            next += 1
        }
        return members
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
