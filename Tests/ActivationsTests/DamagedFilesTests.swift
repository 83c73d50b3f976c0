// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels
import Testing

@testable import Activations

/// A whole file as bytes.
private func contents(of path: String) -> [UInt8] {
    let stream = fopen(path, "r")
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, stream))
    return bytes
}

private func write(_ bytes: [UInt8], to path: String) {
    let stream = fopen(path, "w")
    fwrite(bytes, 1, bytes.count, stream)
    fclose(stream)
}

extension [UInt8] {
    /// Where the only occurrence of `pattern` begins.
    fileprivate func place(of pattern: [UInt8]) -> Int? {
        let places = indices.filter { self[$0...].starts(with: pattern) }
        return places.count == 1 ? places.first : nil
    }
}

/// Damage that libhdf5 1.10 does not notice, each found by fuzzing.
@Suite("Damaged files")
struct DamagedFilesTests {
    let folder = TemporaryFolder()

    @Test("a float whose parts lie beside its element is refused", arguments: [(12, 27), (13, 30), (14, 12), (15, 60)])
    func floatParts(byte: Int, value: UInt8) throws {
        let path = folder["float.h5"]
        try { () throws(InfoLensError) in
            try FixtureFile(path).floats("act", [1, 2, 3, 4], shape: [2, 2])
        }()
        var bytes = contents(of: path)
        // A datatype message: float of version 1, four bytes; then first bit, precision, and the places and sizes of
        // exponent and mantissa.
        let start = try #require(bytes.place(of: [0x11, 0x20, 0x1F, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23]))
        bytes[start + byte] = value
        write(bytes, to: path)
        let error = failure { () throws(InfoLensError) in try DumpFile(path: path).values("act") }
        #expect(error?.kind == .dtype && error?.description.contains("parts") == true, "\(error?.description ?? "")")
    }

    @Test("an index of chunks in another order, or in no order, is refused")
    func chunkOrder() throws {
        let path = folder["chunks.h5"]
        try { () throws(InfoLensError) in
            try FixtureFile(path).floats(
                "act", (0..<12).map { Float($0) }, shape: [6, 2], storage: FixtureStorage(chunk: [2, 2]))
        }()
        let whole = contents(of: path)
        #expect(try DumpFile(path: path).values("act").count == 12)
        // Behind the node's head of 24 bytes a key of 32 and an address of 8 for each chunk.
        let node = try #require(whole.place(of: Array("TREE".utf8) + [1, 0, 3, 0]))
        func refused(_ change: (inout [UInt8]) -> Void) -> Bool {
            var bytes = whole
            change(&bytes)
            write(bytes, to: path)
            let error = failure { () throws(InfoLensError) in try DumpFile(path: path).values("act") }
            return error?.kind == .format
        }
        let (first, second) = (node + 24, node + 64)
        #expect(refused { bytes in for place in 0..<40 { bytes.swapAt(first + place, second + place) } })
        #expect(refused { bytes in bytes.replaceSubrange(second..<second + 40, with: bytes[first..<first + 40]) })
        #expect(refused { $0[first + 24] = 1 })
        #expect(refused { $0[first + 8] = 1 })
    }

    @Test("a tree of chunks that leads to itself ends")
    func chunkCycle() throws {
        let path = folder["cycle.h5"]
        try { () throws(InfoLensError) in
            try FixtureFile(path).floats(
                "act", [Float](repeating: 1, count: 400), shape: [200, 2], storage: FixtureStorage(chunk: [1, 2]))
        }()
        var bytes = contents(of: path)
        let nodes = bytes.indices.filter { bytes[$0...].starts(with: Array("TREE".utf8) + [1]) }
        #expect(nodes.count > 2)
        let root = try #require(nodes.first { bytes[$0 + 5] > 0 })
        let leaf = try #require(nodes.first { bytes[$0 + 5] == 0 })
        // All children of the root are one leaf.
        for child in 0..<Int(bytes[root + 6]) {
            let place = root + 24 + 40 * child + 32
            for byte in 0..<8 { bytes[place + byte] = UInt8(truncatingIfNeeded: leaf >> (8 * byte)) }
        }
        write(bytes, to: path)
        #expect(failure { () throws(InfoLensError) in try DumpFile(path: path).values("act") }?.kind == .format)
    }

    @Test(
        "a file that is cut off after it was opened is an error, whoever reads it",
        arguments: StorageTests.storages.indices)
    func cutOff(index: Int) throws {
        let (name, storage) = StorageTests.storages[index]
        // What lies in the object's header is in memory once the dataset is open.
        if storage.isCompact { return }
        let path = folder["cut-\(index).h5"]
        try { () throws(InfoLensError) in
            let file = try FixtureFile(path)
            var fitting = storage
            if let chunk = storage.chunk, chunk[0] > 50 { fitting.chunk = [50, 12] }
            try file.floats("act", (0..<600).map { Float($0) }, shape: [50, 12], storage: fitting)
        }()
        let dump = try DumpFile(path: path)
        let matrix = try dump.matrix(layer: "act", reduction: .none, memory: 1 << 20)
        #expect(truncate(path, 2048) == 0)
        let error = failure { () throws(InfoLensError) in try values(of: matrix, block: 16) }
        #expect(error?.kind == .format, "\(name): \(error?.description ?? "values")")
    }
}
