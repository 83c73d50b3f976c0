// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

extension DumpFile {
    func network(
        _ named: [String]? = nil, activations: [String]? = nil, layout: WeightLayout = .auto, memory: Int = 1 << 20
    ) throws(InfoLensError) -> [StoredDenseLayer] {
        try denseLayers(named: named, activations: activations, layout: layout, memory: memory)
    }
}

extension FixtureFile {
    /// A weight whose element [i, j] is 10 i + j, with a bias of 0.5, 1.5, ….
    func dense(_ layer: String, _ rows: Int, _ columns: Int, bias: Int? = nil) throws(InfoLensError) {
        let weight = (0..<rows).flatMap { i in (0..<columns).map { j in Float(10 * i + j) } }
        try floats("layers/\(layer)/weight", weight, shape: [rows, columns])
        if let bias {
            try floats("layers/\(layer)/bias", (0..<bias).map { Float($0) + 0.5 }, shape: [bias])
        }
    }
}

@Suite("Dense networks in native layout")
struct StoredNetworkTests {
    let folder = TemporaryFolder()

    private func error(_ dump: DumpFile, _ named: [String]? = nil, activations: [String]? = nil, memory: Int = 1 << 20)
        -> InfoLensError?
    {
        failure { () throws(InfoLensError) in
            try dump.network(named, activations: activations, memory: memory)
        }
    }

    @Test("layers come in the order of their index with weights, biases and activations")
    func native() throws {
        let file = try FixtureFile(folder["native.h5"])
        try file.dense("second", 3, 2)
        try file.dense("first", 4, 3, bias: 3)
        try file.dense("output", 2, 5, bias: 5)
        for (name, index) in [("first", 0), ("second", 1), ("output", 2)] {
            try file.attribute("index", Int64(index), of: "layers/\(name)")
        }
        try file.floats("layers/first/activations", [Float](repeating: 0, count: 6), shape: [2, 3])
        try file.attribute("activation", "ReLU", of: "layers/first")
        try file.attribute("activation", "leaky_relu", size: 16, of: "layers/second")
        try file.attribute("negative_slope", number: 0.3, of: "layers/second")
        let dump = try file.dump()
        #expect(dump.layerNames == ["first"])
        #expect(dump.entries.map(\.role) == ["layer", "weight", "bias", "weight", "weight", "bias"])
        #expect(dump.entries.map(\.name) == ["first", "first", "first", "second", "output", "output"])

        let layers = try dump.network()
        #expect(layers.map(\.name) == ["first", "second", "output"])
        #expect(layers.map(\.inputs) == [4, 3, 2] && layers.map(\.neurons) == [3, 2, 5])
        #expect(layers.map(\.activation) == ["relu", "leaky_relu(0.3)", nil])
        #expect(layers[1].weight == [0, 1, 10, 11, 20, 21] && layers[1].bias == nil)
        #expect(layers[0].bias == [0.5, 1.5, 2.5])

        let some = try dump.network(["second", "output"], activations: ["Swish", "softmax"])
        #expect(some.map(\.name) == ["second", "output"] && some.map(\.activation) == ["silu", "softmax"])
    }

    @Test("an attribute, the bias, the recorded activations or the neighbours tell how a weight lies")
    func layouts() throws {
        let file = try FixtureFile(folder["layouts.h5"])
        try file.dense("a", 3, 2)
        try file.dense("b", 4, 3)
        try file.attribute("layout", "out_in", of: "layers/a/weight")
        #expect(try file.dump().network().map(\.inputs) == [2, 3])
        #expect(try file.dump().network(["a"])[0].weight == [0, 10, 20, 1, 11, 21])
        #expect(try file.dump().network(["a"], layout: .inOut)[0].weight == [0, 1, 10, 11, 20, 21])
        #expect(try file.dump().network(["b"]).map(\.inputs) == [4])

        let biased = try FixtureFile(folder["biased.h5"])
        try biased.dense("a", 3, 2, bias: 3)
        try biased.dense("b", 3, 3)
        try biased.floats("layers/b/activations", [Float](repeating: 0, count: 6), shape: [2, 3])
        try biased.dense("c", 4, 3)
        // The square one follows the others, which are [neurons, inputs].
        let layers = try biased.dump().network()
        #expect(layers.map(\.inputs) == [2, 3, 3] && layers.map(\.neurons) == [3, 3, 4])
        #expect(layers[1].weight == [0, 10, 20, 1, 11, 21, 2, 12, 22])
        #expect(try biased.dump().network(["b"])[0].weight == [0, 1, 2, 10, 11, 12, 20, 21, 22])

        let recorded = try FixtureFile(folder["recorded.h5"])
        try recorded.dense("a", 3, 2)
        try recorded.floats("layers/a/activations", [Float](repeating: 0, count: 6), shape: [2, 3])
        try recorded.attribute("layout", "out_in", size: 6, of: "layers/a")
        #expect(try recorded.dump().network()[0].neurons == 3)
    }

