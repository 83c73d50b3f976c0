// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Foundation
import Kernels
import Testing

@testable import Activations

@Suite("Layouts of odd and hostile files")
struct LayoutBoundsTests {
    let folder = TemporaryFolder()

    /// Opens a file and says whether that was quick: tests are not optimised, and run side by side.
    private func open(_ file: FixtureFile) throws -> DumpFile {
        let start = Date()
        let dump = try file.dump()
        #expect(Date().timeIntervalSince(start) < 60)
        return dump
    }

    @Test("thousands of objects of every name are described in time")
    func many() throws {
        let file = try FixtureFile(folder["many.h5"])
        try file.attribute("_NCProperties", "version=2", of: "/")
        for index in 0..<700 {
            try file.zeros("m\(index)", 2, 2)
            try file.labels("label_\(index)", 2)
            try file.texts("g\(index)/layer", ["a", "b"])
            try file.dataset(
                "u\(index)", [UInt16](repeating: 0, count: 4), type: chdf5_std_integer(2, 0, 0), shape: [2, 2])
        }
        #expect(try open(file).layerNames.count >= 700)

        let groups = try FixtureFile(folder["groups.h5"])
        for index in 0..<200 {
            for part in 0..<5 {
                try groups.zeros("sample_\(index)/f\(part)", 1, 2)
                try groups.labels("sample_\(index)/label_\(part)", 1)
            }
        }
        #expect(try open(groups).layerNames.count == 5)
    }

    @Test("names that read the same do not hide each other")
    func names() throws {
        let file = try FixtureFile(folder["names.h5"])
        try file.zeros("records/fc1", 4, 2)
        try file.table("table", rows: 4, .floats("fc1", 3), .integers("label"))
        try file.zeros("e\u{301}", 4, 2)
        try file.zeros("\u{E9}", 4, 2)
        let dump = try file.dump()
        #expect(Set(dump.layerNames.map { Array($0.utf8) }).count == 4)
        #expect(dump.entries.filter { $0.role == "layer" }.count == 4)
    }

    @Test("numbers of any length are names like others")
    func numbers() {
        #expect(NumberedName("sample_12")?.number == "12")
        #expect(NumberedName("sample_12")?.word == "sample")
        #expect(NumberedName("7") == NumberedName("7"))
        #expect(NumberedName("x") == nil && NumberedName("") == nil && NumberedName("_") == nil)
        #expect(NumberedName("a" + String(repeating: "9", count: 40)) == nil)
        #expect(NumberedName("٣") == nil)
    }

    @Test("rows that overflow, parts of no extent and coordinates without names are no layers")
    func degenerate() throws {
        let file = try FixtureFile(folder["degenerate.h5"])
        for part in 1...2 {
            try file.dataset(
                "features_\(part)", [Float](), type: chdf5_ieee_f32(0), shape: [1 << 62, 2],
                storage: FixtureStorage(chunk: [1, 2]), writing: false)
        }
        #expect(try file.dump().layerNames.isEmpty)
        #expect(try file.dump().entry("/features_1")?.note.contains("too many rows") == true)

        let empty = try FixtureFile(folder["empty.nc"])
        try empty.attribute("_NCProperties", "version=2", of: "/")
        try empty.zeros("act", 4, 2)
        try empty.texts("layer", ["", "a"])
        try empty.texts("label", ["p", "q", "p", "q"])
        #expect(try empty.dump().places == ["act: /act"])
    }

    @Test("a giant coordinate is not read")
    func coordinate() throws {
        let file = try FixtureFile(folder["giant.nc"])
        try file.attribute("_NCProperties", "version=2", of: "/")
        let width = 1 << 21
        try file.dataset(
            "act", [Float](), type: chdf5_ieee_f32(0), shape: [4, width], storage: FixtureStorage(chunk: [1, 1 << 16]),
            writing: false)
        try file.strings(
            "layer", [[UInt8]](repeating: [97], count: width), size: 1, storage: FixtureStorage(chunk: [1 << 16]))
        try file.labels("label", 4)
        #expect(try open(file).places == ["act: /act"])
    }
}
