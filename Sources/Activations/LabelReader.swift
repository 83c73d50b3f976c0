// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Turns label elements, which may arrive in pieces, into values and those into codes.
struct LabelReader {
    let argument: String
    let samples: Int
    let isOneHot: Bool
    /// Axis along which samples follow each other.
    let sampleAxis: Int

    private let encoding: Encoding
    private let classes: Int
    /// NaN means that a label is missing.
    private let allowsMissing: Bool
    /// Labels so far; the index of the class for one-hot rows, bit patterns for uint64.
    private var values: [Int64] = []
    /// Rows without a label, ascending; their values mean nothing.
    private var missing: [Int] = []

    /// - Parameters:
    ///   - rowsAreSamples: [1, C] is a row of one-hot labels, not C labels
    ///   - allowsMissing: NaN means that a label is missing
    init(
        shape: [Int], dtype: DType, swapped: Bool = false, rowsAreSamples: Bool = false, allowsMissing: Bool = false,
        argument: String
    ) throws(InfoLensError) {
        self.argument = argument
        self.allowsMissing = allowsMissing
        encoding = Encoding(dtype: dtype, swapped: swapped)
        (samples, sampleAxis) = try Self.layout(shape, rowsAreSamples: rowsAreSamples, argument: argument)
        isOneHot = shape.count == 2 && sampleAxis == 0 && shape[1] > 1
        classes = isOneHot ? shape[1] : 0
        guard classes <= Int(Int32.max) else {
            throw InfoLensError(.shape, "\(argument): \(classes) classes; at most \(Int32.max) are supported")
        }
        // Broadcast axes make N cheap to declare: see first whether its codes can be held.
        let needed = checkedProduct([samples &+ classes, 2 &* MemoryLayout<Int64>.size]) ?? .max
        _ = try Scratch(bytes: needed, for: argument)
        values.reserveCapacity(samples)
    }

    /// Number of labels and the axis along which they lie.
    static func layout(
        _ shape: [Int], rowsAreSamples: Bool = false, argument: String
    ) throws(InfoLensError) -> (samples: Int, axis: Int) {
        let result: (Int, Int)
        switch shape.count {
        case 1: result = (shape[0], 0)
        case 2: result = shape[0] == 1 && !rowsAreSamples ? (shape[1], 1) : (shape[0], 0)
        default:
            throw InfoLensError(
                .shape,
                "\(argument): shape \(describe(shape: shape)) has rank \(shape.count); labels are [N], [N, 1], "
                    + "[1, N] or one-hot [N, C]")
        }
        guard !shape.contains(0) else {
            throw InfoLensError(.shape, "\(argument): shape \(describe(shape: shape)) holds no labels")
        }
        return result
    }

    /// Takes the next `samples` labels, `stride` bytes apart; elements of a one-hot row are `innerStride` bytes apart.
    mutating func append(_ base: UnsafeRawPointer, samples: Int, stride: Int, innerStride: Int) throws(InfoLensError) {
        if isOneHot {
            try appendOneHot(base, rows: samples, stride: stride, innerStride: innerStride)
        } else if encoding.dtype.isFloat {
            try appendFloats(base, samples: samples, stride: stride)
        } else {
            let start = values.count
            values.append(contentsOf: repeatElement(0, count: samples))
            encoding.integers(base, stride: stride, count: samples, to: &values, at: start)
        }
    }

    private mutating func appendFloats(_ base: UnsafeRawPointer, samples: Int, stride: Int) throws(InfoLensError) {
        let first = values.count
        try forEachPiece(base, count: samples, stride: stride) { (start, piece) throws(InfoLensError) in
            for (index, value) in piece.enumerated() {
                if allowsMissing, value.isNaN {
                    missing.append(first + start + index)
                    values.append(0)
                    continue
                }
                // −2^63 … 2^63: beyond, there are no Int64s. NaN fails both comparisons.
                guard value.rounded(.towardZero) == value, abs(value) < 0x1p63 else {
                    throw InfoLensError(
                        .numeric,
                        "\(argument): the label at row \(first + start + index) is \(value); labels are integers, "
                            + "bool, strings or one-hot rows (round or encode them first)")
                }
                values.append(Int64(value))
            }
        }
    }

    private mutating func appendOneHot(_ base: UnsafeRawPointer, rows: Int, stride: Int, innerStride: Int)
        throws(InfoLensError)
    {
        for row in 0..<rows {
            var hot: Int?
            var valid = true
            try forEachPiece(base + row &* stride, count: classes, stride: innerStride) {
                (start, piece) throws(InfoLensError) in
                for (index, value) in piece.enumerated() where value != 0 {
                    valid = valid && value == 1 && hot == nil
                    hot = start + index
                }
            }
            guard valid, let hot else {
                throw InfoLensError(
                    .numeric,
                    "\(argument): row \(values.count) is not one-hot: exactly one of its \(classes) elements must be 1 "
                        + "and the others 0 (for soft or multiple labels pass the class of each sample)")
            }
            values.append(Int64(hot))
        }
    }

