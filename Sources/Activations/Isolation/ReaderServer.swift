// SPDX-License-Identifier: Apache-2.0
import CProcesses
import Glibc
import Kernels
import Synchronization

/// The other side: opens one file and answers what is asked about it, each connection on a thread of its own.
public final class ReaderServer: @unchecked Sendable {
    /// Whether memory is limited to what requests say; not where the server lives in a process that does other work.
    private let limitsMemory: Bool
    private let state = Mutex(State())

    private struct State {
        var dump: DumpFile?
        var matrices: [UInt64: any PlannedMatrix] = [:]
    }

    init(limitsMemory: Bool) { self.limitsMemory = limitsMemory }

    /// Serves until the other side is gone.
    ///
    /// - Parameter control: a connected socket on which connections arrive, owned from here on
    /// - Throws: `argument` for a descriptor that is no socket; `format` for what is no request.
    public static func serve(control: Int32, limitsMemory: Bool = true) throws(InfoLensError) {
        var status = stat()
        guard fstat(control, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            throw InfoLensError(
                .argument, "descriptor: \(control) is no open socket; this is for the program \(ReaderProgram.name)")
        }
        let control = Descriptor(control)
        let server = ReaderServer(limitsMemory: limitsMemory)
        while let message = try receive(on: control) {
            guard message.frame.kind == .channel, let socket = message.passed else {
                throw InfoLensError(.format, "descriptor: only connections are expected on it")
            }
            server.connect(socket)
        }
    }

    /// Starts a thread that answers on a socket; where there can be none, tells the other side so.
    private func connect(_ socket: Descriptor) {
        let connection = Unmanaged.passRetained(Connection(server: self, socket: socket))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Connection>.fromOpaque(argument).takeRetainedValue().serve()
                return nil
            }, connection.toOpaque())
        guard status == 0 else {
            connection.takeRetainedValue().refuse("no thread for it: \(systemReason(status))")
            return
        }
        pthread_detach(thread)
    }

    // MARK: Answers

    /// Raises the limit of the address space to what a call of this budget may need.
    private func allow(memory: Int) {
        guard limitsMemory else { return }
        // Once for what is decoded and once for what is kept of it.
        let bytes = [memory, memory, Isolation.allowance].saturatingSum()
        state.withLock { _ in cp_allow_address_space(Int64(bytes)) }
    }

    fileprivate func open(_ request: OpenRequest) throws(InfoLensError) -> DumpListing {
        allow(memory: request.memory)
        // Each goes before those that were added before.
        for folder in request.pluginFolders.reversed() { try PluginFolders.add(folder) }
        let dump = try request.path.withCString { (path) throws(InfoLensError) in
            try DumpFile(path: path, options: request.options)
        }
        state.withLock { $0.dump = dump }
        return DumpListing(
            entries: dump.entries, layerNames: dump.layerNames, labelCandidates: dump.labelCandidates)
    }

    private var dump: DumpFile {
        get throws(InfoLensError) {
            guard let dump = state.withLock({ $0.dump }) else {
                throw InfoLensError(.internal, "isolate: no file has been opened")
            }
            return dump
        }
    }

    fileprivate func matrix(_ request: MatrixRequest) throws(InfoLensError) -> MatrixFacts {
        allow(memory: request.memory)
        state.withLock { state in
            for id in request.forgotten { state.matrices[id] = nil }
        }
        let matrix = try dump.matrix(layer: request.layer, as: request.form, memory: request.memory)
        state.withLock { $0.matrices[request.id] = matrix }
        return MatrixFacts(matrix)
    }

    fileprivate func labels(_ request: LabelsRequest) throws(InfoLensError) -> LabelsAnswer {
        LabelsAnswer(try dump.labels(path: request.path))
    }

    fileprivate func network(_ request: NetworkRequest) throws(InfoLensError) -> NetworkAnswer {
        allow(memory: request.memory)
        return NetworkAnswer(
            try dump.denseLayers(
                named: request.named, activations: request.activations, layout: request.layout, memory: request.memory))
    }

    /// Reads rows to the beginning of the shared memory; what is behind them is workspace.
    fileprivate func rows(_ request: RowsRequest, memory: SharedMemory?) throws(InfoLensError) -> Done {
        let end = request.first + request.count
        guard let matrix = state.withLock({ $0.matrices[request.matrix] }), end <= matrix.samples,
            let shared = memory?.bytes, let base = shared.baseAddress
        else { throw InfoLensError(.internal, "isolate: rows were asked for that are not there") }
        let output = alignedProduct(request.count, matrix.neurons, matrix.element.size)
        guard output <= shared.count else {
            throw InfoLensError(.internal, "isolate: no room for \(request.count) rows of layer '\(matrix.name)'")
        }
        var workspace = UnsafeMutableRawBufferPointer(rebasing: shared[output...])
        let needed = matrix.workspaceBytes(rows: request.count)
        // What the other side provides for is an estimate.
        let own = needed > workspace.count ? try AlignedBuffer(byteCount: needed, cleared: false) : nil
        if let own { workspace = own.bytes }
        try withExtendedLifetime(own) { () throws(InfoLensError) in
            try matrix.read(rows: request.first..<end, into: base, workspace: workspace)
        }
        return Done()
    }

    // MARK: Messages

    fileprivate struct Incoming {
        let frame: Frame
        let body: AlignedBuffer
        /// What came along.
        let passed: Descriptor?

        func decoded<Value: Message>(_ type: Value.Type) throws(Garbled) -> Value {
            try Value(decoding: UnsafeRawBufferPointer(rebasing: body.bytes[..<frame.length]))
        }
    }

    /// The next message; nil when the other side is gone.
    fileprivate static func receive(on socket: Descriptor) throws(InfoLensError) -> Incoming? {
        let header = try AlignedBuffer(byteCount: Frame.size)
        let bytes = UnsafeMutableRawBufferPointer(rebasing: header.bytes[..<Frame.size])
        var number: Int32 = -1
        let isThere = fill(bytes, from: socket, passed: &number)
        let passed = number >= 0 ? Descriptor(number) : nil
        guard isThere else { return nil }
        let frame: Frame
        do throws(Frame.Problem) {
            frame = try Frame(UnsafeRawBufferPointer(bytes), limit: ReaderChannel.requestLimit)
        } catch { throw InfoLensError(.format, "descriptor: what came is no request") }
        let body = try AlignedBuffer(byteCount: frame.length, cleared: false)
        guard fill(UnsafeMutableRawBufferPointer(rebasing: body.bytes[..<frame.length]), from: socket) else {
            return nil
        }
        return Incoming(frame: frame, body: body, passed: passed)
    }

    /// Fills `buffer`; false when the other side is gone before.
    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from socket: Descriptor, passed: UnsafeMutablePointer<Int32>? = nil
    ) -> Bool {
        var received = 0
        while received < buffer.count {
            // A descriptor comes with the first byte.
            let count = cp_receive(
                socket.number, buffer.baseAddress.map { $0 + received }, Int64(buffer.count - received), 1,
                received == 0 ? passed : nil)
            guard count > 0 else { return false }
            received += Int(count)
        }
        return true
    }

    /// Sends a message; false when the other side is gone.
    fileprivate static func send(_ kind: Frame.Kind, number: UInt64, _ body: [UInt8], on socket: Descriptor) -> Bool {
        for part in [Frame(kind, number: number, length: body.count).bytes, body] {
            var sent = 0
            while sent < part.count {
                let count = part.withUnsafeBytes {
                    cp_send(socket.number, $0.baseAddress.map { $0 + sent }, Int64($0.count - sent), -1)
                }
                if count > 0 {
                    sent += Int(count)
                } else if count == Int64(-EAGAIN) {
                    _ = cp_wait(socket.number, 1, -1)
                } else {
                    return false
                }
            }
        }
        return true
    }
}