    @Test("layers that do not fit together are named with their sizes")
    func chains() throws {
        let file = try FixtureFile(folder["chain.h5"])
        try file.dense("a", 4, 3, bias: 3)
        try file.dense("b", 5, 6, bias: 6)
        let broken = error(try file.dump())
        #expect(broken?.kind == .shape)
        for part in ["'a'", "'b'", "3 neurons", "5 inputs"] {
            #expect(broken?.description.contains(part) == true, "\(part)")
        }
        #expect(try file.dump().network(["b"]).count == 1)

        let biased = try FixtureFile(folder["bias.h5"])
        try biased.dense("a", 4, 3, bias: 5)
        let neither = error(try biased.dump())
        #expect(neither?.kind == .shape && neither?.description.contains("'a'") == true)
        let stated = failure { () throws(InfoLensError) in try biased.dump().network(layout: .outIn) }
        #expect(stated?.kind == .shape && stated?.description.contains("out_in") == true)
    }

    @Test("checkpoints are read when named")
    func epochs() throws {
        let file = try FixtureFile(folder["epochs.h5"])
        try file.floats("epochs/10/layers/fc1/weight", [1, 2], shape: [2, 1])
        try file.floats("epochs/10/layers/fc2/weight", [3], shape: [1, 1])
        let missing = error(try file.dump())
        #expect(missing?.kind == .notFound && missing?.description.contains("'epochs/10/fc1'") == true)
        let layers = try file.dump().network(["epochs/10/fc1", "epochs/10/fc2"])
        #expect(layers.map(\.name) == ["epochs/10/fc1", "epochs/10/fc2"] && layers.map(\.inputs) == [2, 1])
    }

    @Test("a file without weights says how they are written")
    func none() throws {
        let file = try FixtureFile(folder["none.h5"])
        try file.floats("layers/fc1/activations", [1, 2], shape: [2, 1])
        for named in [nil, ["fc1"]] {
            let missing = error(try file.dump(), named)
            #expect(missing?.kind == .notFound)
            for part in ["/layers/<name>/weight", "layout", "activation", "h5py"] {
                #expect(missing?.description.contains(part) == true, "\(part)")
            }
        }
    }

    @Test("names that are unknown, repeated or of other layers are errors")
    func names() throws {
        let file = try FixtureFile(folder["names.h5"])
        try file.dense("fc1", 2, 2)
        try file.floats("layers/conv/weight", [1, 2, 3, 4], shape: [1, 1, 2, 2])
        try file.floats("layers/lost/bias", [1], shape: [1])
        try file.group("layers/group/weight")
        let dump = try file.dump()
        let unknown = error(dump, ["fc9"])
        #expect(unknown?.kind == .notFound && unknown?.description.contains("'fc1'") == true)
        #expect(error(dump, ["group"])?.kind == .notFound)
        #expect(error(dump, ["fc1", "fc1"])?.kind == .argument)
        #expect(error(dump, [])?.kind == .argument)
        #expect(error(dump, ["fc1"], activations: ["relu", "relu"])?.kind == .argument)
        #expect(error(dump, ["conv"])?.kind == .format && error(dump, ["lost"])?.kind == .format)
        let all = error(dump)
        #expect(all?.kind == .format && all?.description.contains("not dense") == true)
        #expect(try dump.network(["fc1"]).count == 1)
    }

