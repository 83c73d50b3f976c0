// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

@testable import Activations

/// A matrix in memory with a plan, so that it can be part of others.
struct PlannedMemory: PlannedMatrix {
    var matrix: MemoryMatrix
    /// Bytes that it asks for beside what it needs.
    var extra = 0
    var plan = ReadingPlan(
        path: .memory, reason: "", dtype: "float64", conversion: "none", storage: "memory", bytes: 8, storedBytes: 4)

    init(_ values: [Double], neurons: Int, element: Element = .float64, preferredRows: Int? = nil) {
        matrix = MemoryMatrix(values, neurons: neurons, element: element)
        matrix.preferredRows = preferredRows
    }

    var name: String { matrix.name }
    var samples: Int { matrix.samples }
    var neurons: Int { matrix.neurons }
    var element: Element { matrix.element }
    var preferredRows: Int? { matrix.preferredRows }

    func scratchBytes(rows: Int) -> Int { matrix.scratchBytes(rows: rows) + extra }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        try matrix.read(rows: rows, scratch: scratch)
    }
}

@Suite("Rows of several matrices as one")
struct StackedMatrixTests {
    private func numbers(_ range: Range<Int>) -> [Double] { range.map { Double($0) / 4 } }

    @Test("blocks of any size give the rows of the parts one after the other, across their borders")
    func blocks() throws {
        let all = numbers(0..<33)
        let parts = [numbers(0..<9), numbers(9..<12), numbers(12..<33)].map { PlannedMemory($0, neurons: 3) }
        let stack = try StackedMatrix.joining(name: "a", count: 3, memory: 1 << 20) { parts[$0] }
        #expect(stack.name == "a" && stack.samples == 11 && stack.neurons == 3 && stack.element == .float64)
        for block in 1...12 { #expect(try values(of: stack, block: block) == all, "\(block)") }
        #expect(stack.plan.storage == "rows of 3 datasets: memory" && stack.plan.bytes == 24)
    }

    @Test("parts of two element types become float64, exactly")
    func widening() throws {
        let parts = [
            PlannedMemory([0.5, 1, 1.5, 2], neurons: 2, element: .float32), PlannedMemory([0.1, 0.2], neurons: 2),
        ]
        let stack = try StackedMatrix.joining(name: "a", count: 2, memory: 1 << 20) { parts[$0] }
        #expect(stack.element == .float64)
        for block in 1...3 { #expect(try values(of: stack, block: block) == [0.5, 1, 1.5, 2, 0.1, 0.2]) }
    }

    @Test("a thousand parts of one row are read once and kept, or opened one by one, with the same values")
    func manySmall() throws {
        let parts = (0..<1000).map { PlannedMemory([Double($0), -Double($0)], neurons: 2, preferredRows: 1) }
        let all = (0..<1000).flatMap { [Double($0), -Double($0)] }
        let opened = OpenCounter()
        for memory in [1 << 20, 1 << 10] {
            let stack = try StackedMatrix.joining(name: "a", count: 1000, memory: memory) { part in
                opened.add()
                return parts[part]
            }
            let before = opened.count
            for block in [1, 7, 333, 1000] { #expect(try values(of: stack, block: block) == all) }
            #expect((opened.count > before) == (memory == 1 << 10))
            #expect(stack.plan.storage == "rows of 1000 datasets: memory")
        }
    }

    @Test("parts that need more scratch memory than those that were measured are read all the same")
    func growing() throws {
        let calls = OpenCounter()
        let stack = try StackedMatrix.joining(name: "a", count: 40, memory: 8) { part in
            calls.add()
            var matrix = PlannedMemory([Double(part), 1], neurons: 1)
            matrix.extra = calls.count <= 40 ? 0 : 1 << 16
            return matrix
        }
        #expect(try values(of: stack, block: 3) == (0..<40).flatMap { [Double($0), 1] })
    }

    @Test("parts of another width, and parts that change after they were measured, are errors")
    func refused() throws {
        let wide = failure { () throws(InfoLensError) in
            try StackedMatrix.joining(name: "a", count: 2, memory: 1 << 20) { part in
                PlannedMemory([1, 2, 3, 4], neurons: part + 1)
            }
        }
        #expect(wide?.kind == .shape && wide?.description.contains("part 2 has 2 neurons") == true)
        let calls = OpenCounter()
        let stack = try StackedMatrix.joining(name: "a", count: 40, memory: 8) { _ in
            calls.add()
            return PlannedMemory(calls.count <= 40 ? [1, 2] : [1], neurons: 1)
        }
        #expect(failure { () throws(InfoLensError) in try values(of: stack, block: 1) }?.kind == .format)
    }

    @Test("rows are best read by chunks, and by parts where chunks do not divide them")
    func preferred() throws {
        for (rows, chunk, expected) in [(8, 4, 4), (6, 4, 6), (40, 3, 3)] {
            let parts = (0..<3).map { _ in PlannedMemory(numbers(0..<rows), neurons: 1, preferredRows: chunk) }
            let stack = try StackedMatrix.joining(name: "a", count: 3, memory: 1 << 20) { parts[$0] }
            #expect(stack.preferredRows == expected)
        }
    }

    /// Columns of the matrix of 4 × 5 numbers.
    private func columns(_ columns: [Int]) -> [Double] {
        let all = numbers(0..<20)
        return (0..<4).flatMap { row in columns.map { all[row * 5 + $0] } }
    }

    @Test("some columns are handed out where they lie if they are neighbours, and gathered if not")
    func picked() throws {
        let matrix = PlannedMemory(numbers(0..<20), neurons: 5)
        let neighbours = try PickedColumns([1, 2, 3], of: matrix, name: "b")
        #expect(neighbours.scratchBytes(rows: 2) == matrix.scratchBytes(rows: 2))
        let gathered = try PickedColumns([0, 3, 4], of: matrix, name: "b")
        for block in 1...4 {
            let (inner, outer) = (columns([1, 2, 3]), columns([0, 3, 4]))
            #expect(try values(of: neighbours, block: block) == inner)
            #expect(try values(of: gathered, block: block) == outer)
        }
        for columns: [Int] in [[], [5], [-1], [2, 1], [1, 1]] {
            let error = failure { () throws(InfoLensError) in try PickedColumns(columns, of: matrix, name: "b") }
            #expect(error?.kind == .shape, "\(columns)")
        }
    }
}

/// Counts calls, from whatever thread.
final class OpenCounter: @unchecked Sendable {
    private(set) var count = 0

    func add() { count += 1 }
}
