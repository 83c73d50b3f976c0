// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// Writes a network and what was recorded of it as a dump in native layout.
///
/// Recordings are written block by block, in any order and from any thread, so that none need be in memory. The dump
/// takes its place in `finish()`, whole and on the disk; without that nothing is left, and a file that was at its path
/// stays as it was. After an error of kind `io` the writer is of no more use.
public final class DumpWriter: @unchecked Sendable {
    /// What has one row a sample.
    public enum Recording: Hashable, Sendable {
        case inputs
        case logits
        case activations(layer: String)

        fileprivate var path: String {
            switch self {
            case .inputs: "/inputs"
            case .logits: "/logits"
            case .activations(let layer): "/layers/\(layer)/activations"
            }
        }
    }

    private struct Stream {
        let dataset: NewDataset
        var rows = 0
    }

    private let replacing: ReplacingFile
    /// nil once the dump is finished. Guarded by HDF5's lock, as is all that changes here.
    private var file: NewFile?
    private var streams: [Recording: Stream] = [:]
    private var layers: [String] = []
    private var hasLabels = false

    /// - Parameter path: the system's bytes, NUL-terminated; a file there is replaced in the end
    /// - Throws: `argument` for no path, `io` for one that cannot be written.
    public init(path: UnsafePointer<CChar>?) throws(InfoLensError) {
        let replacing = try ReplacingFile(path: path)
        file = try NewFile(replacing)
        self.replacing = replacing
    }

    deinit {
        // Before the file of another name is removed.
        streams = [:]
        file = nil
    }

