// SPDX-License-Identifier: Apache-2.0
import Multiplets
import Testing

@Suite struct CombinationsTests {
    /// All of an order, by recursion.
    private func all(_ d: Int, _ k: Int, from first: Int = 0) -> [[Int]] {
        if k == 0 { return [[]] }
        return (first..<max(d, first)).flatMap { member in all(d, k - 1, from: member + 1).map { [member] + $0 } }
    }

    @Test func `ranks count multiplets in lexicographic order, and members invert them`() {
        for d in 1...9 {
            for k in 1...d {
                let combinations = Combinations(variables: d, order: k)
                let ranks = LexicographicRanks(combinations)
                let expected = all(d, k)
                #expect(combinations.count == expected.count)
                for (rank, members) in expected.enumerated() {
                    #expect(combinations.members(at: rank) == members)
                    #expect(combinations.rank(of: members) == rank)
                    #expect(ranks.members(at: rank) == members && ranks.rank(of: members) == rank)
                }
            }
        }
    }

    @Test func `large orders are exact, and counts beyond 2^62 are told`() {
        #expect(Combinations(variables: 100, order: 6).count == 1_192_052_400)
        #expect(Combinations(variables: 62, order: 31).count == 465_428_353_255_261_088)
        #expect(Combinations(variables: 512, order: 30).count == .max)
        let many = Combinations(variables: 66, order: 33)
        #expect(many.count == .max)
        let wide = Combinations(variables: 100_000, order: 3)
        for rank in [0, 1, 99_998, wide.count / 3, wide.count - 1] {
            #expect(wide.rank(of: wide.members(at: rank)) == rank)
        }
    }

    @Test func `several orders follow one another`() {
        let orders = MultipletOrders(variables: 6, orders: 2...4)
        #expect(orders.count == 15 + 20 + 15)
        let parts = orders.ranks(in: 10..<40)
        #expect(parts.map(\.order) == [2, 3, 4])
        #expect(parts.map(\.ranks) == [10..<15, 0..<20, 0..<5])
        #expect(orders.ranks(in: 15..<15).isEmpty)
    }
}

@Suite struct TopListTests {
    @Test func `a list keeps the best, ties by rank, whatever the order of offers`() {
        let values = [3.0, 1, 2, 1, 5, 1, 4, .nan, 1 + 1e-14]
        for shift in 0..<values.count {
            var list = TopList(.minimum, capacity: 4)
            for i in 0..<values.count {
                let rank = (i + shift) % values.count
                _ = list.offer(values[rank], rank: rank)
            }
            #expect(list.sorted.map(\.rank) == [1, 3, 5, 8])
        }
        var lists = TopLists(extrema: [.maximum], capacity: 2)
        for (rank, value) in values.enumerated() { lists.offer(value, rank: rank) }
        #expect(lists.highest.sorted.map(\.value) == [5, 4])
        #expect(lists.lowest.sorted.isEmpty)
    }
}
