// SPDX-License-Identifier: Apache-2.0
import CProcesses
import Glibc
import Kernels

/// A descriptor of the system's, closed when its owner lets go of it.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

/// Two connected sockets: one to keep, one to hand to another process.
struct SocketPair {
    let ours: Descriptor
    let theirs: Descriptor

    init() throws(InfoLensError) {
        var pair: (Int32, Int32) = (-1, -1)
        let status = withUnsafeMutablePointer(to: &pair) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { cp_socket_pair($0) }
        }
        guard status == 0 else {
            throw InfoLensError(.io, "isolate: a connection cannot be made: \(systemReason(-status))")
        }
        ours = Descriptor(pair.0)
        theirs = Descriptor(pair.1)
    }
}

/// The system's text for an error number.
func systemReason(_ number: Int32) -> String { String(cString: strerror(number)) }
