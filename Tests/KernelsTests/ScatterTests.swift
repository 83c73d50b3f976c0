// SPDX-License-Identifier: Apache-2.0
import CNumerics
import TestSupport
import Testing

@testable import Kernels

/// Every sum of a scatter, upper triangle.
private func values(_ sums: ScatterSums) -> [[Double]] {
    (0..<sums.groups).map { group in
        (0..<sums.columns).flatMap { i in (i..<sums.columns).map { sums[group, i, $0] } }
    }
}

/// Σ (xᵢ − mᵢ)(xⱼ − mⱼ) over the samples of a class, m being the class's means, or all of them if `isApart` is false.
private func direct(_ columns: [[Double]], _ classes: SampleClasses, isApart: Bool) -> [[Double]] {
    let codes = classes.codes.isEmpty ? [Int32](repeating: 0, count: classes.total) : classes.codes
    var centred = columns
    for c in 0..<classes.count {
        let members = codes.indices.filter { codes[$0] == c }
        for j in columns.indices {
            let mean = members.reduce(0) { $0 + columns[j][$1] } / Double(members.count)
            for i in members { centred[j][i] -= mean }
        }
    }
    return (0..<(isApart ? classes.count : 1)).map { group in
        columns.indices.flatMap { i in
            (i..<columns.count).map { j in
                codes.indices.reduce(0.0) { isApart && codes[$1] != group ? $0 : $0 + centred[i][$1] * centred[j][$1] }
            }
        }
    }
}

private func stretched(_ p: Double) -> Double { (p - 0.5) * 3 }

