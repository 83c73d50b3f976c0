// SPDX-License-Identifier: Apache-2.0
import CProcesses
import Glibc
import Kernels

/// Why a request has no answer.
enum ReadingFailure: Error, Equatable {
    /// The error is the answer, or the caller's own; the process goes on.
    case plain(InfoLensError)
    /// The other side is gone.
    case ended
    /// No answer in time.
    case late
    /// What came is no answer.
    case garbled
    /// The library on the other side is of another version.
    case otherVersion
}

/// One connection to a reading process, on which one request at a time is made.
///
/// Requests and answers carry numbers: whoever gives up waiting leaves an answer behind, which the next one skips.
/// For one thread at a time.
final class ReaderChannel: @unchecked Sendable {
    /// In which rows are handed over.
    private(set) var memory: SharedMemory?

    private let socket: Descriptor
    private let timeout: Int
    private let answerLimit: Int
    private let header: AlignedBuffer
    private var requests: UInt64 = 0
    /// The message of which a part has come, and bytes of that part.
    private var incoming: (frame: Frame, body: AlignedBuffer)?
    private var received = 0

    /// Longest request: a list of names.
    static let requestLimit = 64 << 20

    /// - Parameters:
    ///   - socket: connected
    ///   - timeout: milliseconds that an answer may take
    ///   - answerLimit: bytes that an answer may have
    init(socket: Descriptor, timeout: Int, answerLimit: Int) throws(InfoLensError) {
        header = try AlignedBuffer(byteCount: Frame.size)
        self.socket = socket
        self.timeout = timeout
        self.answerLimit = answerLimit
    }

    /// Waits until the other side is ready for requests.
    func awaitReady() throws(ReadingFailure) {
        let (frame, body) = try receive(until: deadline)
        switch frame.kind {
        case .ready: return
        case .failure: throw .plain(try decoded(Refusal.self, body, frame).error)
        default: throw .garbled
        }
    }

    /// Makes a request and waits for its answer.
    ///
    /// - Parameter passed: goes along
    func ask<Answer: Message>(
        _ request: some Request, for answer: Answer.Type, passing passed: Descriptor? = nil
    ) throws(ReadingFailure) -> Answer {
        let message = request.encoded
        guard message.count <= Self.requestLimit else {
            throw .plain(InfoLensError(.argument, "layers: names of \(message.count) bytes; nothing is called so"))
        }
        requests &+= 1
        let end = deadline
        let frame = Frame(type(of: request).kind, number: requests, length: message.count)
        try send(frame.bytes + message, passing: passed, until: end)
        while true {
            let (frame, body) = try receive(until: end)
            // Of somebody who did not wait for it.
            if frame.number < requests { continue }
            guard frame.number == requests else { throw .garbled }
            switch frame.kind {
            case .answer: return try decoded(Answer.self, body, frame)
            case .failure: throw .plain(try decoded(Refusal.self, body, frame).error)
            default: throw .garbled
            }
        }
    }

    /// Sees to it that the shared memory holds `byteCount` bytes.
    func provide(byteCount: Int) throws(ReadingFailure) -> SharedMemory {
        if let memory, memory.bytes.count >= byteCount { return memory }
        let new: SharedMemory
        // The old one goes before the new one comes.
        memory = nil
        do throws(InfoLensError) {
            new = try SharedMemory(byteCount: max(1 << 20, (byteCount + 0xFFFF) & ~0xFFFF))
        } catch { throw .plain(error) }
        _ = try ask(MemoryRequest(bytes: new.bytes.count), for: Done.self, passing: new.descriptor)
        memory = new
        return new
    }

    // MARK: Bytes

    private var deadline: Int { milliseconds() + timeout }

    private func decoded<Value: Message>(
        _ type: Value.Type, _ body: AlignedBuffer, _ frame: Frame
    ) throws(ReadingFailure) -> Value {
        do throws(Garbled) {
            return try Value(decoding: UnsafeRawBufferPointer(rebasing: body.bytes[..<frame.length]))
        } catch { throw .garbled }
    }

    private func send(_ bytes: [UInt8], passing passed: Descriptor?, until end: Int) throws(ReadingFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                // The descriptor goes with the first byte.
                cp_send(
                    socket.number, bytes.baseAddress.map { $0 + sent }, Int64(bytes.count - sent),
                    sent == 0 ? passed?.number ?? -1 : -1)
            }
            if count > 0 {
                sent += Int(count)
            } else if count == Int64(-EAGAIN) {
                try wait(toWrite: true, until: end)
            } else {
                throw .ended
            }
        }
    }

    /// The next message. Whoever is cancelled leaves what has come of one to the next.
    private func receive(until end: Int) throws(ReadingFailure) -> (frame: Frame, body: AlignedBuffer) {
        if incoming == nil {
            try fill(UnsafeMutableRawBufferPointer(rebasing: header.bytes[..<Frame.size]), until: end)
            incoming = try begin(UnsafeRawBufferPointer(rebasing: header.bytes[..<Frame.size]))
            received = 0
        }
        guard let message = incoming else { throw .garbled }
        try fill(UnsafeMutableRawBufferPointer(rebasing: message.body.bytes[..<message.frame.length]), until: end)
        incoming = nil
        received = 0
        return message
    }

    private func begin(_ header: UnsafeRawBufferPointer) throws(ReadingFailure) -> (frame: Frame, body: AlignedBuffer) {
        let frame: Frame
        do throws(Frame.Problem) {
            frame = try Frame(header, limit: answerLimit)
        } catch {
            throw error == .otherVersion ? .otherVersion : .garbled
        }
        do throws(InfoLensError) {
            return (frame, try AlignedBuffer(byteCount: frame.length, cleared: false))
        } catch { throw .garbled }
    }

    /// Fills `buffer` from where it was left.
    private func fill(_ buffer: UnsafeMutableRawBufferPointer, until end: Int) throws(ReadingFailure) {
        while received < buffer.count {
            let count = cp_receive(
                socket.number, buffer.baseAddress.map { $0 + received }, Int64(buffer.count - received), 0, nil)
            if count > 0 {
                received += Int(count)
            } else if count == Int64(-EAGAIN) {
                try wait(toWrite: false, until: end, run: Run.current)
            } else {
                throw .ended
            }
        }
    }

    /// Waits until the socket is ready; meanwhile the call that waits, where there is one, can be cancelled.
    private func wait(toWrite: Bool, until end: Int, run: Run? = nil) throws(ReadingFailure) {
        while true {
            let left = max(end - milliseconds(), 0)
            let slice = Int32(clamping: run == nil ? left : min(left, 33))
            if cp_wait(socket.number, toWrite ? 1 : 0, slice) > 0 { return }
            guard left > 0 else { throw .late }
            do throws(InfoLensError) { try run?.checkpoint() } catch { throw .plain(error) }
        }
    }
}

/// Of a clock that is never set.
private func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec &* 1000 &+ time.tv_nsec / 1_000_000
}
