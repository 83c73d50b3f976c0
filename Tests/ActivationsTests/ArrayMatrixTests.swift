// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

@Suite("Activations in memory")
struct ArrayMatrixTests {
    /// The same small integers as elements of `dtype`: exact in all of them.
    static func elements(_ dtype: DType, _ values: [Int]) -> OwnedArray {
        switch dtype {
        case .float16: OwnedArray(values.map { Float16($0) })
        case .bfloat16: OwnedArray(values.map { UInt16(Float($0).bitPattern >> 16) })
        case .float32: OwnedArray(values.map { Float($0) })
        case .float64: OwnedArray(values.map { Double($0) })
        case .int8: OwnedArray(values.map { Int8($0) })
        case .int16: OwnedArray(values.map { Int16($0) })
        case .int32: OwnedArray(values.map { Int32($0) })
        case .int64: OwnedArray(values.map { Int64($0) })
        case .uint8: OwnedArray(values.map { UInt8($0) })
        case .uint16: OwnedArray(values.map { UInt16($0) })
        case .uint32: OwnedArray(values.map { UInt32($0) })
        case .uint64: OwnedArray(values.map { UInt64($0) })
        case .bool: OwnedArray(values.map { UInt8($0) })
        }
    }

    static let dtypes = (1...13).compactMap { DType(rawValue: $0) }

    @Test("every type is read exactly, in any layout and any block size", arguments: dtypes)
    func everyType(dtype: DType) throws {
        var numbers = Numbers(seed: 1)
        let (rows, columns, size) = (23, 301, dtype.size)
        let integers = numbers.integers(rows * columns, in: 0...100)
        let owned = Self.elements(dtype, integers)
        let expected = integers.map { dtype == .bool ? Double($0 == 0 ? 0 : 1) : Double($0) }
        func element(_ row: Int, _ column: Int) -> Double { expected[row * columns + column] }

        let layouts: [(name: String, shape: [Int], strides: [Int], offset: Int, at: (Int, Int) -> Double)] = [
            ("C order", [rows, columns], [columns * size, size], 0, element),
            ("transposed", [columns, rows], [size, columns * size], 0, { element($1, $0) }),
            (
                "both axes reversed", [rows, columns], [-columns * size, -size], (rows * columns - 1) * size,
                { element(rows - 1 - $0, columns - 1 - $1) }
            ),
            ("every other column", [rows, (columns + 1) / 2], [columns * size, 2 * size], 0, { element($0, 2 * $1) }),
            (
                "one row broadcast", [rows, columns], [0, size], 5 * columns * size, { _, column in element(5, column) }
            ),
            ("one column broadcast", [rows, columns], [columns * size, 0], 0, { row, _ in element(row, 0) }),
        ]
        for layout in layouts {
            let array = try owned.array(dtype, layout.shape, strides: layout.strides, offset: layout.offset)
            let matrix = try ArrayMatrix(name: "layer", array: array, reduction: .none)
            let reference = (0..<layout.shape[0]).flatMap { row in (0..<layout.shape[1]).map { layout.at(row, $0) } }
            for block in [1, 7, 1000] {
                #expect(try values(of: matrix, block: block) == reference, "\(layout.name), \(block) rows")
            }
            #expect(matrix.element == dtype.element)
        }
    }

    @Test("aligned floats with adjacent neurons are not copied")
    func zeroCopy() throws {
        let owned = OwnedArray([Float](repeating: 1, count: 64))
        let empty = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        let plain = try ArrayMatrix(name: "a", array: owned.array(.float32, [8, 8]), reduction: .none)
        #expect(plain.scratchBytes(rows: 8) == 0)
        #expect(try plain.read(rows: 2..<5, scratch: empty).base == UnsafeRawPointer(owned.memory + 2 * 32))

        let reversed = try ArrayMatrix(
            name: "b", array: owned.array(.float32, [8, 8], strides: [-32, 4], offset: 7 * 32), reduction: .none)
        let block = try reversed.read(rows: 1..<3, scratch: empty)
        #expect(block.rowStride == -8 && block.base == UnsafeRawPointer(owned.memory + 6 * 32))

        let flattened = try ArrayMatrix(name: "c", array: owned.array(.float32, [4, 2, 8]), reduction: .flatten)
        #expect(flattened.scratchBytes(rows: 4) == 0 && flattened.neurons == 16)

        let odd = try ArrayMatrix(
            name: "d", array: owned.array(.float32, [7, 7], strides: [30, 4], offset: 0), reduction: .none)
        #expect(odd.scratchBytes(rows: 1) > 0)
    }

