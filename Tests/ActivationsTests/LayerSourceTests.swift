// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

@Suite("Layers of other layouts")
struct LayerSourceTests {
    let folder = TemporaryFolder()

    private func source(_ dump: DumpFile, reduction: Reduction = .none) -> LayerSource {
        LayerSource(file: dump.file, binWidth: nil, name: "a", form: MatrixForm(reduction), memory: 1 << 20)
    }

    @Test("datasets of one sample, and of a few, are joined in their order")
    func joined() throws {
        let file = try FixtureFile(folder["joined.h5"])
        for index in 0..<50 {
            try file.floats("s\(index)/h", [Float(index), 1], shape: index % 2 == 0 ? [2] : [1, 2])
        }
        try file.floats("tail", [50, 1, 51, 1], shape: [2, 2])
        let dump = try file.dump()
        var places = (0..<50).map { DatasetPlace(path: BytePath("/s\($0)/h"), isOneSample: $0 % 2 == 0) }
        places.append(DatasetPlace(path: BytePath("/tail")))
        let expected: [Double] = (0..<52).flatMap { [Double($0), 1] }
        for count in [51, 3] {
            let some = Array(places[..<(count - 1)]) + [places[50]]
            let matrix = try source(dump).matrix(at: LayerPlace(name: "a", storage: .datasets(some)))
            let wanted: [Double] = Array(expected[..<(2 * count - 2)] + expected[100...])
            for block in [1, 5, 52] { #expect(try values(of: matrix, block: block) == wanted) }
            #expect(matrix.plan.storage == "rows of \(count) datasets: contiguous")
        }
        let picked = LayerPlace(name: "a", storage: .datasets(Array(places[..<2])), columns: [1])
        #expect(try values(of: source(dump).matrix(at: picked), block: 1) == [1, 1])
    }

    @Test("brackets name a position of axis 1, unless a dataset is literally called so")
    func positions() throws {
        let file = try FixtureFile(folder["positions.h5"])
        try file.floats("h", (0..<24).map { Float($0) }, shape: [2, 3, 4])
        try file.floats("flat", [1, 2, 3, 4], shape: [2, 2])
        try file.floats("conv", (0..<32).map { Float($0) }, shape: [2, 2, 2, 4])
        try file.floats("h[:, 1]", [7, 8], shape: [2, 1])
        let dump = try file.dump()
        #expect(try dump.values("h[:, 0]") == [0, 1, 2, 3, 12, 13, 14, 15])
        #expect(try dump.values("/h[:,2]") == [8, 9, 10, 11, 20, 21, 22, 23])
        #expect(try dump.values("h[:, -3]") == [0, 1, 2, 3, 12, 13, 14, 15])
        #expect(try dump.values("h[:, 1]") == [7, 8])
        #expect(try dump.values("flat[:, 1]") == [2, 4])
        #expect(try dump.values("conv[:, 1]", reduction: .flatten).count == 16)
        for (name, kind) in [
            ("h[:, 3]", InfoLensError.Kind.shape), ("h[:, -4]", .shape), ("h[:, 99999999999999999999]", .dtype),
            ("h[0]", .dtype), ("h[]", .notFound), ("[0]", .notFound), ("nothing[:, 0]", .notFound),
        ] {
            #expect(failure { () throws(InfoLensError) in try dump.values(name) }?.kind == kind, "\(name)")
        }
        let mean = failure { () throws(InfoLensError) in
            try dump.values("conv[:, 1]", reduction: .mean(channelAxis: 1))
        }
        #expect(mean?.kind == .shape)
    }

    @Test("a field of a table is a layer, whatever its numbers and the table's storage")
    func fields() throws {
        for (name, storage) in [
            ("c", FixtureStorage.contiguous), ("k", FixtureStorage(chunk: [3])),
            ("g", FixtureStorage(chunk: [3], shuffle: true, deflate: true)),
        ] {
            let file = try FixtureFile(folder["fields-\(name).h5"])
            try file.records(
                "t",
                [
                    FixtureField("index", (0..<7).map { Int64($0) }, type: chdf5_native_int64()),
                    FixtureField(
                        "values", arrays: (0..<7).map { [Float($0), 0.5] }, shape: [2], type: chdf5_native_float()),
                    FixtureField(
                        "deep", arrays: (0..<7).map { [Int16($0), 1, 2, 3] }, shape: [2, 2],
                        type: chdf5_std_integer(2, 1, 0)),
                ], storage: storage)
            let dump = try file.dump()
            for block in [1, 2, 7] {
                #expect(try dump.values("t[values]", block: block) == (0..<7).flatMap { [Double($0), 0.5] })
                #expect(try dump.values("/t[index]", block: block) == (0..<7).map(Double.init))
            }
            #expect(try dump.values("t[deep]", reduction: .flatten) == (0..<7).flatMap { [Double($0), 1, 2, 3] })
            let whole = failure { () throws(InfoLensError) in
                try source(dump).matrix(at: LayerPlace(name: "t", path: BytePath("/t")))
            }
            #expect(whole?.kind == .dtype)
            #expect(whole?.description.contains("index (int64), values (float32 [2]), deep (int16 [2, 2])") == true)
            let missing = failure { () throws(InfoLensError) in try dump.values("t[other]") }
            #expect(missing?.kind == .notFound && missing?.description.contains("index (int64)") == true)
            #expect(failure { () throws(InfoLensError) in try dump.values("t[deep]") }?.kind == .shape)
        }
    }

    @Test("a position of a dataset that declares far more than it holds is an error")
    func declared() throws {
        let file = try FixtureFile(folder["declared.h5"])
        try file.dataset(
            "h", [] as [Float], type: chdf5_native_float(), shape: [2, 2, 1 << 45],
            storage: FixtureStorage(chunk: [1, 1, 1 << 10]), writing: false)
        #expect(failure { () throws(InfoLensError) in try file.dump().values("h[:, 1]") }?.kind == .format)
    }

    @Test("arrays as elements are rows, and integers that float64 cannot hold are named by row and element")
    func arrays() throws {
        let file = try FixtureFile(folder["arrays.h5"])
        try file.arrays(
            "a", FixtureField("", arrays: [[1, 2], [3, 4]] as [[Float]], shape: [2], type: chdf5_native_float()))
        try file.arrays(
            "wide",
            FixtureField("", arrays: [[1, 2], [3, .max]] as [[Int64]], shape: [2], type: chdf5_native_int64()))
        let dump = try file.dump()
        #expect(try dump.values("a") == [1, 2, 3, 4])
        let error = failure { () throws(InfoLensError) in try dump.values("wide") }
        #expect(error?.kind == .numeric && error?.description.contains("row 1, element 1") == true)
    }
}
