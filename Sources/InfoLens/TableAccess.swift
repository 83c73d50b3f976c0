// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Glibc
import Kernels
import Synchronization
import Tables

/// A table behind `il_table`, with the C texts that were asked for.
final class TableHandle: HandleObject, @unchecked Sendable {
    static let typeName: StaticString = "il_table"
    static let origin: StaticString = "a call that makes a table"

    let table: Table
    private let texts = Mutex(Texts())

    /// Memory that lives as long as the table.
    private struct Texts: @unchecked Sendable {
        /// By bytes: Swift takes canonically equivalent texts for equal.
        var copies: [[UInt8]: UnsafePointer<CChar>] = [:]
        var columns: [[UInt8]: UnsafePointer<UnsafePointer<CChar>?>] = [:]

        /// Equal texts share their copy; nil when memory has run out.
        mutating func copy(of text: String) -> UnsafePointer<CChar>? {
            let key = Array(text.utf8)
            if let copy = copies[key] { return copy }
            guard let copy = strdup(text) else { return nil }
            copies[key] = UnsafePointer(copy)
            return UnsafePointer(copy)
        }
    }

    init(_ table: Table) { self.table = table }

    deinit {
        texts.withLock { texts in
            for copy in texts.copies.values { free(UnsafeMutablePointer(mutating: copy)) }
            for column in texts.columns.values { free(UnsafeMutablePointer(mutating: column)) }
        }
    }

    /// `text` for C, kept with the table.
    func text(_ text: String) throws(InfoLensError) -> UnsafePointer<CChar> {
        let copy = texts.withLock { $0.copy(of: text) }
        guard let copy else { throw TableHandle.outOfMemory }
        return copy
    }

    /// A column of texts for C, made when it is first asked for.
    func strings(
        _ name: String, codes: UnsafePointer<Int32>?, names: [String], rows: Int
    ) throws(InfoLensError) -> UnsafePointer<UnsafePointer<CChar>?> {
        let key = Array(name.utf8)
        let column = texts.withLock { texts -> UnsafePointer<UnsafePointer<CChar>?>? in
            if let column = texts.columns[key] { return column }
            var pointers: [UnsafePointer<CChar>] = []
            for name in names {
                guard let copy = texts.copy(of: name) else { return nil }
                pointers.append(copy)
            }
            guard let memory = calloc(max(rows, 1), MemoryLayout<UnsafePointer<CChar>?>.stride) else { return nil }
            let column = memory.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
            if let codes { for row in 0..<rows { column[row] = pointers[Int(codes[row])] } }
            texts.columns[key] = UnsafePointer(column)
            return UnsafePointer(column)
        }
        guard let column else { throw TableHandle.outOfMemory }
        return column
    }

    func column(
        _ name: UnsafePointer<CChar>?, is expected: StaticString
    ) throws(InfoLensError) -> (column: Column, mismatch: InfoLensError) {
        let name = try requiredText(name, "column")
        guard let column = table.column(named: name) else {
            let names = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw InfoLensError(.notFound, "column: there is no column \"\(name)\"; the table has \(names)")
        }
        let mismatch = InfoLensError(
            .dtype,
            "column: \"\(name)\" holds \(column.values.typeName), not \(expected); read it with \(column.values.reader)"
        )
        return (column, mismatch)
    }

    private static let outOfMemory = InfoLensError(.memory, "out of memory: no room for the texts of a table")
}

extension Column.Values {
    fileprivate var type: Int32 {
        switch self {
        case .doubles: Int32(IL_COLUMN_DOUBLE)
        case .integers: Int32(IL_COLUMN_INTEGER)
        case .strings: Int32(IL_COLUMN_STRING)
        }
    }

    fileprivate var typeName: StaticString {
        switch self {
        case .doubles: "doubles"
        case .integers: "integers"
        case .strings: "strings"
        }
    }

    fileprivate var reader: StaticString {
        switch self {
        case .doubles: "il_table_doubles()"
        case .integers: "il_table_integers()"
        case .strings: "il_table_strings()"
        }
    }
}

/// Runs the body of an entry point that makes a table.
func giving(
    _ table: UnsafeMutablePointer<OpaquePointer?>?, _ make: () throws(InfoLensError) -> Table
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(table, "table")
        output.pointee = Handles.insert(TableHandle(try make()))
    }
}

