// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

@Suite("Networks that others trained and wrote")
struct SharedNetworkTests {
    private func dump(_ name: String) throws -> DumpFile {
        try DumpFile(path: #require(SharedData.path(name)))
    }

    @Test(
        "recorded logits follow from the last recorded layer",
        .enabled(if: SharedData.path("data/mnist_sigmoid_200_200.h5") != nil),
        arguments: [
            ("mnist_sigmoid_200_200", ["sigmoid", "sigmoid", "softmax"]),
            ("mnist_relu_20_20_20", ["relu", "relu", "relu", "softmax"]),
            ("nn_mnist_relu100_dropout_s0", ["relu", "relu", "softmax"]),
        ])
    func logits(name: String, activations: [String]) throws {
        let dump = try dump("data/\(name).h5")
        let layers = try dump.network(memory: 1 << 24)
        #expect(layers.map(\.activation) == activations && layers[0].inputs == 784)
        #expect(layers.map(\.name) == activations.indices.map { "fc\($0 + 1)" })
        let last = try #require(layers.last)
        let input = try dump.values(layers[layers.count - 2].name)
        let logits = try dump.values("/logits")
        var worst = 0.0
        for sample in stride(from: 0, to: logits.count / 10, by: 97) {
            for neuron in 0..<10 {
                var sum = last.bias?[neuron] ?? 0
                for j in 0..<last.inputs { sum += input[sample * last.inputs + j] * last.weight[j * 10 + neuron] }
                worst = max(worst, abs(sum - logits[sample * 10 + neuron]))
            }
        }
        // Sums of at most 200 products in float32, of logits up to about 100.
        #expect(worst < 2e-3, "\(worst)")
    }

    @Test(
        "checkpoints are read by name", .enabled(if: SharedData.path("data/ib_tanh_12bit.h5") != nil))
    func checkpoints() throws {
        let dump = try dump("data/ib_tanh_12bit.h5")
        #expect(failure { () throws(InfoLensError) in try dump.network() }?.kind == .notFound)
        let names = (1...6).map { "epochs/0/fc\($0)" }
        let layers = try dump.network(names)
        #expect(layers.map(\.inputs) == [12, 10, 7, 5, 4, 3] && layers.map(\.neurons) == [10, 7, 5, 4, 3, 2])
    }

    @Test("weights of Keras 3", .enabled(if: SharedData.path("samples/keras3.weights.h5") != nil))
    func weights() throws {
        let dump = try dump("samples/keras3.weights.h5")
        let error = failure { () throws(InfoLensError) in try dump.network() }
        #expect(error?.kind == .format && error?.description.contains("batch_normalization") == true)
        for names in [["fc1", "fc2", "out"], ["dense", "dense_1", "dense_2"]] {
            let layers = try dump.network(names)
            #expect(layers.map(\.name) == ["fc1", "fc2", "out"])
            #expect(layers.map(\.inputs) == [8, 32, 16] && layers.map(\.neurons) == [32, 16, 5])
        }
        #expect(dump.entries.filter { $0.role == "weight" }.map(\.name) == ["fc1", "fc2", "out"])
    }

    @Test("models of the older format", .enabled(if: SharedData.path("samples/keras3_legacy_full_model.h5") != nil))
    func models() throws {
        let dump = try dump("samples/keras3_legacy_full_model.h5")
        let error = failure { () throws(InfoLensError) in try dump.network() }
        #expect(error?.kind == .format && error?.description.contains("'bn' (BatchNormalization)") == true)
        let layers = try dump.network(["fc1", "fc2", "out"])
        #expect(layers.map(\.activation) == ["relu", "tanh", "softmax"] && layers.map(\.neurons) == [32, 16, 5])

        let old = try self.dump("samples/keras2_kernel0_SYNTHETIC.h5")
        #expect(try old.network().map(\.name) == ["dense", "dense_1"])
        #expect(try old.network().map(\.activation) == [nil, nil])
        #expect(old.entries.map(\.role) == ["weight", "bias", "weight", "bias"])
    }
}
