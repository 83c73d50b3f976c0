// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

@Suite("Dense networks in files of Keras")
struct KerasNetworkTests {
    let folder = TemporaryFolder()

    private func variables(_ file: FixtureFile, _ layer: String, name: String? = nil, _ shapes: [[Int]]) throws {
        for (number, shape) in shapes.enumerated() {
            let count = shape.reduce(1, *)
            try file.floats("layers/\(layer)/vars/\(number)", (0..<count).map { Float($0) }, shape: shape)
        }
        if let name { try file.attribute("name", name, of: "layers/\(layer)/vars") }
    }

    private func saved(_ file: FixtureFile, _ layer: String, _ inputs: Int, _ neurons: Int, suffix: String = "") throws
    {
        let group = "model_weights/\(layer)/\(layer)"
        let weight = (0..<inputs * neurons).map { Float($0) }
        try file.floats("\(group)/kernel\(suffix)", weight, shape: [inputs, neurons])
        try file.floats("\(group)/bias\(suffix)", (0..<neurons).map { Float($0) }, shape: [neurons])
    }

    private func configuration(_ layers: [String], _ className: String = "Sequential") -> String {
        "{\"class_name\": \"\(className)\", \"config\": {\"name\": \"m\", \"layers\": [\(layers.joined(separator: ","))]}}"
    }

    private func layer(_ className: String, _ name: String, _ rest: String = "", nodes: String = "[]") -> String {
        let more = rest.isEmpty ? "" : ", \(rest)"
        return """
            {"class_name": "\(className)", "config": {"name": "\(name)"\(more)}, "inbound_nodes": \(nodes)}
            """
    }

    @Test("Keras 3: layers come as they were made, by their own names or the user's")
    func weights() throws {
        let file = try FixtureFile(folder["k3.weights.h5"])
        try variables(file, "dense_10", name: "out", [[2, 4], [4]])
        try variables(file, "dense", name: "first", [[3, 3], [3]])
        try variables(file, "dense_2", [[3, 2]])
        try file.integers("layers/dropout/seed_generator/vars/0", [1, 2])
        try file.floats("optimizer/vars/1", [1, 2], shape: [2, 1])
        let dump = try file.dump()
        let layers = try dump.network()
        #expect(layers.map(\.name) == ["first", "dense_2", "out"])
        #expect(layers.map(\.inputs) == [3, 3, 2] && layers.map(\.neurons) == [3, 2, 4])
        #expect(layers.map { $0.bias?.count } == [3, nil, 4] && layers.map(\.activation) == [nil, nil, nil])
        #expect(layers[0].weight == (0..<9).map(Double.init))
        #expect(try dump.network(["dense_2", "out"]).map(\.name) == ["dense_2", "out"])
        #expect(try dump.network(["dense_10"], activations: ["softmax"]).map(\.name) == ["out"])

        let roles = dump.entries.map { "\($0.role) \($0.name)" }
        #expect(roles.prefix(5) == ["weight first", "bias first", "weight dense_2", "weight out", "bias out"])
        #expect(dump.entries.dropFirst(5).allSatisfy { $0.role == "other" })
    }

    @Test("layers of other kinds ask for names")
    func others() throws {
        let file = try FixtureFile(folder["others.weights.h5"])
        try variables(file, "dense", [[3, 3], [3]])
        try variables(file, "batch_normalization", name: "bn", [[3], [3], [3], [3]])
        try variables(file, "embedding", [[3, 3]])
        try variables(file, "conv2d", [[1, 1, 3, 3], [3]])
        let dump = try file.dump()
        let error = failure { () throws(InfoLensError) in try dump.network() }
        #expect(error?.kind == .format)
        for part in ["'dense'", "'bn' (of the kind 'batch_normalization')", "embedding", "conv2d", "Name"] {
            #expect(error?.description.contains(part) == true, "\(part)")
        }
        #expect(try dump.network(["embedding", "dense"]).map(\.name) == ["embedding", "dense"])
        #expect(failure { () throws(InfoLensError) in try dump.network(["bn"]) }?.kind == .format)
        #expect(failure { () throws(InfoLensError) in try dump.network(["conv2d"]) }?.kind == .format)
    }

    @Test("models: the order is that of layer_names, activations are those of model_config")
    func models() throws {
        for suffix in ["", ":0"] {
            let file = try FixtureFile(folder["model\(suffix.count).h5"])
            try saved(file, "z", 3, 4, suffix: suffix)
            try saved(file, "b", 4, 4, suffix: suffix)
            try saved(file, "a", 4, 2, suffix: suffix)
            try file.group("optimizer_weights")
            try file.attribute("layer_names", "z", "act", "drop", "b", "a", size: 8, of: "model_weights")
            #expect(try file.dump().network().map(\.name) == ["z", "b", "a"])
            #expect(try file.dump().network().map(\.activation) == [nil, nil, nil])
            let text = configuration([
                layer("InputLayer", "in"), layer("Dense", "z", "\"activation\": \"linear\""),
                layer("LeakyReLU", "act", "\"negative_slope\": 0.25"), layer("Dropout", "drop"),
                layer("Dense", "b", "\"activation\": \"swish\""),
                layer("Dense", "a", "\"activation\": {\"class_name\": \"ELU\", \"config\": {\"alpha\": 0.5}}"),
            ])
            try file.attribute("model_config", text, of: "/")
            let layers = try file.dump().network()
            #expect(layers.map(\.name) == ["z", "b", "a"] && layers.map(\.neurons) == [4, 4, 2])
            #expect(layers.map(\.activation) == ["leaky_relu(0.25)", "silu", "elu(0.5)"])
        }
    }

