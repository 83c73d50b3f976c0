// SPDX-License-Identifier: Apache-2.0
import Tables
import Testing

@Suite struct TableTests {
    @Test("equal texts of a column share a name, and texts of other bytes do not")
    func distinctNames() throws {
        let composed = "\u{E9}"
        let decomposed = "e\u{301}"
        let column = Column("s", description: "", texts: ["b", composed, "b", decomposed, "a"])
        guard case .strings(let codes, let names, 5) = column.values else {
            Issue.record("not five texts")
            return
        }
        #expect(Array(codes.values) == [0, 1, 0, 2, 3])
        #expect(names.map { Array($0.utf8) } == ["b", composed, decomposed, "a"].map { Array($0.utf8) })
    }

    @Test("columns are found by the bytes of their name")
    func namesAreBytes() {
        let columns = ["e\u{301}", "\u{E9}"].map { Column($0, unit: $0, description: "", integers: []) }
        let table = Table(columns: columns)
        #expect(table.column(named: "\u{E9}")?.unit.utf8.count == 2)
        #expect(table.column(named: "e\u{301}")?.unit.utf8.count == 3)
        #expect(table.column(named: "e") == nil)
    }

    @Test("Arrow metadata are counts, lengths and bytes")
    func arrowPairs() {
        #expect(arrowMetadata([]) == nil)
        func number(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
        let expected =
            number(2) + number(4) + Array("unit".utf8) + number(4) + Array("bits".utf8)
            + number(0) + number(2) + Array("é".utf8)
        #expect(arrowMetadata([("unit", "bits"), ("", "é")]) == expected)
    }
}
