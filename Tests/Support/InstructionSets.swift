// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization

/// The instruction set is chosen for the whole process, in which suites run side by side.
private let choice = Mutex(())

/// Runs `body` with each instruction set that the machine has, and puts back the one that was chosen.
public func forEachInstructionSet(_ body: (_ name: String) throws -> Void) rethrows {
    try choice.withLock { _ in
        let original = String(cString: cn_instruction_set())
        defer { cn_select_instruction_set(original) }
        for name in ["baseline", "avx2", "avx512"] where cn_select_instruction_set(name) == 1 { try body(name) }
    }
}

/// Runs `body` with one instruction set from beginning to end: sums of float32 are the same to the last bit with
/// the same set only.
public func withSteadyInstructionSet(_ body: () throws -> Void) rethrows {
    try choice.withLock { _ in try body() }
}
