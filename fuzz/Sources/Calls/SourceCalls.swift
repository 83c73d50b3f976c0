// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InfoLens

extension Caller {
    static let layerNames = ["fc1", "fc2", "output", "inputs", "logits", "conv"]
    /// Samples that most arrays have, so that they fit each other.
    static let rows = 12

    func callSources() {
        switch choices.below(12) {
        case 0:
            let path = text(["input.h5", "seed.h5", "missing.h5", ".", "/dev/null"])
            let options = options(il_dump_options(), il_dump_options_init) {
                $0.allow_external = UInt32(truncatingIfNeeded: choices.integer())
                $0.allow_missing = UInt32(choices.below(3))
                $0.timeout = number([0, 1])
                $0.bin_width = number([0, 1])
            }
            make(.dump) { il_dump_open($0, path, options, $1) }
        case 1: make(.table) { [handle = handle(.dump)] in il_dump_describe($0, handle, $1) }
        case 2:
            make(.source) { [dump = handle(.dump), options = sourceOptions()] in
                il_source_from_dump($0, dump, options, $1)
            }
        case 3: make(.source) { [options = sourceOptions()] in il_source_new($0, options, $1) }
        case 4...6: addLayers()
        case 7:
            let (names, count) = texts(["a", "b", "c"])
            status(il_source_set_labels(handle(.source), labels(), names, count))
        case 8: status(il_source_set_condition(handle(.source), labels(), nil, 0))
        case 9:
            let rows = (0..<choices.below(9)).map { _ in count(Self.rows - 1) }
            let (places, number) = (session.copy(rows), Int64(rows.count))
            make(.source) { [source = handle(.source)] in il_source_select($0, source, places, number, $1) }
        case 10: make(.table) { [source = handle(.source)] in il_source_layers($0, source, $1) }
        default: readSource()
        }
    }

    /// A source with two layers and labels is where most begins.
    private func addLayers() {
        make(.source) { il_source_new($0, nil, $1) }
        let source = handle(.source)
        status(il_source_add_layer(source, text(["fc1"]), array(rows: Self.rows, columns: 4)))
        status(il_source_add_layer(source, text(["fc2"]), array(rows: Self.rows)))
        if choices.below(4) != 0 { status(il_source_set_labels(source, labels(), nil, 0)) }
    }

    private func readSource() {
        let source = handle(.source)
        switch choices.below(4) {
        case 0: make(.table) { il_source_classes($0, source, $1) }
        case 1: make(.table) { il_source_plan($0, source, $1) }
        case 2: make(.table) { il_neuron_ranges($0, source, $1) }
        default:
            status(
                il_source_read(context, source, text(Self.layerNames), count(4), array(rows: 4, columns: 4)))
        }
    }

    private func labels() -> UnsafePointer<il_array>? {
        array(rows: Self.rows, columns: choices.below(5) == 0 ? 3 : 1, integers: true)
    }

    func sourceOptions() -> UnsafeMutablePointer<il_source_options>? {
        options(il_source_options(), il_source_options_init) {
            $0.reduction = choice(0...3)
            $0.channel_axis = choice(-1...1)
            $0.sample_axis = choice(-1...0)
            ($0.layers, $0.layer_count) = texts(Self.layerNames + ["/layers/fc1/activations", "/x[:, 1]", "/x[a]"])
            if choices.below(4) == 0 { $0.labels = text(["/labels", "/layers/fc1/activations"]) }
            if choices.below(4) == 0 { $0.condition = text(["/labels"]) }
            $0.missing_labels = choice(0...2)
        }
    }
}
