// SPDX-License-Identifier: Apache-2.0
import CNumerics
import TestSupport
import Testing

@testable import Kernels

@Suite struct TransposeTests {
    @Test("rows become columns and columns rows, whatever their number, stride and place")
    func transposing() {
        var generator = FixedGenerator(seed: 3)
        for (rows, columns) in [(1, 1), (7, 9), (8, 8), (16, 24), (37, 21), (40, 1)] {
            let gap = columns + 3
            let values = (0..<rows * gap).map { _ in Double.random(in: -1...1, using: &generator) }
            let singles = values.map { Float($0) }
            let places = (0..<rows).map { Int32($0) }.shuffled(using: &generator)
            forEachInstructionSet { name in
                let length = rows + 2
                var (wide, narrow) = ([Double](repeating: 9, count: columns * length), [Double]())
                narrow = wide
                #expect(cn_to_columns_f64(values, Int64(gap), Int64(rows), Int64(columns), &wide, Int64(length)) == 0)
                #expect(
                    cn_to_columns_f32(singles, Int64(gap), Int64(rows), Int64(columns), &narrow, Int64(length)) == 0)
                var isRight = true
                for i in 0..<rows {
                    for j in 0..<columns {
                        isRight = isRight && wide[j * length + i] == values[i * gap + j]
                        isRight = isRight && narrow[j * length + i] == Double(singles[i * gap + j])
                    }
                }
                // What lies between columns is not touched.
                isRight = isRight && (0..<columns).allSatisfy { wide[$0 * length + rows] == 9 }
                #expect(isRight, "\(name), \(rows) × \(columns)")
                // From the last row on.
                values.withUnsafeBufferPointer { values in
                    let last = values.baseAddress.map { $0 + (rows - 1) * gap }
                    #expect(
                        cn_to_columns_f64(last, Int64(-gap), Int64(rows), Int64(columns), &narrow, Int64(length)) == 0)
                }
                #expect((0..<columns).allSatisfy { narrow[$0 * length] == values[(rows - 1) * gap + $0] })
                var back = [Double](repeating: 9, count: rows * gap)
                cn_to_rows(wide, Int64(length), Int64(rows), Int64(columns), nil, &back, Int64(gap))
                var placed = back
                cn_to_rows(wide, Int64(length), Int64(rows), Int64(columns), places, &placed, Int64(gap))
                isRight = true
                for i in 0..<rows {
                    for j in 0..<gap {
                        let expected = j < columns ? values[i * gap + j] : 9
                        isRight = isRight && back[i * gap + j] == expected
                        isRight = isRight && placed[Int(places[i]) * gap + j] == expected
                    }
                }
                #expect(isRight, "\(name), \(rows) × \(columns)")
            }
        }
    }

    @Test("what is not finite is found wherever it is")
    func finiteness() {
        let (rows, columns) = (19, 13)
        forEachInstructionSet { name in
            for place in [0, 7 * columns + 7, 18 * columns + 2, rows * columns - 1] {
                for bad in [Double.nan, .infinity, -.infinity] {
                    var values = [Double](repeating: 1, count: rows * columns)
                    values[place] = bad
                    var target = values
                    let (n, d) = (Int64(rows), Int64(columns))
                    #expect(cn_to_columns_f64(values, d, n, d, &target, n) == 1, "\(name)")
                    #expect(cn_to_columns_f32(values.map { Float($0) }, d, n, d, &target, n) == 1, "\(name)")
                }
            }
        }
    }
}
