// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Activations in the caller's memory as samples × neurons.
///
/// float32 and float64 whose neurons are adjacent and aligned are handed out
/// where they lie; anything else is converted into scratch a block at a time,
/// so that no copy of the whole array is ever made.
public final class ArrayMatrix: PlannedMatrix {
    public let name: String
    public let samples: Int
    public let neurons: Int
    public let element: Element
    public var preferredRows: Int? { nil }
    /// The caller's element type.
    public let dtype: DType
    public var plan: ReadingPlan {
        let bytes = saturatingProduct(samples, reduction.rowElements, dtype.size)
        return ReadingPlan(
            path: .memory, reason: "", dtype: dtype.name, conversion: conversionName(Encoding(dtype: dtype)),
            storage: isDirect ? "in place" : "strided", bytes: bytes, storedBytes: bytes)
    }

    private let array: StridedArray
    private let base: UnsafeRawPointerBox
    private let reduction: RowReduction
    /// Axes of one sample, neighbours merged where memory allows; the last is the innermost. Never empty.
    private let axes: [Axis]
    private let rowStride: Int
    private let isDirect: Bool

    private struct Axis {
        var length: Int
        var stride: Int
    }

    /// The caller's address: read only, and valid while the matrix lives by the caller's promise.
    private struct UnsafeRawPointerBox: @unchecked Sendable {
        let address: UnsafeRawPointer
    }

    /// - Throws: `shape` for rank 0, an empty axis, and a rank above 2 that `reduction` does not take.
    public init(name: String, array: StridedArray, reduction: Reduction) throws(InfoLensError) {
        let plan = try RowReduction(reduction, shape: array.shape, of: array.argument)
        guard let address = array.base else {
            throw InfoLensError(.argument, "\(array.argument): data is NULL; pass the array's address")
        }
        self.name = name
        self.array = array
        self.reduction = plan
        base = UnsafeRawPointerBox(address: address)
        dtype = array.dtype
        samples = array.shape[0]
        neurons = plan.neurons
        element = plan.element(of: array.dtype.element)
        rowStride = array.strides[0]
        axes = Self.merged(zip(array.shape, array.strides).dropFirst().map { Axis(length: $0, stride: $1) })

        let size = array.dtype.size
        isDirect =
            Encoding(dtype: array.dtype).isKernelElement && plan.rule == .identity && axes.count == 1
            && (axes[0].stride == size || axes[0].length == 1)
            && UInt(bitPattern: address) % UInt(size) == 0 && rowStride % size == 0
    }

    /// Drops axes of length 1 and joins each axis with the one inside it when their elements follow each other.
    private static func merged(_ axes: [Axis]) -> [Axis] {
        var result: [Axis] = []
        for axis in axes where axis.length != 1 {
            if let outer = result.last {
                let (span, overflow) = axis.stride.multipliedReportingOverflow(by: axis.length)
                if !overflow && outer.stride == span {
                    result[result.count - 1] = Axis(length: outer.length &* axis.length, stride: axis.stride)
                    continue
                }
            }
            result.append(axis)
        }
        return result.isEmpty ? [Axis(length: 1, stride: 0)] : result
    }

    public func scratchBytes(rows: Int) -> Int {
        if isDirect { return 0 }
        let output = alignedProduct(rows, neurons, element.size)
        return reduction.rule == .identity
            ? output : output + alignedProduct(1, reduction.rowElements, dtype.element.size)
    }

    public func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        let first = base.address + rows.lowerBound &* rowStride
        if isDirect {
            return RowBlock(
                base: first, firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
                rowStride: rowStride / element.size, element: element)
        }
        guard let output = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "layer '\(name)': \(scratch.count) bytes of scratch are too few")
        }
        if reduction.rule == .identity {
            try gather(first, rows: rows, to: output)
        } else {
            let row = output + aligned(rows.count &* neurons &* element.size)
            for index in rows {
                try gather(base.address + index &* rowStride, rows: index..<index + 1, to: row)
                let target = output + (index &- rows.lowerBound) &* neurons &* element.size
                reduction.apply(row, stored: dtype.element, to: target)
            }
        }
        return RowBlock(
            base: UnsafeRawPointer(output), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }

    /// Converts whole samples to C order. A tile of neurons is taken through all rows before the
    /// next, so that in transposed arrays the cache lines that a row touches serve the rows after it.
    private func gather(_ first: UnsafeRawPointer, rows: Range<Int>, to output: UnsafeMutableRawPointer)
        throws(InfoLensError)
    {
        let encoding = Encoding(dtype: dtype)
        let stored = dtype.element
        let inner = axes[axes.count - 1]
        let tile = inner.stride == dtype.size ? inner.length : min(inner.length, 256)
        let runs = reduction.rowElements / inner.length
        for run in 0..<runs {
            let offset = outerOffset(run)
            for start in stride(from: 0, to: inner.length, by: tile) {
                let count = min(tile, inner.length - start)
                let neuron = run &* inner.length &+ start
                for row in 0..<rows.count {
                    let source = first + (row &* rowStride &+ offset &+ start &* inner.stride)
                    let target = output + (row &* reduction.rowElements &+ neuron) &* stored.size
                    if let bad = encoding.convert(source, stride: inner.stride, count: count, to: stored, target) {
                        throw inexactInteger(in: "layer '\(name)'", row: rows.lowerBound + row, neuron: neuron + bad)
                    }
                }
            }
        }
    }

    /// Byte offset of the `run`-th innermost run of a sample, counted in C order.
    private func outerOffset(_ run: Int) -> Int {
        var rest = run
        var offset = 0
        for axis in axes.dropLast().reversed() {
            offset &+= rest % axis.length &* axis.stride
            rest /= axis.length
        }
        return offset
    }
}

/// Bytes rounded up to a cache line, so that what follows is aligned for every type.
func aligned(_ bytes: Int) -> Int { (bytes &+ 63) & ~63 }

/// The product rounded up to a cache line; beyond any budget, and safe to add up, when it overflows.
/// Elements may be wider for kernels than for the caller, so that a shape that fits does not mean that this does.
func alignedProduct(_ factors: Int...) -> Int {
    guard let product = checkedProduct(factors), product <= Int.max / 16 else { return Int.max / 16 }
    return aligned(product)
}

func inexactInteger(in what: String, row: Int, neuron: Int) -> InfoLensError {
    InfoLensError(
        .numeric,
        "\(what): the integer at row \(row), element \(neuron) is beyond ±2^53 and has no exact float64; "
            + "scale or recode the values")
}
