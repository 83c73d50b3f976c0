// SPDX-License-Identifier: Apache-2.0
import CHDF5
import CInfoLens
import Glibc
import InfoLens

extension Target {
    /// Whole files: opened, described, and everything read that they offer, in one of many ways.
    static let files = Target(name: "files") { input in
        HDF5State.prepare()
        InputFile.write(input)
        let way = Choices.way(input)
        read(way)
        if way.comparesValues { ValueOracle.compare(InputFile.path) }
        HDF5State.checkNothingIsOpen()
    } mend: { input in
        mendChecksums(input)
    }
}

/// The file that the reader is given, in the folder in which the fuzzer runs.
enum InputFile {
    static let path = "input.h5"

    static func write(_ bytes: UnsafeRawBufferPointer) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        check(descriptor >= 0, "'\(path)' cannot be written")
        check(Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count, "'\(path)' cannot be written")
        close(descriptor)
    }
}

/// How a file is read. It follows from the file's bytes, so that an input alone tells it.
private struct Way {
    var reduction = IL_REDUCE_NONE
    var channelAxis: Int32 = 1
    var samplesAreLast = false
    var missingLabels = IL_MISSING_REFUSE
    var threads: Int32 = 1
    var memory: UInt64 = 8 << 20
    var allowsExternal: UInt32 = 0
    var allowsMissing: UInt32 = 0
    var binWidth = 0.0
    var comparesValues = false
    /// Opened as two files, one behind the other.
    var isTwice = false
}

extension Choices {
    fileprivate static func way(_ input: UnsafeRawBufferPointer) -> Way {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
        for byte in input { hash = (hash ^ UInt64(byte)) &* 0xff51_afd7_ed55_8ccd }
        hash ^= hash >> 29
        return withUnsafeBytes(of: hash) { bytes in
            var choices = Choices(bytes)
            var way = Way()
            way.reduction = choices.pick([IL_REDUCE_FLATTEN, IL_REDUCE_NONE, IL_REDUCE_MEAN, IL_REDUCE_MAX])
            let more = choices.byte()
            way.channelAxis = more & 1 != 0 ? -1 : 1
            way.samplesAreLast = more & 6 == 6
            way.missingLabels = choices.pick([IL_MISSING_REFUSE, IL_MISSING_EXCLUDE, IL_MISSING_CLASS])
            way.threads = choices.pick([1, 1, 2])
            way.memory = choices.pick([8 << 20, 1 << 20, 64 << 20])
            let allowed = choices.byte()
            way.allowsExternal = UInt32(allowed & 1)
            way.allowsMissing = UInt32(allowed >> 1 & 1)
            way.binWidth = allowed & 12 == 12 ? 0.25 : 0
            way.comparesValues = allowed & 16 != 0
            way.isTwice = allowed & 0xE0 == 0xE0
            return way
        }
    }
}

private func read(_ way: Way) {
    let session = Session(memory: way.memory, threads: way.threads)
    defer { session.end() }
    var options = il_dump_options()
    il_dump_options_init(&options, UInt32(MemoryLayout<il_dump_options>.size))
    options.allow_external = way.allowsExternal
    options.allow_missing = way.allowsMissing
    options.bin_width = way.binWidth
    guard
        let dump = way.isTwice
            ? session.twice(&options) : session.made({ il_dump_open($0, InputFile.path, &options, $1) })
    else { return }
    session.made { il_dump_describe($0, dump, $1) }
    readNetwork(session, dump)

    var form = il_source_options()
    il_source_options_init(&form, UInt32(MemoryLayout<il_source_options>.size))
    form.reduction = Int32(way.reduction)
    form.channel_axis = way.channelAxis
    form.sample_axis = way.samplesAreLast ? -1 : 0
    form.missing_labels = Int32(way.missingLabels)
    if let whole = session.made({ il_source_from_dump($0, dump, &form, $1) }) {
        measure(session, whole)
    } else {
        // One of its layers, or the labels, stand in the way of the others: datasets one by one, and parts of them.
        let paths = paths(session, dump)
        for (index, path) in paths.prefix(6).enumerated() {
            form.labels = index % 2 == 0 ? nil : session.text(paths[(index * 7) % paths.count] + suffixes[index])
            form.condition = index == 5 ? session.text(paths[0]) : nil
            var name: UnsafePointer<CChar>? = session.text(path + suffixes[(index + paths.count) % suffixes.count])
            let source = withUnsafePointer(to: &name) { name in
                form.layers = name
                form.layer_count = 1
                return session.made { il_source_from_dump($0, dump, &form, $1) }
            }
            if let source { measure(session, source) }
        }
    }
}

/// What parts of datasets are called: a position of axis 1, fields of the seeds' tables.
private let suffixes = ["", "[:, 1]", "[values]", "", "[label]", "[index]", "[:, 99]"]

extension Session {
    fileprivate func twice(_ options: UnsafePointer<il_dump_options>) -> OpaquePointer? {
        let path: UnsafePointer<CChar>? = text(InputFile.path)
        return made { il_dump_open_files($0, copy([path, path]), 2, options, $1) }
    }
}

private func paths(_ session: Session, _ dump: OpaquePointer) -> [String] {
    guard let table = session.made({ il_dump_describe($0, dump, $1) }) else { return [] }
    var rows: Int64 = 0
    var values: UnsafePointer<UnsafePointer<CChar>?>?
    guard session.status(il_table_size(table, &rows, nil)), session.status(il_table_strings(table, "path", &values)),
        let values
    else { return [] }
    return (0..<Int(rows)).compactMap { values[$0].map { String(cString: $0) } }
}

private func measure(_ session: Session, _ source: OpaquePointer) {
    session.made { il_source_layers($0, source, $1) }
    session.made { il_source_classes($0, source, $1) }
    session.made { il_source_plan($0, source, $1) }
    session.made { il_neuron_ranges($0, source, $1) }
    var quantizer = il_quantizer()
    il_quantizer_init(&quantizer, UInt32(MemoryLayout<il_quantizer>.size))
    quantizer.kind = Int32(IL_UNIFORM)
    quantizer.bins = 8
    var options = il_measure_options()
    il_measure_options_init(&options, UInt32(MemoryLayout<il_measure_options>.size))
    var entropy: UnsafePointer<CChar>? = session.text("entropy")
    withUnsafePointer(to: &entropy) { entropy in
        withUnsafePointer(to: &quantizer) { quantizer in
            options.quantizer = quantizer
            if session.made({ il_neuron_measures($0, source, &options, $1) }) == nil {
                // Without labels there is entropy.
                options.measures = entropy
                options.measure_count = 1
                session.made { il_neuron_measures($0, source, &options, $1) }
            }
        }
    }
}

private func readNetwork(_ session: Session, _ dump: OpaquePointer) {
    guard let network = session.made({ il_network_from_dump($0, dump, nil, $1) }) else { return }
    session.made { il_network_layers($0, network, $1) }
    guard let source = session.made({ il_source_for_network($0, dump, network, nil, $1) }) else { return }
    session.made { il_network_check($0, network, source, .infinity, $1) }
}