/// One connection: requests are answered one after the other.
private final class Connection {
    private let server: ReaderServer
    private let socket: Descriptor
    private var memory: SharedMemory?

    init(server: ReaderServer, socket: Descriptor) {
        self.server = server
        self.socket = socket
    }

    func refuse(_ why: String) {
        let refusal = Refusal(InfoLensError(.io, "isolate: \(why)"))
        _ = ReaderServer.send(.failure, number: 0, refusal.encoded, on: socket)
    }

    func serve() {
        guard ReaderServer.send(.ready, number: 0, [], on: socket) else { return }
        // What is no request ends the connection: the other side will say what became of it.
        while let message = try? ReaderServer.receive(on: socket) {
            guard let (kind, answer) = try? answer(to: message) else { return }
            guard ReaderServer.send(kind, number: message.frame.number, answer.encoded, on: socket) else { return }
        }
    }

    private func answer(to message: ReaderServer.Incoming) throws(Garbled) -> (Frame.Kind, any Message) {
        if message.frame.kind == .memory { return try take(message) }
        switch message.frame.kind {
        case .open: return answered(try message.decoded(OpenRequest.self), server.open)
        case .matrix: return answered(try message.decoded(MatrixRequest.self), server.matrix)
        case .labels: return answered(try message.decoded(LabelsRequest.self), server.labels)
        case .network: return answered(try message.decoded(NetworkRequest.self), server.network)
        case .rows:
            return answered(try message.decoded(RowsRequest.self)) { (request) throws(InfoLensError) in
                try server.rows(request, memory: memory)
            }
        case .ready, .channel, .memory, .answer, .failure: throw Garbled()
        }
    }

    private func answered<Asked: Request, Answer: Message>(
        _ request: Asked, _ body: (Asked) throws(InfoLensError) -> Answer
    ) -> (Frame.Kind, any Message) {
        do throws(InfoLensError) {
            return (.answer, try body(request))
        } catch { return (.failure, Refusal(error)) }
    }

    private func take(_ message: ReaderServer.Incoming) throws(Garbled) -> (Frame.Kind, any Message) {
        let request = try message.decoded(MemoryRequest.self)
        guard let passed = message.passed else { throw Garbled() }
        memory = nil
        guard let memory = SharedMemory(received: passed, byteCount: request.bytes) else {
            return (.failure, Refusal(InfoLensError(.memory, "isolate: \(request.bytes) bytes cannot be shared")))
        }
        self.memory = memory
        return (.answer, Done())
    }
}
