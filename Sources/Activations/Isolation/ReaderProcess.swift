// SPDX-License-Identifier: Apache-2.0
import CProcesses
import Glibc
import Kernels
import Synchronization

/// How a file is read that nobody vouches for.
public struct Isolation: Sendable {
    /// Seconds that the reading process may take over one answer.
    public var timeout: Double
    /// Bytes of working memory of the call that opens the file. The reading process is allowed that and
    /// `allowance` more; calls of a greater budget allow it more.
    public var memory: Int

    /// What libraries, stacks and what libhdf5 keeps for itself take of the address space, generously.
    static let allowance = 1 << 30

    public init(timeout: Double, memory: Int) {
        self.timeout = timeout
        self.memory = memory
    }

    /// The time for an answer; three weeks are as good as forever.
    var milliseconds: Int { Int(max(1, min(timeout * 1000, 0x1p31))) }
}

/// The process that reads a file for this one, and the connections to it.
///
/// Each thread that reads has a connection of its own while it does. When the process is gone, has taken too long or
/// has said what makes no sense, it is ended, and every later request fails with the same error.
final class ReaderProcess: @unchecked Sendable {
    /// The file, as errors name it.
    private let file: String
    private let isolation: Isolation
    private let answerLimit: Int
    /// On which connections are announced; the process ends when it is closed.
    private let control: Descriptor
    private let child: ChildProcess?
    private let owner = getpid()
    private let state = Mutex(State())

    private struct State: @unchecked Sendable {
        /// Connections that nobody uses.
        var idle: [ReaderChannel] = []
        /// Connections in all.
        var open = 0
        /// Most connections; more threads wait for each other.
        var limit = 64
        /// Whether there ever was one: before, what goes wrong is not the file's doing.
        var isReady = false
        var failure: InfoLensError?
        var matrices: UInt64 = 0
        var forgotten: [UInt64] = []
    }

    /// Starts a process.
    ///
    /// - Throws: `notFound` and `io` where it cannot be started, saying why; `format` if it ends at once.
    convenience init(file: String, isolation: Isolation) throws(InfoLensError) {
        let (control, child) = try Self.start()
        self.init(file: file, isolation: isolation, control: control, child: child)
    }

    /// The other end is closed here when this returns: only so does this process notice that the other is gone.
    private static func start() throws(InfoLensError) -> (Descriptor, ChildProcess) {
        let program = try ReaderProgram.find()
        let sockets = try SocketPair()
        let child = try withExtendedLifetime(sockets.theirs) { () throws(InfoLensError) in
            try ChildProcess(program: program.path, library: program.library, socket: sockets.theirs.number)
        }
        return (sockets.ours, child)
    }

    /// - Parameters:
    ///   - control: connected to what serves
    ///   - child: the process that serves; nil if it is this one
    init(file: String, isolation: Isolation, control: Descriptor, child: ChildProcess?) {
        self.file = file
        self.control = control
        self.child = child
        self.isolation = isolation
        answerLimit = [isolation.memory, Isolation.allowance].saturatingSum()
    }

    deinit {
        // In a copy of the host that fork() has made, the process is not a child of its own.
        if owner == getpid() { child?.end() }
    }

    // MARK: Requests

    /// Makes a request.
    ///
    /// - Parameter what: what is being done, for errors: "opening it"
    /// - Throws: what the file's reader throws; `format` once the process is gone
    func ask<Answer: Message>(
        _ request: some Request, for answer: Answer.Type, while what: String
    ) throws(InfoLensError) -> Answer {
        try withChannel(while: what) { (channel) throws(ReadingFailure) in
            try channel.ask(request, for: answer)
        }
    }

    /// Does something with a connection that nobody else uses meanwhile.
    func withChannel<Result>(
        while what: String, _ body: (ReaderChannel) throws(ReadingFailure) -> Result
    ) throws(InfoLensError) -> Result {
        do throws(ReadingFailure) {
            let channel = try takeChannel()
            do throws(ReadingFailure) {
                let result = try body(channel)
                giveBack(channel)
                return result
            } catch {
                if case .plain = error { giveBack(channel) }
                throw error
            }
        } catch { throw explained(error, while: what) }
    }

    /// A number for a matrix, and those that are not needed any more.
    func numberMatrix() -> (id: UInt64, forgotten: [UInt64]) {
        state.withLock { state in
            defer { state.forgotten = [] }
            state.matrices &+= 1
            return (state.matrices, state.forgotten)
        }
    }

    /// Called when a matrix is not needed any more; the process hears of it when the next one is made.
    func forget(matrix: UInt64) {
        // What a copy of the host drops, the host may be using.
        guard owner == getpid() else { return }
        state.withLock { state in
            state.forgotten.append(matrix)
            for channel in state.idle { channel.memory?.discard() }
        }
    }

    // MARK: Connections

