// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization
import TestSupport
import Testing

@testable import Kernels

/// Counts in the order [neuron][class][level].
func counted(
    _ matrix: any ActivationMatrix, _ coding: LevelCoding, _ classes: SampleClasses, run: Run = TestSupport.run()
) throws -> [[[UInt32]]] {
    let result = Mutex([[[UInt32]]](repeating: [], count: matrix.neurons))
    try forEachCountedNeuron(of: matrix, coding: coding, classes: classes, run: run) { neuron, table in
        let counts = (0..<classes.count).map { Array(table.counts(ofClass: $0)) }
        #expect(table.samples == matrix.samples)
        for level in 0..<coding.levels {
            #expect(table.marginal[level] == counts.reduce(0) { $0 + $1[level] })
        }
        result.withLock { $0[neuron] = counts }
    }
    return result.withLock { $0 }
}

/// The same, one value after another.
private func naive(
    _ matrix: MemoryMatrix, levels: Int, _ classes: SampleClasses, level: (_ neuron: Int, _ value: Double) -> Int
) -> [[[UInt32]]] {
    (0..<matrix.neurons).map { neuron in
        var counts = [[UInt32]](repeating: [UInt32](repeating: 0, count: levels), count: classes.count)
        for (row, value) in matrix.column(neuron).enumerated() {
            let c = classes.codes.isEmpty ? 0 : Int(classes.codes[row])
            counts[c][level(neuron, value)] += 1
        }
        return counts
    }
}

/// The number of edges k · step + low, k = 1 ..< bins, at or below `value`.
private func gridLevel(of value: Double, low: Double, step: Double, bins: Int) -> Int {
    var level = 0
    for k in 1..<max(bins, 2) where k < bins {
        let edge = Double(k) * step + low
        if edge <= value { level += 1 }
    }
    return level
}

private func level(of value: Double, edges: [Double]) -> Int { edges.filter { $0 <= value }.count }

@Suite(.serialized) struct CountedNeuronsTests {
    static let shapes = [(1, 1), (7, 3), (300, 65), (1500, 130)]

