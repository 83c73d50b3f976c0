// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TestSupport
import Testing

@testable import Kernels

private struct CellWalk: LevelWalk {
    let width: Double
    func level(of value: Double) -> Double { (value / width).rounded(.down) }
}

private func codes(
    of matrix: MemoryMatrix, plan: LevelPlan<CellWalk>, run: Run = TestSupport.run()
) throws -> [[Int]] {
    var found: [[Int]] = []
    try forEachCodedGroup(of: matrix, plan: plan, neurons: 0..<matrix.neurons, bytesPerNeuron: 0, run: run) {
        (group) throws(InfoLensError) in
        #expect(group.neurons.lowerBound == found.count)
        for neuron in group.neurons {
            let base = group.codes(of: neuron)
            let codes = (0..<matrix.samples).map { i in
                group.codeSize == 1
                    ? Int(base.assumingMemoryBound(to: UInt8.self)[i])
                    : Int(base.assumingMemoryBound(to: UInt16.self)[i])
            }
            #expect(group.levels(of: neuron) == (codes.max() ?? -1) + 1)
            found.append(codes)
        }
    }
    return found
}

/// The rank of each value's cell among the cells that occur.
private func naive(_ values: [Double], width: Double) -> [Int] {
    let cells = values.map { ($0 / width).rounded(.down) }
    let ranks = Dictionary(uniqueKeysWithValues: Set(cells).sorted().enumerated().map { ($1, $0) })
    return cells.map { ranks[$0] ?? -1 }
}

@Suite struct LevelCodesTests {
    @Test(
        "counted and sorted neurons get the same numbers, without gaps",
        arguments: [1, 2, 8], [3 << 18, 1 << 30])
    func coded(threads: Int, memory: Int) throws {
        let (samples, neurons) = (1000, 140)
        let matrix = reluLike(samples: samples, neurons: neurons, element: .float64)
        let run = run(threads: threads, memory: memory)
        let first = [Double](repeating: 0, count: neurons)
        for width in [0.3, 0.01, 0.002] {
            let expected = (0..<neurons).map { naive(matrix.column($0), width: width) }
            let coding = LevelCoding.cells(width: width, first: first, levels: Int(3 / width) + 2)
            for others in [[], [0, 17, 139], Array(0..<neurons)] {
                let plan = LevelPlan(
                    coding: others.count == neurons ? nil : coding, others: others,
                    otherLevels: width == 0.3 ? 11 : .max
                ) { (_, _) in CellWalk(width: width) }
                let found = try codes(of: matrix, plan: plan, run: run)
                #expect(found == expected, "width \(width), \(others.count) sorted")
            }
        }
    }

    @Test("a neuron with more than 65536 levels is named")
    func tooManyLevels() {
        let matrix = MemoryMatrix((0..<200_000).map { $0 % 2 == 0 ? 1 : Double($0) }, neurons: 2)
        let error = #expect(throws: InfoLensError.self) {
            try codes(of: matrix, plan: LevelPlan(coding: nil, others: [0, 1]) { (_, _) in CellWalk(width: 1) })
        }
        #expect(error?.kind == .numeric)
        #expect(error?.description.contains("neuron 1 of layer \"layer\" has more than 65536 levels") == true)
    }

    @Test("a budget that holds no neuron's codes says what is needed")
    func tooSmallBudget() {
        let matrix = MemoryMatrix([Double](repeating: 1, count: 400_000), neurons: 1)
        let error = #expect(throws: InfoLensError.self) {
            try codes(
                of: matrix, plan: LevelPlan(coding: nil, others: [0], otherLevels: 2) { (_, _) in CellWalk(width: 1) },
                run: run(memory: 1 << 20))
        }
        #expect(error?.kind == .memory)
    }
}
