// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels
import Tables

/// A struct of the Arrow C interfaces, which frees what it points to by its own `release`.
protocol ArrowStruct {
    /// Whether it was released, or moved elsewhere.
    var isReleased: Bool { get }
    mutating func markReleased()
    /// Calls its `release`, unless it has none any more.
    static func release(_ pointer: UnsafeMutablePointer<Self>)
}

/// A type or values: a tree whose nodes are structs of one kind.
protocol ArrowTree: ArrowStruct {
    var n_children: Int64 { get set }
    var children: UnsafeMutablePointer<UnsafeMutablePointer<Self>?>! { get set }
    var dictionary: UnsafeMutablePointer<Self>! { get set }
    var private_data: UnsafeMutableRawPointer! { get set }
    /// Makes `release` undo `ArrowNode.export(to:)`.
    mutating func setRelease()
}

extension ArrowSchema: ArrowTree {
    var isReleased: Bool { release == nil }
    mutating func markReleased() { release = nil }
    static func release(_ pointer: UnsafeMutablePointer<ArrowSchema>) { pointer.pointee.release?(pointer) }
    mutating func setRelease() { release = { ArrowNode<ArrowSchema>.release($0) } }
}

extension ArrowArray: ArrowTree {
    var isReleased: Bool { release == nil }
    mutating func markReleased() { release = nil }
    static func release(_ pointer: UnsafeMutablePointer<ArrowArray>) { pointer.pointee.release?(pointer) }
    mutating func setRelease() { release = { ArrowNode<ArrowArray>.release($0) } }
}

extension ArrowArrayStream: ArrowStruct {
    var isReleased: Bool { release == nil }
    mutating func markReleased() { release = nil }
    static func release(_ pointer: UnsafeMutablePointer<ArrowArrayStream>) { pointer.pointee.release?(pointer) }
}

/// The memory behind one exported struct, which holds the node until it is released.
///
/// All memory is had when a tree of nodes is made, which can fail; exporting it cannot. Each
/// struct holds its own node only, so that a child may be moved out and outlive its parent.
final class ArrowNode<Struct: ArrowTree & BitwiseCopyable> {
    private let template: Struct
    /// What the template points to.
    private let memory: [AnyObject]
    private var children: [ArrowNode]
    private var dictionary: ArrowNode?
    /// The children, then the dictionary.
    private let structs: AlignedBuffer
    private let pointers: AlignedBuffer

    init(
        _ template: Struct, memory: [AnyObject], children: [ArrowNode] = [], dictionary: ArrowNode? = nil
    ) throws(InfoLensError) {
        self.template = template
        self.memory = memory
        self.children = children
        self.dictionary = dictionary
        structs = try AlignedBuffer(count: children.count + 1, of: Struct.self)
        pointers = try AlignedBuffer(count: children.count, of: UnsafeMutablePointer<Struct>?.self)
    }

    /// Fills `pointer`, once: the nodes below are handed over to their structs.
    func export(to pointer: UnsafeMutablePointer<Struct>) {
        let places = structs.values(of: Struct.self)
        let list = pointers.values(of: UnsafeMutablePointer<Struct>?.self)
        for (index, child) in children.enumerated() {
            child.export(to: places + index)
            list[index] = places + index
        }
        var filled = template
        filled.n_children = Int64(children.count)
        filled.children = children.isEmpty ? nil : list
        if let dictionary {
            dictionary.export(to: places + children.count)
            filled.dictionary = places + children.count
        }
        children = []
        dictionary = nil
        filled.private_data = Unmanaged.passRetained(self).toOpaque()
        filled.setRelease()
        pointer.initialize(to: filled)
    }

    /// The `release` of exported structs: the children first that nobody took, then the memory.
    static func release(_ pointer: UnsafeMutablePointer<Struct>?) {
        guard let pointer, let node = pointer.pointee.private_data else { return }
        for index in 0..<Int(pointer.pointee.n_children) {
            if let child = pointer.pointee.children[index] { Struct.release(child) }
        }
        if let dictionary = pointer.pointee.dictionary { Struct.release(dictionary) }
        pointer.pointee.private_data = nil
        pointer.pointee.markReleased()
        Unmanaged<ArrowNode>.fromOpaque(node).release()
    }
}

extension ArrowNode<ArrowSchema> {
    /// The type of a table: a struct with a field for each column.
    static func schema(of table: Table) throws(InfoLensError) -> ArrowNode {
        var fields: [ArrowNode] = []
        for column in table.columns {
            var metadata: [(key: String, value: String)] = []
            if !column.unit.isEmpty { metadata.append(("unit", column.unit)) }
            if !column.description.isEmpty { metadata.append(("description", column.description)) }
            let format: StaticString
            var dictionary: ArrowNode?
            switch column.values {
            case .doubles: format = "g"
            case .integers: format = "l"
            case .strings:
                format = "i"
                dictionary = try node(format: "u")
            }
            fields.append(try node(format: format, name: column.name, metadata: metadata, dictionary: dictionary))
        }
        return try node(format: "+s", metadata: table.metadata, children: fields)
    }

