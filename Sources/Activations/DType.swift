// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// Element types of arrays and datasets, numbered as in the C interface.
public enum DType: Int32, Sendable {
    case float16 = 1
    case bfloat16
    case float32
    case float64
    case int8
    case int16
    case int32
    case int64
    case uint8
    case uint16
    case uint32
    case uint64
    case bool

    /// Bytes an element.
    public var size: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// The name that numpy uses, for instance "float32".
    public var name: String {
        switch self {
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        case .float32: "float32"
        case .float64: "float64"
        case .int8: "int8"
        case .int16: "int16"
        case .int32: "int32"
        case .int64: "int64"
        case .uint8: "uint8"
        case .uint16: "uint16"
        case .uint32: "uint32"
        case .uint64: "uint64"
        case .bool: "bool"
        }
    }

    var isFloat: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }

    /// The narrower of the kernels' two types that holds every value exactly
    /// (64-bit integers within ±2^53).
    var element: Element {
        switch self {
        case .float64, .int32, .uint32, .int64, .uint64: .float64
        default: .float32
        }
    }
}

/// How the bytes of one element become a number: its type and byte order.
struct Encoding: Equatable, Sendable {
    var dtype: DType
    /// The bytes are in the opposite of the machine's order.
    var swapped = false

    /// Whether bytes of this encoding are already what kernels read.
    var isKernelElement: Bool { !swapped && (dtype == .float32 || dtype == .float64) }

    /// Converts `count` elements, `stride` bytes apart, to adjacent ones of type `element`.
    ///
    /// - Precondition: the source elements are readable, `destination` has room for
    ///   `count` elements and is aligned to them, `element` is at least as wide as
    ///   `dtype.element`.
    /// - Returns: nil, or the index of the first 64-bit integer beyond ±2^53.
    func convert(
        _ source: UnsafeRawPointer, stride: Int, count: Int, to element: Element, _ destination: UnsafeMutableRawPointer
    ) -> Int? {
        let order: Int32 = swapped ? 1 : 0
        let result =
            switch element {
            case .float32:
                cn_convert_float32(
                    dtype.rawValue, order, source, stride, Int64(count),
                    destination.assumingMemoryBound(to: Float.self))
            case .float64:
                cn_convert_float64(
                    dtype.rawValue, order, source, stride, Int64(count),
                    destination.assumingMemoryBound(to: Double.self))
            }
        return result >= 0 ? Int(result) : nil
    }

    /// Converts `count` integers or bools, `stride` bytes apart, to `values[start...]`; uint64 keeps its bits.
    ///
    /// - Precondition: the source elements are readable and of no floating-point type,
    ///   `values` has `count` elements from `start` on.
    func integers(_ source: UnsafeRawPointer, stride: Int, count: Int, to values: inout [Int64], at start: Int) {
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            integers(source, stride: stride, count: count, to: base + start)
        }
    }

    /// The same into memory that has room for them.
    func integers(_ source: UnsafeRawPointer, stride: Int, count: Int, to values: UnsafeMutablePointer<Int64>) {
        _ = cn_convert_int64(dtype.rawValue, swapped ? 1 : 0, source, stride, Int64(count), values)
    }
}
