// SPDX-License-Identifier: Apache-2.0
import CProcesses
import Glibc
import Kernels

/// Memory that this process and the one that reads for it both see. It cannot be made shorter, so that whatever the
/// other does, touching it is safe; what it holds may change at any time.
final class SharedMemory {
    let bytes: UnsafeMutableRawBufferPointer
    /// To be handed to the other process.
    let descriptor: Descriptor

    /// New memory, which this process only reads.
    init(byteCount: Int) throws(InfoLensError) {
        let made = cp_shared_memory(Int64(byteCount))
        guard made >= 0 else {
            throw InfoLensError(
                .memory,
                """
                isolate: \(byteCount) bytes of memory to share with the reading process are not to be had \
                (\(systemReason(-made)))
                """
            )
        }
        descriptor = Descriptor(made)
        guard let address = cp_map(made, Int64(byteCount), 0) else {
            throw InfoLensError(.memory, "isolate: the system refused to map \(byteCount) bytes of shared memory")
        }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
    }

    /// The memory behind a descriptor that came from the other process, to be written. nil if it is of another size or
    /// cannot be mapped.
    init?(received descriptor: Descriptor, byteCount: Int) {
        guard byteCount > 0, cp_shared_size(descriptor.number) == Int64(byteCount),
            let address = cp_map(descriptor.number, Int64(byteCount), 1)
        else { return nil }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
        self.descriptor = descriptor
    }

    /// Gives its pages back to the system until they are written again.
    func discard() { cp_discard(descriptor.number, Int64(bytes.count)) }

    deinit { munmap(bytes.baseAddress, bytes.count) }
}
