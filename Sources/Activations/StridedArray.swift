// SPDX-License-Identifier: Apache-2.0
import Kernels

/// An array in the caller's memory: base address, element type, shape and
/// signed strides in bytes, as numpy describes one.
///
/// Everything that later code relies upon is checked here, once: the rank, the
/// lengths, and that no element's offset overflows. Strides may be zero or
/// negative, and elements may lie at any address. The memory itself is the
/// caller's promise.
public struct StridedArray: @unchecked Sendable {
    /// Largest rank, that of HDF5 and numpy.
    public static let maximumRank = 32

    /// What the array is called in errors.
    public let argument: String
    public let dtype: DType
    public let shape: [Int]
    /// Distance in bytes between neighbours along each axis.
    public let strides: [Int]
    /// Product of the lengths; 1 for rank 0.
    public let count: Int
    /// Address of the element whose indices are all zero; nil only when `count` is 0.
    public let base: UnsafeRawPointer?

    /// - Parameters:
    ///   - data: the first element; nil only for an array without elements
    ///   - dtype: a raw value of `DType`
    ///   - strides: bytes along each axis; nil for C order without gaps
    ///   - argument: the array's name in errors
    /// - Throws: `dtype` for an unknown type, `shape` for a rank above 32, a negative
    ///   length or more bytes than an address space holds, `argument` for a missing pointer.
    public init(
        data: UnsafeRawPointer?, dtype: Int32, shape: [Int64], strides: [Int64]?, argument: String
    ) throws(InfoLensError) {
        guard let type = DType(rawValue: dtype) else {
            throw InfoLensError(
                .dtype, "\(argument): unknown element type \(dtype); use one of IL_FLOAT16 (1) to IL_BOOL (13)")
        }
        guard shape.count <= Self.maximumRank else {
            throw InfoLensError(
                .shape, "\(argument): rank \(shape.count); at most \(Self.maximumRank) axes are supported")
        }
        if let strides, strides.count != shape.count {
            throw InfoLensError(
                .shape, "\(argument): \(strides.count) strides for \(shape.count) axes; give one stride an axis")
        }
        var lengths: [Int] = []
        for (axis, length) in shape.enumerated() {
            guard length >= 0, let length = Int(exactly: length) else {
                throw InfoLensError(.shape, "\(argument): axis \(axis) has length \(length); lengths are at least 0")
            }
            lengths.append(length)
        }
        guard let count = checkedProduct(lengths), let bytes = checkedProduct([count, type.size]) else {
            throw InfoLensError(
                .shape, "\(argument): shape \(describe(shape: lengths)) of \(type.name) overflows the address space")
        }

        self.argument = argument
        self.dtype = type
        self.shape = lengths
        self.count = count
        if let strides {
            self.strides = strides.map { Int($0) }
            guard Self.fits(lengths, self.strides, size: type.size) else {
                throw InfoLensError(
                    .shape,
                    "\(argument): strides \(strides) bytes with shape \(describe(shape: lengths)) reach beyond the "
                        + "address space; strides are counted in bytes")
            }
        } else {
            self.strides = Self.contiguousStrides(lengths, size: type.size, bytes: bytes)
        }
        if data == nil && count > 0 {
            throw InfoLensError(
                .argument, "\(argument): data is NULL for shape \(describe(shape: lengths)); pass the array's address")
        }
        base = data
    }

    /// A view of `count` elements of a buffer in C order; the caller knows that they are there.
    init(buffer: UnsafeRawPointer, dtype: DType, shape: [Int], argument: String) {
        self.argument = argument
        self.dtype = dtype
        self.shape = shape
        count = shape.reduce(1, &*)
        strides = Self.contiguousStrides(shape, size: dtype.size, bytes: count &* dtype.size)
        base = buffer
    }

    /// Strides of C order. Where a length is 0 no stride is ever used, and their
    /// products need not fit: they are 0 then.
    private static func contiguousStrides(_ shape: [Int], size: Int, bytes: Int) -> [Int] {
        var strides = [Int](repeating: 0, count: shape.count)
        guard bytes > 0 else { return strides }
        var step = size
        for axis in shape.indices.reversed() {
            strides[axis] = step
            step &*= shape[axis]
        }
        return strides
    }

    /// Whether the offset of every element, first byte to last, fits into an Int.
    private static func fits(_ shape: [Int], _ strides: [Int], size: Int) -> Bool {
        if shape.contains(0) { return true }
        var low = 0
        var high = size
        for (length, stride) in zip(shape, strides) {
            let (reach, overflow) = stride.multipliedReportingOverflow(by: length - 1)
            if overflow { return false }
            let (sum, sumOverflow) =
                reach < 0 ? low.addingReportingOverflow(reach) : high.addingReportingOverflow(reach)
            if sumOverflow { return false }
            if reach < 0 { low = sum } else { high = sum }
        }
        return true
    }
}

/// The product of lengths, or nil if it does not fit into an Int. Zero wins over overflow.
func checkedProduct(_ lengths: some Collection<Int>) -> Int? {
    if lengths.contains(0) { return 0 }
    var product = 1
    for length in lengths {
        let (next, overflow) = product.multipliedReportingOverflow(by: length)
        if overflow { return nil }
        product = next
    }
    return product
}

/// "10000 × 64"; "scalar" for rank 0.
func describe(shape: [Int]) -> String {
    shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: " × ")
}
