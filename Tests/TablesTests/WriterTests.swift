// SPDX-License-Identifier: Apache-2.0
import Tables
import Testing

private func column(_ name: String, _ texts: [String]) -> Column {
    Column(name, description: "", texts: texts)
}

private func csv(_ columns: Column...) -> String {
    var bytes: [UInt8] = []
    Table(columns: columns).writeCSV { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
}

private func json(_ table: Table) -> String {
    var bytes: [UInt8] = []
    table.writeJSON { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
}

private struct DiskFull: Error, Equatable {}

@Suite struct WriterTests {
    @Test("comma-separated values have a line of names and one a row")
    func plainRecords() {
        let table = csv(
            column("layer", ["fc1", "fc2"]), Column("neuron", description: "", integers: [0, .min]),
            Column("entropy", unit: "bits", description: "", doubles: [0.1, 1]))
        #expect(table == "layer,neuron,entropy\nfc1,0,0.1\nfc2,-9223372036854775808,1.0\n")
    }

    @Test("fields are quoted where a separator, a quotation mark or a line break is in them, and only there")
    func quoting() {
        let texts = ["plain text", "a,b", "say \"no\"", "two\nlines", "\r", "", "größer, 数"]
        let expected = ["plain text", "\"a,b\"", "\"say \"\"no\"\"\"", "\"two\nlines\"", "\"\r\"", "", "\"größer, 数\""]
        let rows = texts.indices.map { "\(expected[$0]),\($0)" }
        let table = csv(column("x,y", texts), Column("row", description: "", integers: texts.indices.map(Int64.init)))
        #expect(table == (["\"x,y\",row"] + rows).joined(separator: "\n") + "\n")
    }

    @Test("an empty text alone on its line is quoted, since readers skip empty lines")
    func emptyLines() {
        #expect(csv(column("", ["", "a"])) == "\"\"\n\"\"\na\n")
    }

    @Test("what is not finite has the spelling that pandas and R read")
    func notFinite() {
        let values: [Double] = [.nan, .infinity, -.infinity, -0.0]
        #expect(csv(Column("x", description: "", doubles: values)) == "x\nNaN\nInf\n-Inf\n-0.0\n")
    }

    @Test("numbers read back to the same bits")
    func roundTrip() {
        var state: UInt64 = 1
        let random = (0..<1000).map { _ -> Double in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(bitPattern: state)
        }
        let special = [
            0.1, 1 / 3, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1e15, 1e16,
            123456789012345680,
        ]
        let values = special + random.filter(\.isFinite)
        let lines = csv(Column("x", description: "", doubles: values)).split(separator: "\n").dropFirst()
        #expect(lines.map { Double($0)?.bitPattern } == values.map(\.bitPattern))
    }

    @Test("a table of any length is handed on in blocks, and a failure ends the writing")
    func blocks() {
        let table = Table(columns: [Column("x", description: "", integers: (0..<100_000).map { $0 })])
        var sizes: [Int] = []
        table.writeCSV { sizes.append($0.count) }
        #expect(sizes.count > 5)
        #expect(sizes.allSatisfy { $0 < 70_000 })
        var calls = 0
        #expect(throws: DiskFull()) {
            try table.writeJSON { (_) throws(DiskFull) in
                calls += 1
                throw DiskFull()
            }
        }
        #expect(calls == 1)
    }

    @Test("JSON has metadata and columns with all that is known of them")
    func jsonLayout() {
        let table = Table(
            columns: [
                Column("x", unit: "bits", description: "a number", doubles: [0.5, .nan, .infinity, 1e-7]),
                Column("n", description: "", integers: [.max, 0, 1, 2]), column("s", ["a", "b", "a", ""]),
            ], metadata: [("unit", "bits"), ("seed", "0")])
        #expect(
            json(table) == """
                {"metadata": {"unit": "bits", "seed": "0"},
                 "columns": [
                {"name": "x", "unit": "bits", "description": "a number", "type": "double", "values": [0.5, null, null, 1e-07]},
                {"name": "n", "unit": "", "description": "", "type": "integer", "values": [9223372036854775807, 0, 1, 2]},
                {"name": "s", "unit": "", "description": "", "type": "string", "values": ["a", "b", "a", ""]}
                ]}

                """)
    }

    @Test("JSON escapes what it must and leaves the rest")
    func jsonEscapes() {
        let text = "\"\\\n\r\t\u{1}\u{1F}/é\u{2028}😀\u{7F}"
        #expect(
            json(Table(columns: [column("s", [text])])).contains(#""\"\\\n\r\t\u0001\u001f/é"# + "\u{2028}😀\u{7F}\""))
    }

    @Test("a table without columns is an empty file of values, and an object without columns")
    func nothing() {
        #expect(csv() == "")
        #expect(json(Table(columns: [])) == "{\"metadata\": {},\n \"columns\": [\n]}\n")
        #expect(csv(column("s", []), column("t", [])) == "s,t\n")
    }
}
