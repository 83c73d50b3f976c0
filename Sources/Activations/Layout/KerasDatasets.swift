// SPDX-License-Identifier: Apache-2.0

/// The datasets of a file that are weights as Keras stores them, and what belongs to those: no activations.
struct KerasDatasets {
    private let layers: [WeightPlace]
    private let layerOfGroup: [BytePath: WeightPlace]

    init(_ network: KerasNetwork) {
        layers = network.layers
        layerOfGroup = Dictionary(network.layers.map { ($0.group, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func contains(_ dataset: ListedDataset) -> Bool {
        switch dataset.names.first {
        case "model_weights", "optimizer_weights", "optimizer", "vars": true
        default: layerOfGroup[dataset.path.directory] != nil
        }
    }

    /// Gives kernels and biases of dense layers their roles, layers the order of the network, and the rest a reason.
    func mark(_ rows: inout [ListingRow]) {
        var standings: [BytePath: (role: DatasetRole, index: Int)] = [:]
        for (index, layer) in layers.enumerated() where layer.obstacle == nil {
            if let weight = layer.weight { standings[weight.path] = (.weight, index) }
            if let bias = layer.bias { standings[bias.path] = (.bias, index) }
        }
        for position in rows.indices {
            let path = rows[position].found.path
            if let (role, index) = standings[path] {
                rows[position].standing = DatasetStanding(role: role, layer: layers[index].name)
                rows[position].index = Int64(index)
                rows[position].note = "Keras layout"
            } else if let layer = layerOfGroup[path.directory], let obstacle = layer.obstacle {
                rows[position].note = "Keras layer '\(layer.name)': \(obstacle)"
            } else if path.components.first.map({ $0.starts(with: "optimizer".utf8) }) ?? false {
                rows[position].note = "Keras: kept by the optimizer"
            }
        }
    }
}
