// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// Memory aligned for every element type, freed with its owner.
///
/// Sizes come from files and callers: where the system has no such amount this is
/// an error, while the standard library would end the process.
final class Scratch {
    let base: UnsafeMutableRawPointer

    init(bytes: Int, for what: String) throws(InfoLensError) {
        var memory: UnsafeMutableRawPointer?
        guard bytes >= 0, posix_memalign(&memory, 64, max(64, bytes)) == 0, let memory else {
            throw InfoLensError(.memory, "\(what): \(bytes) bytes of memory are not to be had")
        }
        base = memory
    }

    deinit { free(base) }
}
