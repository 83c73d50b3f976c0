// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import Testing

@testable import Activations

/// The collection of broken, odd and hostile files beside the checkout, where there is one.
enum BadFiles {
    static let folder = SharedData.path("bad/manifest.json") == nil ? nil : SharedData.path("bad")

    /// File names with the answer that is expected of a good library.
    static let expectations: [(file: String, expectation: String)] = {
        guard let folder, let data = FileManager.default.contents(atPath: "\(folder)/manifest.json"),
            let object = try? JSONSerialization.jsonObject(with: data),
            let entries = object as? [String: [String: Any]]
        else { return [] }
        return entries.compactMap { name, entry in
            guard let expectation = entry["expect"] as? String,
                FileManager.default.fileExists(atPath: "\(folder)/\(name)"), !name.hasSuffix(".raw")
            else { return nil }
            return (file: name, expectation: expectation)
        }.sorted { $0.file < $1.file }
    }()

    static let mutants: [String] = {
        guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fuzz") else {
            return []
        }
        return names.sorted().map { "\(folder)/fuzz/\($0)" }
    }()

    /// What measuring needs: the activations and as many labels. Gives all the values.
    static func read(_ path: String) throws(InfoLensError) -> [Double] {
        let dump = try DumpFile(path: path)
        let layer = dump.layerNames.first ?? "act"
        let matrix = try dump.matrix(layer: layer, reduction: .flatten, memory: 1 << 26)
        let found = try LabelledSamples(labels: dump.labels(path: nil), condition: nil, missing: .refuse)
        guard let labels = found.labels else { throw InfoLensError(.notFound, "no labels") }
        guard labels.count == matrix.samples else { throw InfoLensError(.shape, "labels for other samples") }
        let samples = try found.samples(of: matrix)
        guard samples.scratchBytes(rows: 16) < 1 << 26 else { throw InfoLensError(.memory, "beyond the budget") }
        return try values(of: samples, block: 16)
    }
}

@Suite("Broken, odd and hostile files", .enabled(if: BadFiles.folder != nil), .serialized)
struct BadFilesTests {
    @Test("each file gets the answer that its manifest asks for", arguments: BadFiles.expectations)
    func manifest(file: String, expectation: String) throws {
        let path = "\(BadFiles.folder ?? "")/\(file)"
        let result = failure { () throws(InfoLensError) in try BadFiles.read(path) }
        // Values are the business of whoever quantises them.
        if expectation.contains("non-finite") || file.hasPrefix("deep_") || file == "name_unicode.h5" { return }
        if expectation.hasPrefix("error") && !expectation.contains("or ok") && !expectation.contains("or numeric") {
            #expect(result != nil || expectation == "error or NaN for that neuron", "\(expectation)")
        } else if expectation.hasPrefix("ok") && !expectation.contains(" or ") && !expectation.contains(" if ") {
            // Some good files only lack labels or floats.
            #expect(result == nil || result?.description == "no labels", "\(expectation): \(result?.description ?? "")")
        }
        if expectation.contains("budget") && file == "huge_chunk.h5" { #expect(result?.kind == .memory) }
        if expectation.hasPrefix("error:dtype") { #expect(result?.kind == .dtype) }
        if expectation.hasPrefix("error:truncated") || expectation.hasPrefix("error:corrupt") {
            #expect(result?.kind == .format)
        }
    }

    @Test("a mutant is an error or reads as the file that it was")
    func mutants() throws {
        let original = try BadFiles.read("\(BadFiles.folder ?? "")/ok_gzip_shuffle.h5")
        var read = 0
        for path in BadFiles.mutants {
            do throws(InfoLensError) {
                // What the headers say may have changed without a trace; what a checksum covers may not.
                if try BadFiles.read(path) == original { read += 1 }
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(BadFiles.mutants.isEmpty || read > 0)
    }
}