    private static func node(
        format: StaticString, name: String = "", metadata: [(key: String, value: String)] = [],
        children: [ArrowNode] = [], dictionary: ArrowNode? = nil
    ) throws(InfoLensError) -> ArrowNode {
        let nameCopy = try AlignedBuffer(copying: Array(name.utf8) + [0])
        var memory = [nameCopy]
        var schema = ArrowSchema()
        schema.format = cText(format)
        schema.name = UnsafePointer(nameCopy.values(of: CChar.self))
        if let pairs = arrowMetadata(metadata) {
            let copy = try AlignedBuffer(copying: pairs)
            memory.append(copy)
            schema.metadata = UnsafePointer(copy.values(of: CChar.self))
        }
        return try ArrowNode(schema, memory: memory, children: children, dictionary: dictionary)
    }
}

extension ArrowNode<ArrowArray> {
    /// The values of a table, numbers and codes where they are.
    static func array(of table: Table) throws(InfoLensError) -> ArrowNode {
        var children: [ArrowNode] = []
        for column in table.columns {
            switch column.values {
            case .doubles(let memory, let count):
                children.append(try node(memory, length: count))
            case .integers(let memory, let count):
                children.append(try node(memory, length: count))
            case .strings(let codes, let names, let count):
                children.append(try node(codes, length: count, dictionary: try texts(names, column: column.name)))
            }
        }
        return try node([], length: table.rows, memory: [], children: children)
    }

    /// - Parameter buffers: those that follow the bitmap of nulls, of which there are none
    private static func node(
        _ buffers: [UnsafeRawPointer?], length: Int, memory: [AnyObject], children: [ArrowNode] = [],
        dictionary: ArrowNode? = nil
    ) throws(InfoLensError) -> ArrowNode {
        let pointers = try AlignedBuffer(count: buffers.count + 1, of: UnsafeRawPointer?.self)
        let list = pointers.values(of: UnsafeRawPointer?.self)
        for (index, buffer) in buffers.enumerated() { list[index + 1] = buffer }
        var array = ArrowArray()
        array.length = Int64(length)
        array.n_buffers = Int64(buffers.count + 1)
        array.buffers = list
        return try ArrowNode(array, memory: memory + [pointers], children: children, dictionary: dictionary)
    }

    private static func node<Value>(
        _ memory: ColumnMemory<Value>, length: Int, dictionary: ArrowNode? = nil
    ) throws(InfoLensError) -> ArrowNode {
        try node(
            [UnsafeRawPointer(memory.values.baseAddress)], length: length, memory: [memory.owner],
            dictionary: dictionary)
    }

    /// An array of utf8: offsets, then the bytes.
    private static func texts(_ names: [String], column: String) throws(InfoLensError) -> ArrowNode {
        let total = names.reduce(into: 0) { $0 += $1.utf8.count }
        guard Int32(exactly: total) != nil else {
            throw InfoLensError(
                .shape,
                "table: the distinct texts of column \"\(column)\" are \(total) bytes, and Arrow's utf8 ends at 2 GiB")
        }
        let offsets = try AlignedBuffer(count: names.count + 1, of: Int32.self)
        let bytes = try AlignedBuffer(byteCount: total)
        var end = 0
        for (index, name) in names.enumerated() {
            UnsafeMutableRawBufferPointer(rebasing: bytes.bytes[end...]).copyBytes(from: name.utf8)
            end += name.utf8.count
            offsets.values(of: Int32.self)[index + 1] = Int32(end)
        }
        let buffers: [UnsafeRawPointer?] = [
            UnsafeRawPointer(offsets.values(of: Int32.self)), UnsafeRawPointer(bytes.bytes.baseAddress),
        ]
        return try node(buffers, length: names.count, memory: [offsets, bytes])
    }
}

extension AlignedBuffer {
    fileprivate convenience init(copying bytes: [UInt8]) throws(InfoLensError) {
        try self.init(byteCount: bytes.count)
        self.bytes.copyBytes(from: bytes)
    }
}

@c @implementation
public func il_table_export_arrow(
    _ table: OpaquePointer!, _ schema: UnsafeMutablePointer<ArrowSchema>!, _ array: UnsafeMutablePointer<ArrowArray>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let table = try Handles.object(table, TableHandle.self, argument: "table").table
        let type = schema == nil ? nil : try ArrowNode<ArrowSchema>.schema(of: table)
        let values = array == nil ? nil : try ArrowNode<ArrowArray>.array(of: table)
        if let schema { type?.export(to: schema) }
        if let array { values?.export(to: array) }
    }
}
