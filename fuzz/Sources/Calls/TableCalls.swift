// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InfoLens

extension Caller {
    func callTables() {
        let table = handle(.table)
        switch choices.below(8) {
        case 0: newTable()
        case 1: status(il_table_write_csv(table, text(["out.csv", "missing/out.csv", "."])))
        case 2: status(il_table_write_json(table, text(["out.json", "missing/out.json", "/dev/full"])))
        case 3...4: readTable(table)
        case 5: export(table)
        case 6:
            let parts = (0..<1 + choices.below(3)).map { _ in handle(.table) }
            let list = session.copy(parts)
            make(.table) { il_search_merge($0, list, Int64(parts.count), $1) }
        default:
            let names = il_status_name(Int32(truncatingIfNeeded: choices.integer()))
            check(names != nil, "a status without a name")
            status(il_context_cancel(context))
        }
    }

    private func newTable() {
        let rows = choices.below(4)
        let columns = (0..<choices.below(4)).map { _ in
            il_column(
                name: text(["a", "b", "c"]), unit: text(["bits"]), description: nil,
                values: choices.below(12) == 0 ? nil : values(rows), type: 0, reserved: 0)
        }.map { column in
            var column = column
            // Of eight bytes each, and as texts NULL: any type finds memory that is there.
            column.type = choice(1...3)
            if column.type == IL_COLUMN_STRING, column.values != nil { column.type = Int32(IL_COLUMN_DOUBLE) }
            return column
        }
        let metadata = (0..<choices.below(3)).map { _ in il_metadata(key: text(["k", "l"]), value: text(["v", ""])) }
        let (list, pairs) = (session.copy(columns), session.copy(metadata))
        make(.table) { _, output in
            il_table_new(list, Int64(columns.count), Int64(rows), pairs, Int64(metadata.count), output)
        }
    }

    private func values(_ rows: Int) -> UnsafeRawPointer {
        UnsafeRawPointer(session.copy((0..<rows).map { _ in choices.double() }))
    }

    /// Everything that a table tells.
    private func readTable(_ table: OpaquePointer?) {
        var (rows, columns, entries): (Int64, Int64, Int64) = (0, 0, 0)
        guard session.status(il_table_size(table, &rows, &columns)) else { return }
        for index in -1...columns {
            var name, unit, description: UnsafePointer<CChar>?
            var type: Int32 = 0
            guard session.status(il_table_column(table, index, &name, &type, &unit, &description)), let name else {
                continue
            }
            var doubles: UnsafePointer<Double>?
            var integers: UnsafePointer<Int64>?
            var texts: UnsafePointer<UnsafePointer<CChar>?>?
            status(il_table_doubles(table, name, &doubles))
            status(il_table_integers(table, name, &integers))
            status(il_table_strings(table, name, &texts))
            var length = 0
            for row in 0..<Int(rows) {
                if let doubles, doubles[row].isNaN { length += 1 }
                if let integers { length &+= Int(integers[row]) }
                if let texts { length &+= texts[row].map { String(cString: $0).utf8.count } ?? 0 }
            }
            withExtendedLifetime(length) {}
        }
        status(il_table_metadata_count(table, &entries))
        for index in -1...entries {
            var key, value: UnsafePointer<CChar>?
            status(il_table_metadata_at(table, index, &key, &value))
        }
    }

    /// In Arrow's format, released in either order, before or after the table.
    private func export(_ table: OpaquePointer?) {
        var schema = ArrowSchema()
        var array = ArrowArray()
        guard session.status(il_table_export_arrow(table, &schema, &array)) else { return }
        if choices.flag() { session.free(handle: table) }
        let order = choices.flag()
        if order { array.release?(&array) }
        schema.release?(&schema)
        if !order { array.release?(&array) }
        check(array.release == nil && schema.release == nil, "what was released does not say so")

        var stream = ArrowArrayStream()
        guard session.status(il_table_export_arrow_stream(table, &stream)) else { return }
        if stream.get_schema?(&stream, &schema) == 0 { schema.release?(&schema) }
        if stream.get_next?(&stream, &array) == 0 { array.release?(&array) }
        stream.release?(&stream)
    }
}
