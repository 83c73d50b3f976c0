// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

@Suite("Labels from arrays")
struct LabelsTests {
    @Test("every type gives the same classes", arguments: ArrayMatrixTests.dtypes)
    func everyType(dtype: DType) throws {
        let integers = dtype == .bool ? [1, 0, 1, 1, 0] : [7, 3, 7, 100, 3]
        let owned = ArrayMatrixTests.elements(dtype, integers)
        let labels = try Labels(array: owned.array(dtype, [5]), classNames: nil)
        if dtype == .bool {
            #expect(
                labels.codes == [1, 0, 1, 1, 0] && labels.classes == .integers([0, 1]) && labels.counts == [2, 3])
        } else {
            #expect(labels.codes == [1, 0, 1, 2, 0])
            #expect(labels.classes == .integers([3, 7, 100]) && labels.counts == [2, 2, 1])
        }
    }

    @Test("columns, rows and strides make no difference")
    func layouts() throws {
        let owned = OwnedArray([5, 0, -1, 0, 5, 0] as [Int32])
        for (shape, strides, offset) in [
            ([3], [8], 0), ([3, 1], [8, 0], 0), ([1, 3], [0, 8], 0), ([3], [-8], 16),
        ] {
            let labels = try Labels(
                array: owned.array(.int32, shape, strides: strides, offset: offset), classNames: nil)
            #expect(labels.codes == [1, 0, 1] && labels.classes == .integers([-1, 5]))
        }
    }

    @Test("values far apart are classes too")
    func sparse() throws {
        let owned = OwnedArray([.max, .min, 0, .max] as [Int64])
        let labels = try Labels(array: owned.array(.int64, [4]), classNames: nil)
        #expect(labels.codes == [2, 0, 1, 2])
        #expect(labels.classes == .integers([.min, 0, .max]) && labels.counts == [1, 1, 2])
    }

    @Test("unsigned labels beyond Int64 become decimal strings")
    func unsigned() throws {
        let owned = OwnedArray([.max, 3, 1 << 63] as [UInt64])
        let labels = try Labels(array: owned.array(.uint64, [3]), classNames: nil)
        #expect(labels.codes == [2, 0, 1])
        #expect(labels.classes == .strings(["3", "9223372036854775808", "18446744073709551615"]))
    }

    @Test("one-hot rows of any type, with classes that nobody has", arguments: ArrayMatrixTests.dtypes)
    func oneHot(dtype: DType) throws {
        let owned = ArrayMatrixTests.elements(dtype, [0, 1, 0, 0, 1, 0, 1, 0, 0])
        let labels = try Labels(array: owned.array(dtype, [3, 3]), classNames: nil)
        #expect(labels.codes == [1, 1, 0])
        #expect(labels.classes == .integers([0, 1, 2]) && labels.counts == [1, 2, 0])
    }

    @Test("rows that are not one-hot are named", arguments: [[0, 0], [1, 1], [2, 0], [-1, 0]])
    func notOneHot(row: [Int]) throws {
        let owned = OwnedArray([1, 0] + row.map(Int16.init) as [Int16])
        let array = try owned.array(.int16, [2, 2])
        let error = failure { () throws(InfoLensError) in try Labels(array: array, classNames: nil) }
        #expect(error?.kind == .numeric)
        #expect(error?.description.contains("row 1 ") == true)
    }

    @Test("a NaN in a one-hot row is refused")
    func notANumberOneHot() throws {
        let owned = OwnedArray([1, 0, .nan, 1] as [Float])
        let array = try owned.array(.float32, [2, 2])
        #expect(failure { () throws(InfoLensError) in try Labels(array: array, classNames: nil) }?.kind == .numeric)
    }

    @Test("fractions, NaN and infinities are named by their row", arguments: [0.5, .nan, .infinity, 1e300])
    func fractions(bad: Double) throws {
        let owned = OwnedArray([1, 2, bad] as [Double])
        let array = try owned.array(.float64, [3])
        let error = failure { () throws(InfoLensError) in try Labels(array: array, classNames: nil) }
        #expect(error?.kind == .numeric)
        #expect(error?.description.contains("row 2 ") == true)
    }

    @Test("names stand for 0 … C−1, in any number of samples")
    func names() throws {
        let owned = OwnedArray([2, 0, 2] as [UInt8])
        let array = try owned.array(.uint8, [3])
        let labels = try Labels(array: array, classNames: ["cat", "dog", "eel"])
        #expect(labels.codes == [2, 0, 2])
        #expect(labels.classes == .strings(["cat", "dog", "eel"]) && labels.counts == [1, 0, 2])
        let error = failure { () throws(InfoLensError) in try Labels(array: array, classNames: ["cat", "dog"]) }
        #expect(error?.kind == .numeric)
        #expect(error?.description.contains("row 0 ") == true)
    }

    @Test("names and one-hot rows must agree on the number of classes")
    func oneHotNames() throws {
        let owned = OwnedArray([1, 0, 0, 1] as [Float])
        let array = try owned.array(.float32, [2, 2])
        #expect(try Labels(array: array, classNames: ["a", "b"]).classes == .strings(["a", "b"]))
        #expect(failure { () throws(InfoLensError) in try Labels(array: array, classNames: ["a"]) }?.kind == .shape)
    }

    @Test("no labels, scalars and higher ranks are refused", arguments: [[], [0], [0, 3], [3, 0], [2, 2, 1]])
    func shapes(shape: [Int]) throws {
        let owned = OwnedArray([0, 0, 0, 0] as [Int32])
        let array = try owned.array(.int32, shape)
        #expect(failure { () throws(InfoLensError) in try Labels(array: array, classNames: nil) }?.kind == .shape)
    }

    @Test("more labels than memory can hold are an error")
    func tooMany() throws {
        let owned = OwnedArray([1] as [Int32])
        let array = try owned.array(.int32, [1 << 58], strides: [0])
        #expect(failure { () throws(InfoLensError) in try Labels(array: array, classNames: nil) }?.kind == .memory)
    }
}
