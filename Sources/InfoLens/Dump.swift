// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import Kernels
import Tables

/// An open file, behind `il_dump`.
final class Dump: HandleObject {
    static let typeName: StaticString = "il_dump"
    static let origin: StaticString = "il_dump_open()"

    let file: DumpFile

    init(_ file: DumpFile) { self.file = file }

    static var defaultOptions: il_dump_options {
        var options = il_dump_options()
        options.struct_size = UInt32(MemoryLayout<il_dump_options>.size)
        return options
    }

    /// What was found, one row a dataset.
    var description: Table {
        let entries = file.entries
        return Table(columns: [
            Column("role", description: "what the dataset is used as", texts: entries.map(\.role)),
            Column("name", description: "the layer's name", texts: entries.map(\.name)),
            Column("path", description: "path of the dataset in the file", texts: entries.map(\.path)),
            Column(
                "shape", description: "lengths of the axes",
                texts: entries.map { $0.shape.map { "\($0)" }.joined(separator: " × ") }),
            Column("dtype", description: "type of an element", texts: entries.map(\.dtype)),
            Column("samples", description: "length of axis 0", integers: entries.map { Int64($0.samples) }),
            Column("neurons", description: "elements of a sample", integers: entries.map { Int64($0.neurons) }),
            Column("storage", description: "how the data lie in the file", texts: entries.map(\.storage)),
            Column(
                "note", description: "why it has its role, or why it cannot be used", texts: entries.map(\.note)),
        ])
    }
}

@c @implementation
public func il_dump_options_init(_ options: UnsafeMutablePointer<il_dump_options>!, _ structSize: UInt32) -> il_status {
    guarded { () throws(InfoLensError) in
        try fill(
            options, size: structSize, defaults: Dump.defaultOptions, argument: "options")
    }
}

@c @implementation
public func il_dump_open(
    _ context: OpaquePointer!, _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<il_dump_options>!,
    _ dump: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let output = try required(dump, "dump")
        guard let path else { throw InfoLensError(.argument, "path: is NULL; pass the path of an HDF5 file") }
        let options = try optionsOrDefaults(
            options, defaults: Dump.defaultOptions, argument: "options", initializer: "il_dump_options_init()")
        let file = try DumpFile(path: path, allowExternal: options.allow_external != 0)
        output.pointee = Handles.insert(Dump(file))
    }
}

@c @implementation
public func il_dump_describe(
    _ context: OpaquePointer!, _ dump: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let dump = try Handles.object(dump, Dump.self, argument: "dump")
        try required(table, "table").pointee = Handles.insert(TableHandle(dump.description))
    }
}

@c @implementation
public func il_dump_free(_ dump: OpaquePointer!) { Handles.remove(dump, Dump.self) }
