// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import Kernels
import Tables

/// An open file, behind `il_dump`.
final class Dump: HandleObject {
    static let typeName: StaticString = "il_dump"
    static let origin: StaticString = "il_dump_open()"

    let contents: any DumpContents

    init(_ contents: any DumpContents) { self.contents = contents }

    static var defaultOptions: il_dump_options {
        var options = il_dump_options()
        options.struct_size = UInt32(MemoryLayout<il_dump_options>.size)
        return options
    }

    /// What the options ask of a file, and whether it is read in a process of its own.
    static func options(
        _ pointer: UnsafePointer<il_dump_options>?, memory: Int
    ) throws(InfoLensError) -> (opening: OpeningOptions, isolation: Isolation?) {
        let values = try optionsOrDefaults(
            pointer, defaults: defaultOptions, oldest: MemoryLayout<il_dump_options>.offset(of: \.isolate),
            argument: "options", initializer: "il_dump_options_init()")
        guard values.bin_width >= 0, values.bin_width < .infinity else {
            throw InfoLensError(
                .argument,
                "options.bin_width: is \(values.bin_width); give the seconds of a bin, or 0 for one bin a trial")
        }
        guard values.timeout >= 0, values.timeout < .infinity else {
            throw InfoLensError(
                .argument, "options.timeout: is \(values.timeout); give seconds, or 0 for 60")
        }
        var opening = OpeningOptions()
        opening.allowsExternal = values.allow_external != 0
        opening.allowsMissing = values.allow_missing != 0
        opening.binWidth = values.bin_width > 0 ? values.bin_width : nil
        let timeout = values.timeout > 0 ? values.timeout : 60
        return (opening, values.isolate != 0 ? Isolation(timeout: timeout, memory: memory) : nil)
    }

    /// What was found, one row a dataset.
    var description: Table {
        let entries = contents.entries
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
            options, size: structSize, defaults: Dump.defaultOptions,
            oldest: MemoryLayout<il_dump_options>.offset(of: \.isolate), argument: "options")
    }
}

@c @implementation
public func il_dump_open(
    _ context: OpaquePointer!, _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<il_dump_options>!,
    _ dump: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let output = try required(dump, "dump")
        guard let path else { throw InfoLensError(.argument, "path: is NULL; pass the path of an HDF5 file") }
        let (options, isolation) = try Dump.options(options, memory: context.memory)
        let contents = try context.wait(stage: "opening a dump") { () throws(InfoLensError) in
            try openContents(path, options: options, isolation: isolation)
        }
        output.pointee = Handles.insert(Dump(contents))
    }
}

@c @implementation
public func il_dump_open_files(
    _ context: OpaquePointer!, _ paths: UnsafePointer<UnsafePointer<CChar>?>!, _ count: Int64,
    _ options: UnsafePointer<il_dump_options>!, _ dump: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let output = try required(dump, "dump")
        guard let paths, count > 0, count < Int32.max else {
            throw InfoLensError(
                .argument, "paths: is NULL, or count (\(count)) is below 1; pass the paths of the files")
        }
        let (options, isolation) = try Dump.options(options, memory: context.memory)
        let contents = try context.wait(stage: "opening dumps") { () throws(InfoLensError) -> any DumpContents in
            var shards: [ShardedDump.Shard] = []
            for index in 0..<Int(count) {
                guard let path = paths[index] else {
                    throw InfoLensError(.argument, "paths[\(index)]: is NULL; pass the path of an HDF5 file")
                }
                let contents = try openContents(path, options: options, isolation: isolation)
                shards.append(ShardedDump.Shard(path: String(cString: path), contents: contents))
            }
            return count == 1 ? shards[0].contents : try ShardedDump(shards)
        }
        output.pointee = Handles.insert(Dump(contents))
    }
}

@c @implementation
public func il_reader_serve(_ descriptor: Int32) -> il_status {
    guarded { () throws(InfoLensError) in try ReaderServer.serve(control: descriptor) }
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
public func il_add_plugin_folder(_ path: UnsafePointer<CChar>!) -> il_status {
    guarded { () throws(InfoLensError) in
        guard let path, path.pointee != 0 else {
            throw InfoLensError(
                .argument, "path: is \(path == nil ? "NULL" : "empty"); pass the path of a folder of HDF5 plugins")
        }
        try PluginFolders.add(path)
    }
}

@c @implementation
public func il_dump_free(_ dump: OpaquePointer!) { Handles.remove(dump, Dump.self) }
