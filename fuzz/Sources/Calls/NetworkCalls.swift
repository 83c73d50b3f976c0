// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InfoLens

extension Caller {
    private static let activations = [
        "relu", "linear", "softmax", "tanh", "elu(0.5)", "leaky_relu(nan)", "gelu", "swish",
    ]

    func callNetworks() {
        let (network, source) = (handle(.network), handle(.source))
        switch choices.below(14) {
        case 0:
            make(.network) { [dump = handle(.dump), options = networkOptions()] in
                il_network_from_dump($0, dump, options, $1)
            }
        case 1...3: addNetwork()
        case 4: addCallback()
        case 5: make(.table) { il_network_layers($0, network, $1) }
        case 6:
            make(.source) { [dump = handle(.dump), options = sourceOptions()] in
                il_source_for_network($0, dump, network, options, $1)
            }
        case 7:
            make(.table) { [limit = number([0, .infinity, 1e-3])] in
                il_network_check($0, network, source, limit, $1)
            }
        case 8: make(.table) { [options = ablationOptions()] in il_ablate($0, network, source, options, $1) }
        case 9: make(.table) { [options = ablationOptions()] in il_ablate_single($0, network, source, options, $1) }
        case 10:
            make(.table) { [groups = neuronTable(), options = ablationOptions()] in
                il_ablate_groups($0, network, source, groups, options, $1)
            }
        case 11: diagnose(network, source)
        case 12:
            let path = text(["out.h5", "missing/out.h5", "."])
            status(il_network_export(context, network, source, neuronTable(), ablationOptions(), path))
        default: make(.table) { [modules = count(4)] in il_network_modules($0, network, modules, $1) }
        }
    }

    /// Two layers, 4 → 4 → 3, and samples for them.
    private func addNetwork() {
        make(.network) { [options = networkOptions()] in il_network_new($0, options, $1) }
        let network = handle(.network)
        for (name, columns) in [("fc1", 4), ("output", 3)] {
            let bias = choices.flag() ? array(rows: columns, columns: 1) : nil
            status(
                il_network_add_layer(
                    network, text([name]), array(rows: 4, columns: columns), bias, text(Self.activations)))
        }
        guard choices.flag() else { return }
        make(.source) { il_source_new($0, nil, $1) }
        let source = handle(.source)
        status(il_source_add_layer(source, text(["inputs"]), array(rows: Self.rows, columns: 4)))
        status(il_source_set_labels(source, array(rows: Self.rows, columns: 1, integers: true), nil, 0))
    }

    private func addCallback() {
        let (names, count) = texts(["fc1", "fc2"])
        let neurons = session.copy((0..<max(1, count)).map { _ in self.count(5) })
        let (scores, scoreCount) = texts(["accuracy", "loss"])
        make(.network) {
            il_network_from_callback(
                $0, names, neurons, count, scores, scoreCount,
                { user, _, _, count, scores in
                    scores?.pointee = 1 / Double(count + 1)
                    return user == nil ? 0 : 1
                }, self.choices.below(8) == 0 ? UnsafeMutableRawPointer(bitPattern: 16) : nil, $1)
        }
    }

    private func networkOptions() -> UnsafeMutablePointer<il_network_options>? {
        options(il_network_options(), il_network_options_init) {
            $0.layout = choice(0...2)
            if choices.below(4) == 0 { ($0.layers, $0.layer_count) = texts(Self.layerNames) }
            if choices.below(4) == 0 { ($0.activations, $0.activation_count) = texts(Self.activations) }
            $0.input_scale = number([0, 1, 0.5])
        }
    }

    private func ablationOptions() -> UnsafeMutablePointer<il_ablation_options>? {
        options(il_ablation_options(), il_ablation_options_init) {
            $0.scope = choice(1...2)
            ($0.layers, $0.layer_count) = texts(Self.layerNames)
            if choices.flag() { $0.ordering = text(["mutual_information", "random", "entropy", "value"]) }
            if choices.below(4) == 0 { $0.measures = choices.flag() ? neuronTable() : handle(.table) }
            if choices.below(4) == 0 { $0.order = neuronTable() }
            if choices.below(4) == 0 { $0.ordering_source = handle(.source) }
            if choices.below(4) == 0 { $0.mean_source = handle(.source) }
            if choices.below(4) == 0 { $0.quantizer = quantizer() }
            $0.directions = choice(1...3)
            $0.replacements = choice(1...15)
            $0.value = number([0, 1])
            $0.random_repeats = count(3)
            $0.step = count(3)
            $0.until = number([.nan, 0.5])
            $0.tolerance = number([0, .infinity])
            $0.per_class = choice(0...1)
        }
    }

    private func diagnose(_ network: OpaquePointer?, _ source: OpaquePointer?) {
        let options = options(il_diagnosis_options(), il_diagnosis_options_init) {
            $0.replacement = choice(1...8)
            $0.tolerance = number([0.01, 0.5])
            $0.chance_margin = number([0.05])
            $0.reproduction_tolerance = number([0, .infinity])
        }
        make(.table) { il_diagnose($0, network, source, options, $1, nil, nil) }
    }

    /// A table that names neurons.
    private func neuronTable() -> OpaquePointer? {
        let rows = choices.below(5)
        let table = session.table(
            [
                ("group", .integers((0..<rows).map { _ in count(2) })),
                ("layer", .strings((0..<rows).map { _ in choices.pick(["fc1", "fc1", "output", "x"]) })),
                ("neuron", .integers((0..<rows).map { _ in count(3) })),
                ("mutual_information", .doubles((0..<rows).map { _ in number([0.5, 1]) })),
            ], rows: rows, metadata: [])
        return choices.below(10) == 0 ? handle(.table) : table
    }
}