    @Test("models that are no chain of dense layers say what is in the way")
    func branches() throws {
        let keras3 = { (name: String) in
            "[{\"args\": [{\"class_name\": \"__keras_tensor__\", \"config\": {\"keras_history\": [\"\(name)\", 0, 0]}}]}]"
        }
        let file = try FixtureFile(folder["branches.h5"])
        for name in ["a", "b", "c"] { try saved(file, name, 3, 3) }
        try file.attribute("layer_names", "in", "a", "b", "c", of: "model_weights")
        let text = configuration(
            [
                layer("InputLayer", "in"), layer("Dense", "a", nodes: "[[[\"in\", 0, 0, {}]]]"),
                layer("Rescaling", "scale", nodes: keras3("a")), layer("Dense", "b", nodes: keras3("scale")),
                layer("Dense", "c", nodes: keras3("a")),
            ], "Functional")
        try file.attribute("model_config", text, of: "/")
        let error = failure { () throws(InfoLensError) in try file.dump().network() }
        #expect(error?.kind == .format)
        for part in ["'scale' (Rescaling)", "'c' (Dense, takes the outputs of a)", "Dense: 'a' (3 × 3), 'b' (3 × 3)"] {
            #expect(error?.description.contains(part) == true, "\(part)")
        }
        #expect(try file.dump().network(["a", "c"]).map(\.activation) == ["linear", "linear"])
    }

    @Test("without layer_names and model_config the order is not known")
    func unordered() throws {
        let file = try FixtureFile(folder["unordered.h5"])
        for name in ["a", "b"] { try saved(file, name, 3, 3) }
        #expect(failure { () throws(InfoLensError) in try file.dump().network() }?.kind == .format)
        #expect(try file.dump().network(["b", "a"]).map(\.name) == ["b", "a"])
    }

    @Test("a damaged model_config is an error unless all that it says is given")
    func damaged() throws {
        let deep = String(repeating: "[", count: 30_000)
        for (number, text) in ["{", deep, "{\"config\": {\"layers\": 5}}", ""].enumerated() {
            let file = try FixtureFile(folder["damaged\(number).h5"])
            try saved(file, "a", 3, 3)
            try file.attribute("layer_names", "a", of: "model_weights")
            try file.attribute("model_config", text, of: "/")
            let error = failure { () throws(InfoLensError) in try file.dump().network(["a"]) }
            #expect(error?.kind == (number < 2 ? .format : nil), "\(number)")
            #expect(try file.dump().network(["a"], activations: ["relu"]).count == 1)
        }
    }

    @Test("endless names of layers end somewhere")
    func names() throws {
        let file = try FixtureFile(folder["names.h5"])
        try saved(file, "a", 3, 3)
        try file.attribute("layer_names", texts: (0..<3000).map { "layer_\($0)" } + ["a"], of: "model_weights")
        #expect(try file.dump().network().map(\.name) == ["a"])

        let numbers = try FixtureFile(folder["numbers.h5"])
        try saved(numbers, "a", 3, 3)
        try numbers.attribute("layer_names", 5 as Int64, of: "model_weights")
        #expect(try numbers.dump().network().map(\.name) == ["a"])
    }
}

@Suite("JSON texts")
struct JSONValueTests {
    @Test("values are read as they are written")
    func values() throws {
        let text = """
             {"a": [1, -2.5e3, true, false, null, "\\u00e9\\ud83d\\ude00\\n\\"\\ud83dx"], "b": {}, "a": 2, "n": NaN, "i": -Infinity}
            """
        let value = try JSONValue(parsing: text)
        let elements: [JSONValue] = [
            .number(1), .number(-2500), .bool(true), .bool(false), .null, .string("é😀\n\"\u{FFFD}x"),
        ]
        #expect(value["a"]?.elements == elements)
        #expect(value["b"] == .object([]) && value["c"] == nil && value["i"]?.number == -.infinity)
        #expect(value["n"]?.number?.isNaN == true)
    }

    @Test("what is not JSON is an error, wherever it ends")
    func errors() {
        let whole = "{\"a\": [1, {\"b\": \"\\u00e9\"}], \"c\": -0.5e-3, \"d\": null}"
        #expect((try? JSONValue(parsing: whole)) != nil)
        for length in 0..<whole.utf8.count {
            #expect((try? JSONValue(parsing: String(whole.prefix(length)))) == nil, "\(length)")
        }
        for text in [
            "[1,]", "{\"a\" 1}", "[1 2]", "tru", "+1", ".5", "1e", "\"\u{1}\"", "\"\\x\"", "\"\\u12g4\"", "[] []",
            "'a'",
        ] {
            #expect(failure { () throws(InfoLensError) in try JSONValue(parsing: text) }?.kind == .format, "\(text)")
        }
    }

    @Test("nesting has an end")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(parsing: nested(JSONValue.maximumDepth))
        for text in [
            nested(JSONValue.maximumDepth + 2), nested(1_000_000), String(repeating: "{\"a\":", count: 100_000),
        ] {
            #expect(failure { () throws(InfoLensError) in try JSONValue(parsing: text) }?.kind == .format)
        }
    }
}
