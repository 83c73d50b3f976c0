// SPDX-License-Identifier: Apache-2.0
import CHDF5
import CNumerics
import Glibc
import Kernels
import Testing

@testable import Activations

@Suite("Reading of datasets, straight from the file where that can be")
struct ReadingTests {
    let folder = TemporaryFolder()

    /// A file whose writer has closed it, as most are: only then are chunks read from the file itself.
    private func closed(_ name: String, _ write: (FixtureFile) throws -> Void) throws -> DumpFile {
        do { try write(FixtureFile(folder[name])) }
        return try DumpFile(path: folder[name])
    }

    private func matrix(
        _ dump: DumpFile, _ place: DatasetPlace, _ form: MatrixForm = MatrixForm(.none)
    ) throws(InfoLensError) -> HDF5Matrix {
        try HDF5Matrix(name: "act", file: dump.file, place: place, form: form, memory: 1 << 20)
    }

    @Test("every storage of a closed file gives the same values", arguments: StorageTests.storages.indices)
    func storage(index: Int) throws {
        let (name, storage) = StorageTests.storages[index]
        var numbers = Numbers(seed: 4)
        let data = numbers.floats(50 * 12)
        var fitting = storage
        if let chunk = storage.chunk, chunk[0] > 50 { fitting.chunk = [50, 12] }
        let dump = try closed("\(index).h5") {
            try $0.floats("act", data.map(Float.init), shape: [50, 12], storage: fitting)
        }
        for block in [1, 3, 16, 50] { #expect(try dump.values("act", block: block) == data, "\(name), \(block) rows") }
        let plan = try dump.matrix(layer: "act", reduction: .none, memory: 1 << 20).plan
        #expect(plan.path == (storage.isCompact ? .library : storage.chunk == nil ? .blocks : .chunks))
        // That edges are left unfiltered can only be said in the newer layout, with its newer index.
        #expect(plan.reason.isEmpty != (storage.isCompact || storage.leavesEdgesUnfiltered))
        #expect(plan.conversion == "none" && plan.bytes == 50 * 12 * 4)
    }

    @Test("samples along the last axis", arguments: StorageTests.storages.indices)
    func samplesAreLast(index: Int) throws {
        var storage = StorageTests.storages[index].storage
        if let chunk = storage.chunk { storage.chunk = [min(chunk[1], 12), min(chunk[0], 50)] }
        var numbers = Numbers(seed: 6)
        let data = numbers.floats(12 * 50)
        let dump = try closed("last\(index).h5") {
            try $0.floats("act", data.map(Float.init), shape: [12, 50], storage: storage)
        }
        let matrix = try matrix(dump, DatasetPlace(path: BytePath("/act"), samplesAreLast: true))
        #expect(matrix.samples == 50 && matrix.neurons == 12)
        let expected = (0..<50).flatMap { sample in (0..<12).map { data[$0 * 50 + sample] } }
        for block in [1, 7, 50] { #expect(try values(of: matrix, block: block) == expected) }
    }

    @Test("arrays of MATLAB: reversed axes, channels counted as MATLAB shows them")
    func reversedAxes() throws {
        // A(n, c, x) of MATLAB, N = 4, C = 3, X = 2, is stored as [x][c][n].
        let (samples, channels, width) = (4, 3, 2)
        func value(_ n: Int, _ c: Int, _ x: Int) -> Float { Float(100 * n + 10 * c + x) }
        let stored = (0..<width).flatMap { x in
            (0..<channels).flatMap { c in (0..<samples).map { value($0, c, x) } }
        }
        let dump = try closed("matlab.h5") {
            try $0.floats(
                "act", stored, shape: [width, channels, samples],
                storage: FixtureStorage(chunk: [1, 2, 3], deflate: true))
        }
        let place = DatasetPlace(path: BytePath("/act"), samplesAreLast: true)
        let means = try matrix(dump, place, MatrixForm(.mean(channelAxis: 1)))
        var expected: [Double] = []
        for n in 0..<samples { for c in 0..<channels { expected.append(Double(100 * n + 10 * c) + 0.5) } }
        #expect(try values(of: means, block: 3) == expected)
        let last = try matrix(dump, place, MatrixForm(.max(channelAxis: -1)))
        var maxima: [Double] = []
        for n in 0..<samples { maxima += [Double(100 * n + 20), Double(100 * n + 21)] }
        #expect(try values(of: last, block: 2) == maxima)
        #expect(throws: InfoLensError.self) { try matrix(dump, place) }
    }

    @Test("a dataset that is one sample, and bfloat16 kept as uint16")
    func places() throws {
        let bits = [1.5, -2, 0, 3.25].map { UInt16(truncatingIfNeeded: Float($0).bitPattern >> 16) }
        let dump = try closed("places.h5") {
            try $0.floats("one", [1, 2, 3, 4, 5], shape: [5], storage: FixtureStorage(chunk: [2]))
            try $0.floats("row", [1, 2, 3], shape: [1, 3])
            try $0.dataset("bits", bits, type: chdf5_std_integer(2, 0, 0), shape: [2, 2])
        }
        for (name, neurons) in [("one", 5), ("row", 3)] {
            let place = DatasetPlace(path: BytePath("/\(name)"), isOneSample: true)
            let part = try matrix(dump, place)
            #expect(part.samples == 1 && part.neurons == neurons)
            #expect(try values(of: part, block: 1) == (1...neurons).map(Double.init))
        }
        let halves = try matrix(dump, DatasetPlace(path: BytePath("/bits"), dtype: .bfloat16))
        #expect(try values(of: halves, block: 1) == [1.5, -2, 0, 3.25])
        #expect(halves.plan.dtype == "bfloat16" && halves.plan.conversion == "bfloat16 to float32")
    }

    @Test("chunks that were never written are refused, unless the caller takes zeros")
    func missingChunks() throws {
        let path = folder["cut.h5"]
        for (index, filtered) in [false, true].enumerated() {
            let name = "act\(index)"
            do {
                let file = try FixtureFile(path)
                try file.dataset(
                    name, [] as [Float], type: chdf5_ieee_f32(0), shape: [6, 2],
                    storage: FixtureStorage(chunk: [2, 2], shuffle: filtered), writing: false)
                let chunk: [Float] = [1, 2, 3, 4]
                // As if the shuffle filter were skipped.
                try file.writeChunk(name, offset: [2, 0], mask: filtered ? 1 : 0, chunk.withUnsafeBytes { Array($0) })
            }
            let dump = try DumpFile(path: path)
            let error = failure { () throws(InfoLensError) in try dump.values(name) }
            #expect(
                error?.kind == .format && error?.description.contains("2 of its 3 chunks were never written") == true)
            var options = OpeningOptions()
            options.allowsMissing = true
            let trusting = try DumpFile(path: Array(path.utf8CString), options: options)
            for block in [1, 3, 6] {
                #expect(try trusting.values(name, block: block) == [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0])
            }
        }
    }

    @Test("a truncated file is an error of the chunk that is cut off, also when it is cut while it is open")
    func truncated() throws {
        var numbers = Numbers(seed: 8)
        let data = numbers.floats(4096 * 4)
        let dump = try closed("cut.h5") {
            try $0.floats(
                "act", data.map(Float.init), shape: [4096, 4], storage: FixtureStorage(chunk: [64, 4], shuffle: true))
        }
        let matrix = try matrix(dump, DatasetPlace(path: BytePath("/act")))
        #expect(truncate(folder["cut.h5"], 40_000) == 0)
        let error = failure { () throws(InfoLensError) in try values(of: matrix, block: 512) }
        #expect(error?.kind == .format && error?.description.contains("truncated") == true)
    }

    @Test("integers beyond 2^53 are refused by row and element, wherever they are")
    func inexact() throws {
        var integers = (0..<60).map { Int64($0) }
        integers[37] = 1 << 53 + 1
        let storages: [FixtureStorage] = [.contiguous, FixtureStorage(chunk: [7, 2], deflate: true)]
        for (index, storage) in storages.enumerated() {
            let dump = try closed("wide\(index).h5") {
                try $0.dataset("act", integers, type: chdf5_native_int64(), shape: [20, 3], storage: storage)
            }
            let rows = try matrix(dump, DatasetPlace(path: BytePath("/act")))
            let columns = try matrix(dump, DatasetPlace(path: BytePath("/act"), samplesAreLast: true))
            for block in [1, 5, 20] {
                let error = failure { () throws(InfoLensError) in try values(of: rows, block: block) }
                #expect(error?.kind == .numeric && error?.description.contains("row 12, element 1") == true)
            }
            for block in [1, 2, 3] {
                let error = failure { () throws(InfoLensError) in try values(of: columns, block: block) }
                #expect(error?.kind == .numeric && error?.description.contains("row 1, element 12") == true)
            }
        }
    }

    @Test("lzf: literals, copies, copies of themselves; damage is found")
    func lzf() {
        func expand(_ source: [UInt8], room: Int = 64) -> [UInt8]? {
            var target = [UInt8](repeating: 0, count: room)
            let count = source.withUnsafeBytes { source in
                target.withUnsafeMutableBytes { LZF.expand(source, into: $0) }
            }
            return count.map { Array(target[..<$0]) }
        }
        let text = Array("abc".utf8)
        #expect(expand([2] + text) == text)
        // Three back, four long; one back, 2 + 7 + 5 long.
        #expect(expand([2] + text + [2 << 5, 2]) == Array("abcabca".utf8))
        #expect(expand([0, 120, 7 << 5, 5, 0]) == [UInt8](repeating: 120, count: 15))
        #expect(expand([]) == [])
        #expect(expand([2, 97]) == nil)
        #expect(expand([0, 97, 1 << 5]) == nil)
        #expect(expand([0, 97, 7 << 5]) == nil)
        #expect(expand([0, 97, 1 << 5, 1]) == nil)
        #expect(expand([2] + text, room: 2) == nil)
        #expect(expand([0, 120, 7 << 5, 5, 0], room: 14) == nil)
    }

    @Test("Fletcher's checksum of any number of bytes is that of its definition")
    func fletcher() {
        var numbers = Numbers(seed: 9)
        for count in [0, 1, 2, 3, 63, 64, 65, 127, 128, 4096, 16384, 16385, 20_001, 70_000] {
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
            let (ones, zeros) = ([UInt8](repeating: 255, count: count), [UInt8](repeating: 0, count: count))
            for bytes in [bytes, ones, zeros] {
                var low: UInt64 = 0
                var high: UInt64 = 0
                for index in stride(from: 0, to: count, by: 2) {
                    let second = index + 1 < count ? UInt64(bytes[index + 1]) : 0
                    low += UInt64(bytes[index]) << 8 | second
                    high += low
                }
                func folded(_ sum: UInt64) -> UInt32 { sum == 0 ? 0 : UInt32((sum - 1) % 65535 + 1) }
                #expect(cn_fletcher32(bytes, Int64(count)) == folded(high) << 16 | folded(low), "\(count) bytes")
            }
        }
    }
}