    @Test("elements at odd addresses are read")
    func misaligned() throws {
        let numbers: [Double] = [1.5, -2.25, 3, 4]
        let owned = OwnedArray(numbers, misaligned: 3)
        let matrix = try ArrayMatrix(name: "a", array: owned.array(.float64, [2, 2], offset: 3), reduction: .none)
        #expect(matrix.scratchBytes(rows: 1) > 0)
        #expect(try values(of: matrix, block: 2) == numbers)
    }

    @Test("a vector is one neuron")
    func vector() throws {
        let owned = OwnedArray([1, 9, 2, 9, 3, 9] as [Float])
        let matrix = try ArrayMatrix(name: "a", array: owned.array(.float32, [3], strides: [8]), reduction: .none)
        #expect(matrix.samples == 3 && matrix.neurons == 1)
        #expect(try values(of: matrix, block: 2) == [1, 2, 3])
    }

    @Test("64-bit integers without an exact double are an error that names row and neuron")
    func inexact() throws {
        let owned = OwnedArray([1, 2, 3, 4, 5, (1 << 53) + 1] as [Int64])
        let matrix = try ArrayMatrix(name: "codes", array: owned.array(.int64, [3, 2]), reduction: .none)
        let error = failure { () throws(InfoLensError) in try values(of: matrix, block: 1) }
        #expect(error?.kind == .numeric)
        #expect(error?.description.contains("row 2, element 1") == true)
    }

    @Test("shapes, strides and types that make no array are refused")
    func refusals() {
        let owned = OwnedArray([Float](repeating: 0, count: 16))
        func kind(_ data: UnsafeRawPointer?, _ dtype: Int32, _ shape: [Int64], _ strides: [Int64]? = nil)
            -> InfoLensError.Kind?
        {
            failure { () throws(InfoLensError) in
                try StridedArray(data: data, dtype: dtype, shape: shape, strides: strides, argument: "x")
            }?.kind
        }
        let data = UnsafeRawPointer(owned.memory)
        #expect(kind(data, 3, [4, 4]) == nil)
        #expect(kind(nil, 3, [0, 4]) == nil)
        #expect(kind(nil, 3, [4, 4]) == .argument)
        #expect(kind(data, 0, [4]) == .dtype)
        #expect(kind(data, 14, [4]) == .dtype)
        #expect(kind(data, 3, [-1]) == .shape)
        #expect(kind(data, 3, [Int64](repeating: 1, count: 33)) == .shape)
        #expect(kind(data, 3, [1 << 40, 1 << 40]) == .shape)
        #expect(kind(data, 4, [1 << 60, 1]) == .shape)
        #expect(kind(data, 3, [3, 3], [.max, 4]) == .shape)
        #expect(kind(data, 3, [3, 3], [.min, 4]) == .shape)
        #expect(kind(data, 3, [3, 3], [4]) == .shape)
        #expect(kind(data, 3, [1 << 62, 0, 1 << 62]) == nil)
    }

    @Test("empty and scalar arrays have no samples")
    func empty() throws {
        let owned = OwnedArray([Float](repeating: 0, count: 16))
        for shape in [[], [0], [0, 4], [4, 0], [4, 4, 0]] {
            let array = try owned.array(.float32, shape)
            let error = failure { () throws(InfoLensError) in
                try ArrayMatrix(name: "a", array: array, reduction: .flatten)
            }
            #expect(error?.kind == .shape, "\(shape)")
        }
    }
}
