// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

@Suite("Labels of other layouts")
struct LabelSourceTests {
    let folder = TemporaryFolder()

    private func source(_ dump: DumpFile, binWidth: Double? = nil) -> LabelSource {
        LabelSource(file: dump.file, binWidth: binWidth)
    }

    private func integers(_ file: FixtureFile, _ name: String, _ values: [Int8]) throws {
        try file.dataset(name, values, type: chdf5_std_integer(1, 1, 0), shape: [values.count])
    }

    @Test("categories keep the file's order, and -1 is a sample without a label")
    func categorical() throws {
        let file = try FixtureFile(folder["categorical.h5"])
        try integers(file, "l/codes", [1, -1, 0, 1, 0])
        try file.strings("l/categories", ["zebra", "ape", "unmet"].map { Array($0.utf8) }, size: nil)
        try file.dataset("numbers", [0.5, 2, 1] as [Double], type: chdf5_native_double(), shape: [3])
        try file.integers("whole", [30, 10, 20])
        try file.strings("twice", ["a", "b", "a"].map { Array($0.utf8) }, size: 1)
        try integers(file, "far", [0, 3])
        try integers(file, "low", [0, -2])
        let dump = try file.dump()
        func labels(_ codes: String, _ names: String) throws(InfoLensError) -> Labels {
            try source(dump).labels(at: .categorical(codes: BytePath(codes), names: BytePath(names)))
        }
        let found = try labels("/l/codes", "/l/categories")
        #expect(found.codes == [1, -1, 0, 1, 0] && found.classes == .strings(["zebra", "ape", "unmet"]))
        #expect(found.counts == [2, 2, 0] && found.missing == 1)
        #expect(try dump.labels(path: "/l")?.codes == found.codes)
        #expect(try labels("/l/codes", "/numbers").classes == .strings(["0.5", "2.0", "1.0"]))
        #expect(try labels("/l/codes", "/whole").classes == .integers([30, 10, 20]))
        for (codes, names) in [("/far", "/whole"), ("/low", "/whole"), ("/l/codes", "/twice")] {
            #expect(failure { () throws(InfoLensError) in try labels(codes, names) }?.kind == .format)
        }
        #expect(failure { () throws(InfoLensError) in try labels("/numbers", "/whole") }?.kind == .dtype)
    }

    @Test("a label a group, and batches of labels of any form, are joined by their names")
    func joined() throws {
        let file = try FixtureFile(folder["joined.h5"])
        for (index, label) in [5, 3, 5].enumerated() { try file.integers("s\(index)", [Int32(label)], shape: []) }
        try file.strings("t0", [Array("b".utf8)], size: nil, shape: [])
        try file.strings("t1", [Array("a".utf8)], size: 3, shape: [])
        try file.integers("v", [9, 3])
        try file.integers("h0", [0, 1, 0, 1, 0, 0], shape: [2, 3])
        try file.integers("h1", [0, 0, 1], shape: [1, 3])
        let dump = try file.dump()
        func labels(_ names: String...) throws(InfoLensError) -> Labels {
            try source(dump).labels(at: .joined(names.map { BytePath("/" + $0) }))
        }
        let numbers = try labels("s0", "s1", "s2", "v")
        #expect(numbers.codes == [1, 0, 1, 2, 0] && numbers.classes == .integers([3, 5, 9]))
        let texts = try labels("t0", "t1")
        #expect(texts.codes == [1, 0] && texts.classes == .strings(["a", "b"]))
        #expect(try labels("h0", "h1").codes == [1, 0, 2])
        #expect(failure { () throws(InfoLensError) in try labels("s0", "t0") }?.kind == .dtype)
    }

    @Test("a column, a transposed one-hot matrix and fields of a table are labels")
    func columnsAndFields() throws {
        let file = try FixtureFile(folder["columns.h5"])
        try file.integers("m", [1, 7, 2, 8, 1, 9], shape: [3, 2])
        try file.integers("hot", [1, 0, 0, 1, 0, 1, 1, 0], shape: [2, 4])
        try file.records(
            "t",
            [
                FixtureField("y", [4, 2, 4] as [Int64], type: chdf5_native_int64()),
                FixtureField(
                    "hot", arrays: [[0, 1], [1, 0], [0, 1]] as [[Float]], shape: [2], type: chdf5_native_float()),
            ], storage: FixtureStorage(chunk: [2], deflate: true))
        let dump = try file.dump()
        #expect(try source(dump).labels(at: .column(BytePath("/m"), field: nil, 1)).classes == .integers([7, 8, 9]))
        #expect(try dump.labels(path: "m[:, 0]")?.codes == [0, 1, 0])
        #expect(try source(dump).labels(at: .transposed(BytePath("/hot"))).codes == [0, 1, 1, 0])
        #expect(try dump.labels(path: "/t[y]")?.classes == .integers([2, 4]))
        #expect(try dump.labels(path: "t[hot]")?.codes == [1, 0, 1])
        #expect(try source(dump).labels(at: .column(BytePath("/t"), field: "hot", 1)).codes == [1, 0, 1])
        #expect(failure { () throws(InfoLensError) in try dump.labels(path: "t") }?.kind == .dtype)
        for place in [LabelPlace.column(BytePath("/m"), field: nil, 2), .column(BytePath("/t"), field: "hot", 2)] {
            #expect(failure { () throws(InfoLensError) in try source(dump).labels(at: place) }?.kind == .shape)
        }
    }

