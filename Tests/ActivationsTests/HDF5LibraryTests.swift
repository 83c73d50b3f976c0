// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels
import Testing

@testable import Activations

@Suite("Living with the host's HDF5")
struct HDF5LibraryTests {
    let folder = TemporaryFolder()

    @Test("the library is built for threads")
    func threadSafety() { #expect(HDF5.isThreadSafe) }

    @Test("the host's error handler is as it was after successes and failures")
    func errorHandler() throws {
        let file = try FixtureFile(folder["file.h5"])
        try file.floats("act", [1, 2, 3, 4], shape: [2, 2])
        var saved: H5E_auto2_t?
        var savedData: UnsafeMutableRawPointer?
        H5Eget_auto2(0, &saved, &savedData)
        defer { H5Eset_auto2(0, saved, savedData) }
        let calls = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        calls.initialize(to: 0)
        defer { calls.deallocate() }
        H5Eset_auto2(
            0,
            { _, data in
                data?.assumingMemoryBound(to: Int.self).pointee += 1
                return 0
            }, calls)

        let dump = try file.dump()
        _ = try dump.values("act")
        _ = failure { () throws(InfoLensError) in try dump.values("nothing") }
        var handler: H5E_auto2_t?
        var data: UnsafeMutableRawPointer?
        H5Eget_auto2(0, &handler, &data)
        #expect(calls.pointee == 0)
        #expect(data == UnsafeMutableRawPointer(calls))
        H5Dopen2(-1, "x", 0)
        #expect(calls.pointee == 1)
    }

    @Test("nothing stays open behind a dump, its matrices and its failures")
    func identifiers() throws {
        let path = folder["ids.h5"]
        do {
            let file = try FixtureFile(path)
            try file.integers("labels", [0, 1, 0, 1])
            try file.floats("layers/fc1/activations", (0..<8).map { Float($0) }, shape: [4, 2])
            try file.attribute("index", 0, of: "layers/fc1")
            let gzip = FixtureStorage(chunk: [2, 2], deflate: true)
            try file.floats("layers/fc2/activations", (0..<8).map { Float($0) }, shape: [4, 2], storage: gzip)
            try file.virtual("loop", rows: 2, columns: 2, sources: [(".", "loop")])
            try file.virtual("joined", rows: 4, columns: 2, sources: [(".", "layers/fc1/activations")])
            try file.strings("names", [[65], [66], [67], [68]], size: nil)
        }
        let own = H5Fopen(path, chdf5_read_only(), 0)
        defer { H5Fclose(own) }
        let before = H5Fget_obj_count(own, chdf5_every_object())
        do {
            let dump = try DumpFile(path: path)
            #expect(H5Fget_obj_count(own, chdf5_every_object()) > before)
            for layer in ["fc1", "fc2", "joined"] { #expect(try dump.values(layer).count == 8) }
            _ = try dump.labels(path: nil)
            _ = try dump.labels(path: "names")
            for bad in ["loop", "nothing", "layers", "names"] {
                #expect(failure { () throws(InfoLensError) in try dump.values(bad) } != nil)
            }
        }
        #expect(H5Fget_obj_count(own, chdf5_every_object()) == before)
    }

    @Test("a matrix outlives its dump")
    func lifetime() throws {
        let file = try FixtureFile(folder["lifetime.h5"])
        try file.floats("act", [1, 2, 3, 4], shape: [2, 2], storage: FixtureStorage(chunk: [1, 2], deflate: true))
        let matrix = try file.dump().matrix(layer: "act", reduction: .none, memory: 1 << 20)
        #expect(try values(of: matrix, block: 1) == [1, 2, 3, 4])
    }

    @Test("many threads read one dataset at once", arguments: [false, true])
    func threads(isChunked: Bool) async throws {
        var numbers = Numbers(seed: 6)
        let data = numbers.floats(64 * 32)
        let file = try FixtureFile(folder["threads.h5"])
        let storage = FixtureStorage(chunk: isChunked ? [5, 7] : nil, shuffle: isChunked, deflate: isChunked)
        try file.floats("act", data.map(Float.init), shape: [64, 32], storage: storage)
        let matrix = try file.dump().matrix(layer: "act", reduction: .none, memory: 1 << 20)
        let agreeing = try await withThrowingTaskGroup(of: Bool.self) { group in
            for block in 1...16 { group.addTask { try values(of: matrix, block: block) == data } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(agreeing == 16)
    }

    @Test("what is no readable HDF5 file says what it is")
    func notHDF5() throws {
        func error(_ name: String, _ bytes: [UInt8]?) -> InfoLensError? {
            let path = folder[name]
            if let bytes {
                let stream = fopen(path, "w")
                fwrite(bytes, 1, bytes.count, stream)
                fclose(stream)
            }
            return failure { () throws(InfoLensError) in try DumpFile(path: path) }
        }
        #expect(error("missing.h5", nil)?.kind == .notFound)
        #expect(error("empty.h5", [])?.description.contains("empty") == true)
        #expect(error("text.h5", Array("some text".utf8))?.kind == .format)
        #expect(error("v5.mat", Array("MATLAB 5.0 MAT-file, Platform".utf8))?.description.contains("-v7.3") == true)
        #expect(error("a.npz", Array("PK\u{3}\u{4}....".utf8))?.description.contains("zip") == true)
        #expect(failure { () throws(InfoLensError) in try DumpFile(path: folder.path) }?.kind == .io)
        mkfifo(folder["pipe"], 0o600)
        #expect(failure { () throws(InfoLensError) in try DumpFile(path: folder["pipe"]) }?.kind == .io)
    }

    @Test("the search for a signature ends in the largest of sparse files")
    func sparse() throws {
        // Most file systems have no such sizes; the one in memory does.
        let path = "/dev/shm/infolens-sparse-\(getpid()).h5"
        defer { unlink(path) }
        guard let stream = fopen(path, "w") else { return }
        let isSparse = ftruncate(fileno(stream), 7 << 60) == 0
        fclose(stream)
        if isSparse { #expect(failure { () throws(InfoLensError) in try DumpFile(path: path) }?.kind == .format) }
    }

    @Test("a file cut short anywhere is an error or reads as before")
    func truncation() throws {
        let path = folder["whole.h5"]
        do {
            let file = try FixtureFile(path)
            try file.floats("act", (0..<600).map { Float($0) }, shape: [100, 6])
            try file.integers("labels", [Int32](repeating: 1, count: 100))
        }
        let stream = fopen(path, "r")
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, stream))
        fclose(stream)
        for length in stride(from: 0, to: bytes.count, by: 61) {
            let cut = fopen(folder["cut.h5"], "w")
            fwrite(bytes, 1, length, cut)
            fclose(cut)
            let error = failure { () throws(InfoLensError) in try DumpFile(path: folder["cut.h5"]).values("act") }
            #expect(error?.kind == .format, "\(length) bytes")
        }
    }

    @Test("a file that another program writes to is locked, and the error says so")
    func locked() throws {
        let path = folder["locked.h5"]
        _ = try { () throws(InfoLensError) in try FixtureFile(path).floats("act", [1, 2], shape: [2, 1]) }()
        let descriptor = open(path, O_RDWR)
        flock(descriptor, LOCK_EX)
        #expect(failure { () throws(InfoLensError) in try DumpFile(path: path) }?.kind == .io)
        flock(descriptor, LOCK_UN)
        close(descriptor)
        #expect(try DumpFile(path: path).values("act") == [1, 2])
    }

    @Test("paths need not be UTF-8")
    func bytePaths() throws {
        let folderBytes = Array(folder.path.utf8)
        let path = folderBytes + [0x2F, 0xFF, 0xFE]
        do {
            let file = try FixtureFile(folder["plain.h5"])
            try file.floats("act", [1, 2], shape: [2, 1])
        }
        let name = (path + [0]).map { CChar(bitPattern: $0) }
        #expect(rename(folder["plain.h5"], name) == 0)
        defer { unlink(name) }
        #expect(try DumpFile(path: name, options: OpeningOptions()).values("act") == [1, 2])
    }
}
