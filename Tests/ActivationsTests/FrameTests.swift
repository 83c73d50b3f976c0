// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

private struct Example {
    let name: String
    let bytes: [UInt8]
    let decode: (UnsafeRawBufferPointer) throws -> any Message

    init<Value: Message>(_ message: Value) {
        name = "\(Value.self)"
        bytes = message.encoded
        decode = { try Value(decoding: $0) }
    }
}

/// Every kind of message, as the two processes exchange them.
private func examples() throws -> [Example] {
    [
        Example(
            OpenRequest(path: BytePath("dump.h5"), options: options, pluginFolders: ["/a", "/b"], memory: 1 << 20)),
        Example(MemoryRequest(bytes: 4096)),
        Example(ChannelRequest()),
        Example(
            MatrixRequest(
                id: 7, layer: "fc1", form: MatrixForm(.mean(channelAxis: -1), samplesAreLast: true), memory: 1 << 20,
                forgotten: [1, 2, 3])),
        Example(RowsRequest(matrix: 7, rows: 3..<9)),
        Example(LabelsRequest(path: nil)),
        Example(LabelsRequest(path: "/obs/type")),
        Example(NetworkRequest(named: ["a", "b"], activations: nil, layout: .outIn, memory: 5)),
        Example(Done()),
        Example(listing),
        Example(try facts()),
        Example(LabelsAnswer(Labels(codes: [0, 1, 1, 0], classes: .integers([-3, 9])))),
        Example(LabelsAnswer(Labels(codes: [2, 0, 1], classes: .strings(["ant", "bee", "c\u{e9}"])))),
        Example(LabelsAnswer(nil)),
        Example(
            NetworkAnswer([
                StoredDenseLayer(
                    name: "a", inputs: 2, neurons: 3, weight: [1, 2, 3, 4, 5, 6], bias: [0, 1, 2], activation: "relu"),
                StoredDenseLayer(name: "b", inputs: 3, neurons: 1, weight: [1, 2, 3], bias: nil, activation: nil),
            ])),
        Example(Refusal(InfoLensError(.numeric, "labels: NaN"))),
    ]
}

private let options: OpeningOptions = {
    var options = OpeningOptions()
    options.allowsMissing = true
    options.binWidth = 0.25
    return options
}()

private let listing: DumpListing = {
    var listing = DumpListing(entries: [], layerNames: ["fc1", "fc2"], labelCandidates: ["/y"])
    listing.entries = [
        DumpEntry(
            role: "layer", name: "fc1", path: "/fc1", shape: [8, 4], dtype: "float32", samples: 8, neurons: 4,
            storage: "contiguous", note: "by name")
    ]
    return listing
}()

private func facts() throws -> MatrixFacts {
    let array = OwnedArray([Float](repeating: 1, count: 12))
    return MatrixFacts(try ArrayMatrix(name: "m", array: array.array(.float32, [4, 3]), reduction: .none))
}

@Suite("Messages between processes")
struct FrameTests {
    @Test("every message comes out as it went in")
    func roundTrip() throws {
        for message in try examples() {
            let decoded = try message.bytes.withUnsafeBytes(message.decode)
            #expect(decoded.encoded == message.bytes, "\(message.name)")
        }
    }

    @Test("a message that is cut short or has something behind it is refused")
    func truncated() throws {
        for message in try examples() {
            for length in 0..<message.bytes.count {
                let part = Array(message.bytes[..<length])
                #expect(throws: Garbled.self, "\(message.name), \(length) bytes") {
                    try part.withUnsafeBytes(message.decode)
                }
            }
            #expect(throws: Garbled.self) { try (message.bytes + [0]).withUnsafeBytes(message.decode) }
        }
    }

    @Test("whatever bytes a message has, it is decoded or refused")
    func mutated() throws {
        var numbers = Numbers(seed: 41)
        var refused = 0
        for message in try examples() where !message.bytes.isEmpty {
            for _ in 0..<2000 {
                var bytes = message.bytes
                for _ in 0...numbers.next() % 3 {
                    let place = Int(numbers.next()) % bytes.count
                    // Lengths of every size, and single bits.
                    switch numbers.next() % 3 {
                    case 0: bytes[place] ^= 1 << UInt8(numbers.next() % 8)
                    case 1: bytes[place] = UInt8(truncatingIfNeeded: numbers.next())
                    default: for index in place..<min(place + 8, bytes.count) { bytes[index] = 0xFF }
                    }
                }
                // What is taken is complete: it can be said again.
                if let decoded = try? bytes.withUnsafeBytes(message.decode) {
                    _ = decoded.encoded
                } else {
                    refused += 1
                }
            }
        }
        #expect(refused > 1000)
    }

    @Test("what is no frame, of another version or too long is refused")
    func frames() throws {
        let good = Frame(.rows, number: 12, length: 345)
        let bytes = good.bytes
        #expect(try bytes.withUnsafeBytes { try Frame($0, limit: 345) } == good)
        func problem(_ bytes: [UInt8], limit: Int = 1 << 20) -> Frame.Problem? {
            var problem: Frame.Problem?
            bytes.withUnsafeBytes { bytes in
                do throws(Frame.Problem) { _ = try Frame(bytes, limit: limit) } catch { problem = error }
            }
            return problem
        }
        #expect(problem(bytes, limit: 344) == .tooLong)
        #expect(problem(Array(bytes.dropLast())) == .notAFrame)
        #expect(problem([UInt8](repeating: 0, count: Frame.size)) == .notAFrame)
        var other = bytes
        other[0] &+= 1
        #expect(problem(other) == .otherVersion)
        for kind in [UInt8(0), 0x63, 0xFF] {
            other = bytes
            other[4] = kind
            #expect(problem(other) == .notAFrame)
        }
        other = bytes
        for index in 16..<24 { other[index] = 0xFF }
        #expect(problem(other) == .tooLong)
    }

    @Test("labels beyond their classes and networks that do not fit together are refused")
    func inconsistent() throws {
        func refuses(_ message: some Message, as decode: (UnsafeRawBufferPointer) throws -> any Message) {
            let bytes = message.encoded
            #expect(throws: Garbled.self) { try bytes.withUnsafeBytes(decode) }
        }
        var writer = MessageWriter()
        writer.write(true)
        writer.write(list: [Int32(0), 2])
        writer.write(true)
        writer.write(list: [Int64(5), 6])
        let codes = writer.bytes
        #expect(throws: Garbled.self) { try codes.withUnsafeBytes { try LabelsAnswer(decoding: $0) } }

        func layer(_ inputs: Int, _ neurons: Int, _ weight: [Double], bias: [Double]? = nil) -> StoredDenseLayer {
            StoredDenseLayer(
                name: "a", inputs: inputs, neurons: neurons, weight: weight, bias: bias, activation: nil)
        }
        for layers in [
            [layer(2, 2, [1, 2, 3])], [layer(1, 2, [1, 2], bias: [1])], [layer(1, 1, [.nan])],
            [layer(1, 2, [1, 2]), layer(1, 1, [1])], [layer(1 << 62, 4, [])],
        ] {
            refuses(NetworkAnswer(layers)) { try NetworkAnswer(decoding: $0) }
        }
        var wrong = try facts()
        wrong.samples = 1 << 40
        wrong.neurons = 1 << 40
        refuses(wrong) { try MatrixFacts(decoding: $0) }
        wrong = try facts()
        wrong.neurons = 0
        refuses(wrong) { try MatrixFacts(decoding: $0) }
    }
}