    @Test("attributes of another kind than they should be are errors that name them")
    func attributes() throws {
        let writers: [(FixtureFile) throws -> Void] = [
            { file in try file.attribute("layout", "foo", of: "layers/a/weight") },
            { file in try file.attribute("layout", 1 as Int64, of: "layers/a") },
            { file in try file.attribute("activation", "relu", "tanh", of: "layers/a") },
            { file in try file.attribute("activation", number: 0.5, of: "layers/a") },
            { file in
                try file.attribute("activation", "leaky_relu", of: "layers/a")
                try file.attribute("alpha", "0.3", of: "layers/a")
            },
            { file in
                try file.attribute("activation", "elu", of: "layers/a")
                try file.attribute("alpha", number: .nan, of: "layers/a")
            },
        ]
        for (number, write) in writers.enumerated() {
            let file = try FixtureFile(folder["attribute\(number).h5"])
            try file.dense("a", 2, 2)
            try write(file)
            let refused = error(try file.dump())
            #expect(refused?.kind == .format && refused?.description.contains("attribute '") == true, "\(number)")
            // What the caller says instead need not be read.
            let given = try? file.dump().network(activations: ["relu"], layout: .outIn)
            #expect(given?.count == 1, "\(number)")
        }
    }

    @Test("weights of every type and storage are read exactly")
    func types() throws {
        let file = try FixtureFile(folder["types.h5"])
        let storage = FixtureStorage(chunk: [2, 2], shuffle: true, deflate: true)
        try file.dataset(
            "layers/a/weight", [1, 2, 3, 4, 5, 6] as [Double], type: chdf5_ieee_f64(1), shape: [2, 3], storage: storage,
            writing: false)
        try file.floats("layers/b/weight", [1, 2, 3, 4, 5, 6], shape: [3, 2], storage: storage)
        try file.integers("layers/c/weight", [1, -2, 3, 4], shape: [2, 2])
        try file.integers("layers/c/bias", [7, 8])
        try file.dataset("layers/d/weight", [Int64.max - 1], type: chdf5_std_integer(8, 1, 0), shape: [1, 1])
        try file.floats("layers/e/weight", [1, 2, .infinity, 4], shape: [2, 2])
        try file.floats("layers/f/weight", [], shape: [0, 2])
        try file.strings("layers/g/weight", [Array("x".utf8)], size: 4, shape: [1, 1])
        try file.floats("layers/h/weight", [1], shape: [1, 1])
        try file.floats("layers/h/bias", [1], shape: [1, 1])
        let dump = try file.dump()
        #expect(try dump.network(["b", "c"]).map(\.weight) == [[1, 2, 3, 4, 5, 6], [1, -2, 3, 4]])
        #expect(try dump.network(["c"])[0].bias == [7, 8])
        #expect(error(dump, ["a"])?.kind == .format)
        #expect(error(dump, ["d"])?.kind == .numeric)
        let infinite = error(dump, ["e"])
        #expect(infinite?.kind == .numeric && infinite?.description.contains("[1, 0]") == true)
        #expect(error(dump, ["f"])?.kind == .shape)
        #expect(error(dump, ["g"])?.kind == .dtype)
        #expect(error(dump, ["h"])?.kind == .shape)
    }

    @Test("what a file declares and cannot hold is refused before it is allocated")
    func huge() throws {
        let file = try FixtureFile(folder["huge.h5"])
        let none: [Float] = []
        try file.dataset(
            "layers/chunked/weight", none, type: chdf5_ieee_f32(0), shape: [1 << 31, 1 << 31],
            storage: FixtureStorage(chunk: [16, 16]), writing: false)
        try file.dataset(
            "layers/plain/weight", none, type: chdf5_ieee_f32(0), shape: [1 << 28, 1 << 28], writing: false)
        try file.dense("small", 200, 200)
        let dump = try file.dump()
        for name in ["chunked", "plain"] {
            let refused = error(dump, [name], memory: .max)
            #expect([.memory, .format, .shape].contains(refused?.kind), "\(name)")
            #expect(error(dump, [name])?.kind == .memory, "\(name)")
        }
        let over = error(dump, ["small"], memory: 200 * 200 * 8)
        #expect(over?.kind == .memory)
        #expect(try dump.network(["small"], memory: 200 * 200 * 8 + 70_000).count == 1)
    }
}
