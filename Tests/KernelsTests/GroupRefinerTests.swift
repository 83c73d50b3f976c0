// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Kernels

@Suite("Groups of rows with equal codes")
struct GroupRefinerTests {
    @Test(
        "rows are in a group exactly when all their codes are equal, numbered as they come",
        arguments: [(1, [3]), (50, [2, 2, 2]), (3000, [2, 5, 300, 65536, 3]), (4000, [65536, 65536])])
    func groups(rows: Int, levels: [Int]) throws {
        var generator = FixedGenerator(seed: UInt64(rows))
        let columns = levels.map { level in
            (0..<rows).map { _ in
                UInt16(Int.random(in: 0..<min(level, 900), using: &generator) * (level / 900 + 1) % level)
            }
        }
        let refiner = try GroupRefiner(rows: rows)
        var groups = [UInt32](repeating: 0, count: rows)
        var count = 1
        for (index, column) in columns.enumerated() {
            let before = groups
            count = refiner.refine(before, count: count, by: column, levels: levels[index], rows: rows, into: &groups)
            var inPlace = before
            let again = inPlace.withUnsafeMutableBufferPointer { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                return refiner.refine(
                    base, count: (before.max().map { Int($0) } ?? 0) + 1, by: column, levels: levels[index], rows: rows,
                    into: base)
            }
            #expect(again == count && inPlace == groups)
            var numbers: [[UInt16]: UInt32] = [:]
            var expected: [UInt32] = []
            for row in 0..<rows {
                let pattern = columns[...index].map { $0[row] }
                let number = numbers[pattern] ?? UInt32(numbers.count)
                numbers[pattern] = number
                expected.append(number)
            }
            #expect(groups == expected && count == numbers.count)
        }
    }
}