/// The entry of a list at an index that the caller chose.
func entry<Element>(_ list: [Element], at index: Int64, of what: StaticString) throws(InfoLensError) -> Element {
    guard list.indices.contains(Int(index)) else {
        let choice = list.isEmpty ? "none" : "\(list.count), 0 to \(list.count - 1)"
        throw InfoLensError(.argument, "index: is \(index); of \(what) there are \(choice)")
    }
    return list[Int(index)]
}

@c @implementation
public func il_table_size(
    _ table: OpaquePointer!, _ rows: UnsafeMutablePointer<Int64>!, _ columns: UnsafeMutablePointer<Int64>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let table = try Handles.object(table, TableHandle.self, argument: "table").table
        rows?.pointee = Int64(table.rows)
        columns?.pointee = Int64(table.columns.count)
    }
}

@c @implementation
public func il_table_column(
    _ table: OpaquePointer!, _ index: Int64, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>!,
    _ type: UnsafeMutablePointer<Int32>!, _ unit: UnsafeMutablePointer<UnsafePointer<CChar>?>!,
    _ description: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let handle = try Handles.object(table, TableHandle.self, argument: "table")
        let column = try entry(handle.table.columns, at: index, of: "columns")
        let texts = (
            name: try handle.text(column.name), unit: try handle.text(column.unit),
            description: try handle.text(column.description)
        )
        name?.pointee = texts.name
        type?.pointee = column.values.type
        unit?.pointee = texts.unit
        description?.pointee = texts.description
    }
}

@c @implementation
public func il_table_doubles(
    _ table: OpaquePointer!, _ column: UnsafePointer<CChar>!, _ values: UnsafeMutablePointer<UnsafePointer<Double>?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let handle = try Handles.object(table, TableHandle.self, argument: "table")
        let output = try required(values, "values")
        let (found, mismatch) = try handle.column(column, is: "doubles")
        guard case .doubles(let memory, _) = found.values else { throw mismatch }
        output.pointee = memory.values.baseAddress
    }
}

@c @implementation
public func il_table_integers(
    _ table: OpaquePointer!, _ column: UnsafePointer<CChar>!, _ values: UnsafeMutablePointer<UnsafePointer<Int64>?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let handle = try Handles.object(table, TableHandle.self, argument: "table")
        let output = try required(values, "values")
        let (found, mismatch) = try handle.column(column, is: "integers")
        guard case .integers(let memory, _) = found.values else { throw mismatch }
        output.pointee = memory.values.baseAddress
    }
}

@c @implementation
public func il_table_strings(
    _ table: OpaquePointer!, _ column: UnsafePointer<CChar>!,
    _ values: UnsafeMutablePointer<UnsafePointer<UnsafePointer<CChar>?>?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let handle = try Handles.object(table, TableHandle.self, argument: "table")
        let output = try required(values, "values")
        let (found, mismatch) = try handle.column(column, is: "strings")
        guard case .strings(let codes, let names, let rows) = found.values else { throw mismatch }
        output.pointee = try handle.strings(found.name, codes: codes.values.baseAddress, names: names, rows: rows)
    }
}

@c @implementation
public func il_table_metadata_count(_ table: OpaquePointer!, _ count: UnsafeMutablePointer<Int64>!) -> il_status {
    guarded { () throws(InfoLensError) in
        let table = try Handles.object(table, TableHandle.self, argument: "table").table
        try required(count, "count").pointee = Int64(table.metadata.count)
    }
}

@c @implementation
public func il_table_metadata_at(
    _ table: OpaquePointer!, _ index: Int64, _ key: UnsafeMutablePointer<UnsafePointer<CChar>?>!,
    _ value: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let handle = try Handles.object(table, TableHandle.self, argument: "table")
        let pair = try entry(handle.table.metadata, at: index, of: "metadata entries")
        let texts = (key: try handle.text(pair.key), value: try handle.text(pair.value))
        key?.pointee = texts.key
        value?.pointee = texts.value
    }
}

@c @implementation
public func il_table_free(_ table: OpaquePointer!) { Handles.remove(table, TableHandle.self) }