    @Test("a grid counts the edges at or below each value", arguments: shapes, [Element.float32, .float64])
    func grid(shape: (Int, Int), element: Element) throws {
        let matrix = reluLike(samples: shape.0, neurons: shape.1, element: element)
        let classes = randomClasses(samples: shape.0, count: 4)
        for bins in [1, 2, 30, 64, 65, 300] {
            let low = (0..<shape.1).map { neuron -> Double in Double(neuron % 3) * -0.1 }
            let step = (0..<shape.1).map { neuron -> Double in
                neuron % 5 == 4 ? 0 : (3 - low[neuron]) / Double(bins)
            }
            let expected = naive(matrix, levels: bins, classes) { neuron, value in
                gridLevel(of: value, low: low[neuron], step: step[neuron], bins: bins)
            }
            // Neurons without a width are constant by contract; these are not, so only their totals are compared.
            let found = try counted(matrix, .grid(low: low, step: step, bins: bins), classes)
            for neuron in 0..<shape.1 where step[neuron] != 0 { #expect(found[neuron] == expected[neuron]) }
        }
    }

    @Test(
        "float32 values beside every edge fall on its exact side", arguments: [1.0, 1000, 1e-30, 2e-36, -7e30], [1, 70])
    func besideEdges(scale: Double, neurons: Int) throws {
        for (low, bins) in [(0.0, 30), (0.1, 30), (1 / 3, 7), (-2.7, 1000), (-1.5, 256), (40, 30), (900, 30)] {
            let (low, step) = (low * scale.magnitude, 3 * scale.magnitude / Double(bins))
            var values = [low, low + 3 * scale.magnitude, -scale, scale]
            for k in 0...bins {
                let edge = Float(Double(k) * step + low)
                for value in [edge.nextDown, edge, edge.nextUp, edge + Float(step / 3)] { values.append(Double(value)) }
            }
            let classes = SampleClasses(unlabelled: values.count)
            let expected = naive(MemoryMatrix(values, neurons: 1, element: .float32), levels: bins, classes) {
                gridLevel(of: $1, low: low, step: step, bins: bins)
            }
            // Whole strips of columns take other paths than single columns.
            let wide = MemoryMatrix(
                values.flatMap { [Double](repeating: $0, count: neurons) }, neurons: neurons, element: .float32)
            let coding = LevelCoding.grid(
                low: [Double](repeating: low, count: neurons), step: [Double](repeating: step, count: neurons),
                bins: bins)
            try forEachInstructionSet { (set) throws in
                let found = try counted(wide, coding, classes)
                #expect(found.allSatisfy { $0 == expected[0] }, "low \(low), \(bins) bins, \(set)")
            }
        }
    }

    @Test("a neuron whose range is far from zero takes nothing from the others")
    func mixedRanges() throws {
        let (samples, neurons, bins) = (400, 192, 30)
        var values = reluLike(samples: samples, neurons: neurons).values
        // Neuron 70 lies far from zero compared with its range, neuron 100 is constant.
        for row in 0..<samples {
            (values[row * neurons + 70], values[row * neurons + 100]) = (1000 + Double(row) / 64, 7)
        }
        let matrix = MemoryMatrix(values, neurons: neurons, element: .float32)
        let (low, high) = try columnExtrema(of: matrix, run: run())
        let step = zip(low, high).map { ($1 - $0) / Double(bins) }
        let classes = randomClasses(samples: samples, count: 3)
        let expected = naive(matrix, levels: bins, classes) { neuron, value in
            step[neuron] == 0 ? 0 : gridLevel(of: value, low: low[neuron], step: step[neuron], bins: bins)
        }
        try forEachInstructionSet { (set) throws in
            #expect(try counted(matrix, .grid(low: low, step: step, bins: bins), classes) == expected, "\(set)")
        }
    }

    @Test("shared edges", arguments: [1, 2, 29, 33, 400])
    func sharedEdges(count: Int) throws {
        let matrix = reluLike(samples: 700, neurons: 70)
        let classes = randomClasses(samples: 700, count: 3)
        let edges = (0..<count).map { Double($0) * 3 / Double(count) }
        let expected = naive(matrix, levels: count + 1, classes) { level(of: $1, edges: edges) }
        #expect(try counted(matrix, .sharedEdges(edges), classes) == expected)
    }

    @Test("an edge between two float32 values separates them")
    func edgesBetweenFloats() throws {
        let matrix = MemoryMatrix(
            [0.1, Double(Float(0.1)), Double(Float(0.1).nextUp), 0.2], neurons: 1, element: .float32)
        let edge = Double(Float(0.1)).nextUp
        let found = try counted(matrix, .sharedEdges([edge]), SampleClasses(unlabelled: 4))
        #expect(found == [[[2, 2]]])
    }

    @Test("one edge a neuron, and cells")
    func edgesAndCells() throws {
        let matrix = reluLike(samples: 500, neurons: 33, element: .float64)
        let classes = randomClasses(samples: 500, count: 2)
        let edges = (0..<33).map { Double($0) / 11 }
        #expect(
            try counted(matrix, .edge(edges), classes)
                == naive(matrix, levels: 2, classes) { level(of: $1, edges: [edges[$0]]) })
        let first = [Double](repeating: -2, count: 33)
        #expect(
            try counted(matrix, .cells(width: 0.07, first: first, levels: 60), classes)
                == naive(matrix, levels: 60, classes) { _, value in Int((value / 0.07).rounded(.down)) + 2 })
    }

    @Test("every instruction set gives the same counts")
    func instructionSets() throws {
        let matrix = reluLike(samples: 1200, neurons: 100)
        let classes = randomClasses(samples: 1200, count: 3)
        let coding = LevelCoding.grid(
            low: [Double](repeating: 0, count: 100), step: [Double](repeating: 0.1, count: 100), bins: 30)
        let expected = try counted(matrix, coding, classes)
        try forEachInstructionSet { (set) throws in #expect(try counted(matrix, coding, classes) == expected, "\(set)")
        }
        #expect(cn_select_instruction_set("none") == 0)
    }

    @Test("threads and budgets change nothing", arguments: [1, 2, 3, 8], [1 << 20, 3 << 20, 1 << 30])
    func threadsAndBudgets(threads: Int, memory: Int) throws {
        let matrix = reluLike(samples: 3000, neurons: 200)
        let classes = randomClasses(samples: 3000, count: 10)
        let coding = LevelCoding.grid(
            low: [Double](repeating: 0, count: 200), step: [Double](repeating: 0.1, count: 200), bins: 30)
        let expected = naive(matrix, levels: 30, classes) { _, value in
            gridLevel(of: value, low: 0, step: 0.1, bins: 30)
        }
        #expect(try counted(matrix, coding, classes, run: run(threads: threads, memory: memory)) == expected)
    }

    @Test("more classes than rows of a block are counted by incrementing")
    func manyClasses() throws {
        let matrix = reluLike(samples: 2000, neurons: 9)
        let classes = randomClasses(samples: 2000, count: 1500)
        let expected = naive(matrix, levels: 3, classes) { level(of: $1, edges: [1, 2]) }
        #expect(try counted(matrix, .sharedEdges([1, 2]), classes) == expected)
    }

    @Test("the first NaN or infinity is named, whatever the threads and the coding", arguments: [1, 2, 8])
    func nonFinite(threads: Int) throws {
        let neurons = 70
        let values = reluLike(samples: 1500, neurons: neurons).values
        let grid = LevelCoding.grid(
            low: [Double](repeating: 0, count: neurons), step: [Double](repeating: 0.1, count: neurons), bins: 30)
        for (value, text) in [(Double.nan, "NaN"), (.infinity, "+infinity"), (-.infinity, "-infinity")] {
            var values = values
            values[1499 * neurons] = .infinity
            values[1234 * neurons + 17] = value
            values[1234 * neurons + 68] = .infinity
            let matrix = MemoryMatrix(values, neurons: neurons, element: .float32)
            try forEachInstructionSet { (set) throws in
                for coding in [.sharedEdges([0.5]), grid] {
                    let error = #expect(throws: InfoLensError.self) {
                        try counted(
                            matrix, coding, SampleClasses(unlabelled: 1500), run: run(threads: threads, memory: 1 << 21)
                        )
                    }
                    #expect(error?.kind == .numeric)
                    #expect(error?.description.contains("\(text) at row 1234, neuron 17;") == true, "\(set)")
                }
            }
        }
    }

    @Test("a budget that holds no row is an error that says what is needed")
    func tooSmallBudget() {
        let matrix = reluLike(samples: 4, neurons: 500_000)
        let error = #expect(throws: InfoLensError.self) {
            try counted(matrix, .sharedEdges([0.5]), SampleClasses(unlabelled: 4), run: run(memory: 1 << 20))
        }
        #expect(error?.kind == .memory)
    }
}
