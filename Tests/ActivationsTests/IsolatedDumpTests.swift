// SPDX-License-Identifier: Apache-2.0
import CProcesses
import Glibc
import Kernels
import Synchronization
import Testing

@testable import Activations

/// Runs `serve` on a thread, at the other end of a reader's control socket.
private func reader(
    timeout: Double = 30, _ serve: @escaping @Sendable (Descriptor) -> Void
) throws -> ReaderProcess {
    let sockets = try SocketPair()
    let theirs = sockets.theirs
    startThread { serve(theirs) }
    return ReaderProcess(
        file: "dump.h5", isolation: Isolation(timeout: timeout, memory: 1 << 24), control: sockets.ours, child: nil)
}

private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, work.toOpaque())
    pthread_detach(thread)
}

/// A dump that the honest server reads, in this process.
private func isolated(_ path: String, options: OpeningOptions = OpeningOptions()) throws -> IsolatedDump {
    let reader = try reader { control in
        _ = failure { () throws(InfoLensError) in
            try ReaderServer.serve(control: dup(control.number), limitsMemory: false)
        }
    }
    return try IsolatedDump(path: BytePath(path), options: options, memory: 1 << 24, reader: reader)
}

/// Takes one connection, says that it is ready and answers each request with what `answer` says.
private func impostor(
    timeout: Double = 30, _ answer: @escaping @Sendable (_ number: UInt64, _ request: Frame) -> [UInt8]?
) throws -> ReaderProcess {
    try reader(timeout: timeout) { control in
        var header = [UInt8](repeating: 0, count: Frame.size)
        var passed: Int32 = -1
        guard cp_receive(control.number, &header, Int64(header.count), 1, &passed) == Int64(header.count) else {
            return
        }
        let socket = Descriptor(passed)
        let ready = Frame(.ready, number: 0, length: 0).bytes
        _ = cp_send(socket.number, ready, Int64(ready.count), -1)
        while cp_receive(socket.number, &header, Int64(header.count), 1, nil) == Int64(header.count) {
            guard let frame = try? header.withUnsafeBytes({ try Frame($0, limit: 1 << 20) }) else { return }
            var body = [UInt8](repeating: 0, count: max(frame.length, 1))
            if frame.length > 0 { _ = cp_receive(socket.number, &body, Int64(frame.length), 1, nil) }
            guard let bytes = answer(frame.number, frame) else { return }
            _ = cp_send(socket.number, bytes, Int64(bytes.count), -1)
        }
    }
}

private func opening(_ reader: ReaderProcess) -> InfoLensError? {
    failure { () throws(InfoLensError) in
        try IsolatedDump(path: BytePath("dump.h5"), options: OpeningOptions(), memory: 1 << 24, reader: reader)
    }
}

@Suite("Dumps that another process reads")
struct IsolatedDumpTests {
    private let folder = TemporaryFolder()

