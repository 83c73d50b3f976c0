// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

@Suite("Layouts of scripts")
struct LayoutScriptsTests {
    let folder = TemporaryFolder()

    // MARK: Plain files

    @Test("layers in groups are named without what their paths share")
    func groups() throws {
        let file = try FixtureFile(folder["groups.h5"])
        try file.zeros("activations/fc1", 4, 3)
        try file.zeros("activations/fc2", 4, 2)
        try file.zeros("activations/weight", 4, 2)
        try file.labels("Labels", 4)
        let dump = try file.dump()
        #expect(dump.places == ["fc1: /activations/fc1", "fc2: /activations/fc2"])
        #expect(dump.labelSummary == "/Labels")
        #expect(dump.entry("/activations/weight")?.note.contains("by its name") == true)
    }

    @Test("names of layers are the shortest that tell them apart")
    func names() {
        func names(_ paths: String...) -> [String] {
            LayerNaming.names(of: paths.map { $0.split(separator: "/").map(String.init) })
        }
        #expect(names("act") == ["act"])
        #expect(names("a/fc1") == ["fc1"])
        #expect(names("a/fc1", "a/fc2") == ["fc1", "fc2"])
        #expect(names("fc1/activations", "fc2/activations") == ["fc1", "fc2"])
        #expect(names("fc1/activations") == ["fc1"])
        #expect(names("a/x/data", "a/y/data") == ["x", "y"])
        #expect(names("x/out", "y/out") == ["x/out", "y/out"])
        #expect(names("act/fc1", "features") == ["act/fc1", "features"])
        #expect(names("a/data", "a/x/data") == ["a", "a/x"])
        #expect(names() == [])
    }

    @Test("labels are known by name, failing that as the only integers or strings of the length")
    func labelNames() throws {
        for (names, expected) in [
            (["target_ids", "y_true", "classes"], "/y_true"), (["LABELS", "y"], "/LABELS"),
            (["object", "sample_id", "timestamps"], "/object"), (["true_class", "other"], "/true_class"),
            (["object", "colour"], ""), (["sample_id"], ""), (["y_a", "y_b"], ""), (["y_pred"], ""),
            (["onehot", "colour"], "/onehot"),
        ] {
            let file = try FixtureFile(folder["\(names[0]).h5"])
            try file.zeros("act", 4, 3)
            for name in names { try file.labels(name, 4) }
            let dump = try file.dump()
            #expect(dump.labelSummary == expected, "\(names)")
            #expect(dump.labelCandidates.isEmpty == (!expected.isEmpty || names == ["y_pred"]), "\(names)")
            #expect(dump.layerNames == ["act"])
        }
    }

    @Test("labels of one part of the data are not those of another")
    func parts() throws {
        let file = try FixtureFile(folder["parts.h5"])
        for (part, count) in [("train", 6), ("test", 4)] {
            try file.zeros("\(part)/fc1", count, 3)
            try file.labels("\(part)/labels", count)
        }
        let dump = try file.dump()
        #expect(dump.layerNames.isEmpty && dump.labelSummary.isEmpty)
        #expect(dump.labelCandidates == ["/test/labels", "/train/labels"])
    }

    @Test("matrices under the names of labels are no layers; soft labels no candidates")
    func matrices() throws {
        let file = try FixtureFile(folder["zoo.h5"])
        try file.zeros("act", 4, 3)
        try file.zeros("y_soft", 4, 2)
        try file.labels("y_multihot", 4, 2)
        try file.labels("y_onehot", 4, 2)
        try file.labels("y_int", 4)
        let dump = try file.dump()
        #expect(dump.layerNames == ["act"])
        #expect(dump.labelCandidates == ["/y_int", "/y_onehot"])
        #expect(dump.entry("/y_soft")?.note.contains("named as labels") == true)
        #expect(dump.entry("/y_int")?.note.contains("labels='/y_int'") == true)
    }

    @Test("transposed matrices are no layers, and the note says how to read them")
    func transposed() throws {
        let file = try FixtureFile(folder["transposed.h5"])
        try file.zeros("act", 3, 4)
        try file.labels("labels", 4)
        let dump = try file.dump()
        #expect(dump.layerNames.isEmpty)
        let note = dump.entry("/act")?.note ?? ""
        #expect(note.contains("transposed?") && note.contains("sample_axis=-1"))
    }

    @Test("16-bit integers are bfloat16 where an attribute says so")
    func bfloat16() throws {
        let file = try FixtureFile(folder["bfloat16.h5"])
        for (name, dtype) in [("a", "bfloat16"), ("b", "torch.bfloat16"), ("c", "uint16"), ("d", nil as String?)] {
            try file.dataset(name, [UInt16](repeating: 0, count: 8), type: chdf5_std_integer(2, 0, 0), shape: [4, 2])
            if let dtype { try file.attribute("dtype", dtype, of: name) }
        }
        try file.labels("labels", 4)
        let dump = try file.dump()
        #expect(dump.places == ["a: /a as bfloat16", "b: /b as bfloat16"])
        #expect(dump.entry("/a")?.dtype == "bfloat16")
        #expect(dump.entry("/a")?.note.contains("kept as uint16") == true)
        #expect(dump.entry("/c")?.role == "other")
    }

