// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import Testing

@testable import Activations

@Suite("Data in other files")
struct ExternalDataTests {
    let folder = TemporaryFolder()
    let elsewhere = TemporaryFolder()

    private func source(_ path: String, rows: Int = 2) throws -> FixtureFile {
        let file = try FixtureFile(path)
        try file.floats("act", (0..<rows * 2).map { Float($0) }, shape: [rows, 2])
        _ = try file.dump()
        return file
    }

    @Test("external links are followed within the dump's folder only")
    func externalLinks() throws {
        let inside = try source(folder["inside.h5"])
        let outside = try source(elsewhere["outside.h5"])
        symlink(outside.path, folder["symlink.h5"])
        let file = try FixtureFile(folder["dump.h5"])
        file.externalLink("inside", file: "inside.h5", object: "/act")
        file.externalLink("outside", file: outside.path, object: "/act")
        file.externalLink("climbing", file: "../\(elsewhere.path.split(separator: "/")[1])/outside.h5", object: "/act")
        file.externalLink("symlink", file: "symlink.h5", object: "/act")
        file.externalLink("missing", file: "missing.h5", object: "/act")
        file.softLink("through", to: "/outside")
        let dump = try file.dump()
        func kind(_ name: String) -> InfoLensError.Kind? {
            failure { () throws(InfoLensError) in try dump.values(name) }?.kind
        }
        #expect(try dump.values("inside") == [0, 1, 2, 3])
        for name in ["outside", "climbing", "symlink", "through"] { #expect(kind(name) == .io, "\(name)") }
        #expect(kind("missing") == .notFound)

        let trusting = try file.dump(allowExternal: true)
        for name in ["inside", "outside", "climbing", "symlink", "through"] {
            #expect(try trusting.values(name) == [0, 1, 2, 3], "\(name)")
        }
        withExtendedLifetime(inside) {}
    }

    @Test("external raw storage is read only with permission, and whole or not at all")
    func externalStorage() throws {
        let raw = elsewhere["data.raw"]
        let bytes: [Float] = [1, 2, 3, 4]
        let stream = fopen(raw, "w")
        fwrite(bytes, 4, 4, stream)
        fclose(stream)
        let file = try FixtureFile(folder["dump.h5"])
        try file.external("act", rows: 2, columns: 2, file: raw)
        try file.external("cut", rows: 3, columns: 2, file: raw)
        try file.external("missing", rows: 2, columns: 2, file: elsewhere["nothing.raw"])
        let dump = try file.dump()
        #expect(failure { () throws(InfoLensError) in try dump.values("act") }?.kind == .io)
        let trusting = try file.dump(allowExternal: true)
        #expect(try trusting.values("act") == [1, 2, 3, 4])
        #expect(failure { () throws(InfoLensError) in try trusting.values("cut") }?.kind == .format)
        #expect(failure { () throws(InfoLensError) in try trusting.values("missing") }?.kind == .notFound)
    }

    @Test("virtual datasets join their sources, and lack none of them")
    func virtualDatasets() throws {
        let first = try source(folder["a.h5"])
        let second = try source(folder["b.h5"])
        let outside = try source(elsewhere["outside.h5"])
        let file = try FixtureFile(folder["dump.h5"])
        try file.floats("act", [9, 8, 7, 6], shape: [2, 2])
        try file.virtual("joined", rows: 2, columns: 2, sources: [("a.h5", "act"), (".", "act"), ("b.h5", "act")])
        try file.virtual("nested", rows: 2, columns: 2, sources: [(".", "joined")])
        try file.virtual("missing", rows: 2, columns: 2, sources: [("a.h5", "act"), ("c.h5", "act")])
        try file.virtual("nameless", rows: 2, columns: 2, sources: [("a.h5", "nothing")])
        try file.virtual("outside", rows: 2, columns: 2, sources: [(outside.path, "act")])
        try file.virtual("gap", rows: 2, columns: 2, sources: [("a.h5", "act")], declared: 5)
        try file.virtual("small", rows: 3, columns: 2, sources: [("a.h5", "act")])
        try file.virtual("self", rows: 2, columns: 2, sources: [(".", "self")])
        try file.virtual("ping", rows: 2, columns: 2, sources: [("dump.h5", "pong")])
        try file.virtual("pong", rows: 2, columns: 2, sources: [(".", "ping")])
        let dump = try file.dump()
        func kind(_ name: String) -> InfoLensError.Kind? {
            failure { () throws(InfoLensError) in try dump.values(name) }?.kind
        }
        #expect(try dump.values("joined", block: 1) == [0, 1, 2, 3, 9, 8, 7, 6, 0, 1, 2, 3])
        #expect(kind("missing") == .notFound)
        #expect(kind("nameless") == .notFound)
        #expect(kind("outside") == .io)
        for name in ["nested", "gap", "small", "self", "ping"] { #expect(kind(name) == .format, "\(name)") }
        withExtendedLifetime((first, second)) {}
    }
}