    private func takeChannel() throws(ReadingFailure) -> ReaderChannel {
        guard owner == getpid() else {
            throw .plain(
                InfoLensError(
                    .argument, "dump: '\(file)' was opened by the process that this one was forked from; open it anew"))
        }
        enum Turn {
            case fail(InfoLensError)
            case use(ReaderChannel)
            case open
            case wait
        }
        while true {
            let turn = state.withLock { state -> Turn in
                if let failure = state.failure { return .fail(failure) }
                if let channel = state.idle.popLast() { return .use(channel) }
                guard state.open < state.limit else { return .wait }
                state.open += 1
                return .open
            }
            switch turn {
            case .fail(let failure): throw .plain(failure)
            case .use(let channel): return channel
            case .open: if let channel = try openChannel() { return channel }
            case .wait:
                usleep(500)
                do throws(InfoLensError) { try Run.current?.checkpoint() } catch { throw .plain(error) }
            }
        }
    }

    private func giveBack(_ channel: ReaderChannel) { state.withLock { $0.idle.append(channel) } }

    /// Makes a connection; nil if there can be no more than there are.
    private func openChannel() throws(ReadingFailure) -> ReaderChannel? {
        do throws(ReadingFailure) {
            let channel = try newChannel()
            try channel.awaitReady()
            state.withLock { $0.isReady = true }
            return channel
        } catch {
            guard case .plain(let refusal) = error, refusal.kind != .cancelled else {
                state.withLock { $0.open -= 1 }
                throw error
            }
            let others = state.withLock { state in
                state.open -= 1
                // They have to do, where there are any.
                state.limit = max(state.open, 1)
                return state.open
            }
            if others == 0 { throw error }
            return nil
        }
    }

    /// A connection whose other end is on its way, and closed here.
    private func newChannel() throws(ReadingFailure) -> ReaderChannel {
        let sockets: SocketPair
        let channel: ReaderChannel
        do throws(InfoLensError) {
            sockets = try SocketPair()
            channel = try ReaderChannel(
                socket: sockets.ours, timeout: isolation.milliseconds, answerLimit: answerLimit)
        } catch { throw .plain(error) }
        let frame = Frame(.channel, number: 0, length: 0).bytes
        // So little is taken as a whole or not at all.
        let sent = withExtendedLifetime(sockets.theirs) {
            state.withLock { _ in cp_send(control.number, frame, Int64(frame.count), sockets.theirs.number) }
        }
        guard sent == Int64(frame.count) else { throw .ended }
        return channel
    }

    // MARK: The end

    private func explained(_ failure: ReadingFailure, while what: String) -> InfoLensError {
        if case .plain(let error) = failure { return error }
        return state.withLock { state in
            if let known = state.failure { return known }
            let story = state.isReady ? story(of: failure, while: what) : beginning(of: failure)
            let error = InfoLensError(
                state.isReady && failure != .otherVersion ? .format : .io, "the process that reads '\(file)' \(story)")
            state.failure = error
            state.idle = []
            child?.end()
            return error
        }
    }

    private func story(of failure: ReadingFailure, while what: String) -> String {
        let suspicion = "the file is corrupt or made to do harm"
        switch failure {
        case .plain(let error): return error.description
        case .otherVersion: return beginning(of: failure)
        case .late:
            return """
                did not answer within \(seconds) seconds while \(what) and was ended: \(suspicion), or the disk is \
                slow; give it more time with the option timeout
                """
        case .garbled: return "gave an answer that is none while \(what) and was ended: \(suspicion)"
        case .ended:
            switch child?.awaitEnd(milliseconds: 1000) {
            case .signal(SIGKILL):
                return """
                    was ended by signal 9 (killed) while \(what): the system ran out of memory, or somebody ended it; \
                    \(suspicion), unless it was you
                    """
            case .signal(let number):
                let name = signalNames[number].map { " (\($0))" } ?? ""
                return "was ended by signal \(number)\(name) while \(what): \(suspicion)"
            case .exit(let code): return "ended with exit code \(code) while \(what): \(suspicion)"
            default: return "ended while \(what): \(suspicion)"
            }
        }
    }

    /// Why there is no process that could read.
    private func beginning(of failure: ReadingFailure) -> String {
        let remedy = "it must be the \(ReaderProgram.name) that was built with this library"
        switch failure {
        case .plain(let error): return error.description
        case .otherVersion:
            return """
                loaded another version of this library, whose file was replaced while it was in use; start the program \
                again
                """
        case .late: return "did not begin within \(seconds) seconds; \(remedy), or needs a greater timeout"
        case .garbled: return "began with something else than was agreed; \(remedy)"
        case .ended:
            switch child?.awaitEnd(milliseconds: 1000) {
            case .exit(3), .exit(4): return "could not load this library; it must be a shared library, and \(remedy)"
            case .exit(let code): return "ended with exit code \(code) before it began; \(remedy)"
            case .signal(let number): return "was ended by signal \(number) before it began; \(remedy)"
            default: return "ended before it began; \(remedy)"
            }
        }
    }

    /// The time for an answer, for people.
    private var seconds: String {
        let seconds = isolation.timeout
        return seconds < 1e6 && seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}

private let signalNames: [Int32: String] = [
    SIGSEGV: "segmentation fault", SIGBUS: "bus error", SIGILL: "illegal instruction", SIGFPE: "arithmetic error",
    SIGABRT: "aborted", SIGSYS: "forbidden system call", SIGTERM: "terminated", SIGXFSZ: "wrote a file",
]
