// SPDX-License-Identifier: Apache-2.0
import CProcesses
import Glibc
import Kernels
import Synchronization

/// A process that this one has started, until its end and the taking of its status.
final class ChildProcess: @unchecked Sendable {
    /// How a process ended.
    enum Ending: Equatable {
        case running
        case signal(Int32)
        case exit(Int32)
        /// The host waits for all its children, and took the status.
        case unknown
    }

    private let process: cp_process
    private let ending = Mutex(Ending.running)

    /// - Parameters:
    ///   - program: is given the library's path and the number of its socket
    ///   - socket: stays the caller's
    init(program: BytePath, library: BytePath, socket: Int32) throws(InfoLensError) {
        Self.takeLeftovers()
        var process = cp_process(id: -1, descriptor: -1)
        let status = program.withCString { program in
            library.withCString { cp_spawn(program, $0, socket, &process) }
        }
        guard status == 0 else {
            throw InfoLensError(
                .io,
                """
                isolate: the reading program '\(program.text)' cannot be started: \(systemReason(-status)); it must \
                be the executable infolens-reader that was built with this library
                """
            )
        }
        self.process = process
    }

    deinit {
        if process.descriptor >= 0 { close(process.descriptor) }
    }

    func kill() {
        // Once its status is taken, its number may be another's.
        ending.withLock { if $0 == .running { cp_kill(process) } }
    }

    /// Waits for the process to end, so long at most.
    func awaitEnd(milliseconds: Int32) -> Ending {
        ending.withLock { ending in
            guard ending == .running else { return ending }
            var status: Int32 = 0
            switch cp_await(process, milliseconds, &status) {
            case 1:
                let signal = cp_signal_of(status)
                ending = signal != 0 ? .signal(signal) : .exit(cp_exit_code_of(status))
            case 0: break
            default: ending = .unknown
            }
            return ending
        }
    }

    /// Ends the process, if need be, and takes its status: at once, or where it is stuck in the system, later.
    func end() {
        kill()
        if awaitEnd(milliseconds: 1000) == .running { Self.leftovers.withLock { $0.append(self) } }
    }

    // MARK: Processes that would not end

    private static let leftovers = Mutex<[ChildProcess]>([])

    private static func takeLeftovers() {
        leftovers.withLock { $0.removeAll { $0.awaitEnd(milliseconds: 0) != .running } }
    }
}