    /// Completes the dump and puts it in its place.
    ///
    /// - Throws: `argument` for recordings that lack rows; `io`.
    public func finish() throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            let file = try open()
            for (recording, stream) in streams where stream.rows != stream.dataset.shape[0] {
                throw InfoLensError(
                    .argument,
                    "\(recording.path): \(stream.rows) of its \(stream.dataset.shape[0]) rows were written; write each once"
                )
            }
            try file.flush()
            streams = [:]
            self.file = nil
        }
        try replacing.commit()
    }

    private func open() throws(InfoLensError) -> NewFile {
        guard let file else { throw InfoLensError(.argument, "the dump is finished; make another writer") }
        return file
    }

    // MARK: Layers

    /// Writes weight, bias, activation and place of a layer; layers come from input to output.
    ///
    /// - Parameter type: of weight and bias in the file, float32 or float64
    /// - Throws: `argument` for a name that is empty, used before or no path of HDF5; `dtype` for another type; `shape`
    ///   for weights that are not as many as the layer says; `numeric` for NaN, infinity and what `type` cannot hold;
    ///   `io`.
    public func addLayer(_ layer: StoredDenseLayer, as type: DType = .float32) throws(InfoLensError) {
        guard type == .float32 || type == .float64 else {
            throw InfoLensError(
                .dtype, "layer '\(layer.name)': weights are written as float32 or float64, not \(type.name)")
        }
        guard layer.inputs > 0, layer.neurons > 0, checkedProduct([layer.inputs, layer.neurons]) == layer.weight.count,
            layer.bias.map({ $0.count == layer.neurons }) ?? true
        else {
            throw InfoLensError(
                .shape,
                """
                layer '\(layer.name)': \(layer.weight.count) weights and \(layer.bias?.count ?? 0) biases for \
                \(layer.inputs) inputs and \(layer.neurons) neurons
                """
            )
        }
        for (values, what) in [(layer.weight, "weight"), (layer.bias ?? [], "bias")] {
            guard let bad = values.firstIndex(where: { !isHeld($0, by: type) }) else { continue }
            throw InfoLensError(
                .numeric, "layer '\(layer.name)': \(what) \(bad) is \(values[bad]), which is no finite \(type.name)")
        }
        try HDF5.locked { () throws(InfoLensError) in
            let file = try open()
            try checkName(layer.name)
            let group = "/layers/\(layer.name)"
            let stored = type == .float32 ? chdf5_ieee_f32(0) : chdf5_ieee_f64(0)
            try write(layer.weight, [layer.inputs, layer.neurons], to: "\(group)/weight", type: stored, in: file)
            try file.setAttribute("layout", "in_out", of: "\(group)/weight")
            if let bias = layer.bias { try write(bias, [layer.neurons], to: "\(group)/bias", type: stored, in: file) }
            try file.setAttribute("index", layers.count, of: group)
            if let activation = layer.activation { try file.setAttribute("activation", activation, of: group) }
            layers.append(layer.name)
        }
    }

    private func isHeld(_ value: Double, by type: DType) -> Bool {
        type == .float32 ? Float(value).isFinite : value.isFinite
    }

    /// Names may have several components, which become groups within each other.
    private func checkName(_ name: String) throws(InfoLensError) {
        let components = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard !components.contains(where: { $0.isEmpty || $0.elementsEqual(".".utf8) }), !name.utf8.contains(0) else {
            throw InfoLensError(
                .argument,
                "layer '\(name)': names in a file have no empty component, no '.' and no NUL; rename the layer")
        }
        guard !layers.contains(where: { isSameText($0, name) }) else {
            throw InfoLensError(.argument, "layer '\(name)' was written before; give each layer its own name")
        }
    }

    private func write(
        _ values: [Double], _ shape: [Int], to path: String, type: hid_t, in file: NewFile
    ) throws(InfoLensError) {
        let dataset = try file.makeDataset(path, type: type, shape: shape)
        try dataset.write(0..<shape[0], from: values, type: chdf5_native_double())
    }

    // MARK: Recordings

    /// Makes room for a recording, which is kept as float32; each of its rows is then to be written once.
    ///
    /// - Throws: `argument` for one that was begun, and activations of a layer that was not added; `shape` for no
    ///   samples or neurons; `io`.
    public func begin(_ recording: Recording, samples: Int, neurons: Int) throws(InfoLensError) {
        guard samples > 0, neurons > 0, checkedProduct([samples, neurons, 4]) != nil else {
            throw InfoLensError(.shape, "\(recording.path): \(samples) × \(neurons) values cannot be written")
        }
        try HDF5.locked { () throws(InfoLensError) in
            let file = try open()
            guard streams[recording] == nil else {
                throw InfoLensError(.argument, "\(recording.path) was begun before; write each recording once")
            }
            if case .activations(let layer) = recording, !layers.contains(where: { isSameText($0, layer) }) {
                throw InfoLensError(.argument, "\(recording.path): add the layer '\(layer)' before its activations")
            }
            streams[recording] = Stream(
                dataset: try file.makeDataset(recording.path, type: chdf5_ieee_f32(0), shape: [samples, neurons]))
        }
    }

    /// Writes a block of a recording at the rows that it says it is.
    ///
    /// - Throws: `argument` for a recording that was not begun; `shape` for a block that does not fit into it; `numeric`
    ///   for values that are no finite float32; `memory`; `io`.
    public func write(_ block: RowBlock, to recording: Recording) throws(InfoLensError) {
        let count = checkedProduct([block.rows, block.neurons, 4]) ?? .max
        let buffer = try Scratch(bytes: count, for: recording.path)
        let values = buffer.base.assumingMemoryBound(to: Float.self)
        for row in 0..<block.rows {
            for neuron in 0..<block.neurons {
                let value = block[row, neuron]
                guard Float(value).isFinite else {
                    throw InfoLensError(
                        .numeric,
                        """
                        \(recording.path): the value at row \(block.firstRow &+ row), neuron \(neuron) is \(value), \
                        which is no finite float32
                        """
                    )
                }
                values[row &* block.neurons &+ neuron] = Float(value)
            }
        }
        try HDF5.locked { () throws(InfoLensError) in
            _ = try open()
            guard let stream = streams[recording] else {
                throw InfoLensError(.argument, "\(recording.path) was not begun")
            }
            let shape = stream.dataset.shape
            guard block.rows > 0, block.neurons == shape[1], block.firstRow >= 0,
                block.firstRow <= shape[0] - block.rows
            else {
                throw InfoLensError(
                    .shape,
                    """
                    \(recording.path): rows \(block.firstRow) ..< \(block.firstRow &+ block.rows) of \(block.neurons) \
                    neurons do not fit into \(describe(shape: shape))
                    """
                )
            }
            let rows = block.firstRow..<block.firstRow + block.rows
            try stream.dataset.write(rows, from: values, type: chdf5_native_float())
            streams[recording]?.rows += block.rows
        }
    }

    // MARK: Labels

    /// Bytes of the names of all classes, each as long as the longest; beyond, indices are written.
    private static let nameBytes = 1 << 22

    /// Writes `/labels`: integers, or the names of classes where reading them gives the same classes, that is, if they
    /// are in ascending order and none is without samples. Other names are left out: each label is its class's index.
    ///
    /// - Throws: `argument` for labels that were written, and none; `io`.
    public func write(labels: Labels) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            let integer = chdf5_std_integer(8, 1, 0)
            switch labels.classes {
            case .integers(let values):
                try write(labels.codes, of: values.map { [$0] }, type: integer, memory: chdf5_native_int64())
            case .strings(let names):
                let texts = names.map { Array($0.utf8) }
                let size = max(1, texts.map(\.count).max() ?? 1)
                if !labels.counts.contains(0), Self.areReadAsWritten(texts, size: size) {
                    let type = try textType(size: size)
                    let padded = texts.map { $0 + [UInt8](repeating: 0, count: size - $0.count) }
                    try write(labels.codes, of: padded, type: type.raw, memory: type.raw)
                } else {
                    let codes = names.indices.map { [Int64($0)] }
                    try write(labels.codes, of: codes, type: integer, memory: chdf5_native_int64())
                }
            }
        }
    }

    private static func areReadAsWritten(_ texts: [[UInt8]], size: Int) -> Bool {
        zip(texts, texts.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }
            && texts.allSatisfy { !$0.contains(0) } && texts.count <= nameBytes / size
    }

    private func textType(size: Int) throws(InfoLensError) -> HDF5ID {
        let type = try HDF5ID(H5Tcopy(chdf5_c_string()), "labels", kind: .internal)
        guard H5Tset_size(type.raw, size) >= 0, H5Tset_strpad(type.raw, H5T_STR_NULLPAD) >= 0,
            H5Tset_cset(type.raw, H5T_CSET_UTF8) >= 0
        else { throw HDF5.failure("labels", kind: .internal) }
        return type
    }

    /// - Parameter elements: what the element of a class is made of in memory
    private func write<T: BitwiseCopyable>(
        _ codes: [Int32], of elements: [[T]], type: hid_t, memory: hid_t
    ) throws(InfoLensError) {
        let file = try open()
        guard !hasLabels else { throw InfoLensError(.argument, "labels: they were written before") }
        guard !codes.isEmpty else { throw InfoLensError(.argument, "labels: there are none") }
        let dataset = try file.makeDataset("/labels", type: type, shape: [codes.count])
        hasLabels = true
        let piece = max(1, (1 << 20) / max(1, (elements.first?.count ?? 1) &* MemoryLayout<T>.size))
        for start in stride(from: 0, to: codes.count, by: piece) {
            let rows = start..<min(start + piece, codes.count)
            let values = codes[rows].flatMap { elements[Int($0)] }
            try dataset.write(rows, from: values, type: memory)
        }
    }
}
