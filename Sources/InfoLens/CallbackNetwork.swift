// SPDX-License-Identifier: Apache-2.0
import Ablation
import CInfoLens
import Kernels

/// A network that the caller ablates and scores.
struct CallbackNetwork: @unchecked Sendable {
    let layers: [(name: String, neurons: Int)]
    /// Names of the scores.
    let scores: [String]
    private let callback: il_ablation_callback
    private let user: UnsafeMutableRawPointer?

    /// Columns of the tables that scores stand in.
    private static let columns = [
        "layer", "ordering", "direction", "replacement", "repeat", "step", "neurons_removed", "removed_layer",
        "removed_neuron", "neuron", "group", "neurons",
    ]

    /// - Throws: `argument` for names that come twice or are those of other columns, sizes below 1 or beyond 2^31
    init(
        layers: [(String, Int64)], scores: [String], callback: @escaping il_ablation_callback,
        user: UnsafeMutableRawPointer?
    ) throws(InfoLensError) {
        for (index, layer) in layers.enumerated() {
            guard (1..<Int64(Int32.max)).contains(layer.1) else {
                throw InfoLensError(
                    .argument, "neurons[\(index)]: is \(layer.1); give the number of neurons of \"\(layer.0)\"")
            }
        }
        for (what, names) in [("layers", layers.map(\.0)), ("scores", scores)] {
            for (index, name) in names.enumerated() where names[..<index].contains(where: { isSameText($0, name) }) {
                throw InfoLensError(.argument, "\(what)[\(index)]: \"\(name)\" comes twice; give each its own name")
            }
        }
        if let index = layers.firstIndex(where: { $0.0.isEmpty || $0.0 == "network" }) {
            throw InfoLensError(
                .argument,
                "layers[\(index)]: \"\(layers[index].0)\" is what tables call all layers together; give another name")
        }
        for (index, name) in scores.enumerated() {
            guard Self.columns.contains(name) || scores.contains(where: { isSameText("\($0)_loss", name) }) else {
                continue
            }
            throw InfoLensError(
                .argument,
                "scores[\(index)]: \"\(name)\" is what another column of the tables is called; choose another name")
        }
        self.layers = layers.map { ($0.0, Int($0.1)) }
        self.scores = scores
        self.callback = callback
        self.user = user
    }

    /// The scores without some neurons; on the thread that made the call.
    func scores(without removed: [NeuronIndex]) throws(InfoLensError) -> [Double] {
        let removed = removed.sorted()
        let layers = removed.map { Int64($0.layer) }
        let neurons = removed.map { Int64($0.neuron) }
        var values = [Double](repeating: .nan, count: scores.count)
        let status = callback(user, layers, neurons, Int64(removed.count), &values)
        guard status == 0 else {
            throw InfoLensError(
                .callback, "callback: it returned \(status) with \(removed.count) neurons removed; it ended the call")
        }
        for (name, value) in zip(scores, values) where !value.isFinite {
            throw InfoLensError(
                .numeric,
                """
                callback: its score "\(name)" is \(value) with \(removed.count) neurons removed; scores must be finite \
                numbers
                """
            )
        }
        return values
    }
}
