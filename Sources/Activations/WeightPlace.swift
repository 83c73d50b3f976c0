// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Where the weights of one layer are, by whichever convention its file follows.
struct WeightPlace: Sendable {
    enum Convention: Sendable {
        case native
        /// Kernels are [inputs, neurons].
        case keras
    }

    let name: String
    /// Under which the layer is known too: Keras's own name beside the user's.
    var otherName: String?
    let convention: Convention
    /// The epoch's name, for what lies below /epochs.
    var epoch: String?
    /// The group of the layer, whose attributes tell more.
    let group: BytePath
    var weight: FoundDataset?
    var bias: FoundDataset?
    /// Neurons of the recorded activations.
    var recordedNeurons: Int?
    /// As the file's own description of the network has it.
    var activation: String?
    /// Why it is not certain that this is a dense layer that follows the one before; nil if it is.
    var obstacle: String?

    /// Whether the layer can be taken as dense on its caller's word.
    var canBeDense: Bool { weight?.facts?.shape.count == 2 }

    /// "'fc1' (784 × 200)", or with what stands against it.
    var description: String {
        let about = obstacle ?? weight?.facts.map { describe(shape: $0.shape) }
        return "'\(name)'\(about.map { " (\($0))" } ?? "")"
    }
}

/// "'fc1' (784 × 200), 'fc2' (200 × 10) and 3 more".
func listing(_ places: [WeightPlace]) -> String {
    let shown = places.prefix(12).map(\.description).joined(separator: ", ")
    return places.count > 12 ? "\(shown) and \(places.count - 12) more" : shown
}
