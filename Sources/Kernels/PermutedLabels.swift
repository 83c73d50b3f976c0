// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Glibc

/// The labels in random orders. Permutation b is a function of the seed, b and the
/// number of samples: layers, columns and threads all see the same ones.
public final class PermutedLabels: @unchecked Sendable {
    let classes: SampleClasses
    /// Bytes of a label: 1, 2 or 4.
    let size: Int
    /// The labels as they are.
    let original: UnsafeRawPointer
    private let memory: AlignedBuffer
    private let seed: UInt64

    /// - Throws: `argument` for 2^32 samples or more; `memory`
    public init(_ classes: SampleClasses, seed: UInt64) throws(InfoLensError) {
        guard classes.total <= UInt32.max else {
            throw InfoLensError(
                .argument,
                "samples: there are \(classes.total), but at most \(UInt32.max) can be permuted; measure a part of them"
            )
        }
        self.classes = classes
        self.seed = seed
        size = classes.count <= 1 << 8 ? 1 : classes.count <= 1 << 16 ? 2 : 4
        memory = try AlignedBuffer(byteCount: classes.total * size)
        let labels = UnsafeMutableRawPointer(memory.values(of: UInt8.self))
        original = UnsafeRawPointer(labels)
        for (i, code) in classes.codes.enumerated() {
            switch size {
            case 1: labels.assumingMemoryBound(to: UInt8.self)[i] = UInt8(truncatingIfNeeded: code)
            case 2: labels.assumingMemoryBound(to: UInt16.self)[i] = UInt16(truncatingIfNeeded: code)
            default: labels.assumingMemoryBound(to: UInt32.self)[i] = UInt32(truncatingIfNeeded: code)
            }
        }
    }

    /// Writes the labels in the order of permutation `index`.
    func write(permutation index: Int, to labels: UnsafeMutableRawPointer) {
        memcpy(labels, original, classes.total * size)
        var generator = randomStream(seed: seed, purpose: .permutation, index: index)
        cn_philox_shuffle(&generator, labels, Int32(size), UInt32(truncatingIfNeeded: classes.total))
    }

    /// Calls `body` with the labels of consecutive permutations, as many at a time as `memory` holds, up to 64.
    /// - Throws: `memory` when it holds none; what `body` throws
    func forEachBlock(
        permutations: Int, memory: Int, run: Run,
        body: (_ first: Int, _ labels: [UnsafeRawPointer]) throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        let bytes = classes.total * size
        let block = min(64, permutations, memory / max(bytes, 1))
        guard permutations > 0 else { return }
        guard block > 0 else {
            throw InfoLensError(
                .memory,
                """
                memory: one permutation of \(classes.total) labels takes \(bytes) bytes, but the budget leaves \
                \(max(memory, 0)); give the context more
                """
            )
        }
        let copies = try AlignedBuffer(byteCount: block * bytes)
        let base = UnsafeMutableRawPointer(copies.values(of: UInt8.self))
        defer { withExtendedLifetime(copies) {} }
        for first in stride(from: 0, to: permutations, by: block) {
            let count = min(block, permutations - first)
            try forEachItem(count: count, workers: min(run.threads, count), run: run) { _, item in
                write(permutation: first + item, to: base + item * bytes)
            }
            try body(first, (0..<count).map { UnsafeRawPointer(base + $0 * bytes) })
        }
    }
}