@Suite struct ScatterTests {
    @Test("products of panels are sums in order of rows, with every instruction set")
    func products() throws {
        let width = Int(CN_SCATTER)
        var generator = FixedGenerator(seed: 8)
        for rows in [0, 1, 2, 255, 256] {
            let memory = try AlignedBuffer(count: 2 * rows * width + width * width, of: Double.self)
            let a = memory.values(of: Double.self)
            let (b, c) = (a + rows * width, a + 2 * rows * width)
            for i in 0..<2 * rows * width { a[i] = Double.random(in: -1...1, using: &generator) }
            var fused: [Double]?
            forEachInstructionSet { name in
                for i in 0..<width * width { c[i] = Double(i) }
                cn_scatter_add(a, b, Int64(rows), c)
                let found = (0..<width * width).map { c[$0] }
                var (exact, isFused) = (true, true)
                for j in 0..<width {
                    for i in 0..<width {
                        var (plain, whole) = (0.0, 0.0)
                        for row in 0..<rows {
                            plain += a[row * width + i] * b[row * width + j]
                            whole.addProduct(a[row * width + i], b[row * width + j])
                        }
                        let start = Double(j * width + i)
                        exact = exact && found[j * width + i] == start + plain
                        isFused = isFused && found[j * width + i] == start + whole
                    }
                }
                #expect(exact || isFused, "\(name), \(rows) rows")
                if isFused, !exact { fused = fused ?? found }
                if let fused, isFused { #expect(found == fused, "\(name)") }
            }
        }
    }

    @Test("sums of products about the means are those of the definition, together and of each class")
    func definition() throws {
        for (samples, columns, count) in [(2, 1, 1), (300, 5, 3), (1500, 50, 1), (1500, 27, 4)] {
            let matrix = reluLike(samples: samples, neurons: columns, element: samples == 300 ? .float64 : .float32)
            let classes = randomClasses(samples: samples, count: count)
            for isApart in [false, true] {
                let groups = ScatterGroups(classes: classes, areApart: isApart)
                let result = try scatter(of: matrix, groups: groups, run: run())
                let expected = direct((0..<columns).map(matrix.column), classes, isApart: isApart)
                for (found, sums) in zip(values(result.sums), expected) {
                    let worst = zip(found, sums).reduce(0) { max($0, abs($1.0 - $1.1)) }
                    #expect(worst < 1e-14 * Double(9 * samples), "\(samples) × \(columns), \(isApart)")
                }
            }
        }
    }

    @Test("sums have the same bits for every number of threads and budget, of columns and of their scores")
    func determinism() throws {
        let (samples, columns) = (1100, 37)
        let matrix = reluLike(samples: samples, neurons: columns)
        let classes = randomClasses(samples: samples, count: 3)
        for isApart in [false, true] {
            let groups = ScatterGroups(classes: classes, areApart: isApart)
            func scores(_ run: Run) throws -> ScoreScatter {
                try scatterOfScores(of: matrix, ties: .random(seed: 3), groups: groups, run: run) {
                    () throws(InfoLensError) in
                    try NormalScoreTable(samples: samples, run: run, quantile: stretched)
                } weights: { _ in
                    classes.codes.map(Double.init)
                }
            }
            try withSteadyInstructionSet {
                let (plain, ranked) = (
                    try scatter(of: matrix, groups: groups, run: run(threads: 1)), try scores(run(threads: 1))
                )
                // The least budget holds a few columns; 1 MiB about a third of them.
                for (threads, memory) in [(1, 400_000), (3, 1 << 20), (2, 1 << 22), (5, 1 << 30)] {
                    if memory >= 1 << 20 {
                        let other = try scatter(of: matrix, groups: groups, run: run(threads: threads, memory: memory))
                        #expect(values(other.sums) == values(plain.sums), "\(threads), \(memory)")
                    }
                    let again = try scores(run(threads: threads, memory: memory))
                    #expect(values(again.scatter.sums) == values(ranked.scatter.sums), "\(threads), \(memory)")
                    #expect(again.scatter.means == ranked.scatter.means)
                    #expect(again.weighted == ranked.weighted)
                    #expect(again.tied == ranked.tied && again.isConstant == ranked.isConstant)
                }
            }
        }
    }

    @Test("scores that are equal within a class have no scatter there, and a budget without two columns is refused")
    func degenerate() throws {
        let samples = 999
        let classes = randomClasses(samples: samples, count: 3)
        // The first says the class, the second is 0.3 in class 1 and something in the others.
        var generator = FixedGenerator(seed: 4)
        let matrix = MemoryMatrix(
            classes.codes.flatMap { [Double($0) / 10, $0 == 1 ? 0.3 : Double.random(in: 0...1, using: &generator)] },
            neurons: 2)
        let groups = ScatterGroups(classes: classes, areApart: true)
        func make(_ memory: Int) throws -> ScatterSums {
            try scatterOfScores(of: matrix, ties: .average, groups: groups, run: run(memory: memory)) {
                () throws(InfoLensError) in
                try NormalScoreTable(samples: samples, run: run(), quantile: stretched)
            } weights: { _ in
                []
            }.scatter.sums
        }
        let sums = try make(1 << 20)
        #expect((0..<3).allSatisfy { sums[$0, 0, 0] == 0 && sums[$0, 0, 1] == 0 })
        #expect(sums[1, 1, 1] == 0 && sums[0, 1, 1] > 1 && sums[2, 1, 1] > 1)
        #expect(throws: InfoLensError.self) { _ = try make(30_000) }
    }

    @Test("the first leading minor that is not positive is found, in small matrices and in large")
    func minors() throws {
        var generator = FixedGenerator(seed: 6)
        for (order, bad) in [(1, 1), (5, 3), (24, 24), (70, 25), (70, 49), (70, 70), (70, 71)] {
            let matrix = try SymmetricMatrix(order: order)
            for i in 0..<order {
                for j in 0...i {
                    let value = i == j ? Double(order) : Double.random(in: -1...1, using: &generator)
                    (matrix[i, j], matrix[j, i]) = (value, value)
                }
            }
            #expect(try matrix.firstMinorNotPositive(least: 0, run: run()) == nil)
            if bad <= order { matrix[bad - 1, bad - 1] = 1e-3 }
            if bad == 1 { matrix[0, 0] = -1 }
            for threads in [1, 3] {
                let found = try matrix.firstMinorNotPositive(least: 0, run: run(threads: threads))
                #expect(found == (bad <= order ? bad : nil), "order \(order)")
            }
        }
    }
}
