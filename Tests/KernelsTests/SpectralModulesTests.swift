import TestSupport
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Kernels

/// The graph of a symmetric matrix of weights.
private func graph(_ weights: [[Double]]) throws -> WeightedGraph {
    try WeightedGraph(nodes: weights.count, run: run()) { node, add in
        for (other, weight) in weights[node].enumerated() { add(other, weight) }
    }
}

/// Groups of nodes with strong ties inside and weak ones between.
private func blocks(_ sizes: [Int], inside: Double, between: Double, seed: UInt64) -> (weights: [[Double]], [Int]) {
    var generator = FixedGenerator(seed: seed)
    let groups = sizes.enumerated().flatMap { Array(repeating: $0, count: $1) }.shuffled(using: &generator)
    var weights = groups.map { _ in groups.map { _ in 0.0 } }
    for i in groups.indices {
        for j in 0..<i {
            weights[i][j] = (groups[i] == groups[j] ? inside : between) * Double.random(in: 0..<1, using: &generator)
            weights[j][i] = weights[i][j]
        }
    }
    return (weights, groups)
}

/// Whether two partitions are the same up to the names of their parts.
private func isSame(_ a: [Int], _ b: [Int]) -> Bool {
    let pairs = Set(zip(a, b).map { [$0, $1] })
    return a.count == b.count && pairs.count == Set(a).count && pairs.count == Set(b).count
}

@Suite struct SpectralModulesTests {
    @Test func `eigenvectors are orthonormal and solve their equation`() throws {
        for n in [1, 2, 3, 10, 57] {
            var generator = FixedGenerator(seed: UInt64(n))
            var matrix = [Double](repeating: 0, count: n * n)
            for i in 0..<n {
                for j in 0...i where n != 10 || (i + j) % 3 == 0 {
                    matrix[i * n + j] = Double.random(in: -1..<1, using: &generator)
                    matrix[j * n + i] = matrix[i * n + j]
                }
            }
            var (work, vectors) = (matrix, matrix)
            let values = try work.withUnsafeMutableBufferPointer { work in
                try vectors.withUnsafeMutableBufferPointer { vectors in
                    try symmetricEigenvectors(work.baseAddress!, n, vectors: vectors.baseAddress!)
                }
            }
            for a in 0..<n {
                for i in 0..<n {
                    let product = (0..<n).reduce(0) { $0 + matrix[i * n + $1] * vectors[a * n + $1] }
                    #expect(abs(product - values[a] * vectors[a * n + i]) < 1e-13)
                }
                for b in 0...a {
                    let overlap = (0..<n).reduce(0) { $0 + vectors[a * n + $1] * vectors[b * n + $1] }
                    #expect(abs(overlap - (a == b ? 1 : 0)) < 1e-13)
                }
            }
        }
    }

    @Test func `leading eigenvectors of many rows are those of the whole matrix`() throws {
        // Diagonal but for rotations of two places each: the eigenvalues are known, and double.
        let n = 400
        let values = (0..<n).map { 1 - 0.01 * Double($0 / 2) }
        let (cosine, sine) = (0.6, 0.8)
        let vectors = try LeadingEigenvectors(n: n, count: 5, run: run()) { x, width, y throws(InfoLensError) in
            for column in 0..<width {
                for a in 0..<n / 2 {
                    let b = n / 2 + a
                    let (u, v) = (x[a * width + column], x[b * width + column])
                    let (p, q) = (cosine * u + sine * v, cosine * v - sine * u)
                    let (s, t) = (values[a] * p, values[b] * q)
                    y[a * width + column] = cosine * s - sine * t
                    y[b * width + column] = sine * s + cosine * t
                }
            }
        }.solve()
        #expect(vectors.count == 5)
        for (k, vector) in vectors.enumerated() {
            // Those of the values at 2m and 2m + 1 live there and where these are rotated to.
            let places = [k & ~1, k | 1].flatMap { [$0, n / 2 + $0] }
            let inside = places.reduce(0) { $0 + vector[$1] * vector[$1] }
            #expect(abs(inside - 1) < 1e-10)
        }
    }

    @Test(arguments: [[20, 30, 25], [130, 110, 80]])
    func `planted groups are found, whatever the threads`(sizes: [Int]) throws {
        let (weights, groups) = blocks(sizes, inside: 1, between: 0.2, seed: 4)
        let graph = try graph(weights)
        let one = try SpectralModules(of: graph, count: sizes.count, seed: 0, run: run(threads: 1))
        let two = try SpectralModules(of: graph, count: sizes.count, seed: 0, run: run(threads: 3))
        #expect(isSame(one.modules, groups))
        #expect(one.modules == two.modules)
        #expect(one.normalizedCut == two.normalizedCut)
        var expected = 0.0
        for group in sizes.indices {
            let inside = groups.indices.filter { groups[$0] == group }
            let volume = inside.reduce(0) { $0 + weights[$1].reduce(0, +) }
            let kept = inside.reduce(0) { sum, i in sum + inside.reduce(0) { $0 + weights[i][$1] } }
            expected += 1 - kept / volume
        }
        #expect(abs(one.normalizedCut - expected) < 1e-12)
    }

    @Test func `separate parts of a graph are modules, and nodes without ties to speak of belong nowhere`() throws {
        var (weights, groups) = blocks([12, 9, 15], inside: 1, between: 0, seed: 8)
        // Two more: one without ties, one whose ties have all but decayed.
        for i in weights.indices { weights[i] += [0, i == 5 ? 1e-20 : 0] }
        let last = weights.count + 1
        for _ in 0..<2 { weights.append(Array(repeating: 0, count: last + 1)) }
        weights[last][5] = 1e-20
        let found = try SpectralModules(of: graph(weights), count: 3, seed: 1, run: run())
        #expect(found.modules.suffix(2) == [-1, -1])
        #expect(isSame(found.modules.dropLast(2), groups))
        #expect(found.normalizedCut < 1e-18)
        #expect {
            try SpectralModules(of: graph(weights), count: weights.count, seed: 1, run: run())
        } throws: { error in
            (error as? InfoLensError)?.kind == .argument
        }
    }

    @Test func `as many modules as are asked for, though all nodes are alike`() throws {
        let weights = (0..<12).map { i in (0..<12).map { $0 == i ? 0 : 1.0 } }
        for count in [2, 5, 12] {
            let found = try SpectralModules(of: graph(weights), count: count, seed: 1, run: run())
            #expect(Set(found.modules) == Set(0..<count))
            #expect(found.normalizedCut.isFinite)
        }
    }

    @Test func `a graph beyond the budget is named`() throws {
        #expect {
            try WeightedGraph(nodes: 100, run: run(memory: 1000)) { _, add in for i in 0..<100 { add(i, 1) } }
        } throws: { error in
            (error as? InfoLensError)?.kind == .memory
        }
    }
}