    /// Hands elements over as doubles, up to 512 at a time. Integers beyond ±2^53, which
    /// only one-hot labels could meet here, arrive as NaN: they are neither 0 nor 1.
    private func forEachPiece(
        _ base: UnsafeRawPointer, count: Int, stride: Int,
        _ body: (Int, UnsafeBufferPointer<Double>) throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        let capacity = 512
        let buffer = UnsafeMutablePointer<Double>.allocate(capacity: capacity)
        defer { buffer.deallocate() }
        var start = 0
        while start < count {
            let length = min(capacity, count - start)
            buffer.initialize(repeating: .nan, count: length)
            _ = encoding.convert(base + start &* stride, stride: stride, count: length, to: .float64, buffer)
            try body(start, UnsafeBufferPointer(start: buffer, count: length))
            start += length
        }
    }

    /// The labels, once all have been appended.
    func labels(classNames: [String]?) throws(InfoLensError) -> Labels {
        if let classNames { return try named(classNames) }
        if isOneHot {
            return Labels(
                codes: values.map { Int32(truncatingIfNeeded: $0) }, classes: .integers((0..<Int64(classes)).map { $0 })
            )
        }
        if encoding.dtype == .uint64 {
            let unsigned = values.map { UInt64(bitPattern: $0) }
            let (codes, distinct) = try encode(unsigned, argument: argument)
            guard let largest = distinct.last, largest > UInt64(Int64.max) else {
                return Labels(codes: codes, classes: .integers(distinct.map { Int64(bitPattern: $0) }))
            }
            return Labels(codes: codes, classes: .strings(distinct.map(String.init)))
        }
        guard missing.isEmpty else { return try labelsWithGaps() }
        let (codes, distinct) = try encode(values, argument: argument)
        return Labels(codes: codes, classes: .integers(distinct))
    }

    private func labelsWithGaps() throws(InfoLensError) -> Labels {
        var gaps = missing[...]
        var present: [Int64] = []
        for (row, value) in values.enumerated() {
            if gaps.first == row { gaps = gaps.dropFirst() } else { present.append(value) }
        }
        let (found, distinct) = try encode(present, argument: argument)
        var codes = [Int32](repeating: -1, count: values.count)
        var next = 0
        gaps = missing[...]
        for row in codes.indices {
            if gaps.first == row {
                gaps = gaps.dropFirst()
            } else {
                codes[row] = found[next]
                next += 1
            }
        }
        return Labels(codes: codes, classes: .integers(distinct))
    }

    private func named(_ names: [String]) throws(InfoLensError) -> Labels {
        guard names.count <= Int(Int32.max) else {
            throw InfoLensError(.argument, "class names: \(names.count) names; at most \(Int32.max) are supported")
        }
        if isOneHot && classes != names.count {
            throw InfoLensError(
                .shape, "\(argument): one-hot rows have \(classes) classes but \(names.count) class names were given")
        }
        // A uint64 beyond Int64 is negative here, and refused like any other negative.
        if let bad = values.firstIndex(where: { $0 < 0 || $0 >= Int64(names.count) }) {
            let shown = encoding.dtype == .uint64 ? String(UInt64(bitPattern: values[bad])) : String(values[bad])
            throw InfoLensError(
                .numeric,
                "\(argument): the label at row \(bad) is \(shown), outside 0 … \(names.count - 1) of the "
                    + "\(names.count) class names")
        }
        return Labels(codes: values.map { Int32(truncatingIfNeeded: $0) }, classes: .strings(names))
    }
}

/// Codes of values among their distinct values in ascending order.
func encode<T: FixedWidthInteger & Sendable>(_ values: [T], argument: String) throws(InfoLensError)
    -> (codes: [Int32], distinct: [T])
{
    var distinct: [T] = []
    guard let low = values.min(), let high = values.max() else { return ([], []) }
    let (span, overflow) = high.subtractingReportingOverflow(low)
    if !overflow, let span = Int(exactly: span), span < max(65536, 4 &* values.count) {
        // Labels are mostly small numbers: one table lookup each.
        var codeOf = [Int32](repeating: -1, count: span + 1)
        for value in values { codeOf[Int(value - low)] = 0 }
        for offset in codeOf.indices where codeOf[offset] == 0 {
            codeOf[offset] = Int32(truncatingIfNeeded: distinct.count)
            distinct.append(low + T(offset))
        }
        try check(classes: distinct.count, argument: argument)
        return (values.map { codeOf[Int($0 - low)] }, distinct)
    }
    for value in values.sorted() where value != distinct.last { distinct.append(value) }
    try check(classes: distinct.count, argument: argument)
    let codes = values.map { value in
        var lower = 0
        var upper = distinct.count - 1
        while lower < upper {
            let middle = (lower + upper) / 2
            if distinct[middle] < value { lower = middle + 1 } else { upper = middle }
        }
        return Int32(truncatingIfNeeded: lower)
    }
    return (codes, distinct)
}

private func check(classes: Int, argument: String) throws(InfoLensError) {
    guard classes <= Int(Int32.max) else {
        throw InfoLensError(.shape, "\(argument): \(classes) distinct labels; at most \(Int32.max) are supported")
    }
}
