// SPDX-License-Identifier: Apache-2.0
import Multiplets
import Testing

@Suite struct RankedMultipletTests {
    @Test func `values that differ by rounding are ties, ordered lexicographically`() {
        let a = RankedMultiplet(members: [0, 2, 5], value: 0.25 + 1e-14)
        let b = RankedMultiplet(members: [0, 3, 4], value: 0.25)
        for extremum in Extremum.allCases {
            #expect(a.precedes(b, for: extremum))
            #expect(!b.precedes(a, for: extremum))
        }
    }
}
