// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

@Suite("Several files as one")
struct ShardedDumpTests {
    let folder = TemporaryFolder()

    /// A file with the rows `rows` of a layer of 3 neurons, and labels.
    private func shard(_ name: String, rows: Range<Int>, neurons: Int = 3, labels: [Int32]? = nil)
        throws(InfoLensError) -> DumpFile
    {
        let file = try FixtureFile(folder[name])
        let values = rows.flatMap { row in (0..<neurons).map { Float(row * 10 + $0) } }
        try file.floats("layers/a/activations", values, shape: [rows.count, neurons])
        try file.integers("labels", labels ?? rows.map { Int32($0 % 3) })
        return try file.dump()
    }

    private func joined(_ dumps: [DumpFile]) throws(InfoLensError) -> ShardedDump {
        try ShardedDump(dumps.map { ShardedDump.Shard(path: $0.file.path.text, contents: $0) })
    }

    @Test("files split by rows are the whole file, in any block size and budget")
    func equality() throws {
        let whole = try shard("whole.h5", rows: 0..<100)
        let expected = try whole.values("a")
        let cuts = [0, 1, 40, 99, 100]
        let parts = try zip(cuts, cuts.dropFirst()).map { try shard("part\($0).h5", rows: $0..<$1) }
        let dump = try joined(parts)
        #expect(dump.layerNames == ["a"])
        for memory in [1 << 20, 1 << 16] {
            for name in ["a", "/layers/a/activations"] {
                let matrix = try dump.matrix(layer: name, as: MatrixForm(.none), memory: memory)
                for block in [1, 7, 100] {
                    let isEqual = try values(of: matrix, block: block) == expected
                    #expect(isEqual, "\(name) \(memory) \(block)")
                }
            }
        }
        let labels = try #require(try dump.labels(path: nil))
        #expect(try labels.codes == whole.labels(path: nil)?.codes && labels.classes == .integers([0, 1, 2]))
        let entry = try #require(dump.entries.first { $0.role == "layer" })
        #expect(entry.shape == [100, 3] && entry.samples == 100 && entry.note.contains("rows of 4 files"))
        #expect(dump.entries.first { $0.role == "labels" }?.samples == 100)
    }

    @Test("classes are known by their numbers and names, whatever their codes in each file")
    func classes() throws {
        let dump = try joined([
            shard("a.h5", rows: 0..<2, labels: [7, 3]), shard("b.h5", rows: 2..<4, labels: [5, 7]),
        ])
        let labels = try #require(try dump.labels(path: nil))
        #expect(labels.codes == [2, 0, 1, 2] && labels.classes == .integers([3, 5, 7]))
        var merged = MergedLabels()
        try merged.append(Labels(codes: [0, -1], classes: .strings(["b"])), from: "x")
        try merged.append(Labels(codes: [1, 0], classes: .strings(["c", "a"])), from: "y")
        let texts = try #require(try merged.labels())
        #expect(texts.codes == [1, -1, 0, 2] && texts.classes == .strings(["a", "b", "c"]))
        let mixed = failure { () throws(InfoLensError) in
            try merged.append(Labels(codes: [0], classes: .integers([1])), from: "z")
        }
        #expect(mixed?.kind == .dtype && mixed?.description.contains("z") == true)
    }

    @Test("what the files do not share is an error that names the file")
    func refused() throws {
        let first = try shard("first.h5", rows: 0..<3)
        let wide = failure { () throws(InfoLensError) in
            try joined([first, shard("wide.h5", rows: 0..<3, neurons: 4)])
        }
        #expect(wide?.kind == .shape && wide?.description.contains("wide.h5") == true)
        let other = try FixtureFile(folder["other.h5"])
        try other.floats("layers/b/activations", [1, 2, 3], shape: [1, 3])
        let lacking = failure { () throws(InfoLensError) in try joined([first, other.dump()]) }
        #expect(lacking?.kind == .notFound && lacking?.description.contains("other.h5") == true)
        let unlabelled = try FixtureFile(folder["unlabelled.h5"])
        try unlabelled.floats("layers/a/activations", [1, 2, 3], shape: [1, 3])
        for dumps in [[first, try unlabelled.dump()], [try unlabelled.dump(), first]] {
            let error = failure { () throws(InfoLensError) in try joined(dumps).labels(path: nil) }
            #expect(error?.kind == .notFound && error?.description.contains("unlabelled.h5") == true)
        }
        #expect(failure { () throws(InfoLensError) in try ShardedDump([]) }?.kind == .argument)
        let unknown = failure { () throws(InfoLensError) in
            try joined([first, first]).matrix(layer: "nothing", as: MatrixForm(.none), memory: 1 << 20)
        }
        #expect(unknown?.kind == .notFound && unknown?.description.contains("first.h5") == true)
    }
}