    @Test("trials label themselves, and the bins whose middle they hold")
    func trials() throws {
        let file = try FixtureFile(folder["trials.h5"])
        for (name, values) in [("starts", [0, 2]), ("stops", [1, 3]), ("times", [0.5, 2.5])] as [(String, [Double])] {
            try file.dataset(name, values, type: chdf5_native_double(), shape: [values.count])
        }
        try file.integers("ends", [2])
        try file.strings("label", ["go", "stop"].map { Array($0.utf8) }, size: nil)
        let dump = try file.dump()
        let place = LabelPlace.trials(
            BytePath("/label"),
            spikes: SpikePlace(
                times: BytePath("/times"), ends: BytePath("/ends"), starts: BytePath("/starts"),
                stops: BytePath("/stops")))
        #expect(try source(dump).labels(at: place).codes == [0, 1])
        let bins = try source(dump, binWidth: 0.5).labels(at: place)
        #expect(bins.codes == [0, 0, -1, -1, 1, 1] && bins.missing == 2)
    }

    // MARK: Samples without a label

    private func floats(_ values: [Double]) throws(InfoLensError) -> Labels {
        let file = try FixtureFile(folder["floats.h5"])
        try file.dataset("y", values, type: chdf5_native_double(), shape: [values.count])
        guard let labels = try file.dump().labels(path: "y") else { throw InfoLensError(.internal, "no labels") }
        return labels
    }

    @Test("missing labels are refused with their number, the first, and the ways out")
    func refused() throws {
        let labels = try floats([1, .nan, 2, .nan, 1])
        #expect(labels.codes == [0, -1, 1, -1, 0] && labels.classes == .integers([1, 2]))
        let error = failure { () throws(InfoLensError) in
            try LabelledSamples(labels: labels, condition: nil, missing: .refuse)
        }
        #expect(error?.kind == .numeric)
        for part in ["2 of 5", "row 1", "\"exclude\"", "\"class\""] {
            #expect(error?.description.contains(part) == true, "\(part)")
        }
    }

    @Test("samples without a label are left out of labels, condition and layers")
    func excluded() throws {
        let labels = try floats([1, .nan, 2, 5, 1])
        let condition = Labels(codes: [0, 0, -1, 1, 1], classes: .strings(["a", "b"]))
        let samples = try LabelledSamples(labels: labels, condition: condition, missing: .exclude)
        #expect(samples.rows == [0, 3, 4])
        #expect(samples.labels?.codes == [0, 2, 0] && samples.condition?.codes == [0, 1, 1])
        let matrix = PlannedMemory((0..<10).map(Double.init), neurons: 2)
        for block in 1...3 {
            #expect(try values(of: samples.samples(of: matrix), block: block) == [0, 1, 6, 7, 8, 9])
        }
        let short = PlannedMemory([1, 2, 3], neurons: 1)
        #expect(failure { () throws(InfoLensError) in try samples.samples(of: short) }?.kind == .shape)
        let few = failure { () throws(InfoLensError) in
            try LabelledSamples(labels: floats([1, .nan, .nan]), condition: nil, missing: .exclude)
        }
        #expect(few?.kind == .shape)
    }

    @Test("missing labels can be a class of their own, the last, by a name that is free")
    func ownClass() throws {
        let labels = try floats([7, .nan, 2])
        let found = try LabelledSamples(labels: labels, condition: nil, missing: .ownClass).labels
        #expect(found?.codes == [1, 2, 0] && found?.classes == .strings(["2", "7", "missing"]))
        let taken = Labels(codes: [0, -1], classes: .strings(["missing"]))
        let other = try LabelledSamples(labels: taken, condition: nil, missing: .ownClass).labels
        #expect(other?.codes == [0, 1] && other?.classes == .strings(["missing", "no missing"]))
        let whole = try LabelledSamples(labels: floats([1, 2]), condition: nil, missing: .ownClass).labels
        #expect(whole?.classes == .integers([1, 2]))
    }

    @Test("-1 among classes from 0 on means missing where the caller says what that is, and is a class otherwise")
    func minusOne() throws {
        let labels = try floats([-1, 0, 3, -1])
        #expect(try LabelledSamples(labels: labels, condition: nil, missing: .refuse).labels?.counts == [2, 1, 1])
        let left = try LabelledSamples(labels: labels, condition: nil, missing: .exclude)
        #expect(left.rows == [1, 2] && left.labels?.classes == .integers([0, 3]))
        let named = try LabelledSamples(labels: labels, condition: nil, missing: .ownClass).labels
        #expect(named?.classes == .strings(["0", "3", "missing"]) && named?.codes == [2, 0, 1, 2])
        let signed = try LabelledSamples(labels: floats([-1, 1, -2]), condition: nil, missing: .exclude)
        #expect(signed.rows == nil && signed.labels?.classes == .integers([-2, -1, 1]))
    }
}
