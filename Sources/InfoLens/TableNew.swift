// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels
import Tables

/// A list of `count` entries behind an argument that may be NULL when there are none.
private func list<Element>(
    _ start: UnsafePointer<Element>?, count: Int64, argument: StaticString, countArgument: StaticString
) throws(InfoLensError) -> UnsafeBufferPointer<Element> {
    guard (0..<Int64(Int32.max)).contains(count) else {
        throw InfoLensError(.argument, "\(countArgument): is \(count); give the length of \(argument), or 0 for none")
    }
    guard start != nil || count == 0 else {
        throw InfoLensError(.argument, "\(argument): is NULL, but \(countArgument) is \(count); pass the list or 0")
    }
    return UnsafeBufferPointer(start: start, count: Int(count))
}

/// Refuses a name that came before in the same list.
private struct UsedNames {
    private var indices: [[UInt8]: Int] = [:]

    mutating func add(_ name: String, at index: Int, of argument: StaticString) throws(InfoLensError) {
        if let first = indices.updateValue(index, forKey: Array(name.utf8)) {
            throw InfoLensError(
                .argument, "\(argument)[\(index)]: \"\(name)\" is \(argument)[\(first)] already; give each its own name"
            )
        }
    }
}

/// A copy of one of the caller's columns.
private func copy(_ column: il_column, named name: String, argument: String, rows: Int) throws(InfoLensError) -> Column
{
    guard column.reserved == 0 else {
        throw InfoLensError(.argument, "\(argument).reserved: is \(column.reserved); leave it 0")
    }
    guard column.values != nil || rows == 0 else {
        throw InfoLensError(.argument, "\(argument).values: is NULL; pass \(rows) values, one a row")
    }
    let values: Column.Values
    switch Int(column.type) {
    case Int(IL_COLUMN_DOUBLE):
        values = .doubles(try copy(column.values, count: rows, of: Double.self), count: rows)
    case Int(IL_COLUMN_INTEGER):
        values = .integers(try copy(column.values, count: rows, of: Int64.self), count: rows)
    case Int(IL_COLUMN_STRING):
        values = try copyStrings(column.values, count: rows, argument: argument)
    default:
        throw InfoLensError(
            .argument,
            """
            \(argument).type: unknown value \(column.type); choose IL_COLUMN_DOUBLE, IL_COLUMN_INTEGER or \
            IL_COLUMN_STRING
            """
        )
    }
    let unit = column.unit.map { String(cString: $0) } ?? ""
    let description = column.description.map { String(cString: $0) } ?? ""
    return Column(name, unit: unit, description: description, values: values)
}

private func copy<Value: BitwiseCopyable & Sendable>(
    _ values: UnsafeRawPointer?, count: Int, of type: Value.Type
) throws(InfoLensError) -> ColumnMemory<Value> {
    try columnMemory(count) { (target: UnsafeMutablePointer<Value>) in
        guard let values else { return }
        // As bytes: the caller's values may lie at any address.
        UnsafeMutableRawPointer(target).copyMemory(from: values, byteCount: count * MemoryLayout<Value>.stride)
    }
}

private func copyStrings(
    _ values: UnsafeRawPointer?, count: Int, argument: String
) throws(InfoLensError) -> Column.Values {
    let buffer = try AlignedBuffer(count: count, of: Int32.self)
    let codes = buffer.values(of: Int32.self)
    var names = DistinctTexts()
    // Callers share pointers between equal texts: each pointer is read once.
    var known: [UnsafePointer<CChar>: Int32] = [:]
    for row in 0..<(values == nil ? 0 : count) {
        let offset = row * MemoryLayout<UnsafePointer<CChar>?>.stride
        guard let text = values?.loadUnaligned(fromByteOffset: offset, as: UnsafePointer<CChar>?.self) else {
            throw InfoLensError(.argument, "\(argument).values[\(row)]: is NULL; pass a text, \"\" for none")
        }
        if let code = known[text] {
            codes[row] = code
        } else {
            codes[row] = names.code(of: String(cString: text))
            known[text] = codes[row]
        }
    }
    let memory = ColumnMemory(UnsafeBufferPointer(start: UnsafePointer(codes), count: count), owner: buffer)
    return .strings(codes: memory, names: names.texts, count: count)
}

@c @implementation
public func il_table_new(
    _ columns: UnsafePointer<il_column>!, _ column_count: Int64, _ rows: Int64,
    _ metadata: UnsafePointer<il_metadata>!, _ metadata_count: Int64, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        let given = try list(columns, count: column_count, argument: "columns", countArgument: "column_count")
        let entries = try list(metadata, count: metadata_count, argument: "metadata", countArgument: "metadata_count")
        guard rows >= 0 else { throw InfoLensError(.argument, "rows: is \(rows); give the length of the columns") }
        guard rows == 0 || !given.isEmpty else {
            throw InfoLensError(.argument, "rows: is \(rows), but there are no columns; pass columns, or 0")
        }
        var names = UsedNames()
        var copies: [Column] = []
        for (index, column) in given.enumerated() {
            let argument = "columns[\(index)]"
            let name = try requiredText(column.name, "\(argument).name")
            try names.add(name, at: index, of: "columns")
            copies.append(try copy(column, named: name, argument: argument, rows: Int(rows)))
        }
        var keys = UsedNames()
        var pairs: [(key: String, value: String)] = []
        for (index, entry) in entries.enumerated() {
            let key = try requiredText(entry.key, "metadata[\(index)].key")
            try keys.add(key, at: index, of: "metadata")
            pairs.append((key, try requiredText(entry.value, "metadata[\(index)].value")))
        }
        return Table(columns: copies, metadata: pairs)
    }
}
