// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

@Suite("Storage of datasets")
struct StorageTests {
    let folder = TemporaryFolder()

    static let storages: [(name: String, storage: FixtureStorage)] = [
        ("contiguous", .contiguous),
        ("compact", FixtureStorage(isCompact: true)),
        ("chunks", FixtureStorage(chunk: [16, 5])),
        ("whole rows", FixtureStorage(chunk: [8, 12])),
        ("one chunk", FixtureStorage(chunk: [100, 12])),
        ("columns", FixtureStorage(chunk: [50, 1])),
        ("gzip", FixtureStorage(chunk: [16, 5], deflate: true)),
        ("shuffle, gzip", FixtureStorage(chunk: [16, 5], shuffle: true, deflate: true)),
        ("fletcher32", FixtureStorage(chunk: [7, 7], fletcher32: true)),
        ("all filters", FixtureStorage(chunk: [33, 4], shuffle: true, deflate: true, fletcher32: true)),
        (
            "edges unfiltered",
            FixtureStorage(chunk: [16, 5], shuffle: true, deflate: true, leavesEdgesUnfiltered: true)
        ),
    ]

    @Test("every storage and block size gives the same values", arguments: storages.indices)
    func storage(index: Int) throws {
        let (name, storage) = Self.storages[index]
        var numbers = Numbers(seed: 4)
        let data = numbers.floats(50 * 12)
        let file = try FixtureFile(folder["\(index).h5"])
        var fitting = storage
        if let chunk = storage.chunk, chunk[0] > 50 { fitting.chunk = [50, 12] }
        try file.floats("act", data.map(Float.init), shape: [50, 12], storage: fitting)
        let dump = try file.dump()
        for block in [1, 3, 16, 50] { #expect(try dump.values("act", block: block) == data, "\(name), \(block) rows") }
    }

    @Test(
        "higher ranks in chunks are flattened and reduced like arrays",
        arguments: [[4, 2, 3, 2], [3, 4, 5, 6], [9, 1, 5, 6]])
    func ranks(chunk: [Int]) throws {
        var numbers = Numbers(seed: 5)
        let shape = [9, 4, 5, 6]
        let data = numbers.floats(shape.reduce(1, *))
        let file = try FixtureFile(folder["ranks.h5"])
        try file.floats("act", data.map(Float.init), shape: shape, storage: FixtureStorage(chunk: chunk, deflate: true))
        let dump = try file.dump()
        let owned = OwnedArray(data.map(Float.init))
        for reduction in [Reduction.flatten, .mean(channelAxis: 1), .mean(channelAxis: -1), .max(channelAxis: 2)] {
            let array = try ArrayMatrix(name: "a", array: owned.array(.float32, shape), reduction: reduction)
            for block in [1, 4, 9] {
                #expect(try dump.values("act", block: block, reduction: reduction) == values(of: array, block: 9))
            }
        }
        #expect(failure { () throws(InfoLensError) in try dump.values("act") }?.kind == .shape)
    }

    @Test("integers of every size, sign and byte order", arguments: [1, 2, 4, 8], [true, false])
    func integers(size: Int, isSigned: Bool) throws {
        let file = try FixtureFile(folder["integers.h5"])
        let values: [Int64] = isSigned ? [-128, -1, 0, 1, 2, 127] : [0, 1, 2, 3, 200, 255]
        for big in [false, true] {
            let bytes = values.flatMap { value -> [UInt8] in
                let little = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) }
                return big ? little.reversed() : little
            }
            let name = big ? "big" : "little"
            let storage = FixtureStorage(chunk: big ? [2, 2] : nil)
            let type = chdf5_std_integer(size, isSigned ? 1 : 0, big ? 1 : 0)
            try file.dataset(name, bytes, type: type, shape: [3, 2], storage: storage)
            try file.dataset("\(name)_labels", bytes, type: type, shape: [6])
        }
        let dump = try file.dump()
        for name in ["little", "big"] {
            #expect(try dump.values(name, block: 2) == values.map(Double.init))
            let labels = try dump.labels(path: "\(name)_labels")
            #expect(labels?.codes == [0, 1, 2, 3, 4, 5] && labels?.classes == .integers(values))
        }
        let element = try dump.matrix(layer: "little", reduction: .none, memory: 1 << 20).element
        #expect(element == (size <= 2 ? .float32 : .float64))
    }

    @Test("big-endian floats, float16 and numbers that only HDF5 can decode")
    func floats() throws {
        let file = try FixtureFile(folder["floats.h5"])
        let values: [Double] = [1.5, -2, 0, 1024]
        try file.dataset("f32", values.map { Float($0).bitPattern.bigEndian }, type: chdf5_ieee_f32(1), shape: [2, 2])
        try file.dataset("f64", values.map { $0.bitPattern.bigEndian }, type: chdf5_ieee_f64(1), shape: [2, 2])
        let half = try HDF5.locked { () throws(InfoLensError) in
            let type = try HDF5ID(H5Tcopy(chdf5_ieee_f32(0)), "type")
            H5Tset_fields(type.raw, 15, 10, 5, 0, 10)
            H5Tset_ebias(type.raw, 15)
            H5Tset_size(type.raw, 2)
            return type
        }
        try file.dataset("f16", values.map { Float16($0).bitPattern }, type: half.raw, shape: [2, 2])
        let odd = try HDF5.locked { () throws(InfoLensError) in
            let type = try HDF5ID(H5Tcopy(chdf5_std_integer(4, 1, 0)), "type")
            H5Tset_precision(type.raw, 20)
            return type
        }
        try file.dataset("i20", [1, 2, 0, 1024] as [Int32], type: odd.raw, shape: [2, 2])
        let dump = try file.dump()
        #expect(Set(dump.entries.map(\.dtype)) == ["float32", "float64", "float16", "integer of 20 bits"])
        for name in ["f32", "f64", "f16"] { #expect(try dump.values(name, block: 1) == values, "\(name)") }
        #expect(try dump.values("i20") == [1, 2, 0, 1024])
    }

    @Test("chunks that were never written hold the fill value")
    func missingChunks() throws {
        let file = try FixtureFile(folder["missing.h5"])
        let storage = FixtureStorage(chunk: [2, 3], fill: 7)
        try file.dataset(
            "act", [] as [Float], type: chdf5_ieee_f32(0), shape: [5, 3], storage: storage, writing: false)
        let unwritten = try file.dump()
        #expect(failure { () throws(InfoLensError) in try unwritten.values("act") }?.kind == .format)
        let chunk: [Float] = [1, 2, 3, 4, 5, 6]
        try file.writeChunk("act", offset: [2, 0], chunk.withUnsafeBytes { Array($0) })
        let expected: [Double] = [7, 7, 7, 7, 7, 7, 1, 2, 3, 4, 5, 6, 7, 7, 7]
        for block in [1, 2, 5] { #expect(try file.dump().values("act", block: block) == expected) }
    }

    @Test("a chunk whose size is not the declared one is corrupt, whatever its filters say")
    func wrongChunkSize() throws {
        let file = try FixtureFile(folder["sizes.h5"])
        for (name, storage) in [
            ("plain", FixtureStorage(chunk: [4, 2])), ("filtered", FixtureStorage(chunk: [4, 2], shuffle: true)),
        ] {
            for bytes in [31, 33, 4096] {
                let dataset = "\(name)_\(bytes)"
                try file.dataset(
                    dataset, [] as [Float], type: chdf5_ieee_f32(0), shape: [4, 2], storage: storage, writing: false)
                try file.writeChunk(dataset, offset: [0, 0], [UInt8](repeating: 0, count: bytes))
                let dump = try file.dump()
                #expect(failure { () throws(InfoLensError) in try dump.values(dataset) }?.kind == .format, "\(dataset)")
            }
        }
    }

    @Test("a chunk larger than the budget is refused with both numbers")
    func chunkBudget() throws {
        let file = try FixtureFile(folder["budget.h5"])
        let data = [Float](repeating: 1, count: 1 << 16)
        try file.floats(
            "act", data, shape: [1 << 8, 1 << 8], storage: FixtureStorage(chunk: [1 << 8, 1 << 8], deflate: true))
        let dump = try file.dump()
        let error = failure { () throws(InfoLensError) in
            try dump.matrix(layer: "act", reduction: .none, memory: 1 << 18)
        }
        #expect(error?.kind == .memory)
        #expect(error?.description.contains("262144") == true)
    }

    @Test("empty and never written datasets are refused, and layers of a single sample where they are measured")
    func emptiness() throws {
        let file = try FixtureFile(folder["empty.h5"])
        try file.floats("rows", [], shape: [0, 4])
        try file.floats("columns", [], shape: [4, 0])
        try file.floats("one", [1, 2], shape: [1, 2])
        try file.dataset("unwritten", [] as [Float], type: chdf5_ieee_f32(0), shape: [4, 4], writing: false)
        let dump = try file.dump()
        func kind(_ name: String) -> InfoLensError.Kind? {
            failure { () throws(InfoLensError) in try dump.values(name) }?.kind
        }
        #expect(kind("rows") == .shape)
        #expect(kind("columns") == .shape)
        #expect(kind("one") == nil)
        let measured = failure { () throws(InfoLensError) in
            try LabelledSamples(labels: nil, condition: nil, missing: .refuse)
                .samples(of: dump.matrix(layer: "one", reduction: .none, memory: 1 << 20))
        }
        #expect(measured?.kind == .shape)
        #expect(kind("unwritten") == .format)
    }
}
