// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels
import Testing

@testable import Activations

@Suite("Labels in files")
struct StoredLabelsTests {
    let folder = TemporaryFolder()

    private static let words = ["zebra", "ant", "", "ant", "é"].map { Array($0.utf8) }

    @Test(
        "strings of fixed and variable length are classes in the order of their bytes", arguments: [8, nil],
        [[5], [5, 1], [1, 5]])
    func strings(size: Int?, shape: [Int]) throws {
        let file = try FixtureFile(folder["strings.h5"])
        try file.strings("labels", Self.words, size: size, shape: shape)
        let labels = try #require(try file.dump().labels(path: nil))
        #expect(labels.codes == [2, 1, 0, 1, 3])
        #expect(labels.classes == .strings(["", "ant", "zebra", "é"]) && labels.counts == [1, 2, 1, 1])
    }

    @Test("strings in chunks, as resizable datasets have them", arguments: [8, nil], [false, true])
    func chunkedStrings(size: Int?, deflate: Bool) throws {
        let file = try FixtureFile(folder["chunked.h5"])
        try file.strings("labels", Self.words, size: size, storage: FixtureStorage(chunk: [2], deflate: deflate))
        let labels = try #require(try file.dump().labels(path: nil))
        #expect(labels.codes == [2, 1, 0, 1, 3])
    }

    @Test("strings that are not UTF-8 stay distinct classes")
    func bytes() throws {
        let file = try FixtureFile(folder["bytes.h5"])
        try file.strings("labels", [[0xFF], [0xFE], [0xFF]], size: 2)
        let labels = try #require(try file.dump().labels(path: nil))
        #expect(labels.codes == [1, 0, 1])
        #expect(labels.classes == .strings(["\u{FFFD}", "\u{FFFD}"]))
    }

    @Test("more strings than are read at a time")
    func manyStrings() throws {
        let file = try FixtureFile(folder["many.h5"])
        let texts = (0..<10_000).map { Array("class \($0 % 7)".utf8) }
        try file.strings("labels", texts, size: nil)
        let labels = try #require(try file.dump().labels(path: nil))
        #expect(labels.codes == (0..<10_000).map { Int32($0 % 7) })
    }

    @Test("strings whose heap was damaged are an error", arguments: [nil, [2]], [0, 1, 2, 3])
    func damagedHeap(chunk: [Int]?, part: Int) throws {
        let path = folder["heap.h5"]
        do {
            let file = try FixtureFile(path)
            try file.strings("labels", Self.words, size: nil, storage: FixtureStorage(chunk: chunk))
        }
        let stream = fopen(path, "r+")
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, stream))
        let signature = Array("GCOL".utf8)
        let heap = try #require(bytes.indices.first { bytes[$0...].starts(with: signature) })
        // The signature; the collection's size; the first object's index and size.
        let place = heap + [0, 8, 16, 24][part]
        let damage: [UInt8] = part == 3 ? [1, 0] : [0xFF, 0xFF, 0xFF, 0x7F, 0, 0]
        fseek(stream, place, SEEK_SET)
        fwrite(damage, 1, part == 2 ? 2 : damage.count, stream)
        fclose(stream)
        let dump = try DumpFile(path: path)
        #expect(failure { () throws(InfoLensError) in try dump.labels(path: nil) }?.kind == .format)
    }

    @Test("long strings are read a few at a time, and none without bound", arguments: [false, true])
    func longStrings(isCompact: Bool) throws {
        // Compact data only HDF5 can reach.
        let storage = FixtureStorage(isCompact: isCompact)
        let file = try FixtureFile(folder["long.h5"])
        // Together far beyond what is read at a time.
        let long = (0..<24).map { [UInt8](repeating: UInt8(65 + $0 % 3), count: ($0 % 2 + 1) << 18) }
        try file.strings("labels", long + [[65], []], size: nil, storage: storage)
        try file.strings("endless", [[65], [UInt8](repeating: 65, count: 5 << 20)], size: nil, storage: storage)
        let dump = try file.dump()
        let labels = try #require(try dump.labels(path: nil))
        #expect(labels.counts == [1, 1] + [Int](repeating: 4, count: 6))
        #expect(labels.codes.suffix(2) == [1, 0])
        #expect(failure { () throws(InfoLensError) in try dump.labels(path: "endless") }?.kind == .dtype)
    }

    @Test("a table of strings is no set of labels")
    func stringTable() throws {
        let file = try FixtureFile(folder["table.h5"])
        try file.strings("labels", [[65], [66], [67], [68]], size: 1, shape: [2, 2])
        let dump = try file.dump()
        #expect(failure { () throws(InfoLensError) in try dump.labels(path: nil) }?.kind == .shape)
    }

    @Test("one-hot rows, columns, rows and floats, read in several pieces")
    func numbers() throws {
        let file = try FixtureFile(folder["numbers.h5"])
        let count = 300_000
        let codes = (0..<count).map { Int32($0 % 3) }
        let hot = codes.flatMap { code -> [Float] in (0..<3).map { $0 == code ? 1 : 0 } }
        try file.floats("onehot", hot, shape: [count, 3], storage: FixtureStorage(chunk: [10_000, 3], deflate: true))
        try file.floats("floats", codes.map(Float.init), shape: [1, count])
        try file.integers("column", codes, shape: [count, 1])
        let dump = try file.dump()
        for name in ["onehot", "floats", "column"] {
            let labels = try #require(try dump.labels(path: name))
            #expect(labels.codes == codes && labels.classes == .integers([0, 1, 2]), "\(name)")
        }
    }

    @Test("a bad row is named by its number within the whole dataset")
    func badRow() throws {
        let file = try FixtureFile(folder["bad.h5"])
        var values = [Double](repeating: 1, count: 700_000)
        values[650_001] = 1.5
        try file.dataset("labels", values, type: chdf5_ieee_f64(0), shape: [values.count])
        let dump = try file.dump()
        let error = failure { () throws(InfoLensError) in try dump.labels(path: nil) }
        #expect(error?.kind == .numeric)
        #expect(error?.description.contains("row 650001 ") == true)
    }
}