    @Test("a tensor of several positions says how one of them is named")
    func positions() throws {
        let file = try FixtureFile(folder["positions.h5"])
        try file.zeros("hidden_states", 4, 3, 2)
        try file.labels("labels", 4)
        let note = try file.dump().entry("/hidden_states")?.note ?? ""
        #expect(note.contains("needs a reduction") && note.contains("hidden_states[:, k]"))
    }

    // MARK: Rows in several datasets

    @Test("numbered parts are joined in the order of their numbers")
    func splitRows() throws {
        let file = try FixtureFile(folder["split.h5"])
        for part in 1...11 { try file.zeros("features_\(part)", part == 11 ? 1 : 2, 3) }
        let dump = try file.dump()
        #expect(dump.places == ["features: /features_1 … /features_11 (11)"])
        #expect(dump.entries.count == 1 && dump.entries[0].shape == [21, 3])
        #expect(dump.entries[0].note.contains("11 datasets"))
    }

    @Test("parts have labels as many as all their rows, or labels of their own")
    func splitLabels() throws {
        let file = try FixtureFile(folder["labels.h5"])
        for part in 0..<3 {
            try file.zeros("fc1/batch_\(part)", 2, 3)
            try file.zeros("fc2/batch_\(part)", 2, 4)
            try file.labels("labels_\(part)", 2)
        }
        let dump = try file.dump()
        #expect(dump.places == ["fc1: /fc1/batch_0 … /fc1/batch_2 (3)", "fc2: /fc2/batch_0 … /fc2/batch_2 (3)"])
        #expect(dump.labelSummary == "/labels_0 … /labels_2 (3)")

        let whole = try FixtureFile(folder["whole.h5"])
        for part in 0..<3 { try whole.zeros("act_\(part)", 2, 3) }
        try whole.labels("labels", 6)
        #expect(try whole.dump().places == ["act: /act_0 … /act_2 (3)"])
        #expect(try whole.dump().labelSummary == "/labels")
    }

    @Test("what is numbered and no part stays apart")
    func notSplit() throws {
        // Layers.
        let layers = try FixtureFile(folder["layers.h5"])
        for layer in 0..<3 { try layers.zeros("layer_\(layer)", 4, 3) }
        #expect(try layers.dump().layerNames == ["layer_0", "layer_1", "layer_2"])
        // Each as long as the labels.
        let features = try FixtureFile(folder["features.h5"])
        for layer in 1...2 { try features.zeros("features_\(layer)", 4, 3) }
        try features.labels("labels", 4)
        #expect(try features.dump().layerNames == ["features_1", "features_2"])
        // Of several widths, or with one missing.
        let widths = try FixtureFile(folder["widths.h5"])
        try widths.zeros("features_1", 4, 3)
        try widths.zeros("features_2", 4, 5)
        #expect(try widths.dump().layerNames.isEmpty)
        #expect(try widths.dump().entry("/features_1")?.note.contains("'/features_2' is 4 × 5") == true)
        let gap = try FixtureFile(folder["gap.h5"])
        for part in [1, 2, 4] { try gap.zeros("features_\(part)", 4, 3) }
        #expect(try gap.dump().layerNames.isEmpty)
        #expect(try gap.dump().entry("/features_4")?.note.contains("number 3 is missing") == true)
    }

