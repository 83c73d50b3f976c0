// SPDX-License-Identifier: Apache-2.0

/// What the reading process can be asked. A type a request; `kind` says which one follows.
protocol Request: Message {
    static var kind: Frame.Kind { get }
}

/// Answered by a `DumpListing`.
struct OpenRequest: Request {
    static let kind = Frame.Kind.open

    var path: BytePath
    var options: OpeningOptions
    /// Where filters are looked for first.
    var pluginFolders: [String]
    /// The budget of the call that opens the file.
    var memory: Int

    init(path: BytePath, options: OpeningOptions, pluginFolders: [String], memory: Int) {
        self.path = path
        self.pluginFolders = pluginFolders
        self.options = options
        self.memory = memory
    }

    func write(to writer: inout MessageWriter) {
        writer.write(list: path.bytes)
        writer.write(options.allowsExternal)
        writer.write(options.allowsMissing)
        writer.write(options.binWidth) { $0.write($1) }
        writer.write(list: pluginFolders) { $0.write($1) }
        writer.write(memory)
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        path = BytePath(try reader.list(of: UInt8.self))
        options = OpeningOptions()
        options.allowsExternal = try reader.flag()
        options.allowsMissing = try reader.flag()
        options.binWidth = try reader.optional { (reader) throws(Garbled) in try reader.double() }
        pluginFolders = try reader.list { (reader) throws(Garbled) in try reader.text() }
        memory = try reader.integer(in: 0...Int.max / 4)
    }
}

/// Answered by `Done`; a socket comes along.
struct ChannelRequest: Request {
    static let kind = Frame.Kind.channel

    init() {}
    func write(to writer: inout MessageWriter) {}
    init(from reader: inout MessageReader) throws(Garbled) {}
}

/// Answered by `Done`; a descriptor of shared memory comes along, which replaces the one before.
struct MemoryRequest: Request {
    static let kind = Frame.Kind.memory

    var bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    func write(to writer: inout MessageWriter) { writer.write(bytes) }

    init(from reader: inout MessageReader) throws(Garbled) { bytes = try reader.integer(in: 1...Int.max / 4) }
}

/// Answered by `MatrixFacts`.
struct MatrixRequest: Request {
    static let kind = Frame.Kind.matrix

    /// By which rows of it are asked for.
    var id: UInt64
    var layer: String
    var form: MatrixForm
    var memory: Int
    /// Matrices that nobody will ask for any more.
    var forgotten: [UInt64]

    init(id: UInt64, layer: String, form: MatrixForm, memory: Int, forgotten: [UInt64]) {
        self.id = id
        self.layer = layer
        self.form = form
        self.memory = memory
        self.forgotten = forgotten
    }

    func write(to writer: inout MessageWriter) {
        writer.write(id)
        writer.write(layer)
        let (rule, axis) =
            switch form.reduction {
            case .none: (0, 0)
            case .mean(let axis): (1, axis)
            case .max(let axis): (2, axis)
            case .flatten: (3, 0)
            }
        writer.write(rule)
        writer.write(axis)
        writer.write(form.samplesAreLast)
        writer.write(memory)
        writer.write(list: forgotten)
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        id = try reader.number(UInt64.self)
        layer = try reader.text()
        let rule = try reader.integer(in: 0...3)
        let axis = try reader.integer(in: -64...64)
        let reduction: Reduction = [.none, .mean(channelAxis: axis), .max(channelAxis: axis), .flatten][rule]
        form = MatrixForm(reduction, samplesAreLast: try reader.flag())
        memory = try reader.integer(in: 0...Int.max / 4)
        forgotten = try reader.list(of: UInt64.self)
    }
}

/// Answered by `Done`, once the rows are at the beginning of the shared memory.
struct RowsRequest: Request {
    static let kind = Frame.Kind.rows

    var matrix: UInt64
    var first: Int
    var count: Int

    init(matrix: UInt64, rows: Range<Int>) {
        self.matrix = matrix
        first = rows.lowerBound
        count = rows.count
    }

    func write(to writer: inout MessageWriter) {
        writer.write(matrix)
        writer.write(first)
        writer.write(count)
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        matrix = try reader.number(UInt64.self)
        first = try reader.integer(in: 0...Int.max / 4)
        count = try reader.integer(in: 1...Int.max / 4)
    }
}

/// Answered by `LabelsAnswer`.
struct LabelsRequest: Request {
    static let kind = Frame.Kind.labels

    var path: String?

    init(path: String?) { self.path = path }

    func write(to writer: inout MessageWriter) { writer.write(path) }

    init(from reader: inout MessageReader) throws(Garbled) {
        path = try reader.optional { (reader) throws(Garbled) in try reader.text() }
    }
}

/// Answered by a `NetworkAnswer`.
struct NetworkRequest: Request {
    static let kind = Frame.Kind.network

    var named: [String]?
    var activations: [String]?
    var layout: WeightLayout
    var memory: Int

    init(named: [String]?, activations: [String]?, layout: WeightLayout, memory: Int) {
        self.named = named
        self.activations = activations
        self.layout = layout
        self.memory = memory
    }

    private static let layouts: [WeightLayout] = [.auto, .inOut, .outIn]

    func write(to writer: inout MessageWriter) {
        for texts in [named, activations] {
            writer.write(texts) { writer, texts in writer.write(list: texts) { $0.write($1) } }
        }
        writer.write(Self.layouts.firstIndex(of: layout) ?? 0)
        writer.write(memory)
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        func texts() throws(Garbled) -> [String]? {
            try reader.optional { (reader) throws(Garbled) in
                try reader.list { (reader) throws(Garbled) in try reader.text() }
            }
        }
        named = try texts()
        activations = try texts()
        layout = Self.layouts[try reader.integer(in: 0...2)]
        memory = try reader.integer(in: 0...Int.max / 4)
    }
}