    @Test("gives the entries, values, labels and errors that reading here gives")
    func same() throws {
        let path = folder["dump.h5"]
        do {
            let file = try FixtureFile(path)
            var numbers = Numbers(seed: 5)
            for (name, storage) in [
                ("contiguous", FixtureStorage.contiguous), ("chunks", FixtureStorage(chunk: [7, 3], deflate: true)),
            ] {
                try file.floats(name, numbers.floats(200 * 5).map { Float($0) }, shape: [200, 5], storage: storage)
            }
            try file.floats("images", numbers.floats(200 * 12).map { Float($0) }, shape: [200, 3, 2, 2])
            try file.strings("labels", (0..<200).map { Array("class \($0 % 3)".utf8) }, size: nil)
            _ = try file.dump()
        }
        let here = try DumpFile(path: path)
        let there = try isolated(path)
        #expect(there.entries == here.entries)
        #expect(there.layerNames == here.layerNames)
        for (layer, form) in [
            ("contiguous", MatrixForm(.none)), ("chunks", MatrixForm(.none)),
            ("/images", MatrixForm(.mean(channelAxis: 1))),
            ("/images", MatrixForm(.flatten)), ("/chunks", MatrixForm(.none, samplesAreLast: true)),
        ] {
            let local = try here.matrix(layer: layer, as: form, memory: 1 << 20)
            let remote = try there.matrix(layer: layer, as: form, memory: 1 << 20)
            #expect(remote.samples == local.samples && remote.neurons == local.neurons)
            #expect(remote.element == local.element && remote.preferredRows == local.preferredRows)
            #expect(remote.rereadingIsCheap == local.rereadingIsCheap)
            #expect(remote.plan.path == .process && remote.plan.bytes == local.plan.bytes)
            for block in [1, 13, 200] {
                let same = try values(of: remote, block: block) == values(of: local, block: 200)
                #expect(same, "\(layer), blocks of \(block)")
            }
        }
        let labels = try #require(try there.labels(path: nil))
        let expected = try #require(try here.labels(path: nil))
        #expect(
            labels.codes == expected.codes && labels.classes == expected.classes && labels.counts == expected.counts)
        for layer in ["absent", "/images"] {
            let error = failure { () throws(InfoLensError) in
                try there.matrix(layer: layer, as: MatrixForm(.none), memory: 1 << 20)
            }
            let local = failure { () throws(InfoLensError) in
                try here.matrix(layer: layer, as: MatrixForm(.none), memory: 1 << 20)
            }
            #expect(error == local && error != nil)
        }
        #expect(
            failure { () throws(InfoLensError) in
                try there.denseLayers(named: nil, activations: nil, layout: .auto, memory: 1 << 20)
            }?.kind == .notFound)
        #expect(opening(try reader { _ in })?.kind == .io)
    }

    @Test("rows are the same from many threads")
    func threads() throws {
        let path = folder["dump.h5"]
        do {
            let file = try FixtureFile(path)
            try file.floats(
                "act", (0..<40_000).map(Float.init), shape: [4000, 10], storage: FixtureStorage(chunk: [64, 10]))
            _ = try file.dump()
        }
        let matrix = try isolated(path).matrix(layer: "/act", as: MatrixForm(.none), memory: 1 << 20)
        let run = Run(threads: 8, memory: 1 << 20)
        let wrong = Atomic<Int>(0)
        _ = try RowBlocks(of: matrix, run: run, wantedRows: 8).forEach(unitsPerRow: 1) { (_, block) in
            for row in 0..<block.rows where block[row, 3] != Double((block.firstRow + row) * 10 + 3) {
                wrong.add(1, ordering: .relaxed)
            }
            return 0
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test("no answer, or bytes that are none, is an error that stays")
    func garbled() throws {
        var numbers = Numbers(seed: 9)
        let random = (0..<64).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
        let answers: [@Sendable (UInt64) -> [UInt8]?] = [
            { _ in nil },
            { _ in random },
            { Frame(.answer, number: $0, length: 0).bytes },
            { Frame(.answer, number: $0 + 1, length: 0).bytes },
            { Frame(.open, number: $0, length: 0).bytes },
            { Frame(.answer, number: $0, length: 1 << 50).bytes },
            { Frame(.answer, number: $0, length: 16).bytes + [UInt8](repeating: 0xFF, count: 16) },
            { Frame(.failure, number: $0, length: 12).bytes + [8, 0, 0, 0] + [UInt8](repeating: 0, count: 8) },
        ]
        for (index, answer) in answers.enumerated() {
            let reader = try impostor { number, _ in answer(number) }
            let first = opening(reader)
            #expect(first?.kind == .format, "\(index)")
            #expect(first?.description.contains("while opening it") == true, "\(index)")
            #expect(opening(reader) == first, "\(index)")
        }
    }

    @Test("an answer that comes too late is an error that names the option")
    func late() throws {
        let reader = try impostor(timeout: 0.1) { _, _ in
            usleep(400_000)
            return nil
        }
        let error = opening(reader)
        #expect(error?.kind == .format && error?.description.contains("timeout") == true)
    }

    @Test("another version of the library is told as such")
    func version() throws {
        let reader = try impostor { number, _ in
            var bytes = Frame(.answer, number: number, length: 0).bytes
            bytes[0] &+= 1
            return bytes
        }
        #expect(opening(reader)?.description.contains("another version") == true)
    }

    @Test("whoever waits for an answer can be cancelled, and the next one gets its own")
    func cancelled() throws {
        let refusal = Refusal(InfoLensError(.notFound, "the answer to 2")).encoded
        let reader = try impostor { number, _ in
            if number == 1 { usleep(300_000) }
            let stale = Refusal(InfoLensError(.notFound, "stale")).encoded
            let body = number == 1 ? stale : refusal
            return Frame(.failure, number: number, length: body.count).bytes + body
        }
        let run = Run(threads: 1, memory: 1 << 20, isCancelled: { true })
        let error = failure { () throws(InfoLensError) in
            try run.asCurrent { () throws(InfoLensError) in
                try reader.ask(LabelsRequest(path: nil), for: LabelsAnswer.self, while: "reading")
            }
        }
        #expect(error?.kind == .cancelled)
        #expect(opening(reader)?.description == "the answer to 2")
    }

    @Test("a server that gets what is no request closes the connection")
    func hostileRequests() throws {
        var numbers = Numbers(seed: 77)
        for round in 0..<50 {
            let sockets = try SocketPair()
            let theirs = sockets.theirs
            startThread {
                _ = failure { () throws(InfoLensError) in
                    try ReaderServer.serve(control: dup(theirs.number), limitsMemory: false)
                }
            }
            let connection: Descriptor
            do {
                let pair = try SocketPair()
                let frame = Frame(.channel, number: 0, length: 0).bytes
                _ = cp_send(sockets.ours.number, frame, Int64(frame.count), pair.theirs.number)
                connection = pair.ours
            }
            let kinds: [Frame.Kind] = [.open, .matrix, .rows, .labels, .network, .memory, .answer, .channel]
            let body = (0..<round).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
            let request = Frame(kinds[round % kinds.count], number: 1, length: body.count).bytes + body
            _ = cp_send(connection.number, request, Int64(request.count), -1)
            // "ready", then nothing or a refusal; never silence on an open connection.
            var answer = [UInt8](repeating: 0, count: 4096)
            #expect(cp_wait(connection.number, 0, 5000) == 1)
            #expect(cp_receive(connection.number, &answer, Int64(Frame.size), 1, nil) == Int64(Frame.size))
            #expect(cp_wait(connection.number, 0, 5000) == 1, "round \(round)")
        }
    }
}