    @Test("a group a sample: its label makes each dataset one sample")
    func samples() throws {
        let file = try FixtureFile(folder["samples.h5"])
        for sample in 0..<11 {
            try file.zeros("sample_\(sample)/fc1", 1, 3)
            try file.zeros("sample_\(sample)/fc2", 5)
            try file.zeros("sample_\(sample)/conv", 2, 4, 4)
            try file.integers("sample_\(sample)/label", [Int32(sample % 2)], shape: [])
        }
        let dump = try file.dump()
        #expect(
            dump.places == [
                "conv: /sample_0/conv … /sample_10/conv (11) one each",
                "fc1: /sample_0/fc1 … /sample_10/fc1 (11) one each",
                "fc2: /sample_0/fc2 … /sample_10/fc2 (11) one each",
            ])
        #expect(dump.labelSummary == "/sample_0/label … /sample_10/label (11)")
        #expect(dump.entries.map(\.shape) == [[11], [11, 2, 4, 4], [11, 3], [11, 5]])
    }

    @Test("a group a batch: rows are joined, and labels too")
    func batches() throws {
        let file = try FixtureFile(folder["batches.h5"])
        for (batch, count) in [3, 3, 2].enumerated() {
            try file.zeros("batch_\(batch)/acts/fc1", count, 4)
            try file.zeros("batch_\(batch)/acts/fc2", count, 2)
            try file.labels("batch_\(batch)/labels", count)
        }
        let dump = try file.dump()
        #expect(
            dump.places == [
                "fc1: /batch_0/acts/fc1 … /batch_2/acts/fc1 (3)", "fc2: /batch_0/acts/fc2 … /batch_2/acts/fc2 (3)",
            ])
        #expect(dump.labelSummary == "/batch_0/labels … /batch_2/labels (3)")
        #expect(dump.entries.map(\.shape) == [[8], [8, 4], [8, 2]])
        // Labels of all may lie beside the batches.
        let beside = try FixtureFile(folder["beside.h5"])
        for batch in 0..<2 { try beside.zeros("batch_\(batch)/fc1", 3, 4) }
        try beside.labels("labels", 6)
        #expect(try beside.dump().labelSummary == "/labels")
    }

    @Test("groups that are numbers alone are samples where that is certain")
    func numbers() throws {
        let file = try FixtureFile(folder["numbers.h5"])
        for sample in 0..<3 { try file.zeros("\(sample)/fc1", 1, 4) }
        #expect(try file.dump().places == ["fc1: /0/fc1 … /2/fc1 (3) one each"])
        // Matrices of several rows may be checkpoints, layers, anything.
        let open = try FixtureFile(folder["open.h5"])
        for sample in 0..<3 { try open.zeros("\(sample)/fc1", 4, 4) }
        try open.labels("labels", 4)
        #expect(try open.dump().layerNames == ["0/fc1", "1/fc1", "2/fc1"])
    }

    @Test("groups that do not fit together are not joined, and say why")
    func unjoined() throws {
        let file = try FixtureFile(folder["unjoined.h5"])
        for sample in 0..<3 {
            try file.zeros("image_\(sample)/same", 4)
            try file.zeros("image_\(sample)/widths", sample == 2 ? 5 : 4)
            try file.zeros("image_\(sample)/tokens", 7, 4)
            if sample != 1 { try file.zeros("image_\(sample)/some", 4) }
        }
        let dump = try file.dump()
        #expect(dump.layerNames == ["same"])
        #expect(dump.entry("/image_0/widths")?.note.contains("'/image_2/widths' is 5") == true)
        #expect(dump.entry("/image_0/some")?.note.contains("number 1 has none") == true)
        #expect(dump.entry("/image_0/tokens")?.note.contains("one sample or several") == true)
    }

    // MARK: Checkpoints

    private func epochs(_ name: String, _ paths: [String], labels: Bool = true) throws -> DumpFile {
        let file = try FixtureFile(folder[name])
        for path in paths { try file.zeros(path, 4, 3) }
        if labels { try file.labels("labels", 4) }
        return try file.dump()
    }

    @Test("checkpoints come in the order of their numbers, under the root or under layers")
    func checkpoints() throws {
        let expected = ["epochs/2/fc1", "epochs/10/fc1"]
        for (index, paths) in [
            ["epoch_10/fc1", "epoch_2/fc1"], ["epochs/10/fc1", "epochs/2/fc1"], ["step10/fc1", "step2/fc1"],
            ["checkpoint-10/activations/fc1", "checkpoint-2/activations/fc1"],
            ["10/activations/fc1", "2/activations/fc1"], ["fc1/epoch_10", "fc1/epoch_2"],
            ["layers/fc1/epoch_10/activations", "layers/fc1/epoch_2/activations"],
            ["activations/fc1/iter_10", "activations/fc1/iter_2"],
        ].enumerated() {
            #expect(try epochs("epochs\(index).h5", paths).layerNames == expected, "\(paths)")
        }
        let both = try epochs("both.h5", ["epoch_1/fc1", "step_1/fc1", "fc1"])
        #expect(both.layerNames == ["fc1", "epochs/epoch_1/fc1", "epochs/step_1/fc1"])
    }

    @Test("what training leaves beside activations is no layer")
    func statistics() throws {
        let dump = try epochs(
            "statistics.h5", ["0/activations/0", "0/gradmean/0", "0/gradstd/0", "0/weights_norm/0", "5/activations/0"])
        #expect(dump.layerNames == ["epochs/0/0", "epochs/5/0"])
        #expect(dump.entry("/0/gradmean/0")?.role == "other")
    }

    @Test("epochs without labels may be recordings and are not taken")
    func recordings() throws {
        let dump = try epochs("eeg.h5", ["epoch_1/data", "epoch_2/data"], labels: false)
        #expect(dump.layerNames.isEmpty)
        #expect(dump.entry("/epoch_1/data")?.note.contains("recording") == true)
        // Steps and groups of activations are training.
        #expect(try epochs("steps.h5", ["step_1/fc1", "step_2/fc1"], labels: false).layerNames.count == 2)
        #expect(
            try epochs("named.h5", ["epoch_1/activations/fc1", "epoch_2/activations/fc1"], labels: false)
                .layerNames.count == 2)
    }

    @Test("labels within the epochs are candidates: they need not be the same")
    func labelsOfEpochs() throws {
        let file = try FixtureFile(folder["inside.h5"])
        for epoch in 0..<2 {
            try file.zeros("epoch_\(epoch)/fc1", 4, 3)
            try file.labels("epoch_\(epoch)/labels", 4)
        }
        let dump = try file.dump()
        #expect(dump.layerNames == ["epochs/0/fc1", "epochs/1/fc1"])
        #expect(dump.labelCandidates == ["/epoch_0/labels", "/epoch_1/labels"])
    }
}
