// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

@testable import Activations

/// Elements of one type in memory that tests own, with a description of them.
final class OwnedArray: @unchecked Sendable {
    let memory: UnsafeMutableRawPointer
    let bytes: Int

    init<T>(_ elements: [T], misaligned: Int = 0) {
        bytes = elements.count * MemoryLayout<T>.stride + misaligned
        memory = .allocate(byteCount: max(64, bytes), alignment: 64)
        elements.withUnsafeBytes { source in
            if let base = source.baseAddress { (memory + misaligned).copyMemory(from: base, byteCount: source.count) }
        }
    }

    deinit { memory.deallocate() }

    func array(_ dtype: DType, _ shape: [Int], strides: [Int]? = nil, offset: Int = 0) throws(InfoLensError)
        -> StridedArray
    {
        try StridedArray(
            data: memory + offset, dtype: dtype.rawValue, shape: shape.map(Int64.init),
            strides: strides?.map(Int64.init),
            argument: "activations")
    }
}

/// All rows of a matrix as doubles, read `block` rows at a time.
func values(of matrix: any ActivationMatrix, block: Int) throws(InfoLensError) -> [Double] {
    var result: [Double] = []
    for start in stride(from: 0, to: matrix.samples, by: block) {
        let rows = start..<min(start + block, matrix.samples)
        // Guard bytes behind the declared size show whether a reader keeps to it.
        let size = matrix.scratchBytes(rows: rows.count)
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: size + 64, alignment: 64)
        defer { scratch.deallocate() }
        scratch.initializeMemory(as: UInt8.self, repeating: 0xA5)
        let block = try matrix.read(rows: rows, scratch: UnsafeMutableRawBufferPointer(rebasing: scratch[..<size]))
        guard scratch[size...].allSatisfy({ $0 == 0xA5 }) else {
            throw InfoLensError(.internal, "wrote beyond \(size) bytes of scratch")
        }
        guard block.rows == rows.count, block.firstRow == rows.lowerBound, block.neurons == matrix.neurons else {
            throw InfoLensError(.internal, "the block is not the one that was asked for")
        }
        for row in 0..<block.rows {
            for neuron in 0..<block.neurons {
                let index = row * block.rowStride + neuron
                switch block.element {
                case .float32: result.append(Double(block.base.assumingMemoryBound(to: Float.self)[index]))
                case .float64: result.append(block.base.assumingMemoryBound(to: Double.self)[index])
                }
            }
        }
    }
    return result
}

/// The error that `body` throws, or nil.
func failure<T>(of body: () throws(InfoLensError) -> T) -> InfoLensError? {
    do throws(InfoLensError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

/// Reproducible numbers: a 64-bit linear congruential generator, upper bits used.
struct Numbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 24
    }

    /// `count` values in −100 … 100 in steps of 1/8, exact in every floating-point type but bfloat16.
    mutating func floats(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double(Int(next() % 1601) - 800) / 8 }
    }

    mutating func integers(_ count: Int, in range: ClosedRange<Int>) -> [Int] {
        (0..<count).map { _ in range.lowerBound + Int(next() % UInt64(range.count)) }
    }
}
