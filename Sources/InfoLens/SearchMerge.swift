// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels
import Multiplets
import Tables

/// The table of one part of an exhaustive search.
private struct SearchPart {
    let index: Int
    let table: Table
    let first: Int
    let count: Int
    let top: Int
    /// What all parts of a search have in common.
    let common: [(key: String, value: String)]
    let rows: [SearchRow]
    let width: Int
    let unit: String

    /// Entries of the metadata that differ between parts.
    private static let own: Set<String> = ["first", "count", "multiplets", "singular", "complete"]

    init(_ handle: OpaquePointer?, index: Int) throws(InfoLensError) {
        self.index = index
        table = try Handles.object(handle, TableHandle.self, argument: "tables").table
        let metadata = table.metadata
        func text(_ key: String) -> String? { metadata.first { $0.key == key }?.value }
        func number(_ key: String) -> Int? { text(key).flatMap { Int($0) } }
        guard text("search") == "exhaustive", let first = number("first"), let count = number("count"),
            let top = number("top"), first >= 0, count > 0, count <= Combinations.most,
            first <= Combinations.most - count,
            top > 0
        else {
            throw InfoLensError(
                .argument,
                "tables[\(index)]: is no table of an exhaustive search; give what il_search() made with IL_SEARCH_EXHAUSTIVE"
            )
        }
        guard text("complete") == "true" else {
            throw InfoLensError(
                .argument,
                "tables[\(index)]: its search was cancelled; search its range, from \(first) on, again")
        }
        (self.first, self.count, self.top) = (first, count, top)
        common = table.metadata.filter { !SearchPart.own.contains($0.key) }
        unit = table.column(named: "o_information")?.unit ?? ""
        (rows, width) = try SearchPart.rows(of: table, index: index)
    }

    private static func rows(of table: Table, index: Int) throws(InfoLensError) -> ([SearchRow], width: Int) {
        func missing(_ column: String) -> InfoLensError {
            InfoLensError(
                .argument,
                "tables[\(index)]: its column \"\(column)\" is missing or of another kind; give il_search()'s table")
        }
        guard case .strings(let codes, let names, let count)? = table.column(named: "extremum")?.values else {
            throw missing("extremum")
        }
        guard case .doubles(let values, _)? = table.column(named: "o_information")?.values else {
            throw missing("o_information")
        }
        guard case .integers(let orders, _)? = table.column(named: "order")?.values else { throw missing("order") }
        var neurons: [ColumnMemory<Int64>] = []
        while case .integers(let column, _)? = table.column(named: "neuron_\(neurons.count)")?.values {
            neurons.append(column)
        }
        var rows: [SearchRow] = []
        rows.reserveCapacity(count)
        for row in 0..<count {
            guard let extremum = Extremum(rawValue: names[Int(codes.values[row])]) else { throw missing("extremum") }
            let order = Int(clamping: orders.values[row])
            guard order >= 1, order <= neurons.count, values.values[row].isFinite else { throw missing("neuron_…") }
            rows.append(
                SearchRow(
                    extremum: extremum, rank: 0, neurons: (0..<order).map { Int(neurons[$0].values[row]) },
                    value: values.values[row], origin: nil))
        }
        return (rows, neurons.count)
    }
}

/// The table of the union of parts that follow one another.
private func merged(_ parts: [SearchPart]) throws(InfoLensError) -> Table {
    let sorted = parts.sorted { $0.first < $1.first }
    for (part, next) in zip(sorted, sorted.dropFirst()) {
        guard part.common.elementsEqual(next.common, by: { $0.key == $1.key && $0.value == $1.value }) else {
            let difference = zip(part.common, next.common).first { $0.key != $1.key || $0.value != $1.value }
            throw InfoLensError(
                .argument,
                """
                tables[\(next.index)]: is of another search than tables[\(part.index)]: they differ in \
                \(difference.map { "\"\($0.0.key)\"" } ?? "their metadata"); merge parts of one search
                """)
        }
        let end = part.first + part.count
        guard next.first == end else {
            throw InfoLensError(
                .argument,
                """
                tables[\(next.index)]: begins at multiplet \(next.first), but tables[\(part.index)] ends before \(end): they \
                \(next.first < end ? "overlap" : "leave a gap"); give parts that follow one another
                """)
        }
    }
    let first = sorted[0]
    var lists: [String: [SearchRow]] = [:]
    for part in sorted {
        for row in part.rows { lists["\(row.extremum) \(row.neurons.count)", default: []].append(row) }
    }
    var rows: [SearchRow] = []
    for extremum in Extremum.allCases {
        for order in 1...max(first.width, 1) {
            var list = lists["\(extremum) \(order)"] ?? []
            // The neurons' order is that of the lexicographic ranks.
            list.sort {
                $0.value == $1.value
                    ? $0.neurons.lexicographicallyPrecedes($1.neurons) : extremum.isBetter($0.value, than: $1.value)
            }
            for (rank, row) in list.prefix(first.top).enumerated() {
                rows.append(
                    SearchRow(extremum: extremum, rank: rank, neurons: row.neurons, value: row.value, origin: nil))
            }
        }
    }
    func sum(_ key: String) -> Int {
        sorted.map { part in part.table.metadata.first { $0.key == key }.flatMap { Int($0.value) } ?? 0 }
            .saturatingSum()
    }
    let totals = [
        "first": first.first, "count": sum("count"), "multiplets": sum("multiplets"), "singular": sum("singular"),
    ]
    let metadata = first.table.metadata.map { (key: $0.key, value: totals[$0.key].map { "\($0)" } ?? $0.value) }
    return searchTable(rows, width: first.width, unit: first.unit, origin: nil, metadata: metadata)
}

@c @implementation
public func il_search_merge(
    _ context: OpaquePointer!, _ tables: UnsafePointer<OpaquePointer?>!, _ count: Int64,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        guard let tables, count > 0, count < Int32.max else {
            throw InfoLensError(
                .argument, "tables: give at least one table, and table_count their number; it is \(count)")
        }
        var parts: [SearchPart] = []
        for index in 0..<Int(count) { parts.append(try SearchPart(tables[index], index: index)) }
        return try merged(parts)
    }
}
