// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import Testing

@testable import Activations

@Suite("Dumps that are written", .serialized)
struct DumpWriterTests {
    let folder = TemporaryFolder()

    private func layer(_ name: String, _ inputs: Int, _ neurons: Int, _ activation: String? = nil) -> StoredDenseLayer {
        var numbers = Numbers(seed: UInt64(inputs * neurons))
        return StoredDenseLayer(
            name: name, inputs: inputs, neurons: neurons, weight: numbers.floats(inputs * neurons),
            bias: activation == nil ? nil : numbers.floats(neurons), activation: activation)
    }

    private func labels(_ values: [Int32], names: [String]? = nil) throws -> Labels {
        let owned = OwnedArray(values)
        defer { withExtendedLifetime(owned) {} }
        return try Labels(array: owned.array(.int32, [values.count]), classNames: names)
    }

    private func block<T>(_ values: [T], first: Int, rows: Int, neurons: Int, stride: Int, element: Element)
        -> (RowBlock, OwnedArray)
    {
        let owned = OwnedArray(values)
        return (
            RowBlock(
                base: UnsafeRawPointer(owned.memory), firstRow: first, rows: rows, neurons: neurons, rowStride: stride,
                element: element), owned
        )
    }

    /// Names in the folder, hidden ones too.
    private var contents: [String] {
        var names: [String] = []
        guard let open = opendir(folder.path) else { return [] }
        defer { closedir(open) }
        while let entry = readdir(open) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    @Test("a dump reads back as it was written")
    func roundTrip() throws {
        let path = folder["dump.h5"]
        let layers = [layer("z/first", 4, 3, "relu"), layer("b", 3, 3), layer("a", 3, 2, "leaky_relu(0.3)")]
        let writer = try DumpWriter(path: path)
        try writer.write(labels: labels([5, 7, 5]))
        for layer in layers { try writer.addLayer(layer, as: layer.name == "b" ? .float64 : .float32) }
        try writer.begin(.activations(layer: "z/first"), samples: 3, neurons: 3)
        try writer.begin(.logits, samples: 3, neurons: 2)
        try writer.begin(.inputs, samples: 3, neurons: 1)
        // In whatever order, with gaps between rows or from the last to the first.
        let (late, lateOwner) = block(
            [6, 7, 8, 99] as [Double], first: 2, rows: 1, neurons: 3, stride: 4, element: .float64)
        let (early, earlyOwner) = block(
            [0, 1, 2, 99, 3, 4, 5, 99] as [Float], first: 0, rows: 2, neurons: 3, stride: 4, element: .float32)
        try writer.write(late, to: .activations(layer: "z/first"))
        try writer.write(early, to: .activations(layer: "z/first"))
        let (logits, logitsOwner) = block(
            [0.5, 1, 2, 3, 4, 5] as [Float], first: 0, rows: 3, neurons: 2, stride: 2, element: .float32)
        try writer.write(logits, to: .logits)
        let (inputs, inputsOwner) = block(
            [1, 2, 3] as [Float], first: 0, rows: 3, neurons: 1, stride: 1, element: .float32)
        try writer.write(inputs, to: .inputs)
        #expect(contents.count == 1 && contents != ["dump.h5"])
        try writer.finish()
        withExtendedLifetime((lateOwner, earlyOwner, logitsOwner, inputsOwner)) {}
        #expect(contents == ["dump.h5"])

        let dump = try DumpFile(path: path)
        #expect(dump.entries.map(\.role).prefix(3) == ["labels", "inputs", "logits"] && dump.layerNames == ["z/first"])
        #expect(try dump.labels(path: nil)?.codes == [0, 1, 0])
        #expect(try dump.labels(path: nil)?.classes == .integers([5, 7]))
        #expect(try dump.values("z/first") == [0, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try dump.values("/logits") == [0.5, 1, 2, 3, 4, 5] && dump.values("/inputs") == [1, 2, 3])
        let read = try dump.network()
        #expect(read.map(\.name) == layers.map(\.name) && read.map(\.activation) == layers.map(\.activation))
        for (one, other) in zip(read, layers) {
            let isEqual =
                one.weight == other.weight && one.bias == other.bias && one.inputs == other.inputs
                && one.neurons == other.neurons
            #expect(isEqual, "\(one.name)")
        }
        #expect(dump.entries.filter { $0.role == "weight" }.map(\.dtype) == ["float32", "float64", "float32"])
    }

    @Test("labels that are texts come back as the same classes")
    func texts() throws {
        let file = try FixtureFile(folder["texts.h5"])
        try file.strings("labels", ["é", "a", "", "a"].map { Array($0.utf8) }, size: nil)
        let read = try #require(try file.dump().labels(path: nil))
        let unsorted = try labels([1, 0, 1], names: ["b", "a"])
        let gaps = try read.selecting(rows: [0, 0, 2])
        for (number, (labels, classes)) in [
            (read, read.classes), (unsorted, .integers([0, 1])), (gaps, .integers([0, 2])),
        ].enumerated() {
            let path = folder["labels\(number).h5"]
            let writer = try DumpWriter(path: path)
            try writer.write(labels: labels)
            #expect(failure { () throws(InfoLensError) in try writer.write(labels: labels) }?.kind == .argument)
            try writer.finish()
            let again = try #require(try DumpFile(path: path).labels(path: nil))
            #expect(again.classes == classes && again.count == labels.count, "\(number)")
        }
    }

    @Test("the same contents are the same bytes")
    func reproducible() throws {
        var files: [[UInt8]] = []
        for name in ["a.h5", "b.h5"] {
            let writer = try DumpWriter(path: folder[name])
            try writer.write(labels: labels([1, 2]))
            try writer.addLayer(layer("fc", 2, 2, "relu"))
            try writer.finish()
            if name == "a.h5" { usleep(1_100_000) }
            let stream = fopen(folder[name], "r")
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            files.append(Array(bytes.prefix(fread(&bytes, 1, bytes.count, stream))))
            fclose(stream)
        }
        let isEqual = files[0] == files[1]
        #expect(isEqual && files[0].count > 1000)
    }

    @Test("what is not finished leaves nothing, and what was there before stays")
    func unfinished() throws {
        let path = folder["old.h5"]
        let old = fopen(path, "w")
        fputs("old", old)
        fclose(old)
        do {
            let writer = try DumpWriter(path: path)
            try writer.addLayer(layer("fc", 2, 2))
            try writer.begin(.logits, samples: 2, neurons: 2)
            let error = failure { () throws(InfoLensError) in try writer.finish() }
            #expect(error?.kind == .argument && error?.description.contains("0 of its 2 rows") == true)
        }
        #expect(contents == ["old.h5"])
        #expect(failure { () throws(InfoLensError) in try DumpFile(path: path) }?.kind == .format)

        let writer = try DumpWriter(path: path)
        try writer.addLayer(layer("fc", 2, 2))
        try writer.finish()
        #expect(failure { () throws(InfoLensError) in try writer.finish() }?.kind == .argument)
        #expect(try DumpFile(path: path).network().count == 1 && contents == ["old.h5"])
    }

    @Test("arguments that do not fit are errors that name them")
    func arguments() throws {
        #expect(failure { () throws(InfoLensError) in try DumpWriter(path: nil) }?.kind == .argument)
        for path in ["", folder.path, folder["missing/dump.h5"]] {
            let error = failure { () throws(InfoLensError) in try DumpWriter(path: path) }
            #expect(error?.kind == (path.isEmpty ? .argument : .io), "\(path)")
        }
        let writer = try DumpWriter(path: folder["dump.h5"])
        func kind(_ body: () throws(InfoLensError) -> Void) -> InfoLensError.Kind? { failure(of: body)?.kind }
        for name in ["", "/", "a//b", "a/.", "a\0b"] {
            let bad = layer(name, 1, 1)
            #expect(kind { () throws(InfoLensError) in try writer.addLayer(bad) } == .argument, "\(name)")
        }
        let good = layer("fc", 2, 2)
        try writer.addLayer(good)
        #expect(kind { () throws(InfoLensError) in try writer.addLayer(good) } == .argument)
        #expect(kind { () throws(InfoLensError) in try writer.addLayer(good, as: .int8) } == .dtype)
        for (weight, bias, expected) in [
            ([1, 2, 3], [Double]?.none, InfoLensError.Kind.shape), ([1, 2, 3, 4], [1], .shape),
            ([1, 2, Double.nan, 4], nil, .numeric), ([1, 2, 1e300, 4], nil, .numeric),
            ([1, 2, 3, 4], [1, -Double.infinity], .numeric),
        ] {
            let bad = StoredDenseLayer(name: "x", inputs: 2, neurons: 2, weight: weight, bias: bias, activation: nil)
            #expect(kind { () throws(InfoLensError) in try writer.addLayer(bad) } == expected)
        }
        func begin(_ recording: DumpWriter.Recording, _ samples: Int, _ neurons: Int) -> InfoLensError.Kind? {
            kind { () throws(InfoLensError) in
                try writer.begin(recording, samples: samples, neurons: neurons)
            }
        }
        #expect(begin(.logits, 0, 2) == .shape && begin(.logits, .max, .max) == .shape)
        #expect(begin(.activations(layer: "none"), 2, 2) == .argument)
        #expect(begin(.logits, 2, 2) == nil && begin(.logits, 2, 2) == .argument)
        for (first, rows, neurons, expected) in [
            (1, 2, 2, InfoLensError.Kind.shape), (-1, 1, 2, .shape), (0, 1, 1, .shape), (.max, 1, 2, .shape),
        ] {
            let (bad, owner) = block(
                [Float](repeating: 0, count: 4), first: first, rows: rows, neurons: neurons, stride: 2,
                element: .float32)
            #expect(kind { () throws(InfoLensError) in try writer.write(bad, to: .logits) } == expected)
            #expect(kind { () throws(InfoLensError) in try writer.write(bad, to: .inputs) } == .argument)
            withExtendedLifetime(owner) {}
        }
        let (huge, owner) = block([1e300, 0], first: 0, rows: 1, neurons: 2, stride: 2, element: .float64)
        #expect(kind { () throws(InfoLensError) in try writer.write(huge, to: .logits) } == .numeric)
        withExtendedLifetime(owner) {}
    }

    @Test("a disk that is full is an error with its reason, and leaves nothing")
    func full() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let before = limit
        signal(SIGXFSZ, SIG_IGN)
        // Larger than any file of the tests that run meanwhile.
        limit.rlim_cur = 32 << 20
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        defer {
            var before = before
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
        }
        do {
            let writer = try DumpWriter(path: folder["dump.h5"])
            let large = StoredDenseLayer(
                name: "fc", inputs: 3000, neurons: 3000, weight: [Double](repeating: 1, count: 9_000_000), bias: nil,
                activation: nil)
            let error = failure { () throws(InfoLensError) in try writer.addLayer(large) }
            #expect(
                error?.kind == .io && error?.description.contains("File too large") == true,
                "\(error?.description ?? "")")
        }
        #expect(contents.isEmpty)
        // A file that HDF5 had not closed would still be open.
        for descriptor in 0..<1024 {
            var target = [CChar](repeating: 0, count: 4096)
            guard readlink("/proc/self/fd/\(descriptor)", &target, 4095) > 0 else { continue }
            #expect(!BytePath(target).text.contains(folder.path))
        }
    }
}
