// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

@Suite("Some samples of a matrix")
struct SelectedRowsTests {
    let folder = TemporaryFolder()

    @Test("rows come in the order asked for, repeated ones again, whatever the storage")
    func order() throws {
        let file = try FixtureFile(folder["rows.h5"])
        var numbers = Numbers(seed: 5)
        let all = numbers.floats(400 * 7).map(Float.init)
        try file.floats("plain", all, shape: [400, 7])
        try file.floats("chunked", all, shape: [400, 7], storage: FixtureStorage(chunk: [64, 3], deflate: true))
        let dump = try file.dump()
        let rows = [399, 0, 3, 3, 128, 2] + numbers.integers(300, in: 0...399)
        let expected = rows.flatMap { row in all[row * 7..<row * 7 + 7].map(Double.init) }
        for name in ["plain", "chunked"] {
            let matrix = try dump.matrix(layer: name, reduction: .none, memory: 1 << 20)
            for memory in [12_000, 1 << 20] {
                let selected = try selectRows(of: matrix, rows: rows, memory: memory)
                #expect(selected.samples == rows.count && selected.neurons == 7 && selected.element == .float32)
                #expect(selected.name == name)
                let isEqual = try values(of: selected, block: 50) == expected
                #expect(isEqual, "\(name) within \(memory) bytes")
            }
        }
    }

    @Test("an array in memory, of whatever type and strides, is copied too")
    func arrays() throws {
        let owned = OwnedArray([0, 1, 2, 3, 4, 5, 6, 7, 8] as [Double])
        let matrix = try ArrayMatrix(
            name: "a", array: owned.array(.float64, [3, 2], strides: [-24, 8], offset: 48), reduction: .none)
        let selected = try selectRows(of: matrix, rows: [2, 0, 2], memory: 1 << 10)
        #expect(selected.element == .float64)
        #expect(try values(of: selected, block: 1) == [0, 1, 6, 7, 0, 1])
    }

    @Test("rows that are not there, too few, and too many for the budget are errors")
    func refused() throws {
        let owned = OwnedArray([Float](repeating: 1, count: 40))
        let matrix = try ArrayMatrix(name: "a", array: owned.array(.float32, [10, 4]), reduction: .none)
        for (rows, kind) in [
            ([0, 10], InfoLensError.Kind.argument), ([-1, 0], .argument), ([3], .shape), ([], .shape),
        ] {
            let error = failure { () throws(InfoLensError) in try selectRows(of: matrix, rows: rows, memory: 1 << 10) }
            #expect(error?.kind == kind, "\(rows)")
        }
        let many = [Int](repeating: 1, count: 100)
        let error = failure { () throws(InfoLensError) in try selectRows(of: matrix, rows: many, memory: 1 << 10) }
        #expect(error?.kind == .memory && error?.description.contains("1600") == true)
    }

    @Test("labels of a selection keep their classes")
    func labels() throws {
        let owned = OwnedArray([7, 9, 8, 7] as [Int32])
        let labels = try Labels(array: owned.array(.int32, [4]), classNames: nil)
        let selected = try labels.selecting(rows: [3, 1, 0, 1])
        #expect(selected.codes == [0, 2, 0, 2] && selected.counts == [2, 0, 2])
        #expect(selected.classes == .integers([7, 8, 9]))
        #expect(failure { () throws(InfoLensError) in try labels.selecting(rows: [0, 4]) }?.kind == .argument)
    }
}
