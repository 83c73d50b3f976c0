// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Memory, aligned to a cache line, freed with the object.
///
/// Unlike Swift's arrays it reports that memory has run out, which in a host
/// process must be an error and not the end.
public final class AlignedBuffer: @unchecked Sendable {
    public let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter cleared: whether the memory shall be zero; otherwise it holds anything
    /// - Throws: `memory` when the system has no `byteCount` bytes.
    public init(byteCount: Int, cleared: Bool = true) throws(InfoLensError) {
        var memory: UnsafeMutableRawPointer?
        guard byteCount >= 0, posix_memalign(&memory, 64, max(byteCount, 64)) == 0, let memory else {
            throw InfoLensError(.memory, "out of memory: the system refused \(byteCount) bytes")
        }
        if cleared { memset(memory, 0, max(byteCount, 64)) }
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: max(byteCount, 64))
    }

    /// A zeroed buffer for `count` values of a trivial type.
    public convenience init<Value: BitwiseCopyable>(count: Int, of type: Value.Type) throws(InfoLensError) {
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
        guard !overflow else {
            throw InfoLensError(.memory, "out of memory: \(count) values are more than an address space")
        }
        try self.init(byteCount: byteCount)
    }

    deinit { free(bytes.baseAddress) }

    /// The memory seen as values of one trivial type.
    public func values<Value: BitwiseCopyable>(of type: Value.Type) -> UnsafeMutablePointer<Value> {
        // The initialiser made at least 64 bytes, so the base address is never nil.
        bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: type)
    }
}
