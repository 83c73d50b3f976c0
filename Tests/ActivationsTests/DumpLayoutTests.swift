// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

@Suite("What is found in a file")
struct DumpLayoutTests {
    let folder = TemporaryFolder()

    private func layer(_ file: FixtureFile, _ name: String, samples: Int = 4, neurons: Int = 2) throws {
        let count = samples * neurons
        try file.floats("\(name)/activations", (0..<count).map { Float($0) }, shape: [samples, neurons])
    }

    @Test("the native layout gives every dataset its role, and layers the order of their index")
    func native() throws {
        let file = try FixtureFile(folder["native.h5"])
        try file.integers("labels", [0, 1, 0, 1])
        try file.floats("inputs", [1, 2, 3, 4], shape: [4, 1])
        try file.floats("logits", [1, 2, 3, 4], shape: [4, 1])
        try file.floats("notes/other", [1], shape: [1])
        for (name, index) in [("first", 0), ("second", 1), ("a_third", 2)] {
            try layer(file, "layers/\(name)")
            try file.attribute("index", Int64(index), of: "layers/\(name)")
        }
        try layer(file, "layers/block_10/conv")
        try layer(file, "layers/block_9/conv")
        for what in ["preactivations", "weight", "bias", "initial_weight", "initial_bias", "gradients"] {
            try file.floats("layers/first/\(what)", [1, 2, 3, 4], shape: [2, 2])
        }
        let dump = try file.dump()
        #expect(dump.layerNames == ["first", "second", "a_third", "block_9/conv", "block_10/conv"])
        #expect(
            dump.entries.prefix(10).map(\.role) == [
                "labels", "inputs", "logits", "layer", "preactivations", "weight", "bias", "initial_weight",
                "initial_bias", "gradients",
            ])
        #expect(dump.entries.last?.role == "other" && dump.entries.last?.path == "/notes/other")
        let first = try #require(dump.entries.first { $0.role == "layer" })
        #expect(first.name == "first" && first.path == "/layers/first/activations")
        #expect(first.shape == [4, 2] && first.dtype == "float32" && first.samples == 4 && first.neurons == 2)
        #expect(first.storage == "contiguous" && !first.note.isEmpty)
        #expect(try dump.labels(path: nil)?.codes == [0, 1, 0, 1])
        #expect(try dump.values("second") == (0..<8).map(Double.init))
    }

    @Test("epochs come in numeric order after the layers without one")
    func epochs() throws {
        let file = try FixtureFile(folder["epochs.h5"])
        try file.integers("labels", [0, 1, 0, 1])
        for epoch in [100, 9, 10] { try layer(file, "epochs/\(epoch)/layers/fc1") }
        try layer(file, "epochs/9/layers/fc0")
        try file.attribute("index", 0, of: "epochs/9/layers/fc1/activations")
        try layer(file, "layers/fc1")
        #expect(
            try file.dump().layerNames == [
                "fc1", "epochs/9/fc1", "epochs/9/fc0", "epochs/10/fc1", "epochs/100/fc1",
            ])
    }

    @Test("a flat file's layers are the floats that are as long as its labels")
    func flat() throws {
        let file = try FixtureFile(folder["flat.h5"])
        try file.integers("y", [0, 1, 2])
        try file.floats("layer_10", [1, 2, 3], shape: [3, 1])
        try file.floats("layer_9", [1, 2, 3], shape: [3, 1])
        try file.floats("transposed", [1, 2, 3], shape: [1, 3])
        try file.floats("vector", [1, 2, 3], shape: [3])
        try file.integers("codes", [1, 2, 3], shape: [3, 1])
        let dump = try file.dump()
        #expect(dump.layerNames == ["layer_9", "layer_10"])
        #expect(try dump.labels(path: nil)?.count == 3)
        #expect(dump.entries.first { $0.path == "/transposed" }?.note.contains("transposed?") == true)
        #expect(try dump.values("vector") == [1, 2, 3])
        #expect(try dump.values("/codes") == [1, 2, 3])
    }

    @Test("a file without labels has layers but no labels")
    func unlabelled() throws {
        let file = try FixtureFile(folder["unlabelled.h5"])
        try file.floats("act", [1, 2, 3, 4], shape: [2, 2])
        let dump = try file.dump()
        #expect(dump.layerNames == ["act"])
        #expect(try dump.labels(path: nil) == nil)
    }

    @Test("names that differ in bytes alone are different layers")
    func composition() throws {
        let composed = "\u{E9}"
        let decomposed = "e\u{301}"
        let file = try FixtureFile(folder["composition.h5"])
        try file.floats("layers/\(composed)/activations", [1, 2], shape: [2, 1])
        try file.floats("layers/\(decomposed)/activations", [3, 4], shape: [2, 1])
        try file.attribute("index", 1, of: "layers/\(composed)")
        try file.attribute("index", 0, of: "layers/\(decomposed)")
        let dump = try file.dump()
        #expect(dump.layerNames.map { Array($0.utf8) } == [Array(decomposed.utf8), Array(composed.utf8)])
        #expect(try dump.values(composed) == [1, 2])
        #expect(try dump.values(decomposed) == [3, 4])
    }

    @Test("unknown layers are an error that lists the known ones")
    func unknown() throws {
        let file = try FixtureFile(folder["unknown.h5"])
        try layer(file, "layers/fc1")
        let dump = try file.dump()
        for name in ["fc2", "/nothing/here", "", "/", "layers/fc1"] {
            let error = failure { () throws(InfoLensError) in try dump.values(name) }
            #expect(
                error?.kind == (name.hasPrefix("layers") || name == "" || name == "/" ? .format : .notFound), "\(name)")
            if error?.kind == .notFound { #expect(error?.description.contains("'fc1'") == true) }
        }
        #expect(failure { () throws(InfoLensError) in try dump.labels(path: "y") }?.kind == .notFound)
    }

    @Test("groups that contain themselves are listed once")
    func cycles() throws {
        let file = try FixtureFile(folder["cycles.h5"])
        try layer(file, "layers/fc1")
        try file.group("loop/inner")
        file.hardLink("loop/inner/back", to: "/loop")
        file.softLink("root", to: "/")
        file.softLink("dangling", to: "/nothing")
        file.softLink("ping", to: "/pong")
        file.softLink("pong", to: "/ping")
        let dump = try file.dump()
        #expect(dump.layerNames == ["fc1"])
        #expect(dump.entries.map(\.path) == ["/layers/fc1/activations", "/dangling", "/ping", "/pong"])
        #expect(dump.entries.dropFirst().allSatisfy { $0.note.contains("cannot be used") })
    }

    @Test("deep trees are cut off and said to be")
    func deep() throws {
        let file = try FixtureFile(folder["deep.h5"])
        let deep = (0..<40).map { "g\($0)" }.joined(separator: "/")
        try file.floats("\(deep)/act", [1, 2], shape: [2, 1])
        try layer(file, "layers/fc1")
        let dump = try file.dump()
        #expect(dump.entries.count == 1)
        #expect(dump.entries[0].note.contains("depth"))
        #expect(try dump.values("\(deep)/act") == [1, 2])
    }

    @Test("names with numbers are ordered as people count")
    func naturalOrder() {
        let ordered = ["", "a", "a1", "a02", "a2", "a10", "a10b", "a11", "b"]
        for (i, first) in ordered.enumerated() {
            for (j, second) in ordered.enumerated() {
                #expect(naturallyPrecedes(first, second) == (i < j), "\(first) \(second)")
            }
        }
    }
}
