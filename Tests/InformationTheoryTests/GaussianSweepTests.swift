// SPDX-License-Identifier: Apache-2.0
import Foundation
import InformationTheory
import Kernels
import Multiplets
import TestSupport
import Testing

/// A correlation matrix of `d` variables: normalised A Aᵀ + ½.
private func randomCovariance(_ d: Int, seed: UInt64, normalised: Bool = true) throws -> SymmetricMatrix {
    var generator = FixedGenerator(seed: seed)
    let factors = (0..<d).map { _ in (0..<max(d / 2, 2)).map { _ in Double.random(in: -1...1, using: &generator) } }
    let matrix = try SymmetricMatrix(order: d)
    for i in 0..<d {
        for j in 0..<d {
            matrix[i, j] = zip(factors[i], factors[j]).reduce(i == j ? 0.5 : 0) { $0 + $1.0 * $1.1 }
        }
    }
    guard normalised else { return matrix }
    let scale = (0..<d).map { 1 / matrix[$0, $0].squareRoot() }
    for i in 0..<d { for j in 0..<d { matrix[i, j] *= i == j ? scale[i] * scale[i] : scale[i] * scale[j] } }
    return matrix
}

private func joint(
    _ correlation: SymmetricMatrix, _ conditional: [GaussianJoint.Conditional] = [], singular: Double = 1e-8
) -> GaussianJoint {
    GaussianJoint(
        label: conditional.isEmpty ? .none : .classConditional, samples: 0, correlation: correlation,
        conditional: conditional, labelDimensions: 0, isCorrected: false, singular: singular)
}

/// ½ log det, by elimination.
private func entropy(_ matrix: SymmetricMatrix, _ members: [Int]) -> Double {
    let n = members.count
    var a = members.map { i in members.map { matrix[i, $0] } }
    var sum = 0.0
    for i in 0..<n {
        sum += log(a[i][i]) / 2
        for j in i + 1..<max(n, i + 1) {
            let factor = a[j][i] / a[i][i]
            for k in i..<n { a[j][k] -= factor * a[i][k] }
        }
    }
    return sum
}

/// Ω from the entropies of all variables but one, with the label's own entropy left out: it cancels.
private func reference(_ joint: GaussianJoint, _ members: [Int]) -> Double {
    func given(_ set: [Int]) -> Double {
        joint.conditional.reduce(0) { $0 + $1.weight * entropy($1.covariance, set) }
    }
    func without(_ i: Int) -> [Int] { members.filter { $0 != i } }
    let k = Double(members.count)
    if joint.conditional.isEmpty {
        return members.reduce((k - 2) * entropy(joint.correlation, members)) {
            $0 + entropy(joint.correlation, [$1]) - entropy(joint.correlation, without($1))
        }
    }
    return members.reduce((k - 1) * given(members) - entropy(joint.correlation, members)) {
        $0 + entropy(joint.correlation, [$1]) - given(without($1))
    }
}

private func all(_ combinations: Combinations) -> [[Int]] { (0..<combinations.count).map(combinations.members(at:)) }

private func search(
    _ joint: GaussianJoint, orders: ClosedRange<Int>, places: Range<Int>? = nil, top: Int = 5, threads: Int = 1
) throws -> ExhaustiveResult {
    let orders = MultipletOrders(variables: joint.neurons, orders: orders)
    return try exhaustiveSearch(
        of: try GaussianSweep(joint), orders: orders, places: places ?? 0..<orders.count,
        extrema: [.minimum, .maximum],
        top: top, run: Run(threads: threads, memory: 1 << 28))
}

@Suite struct GaussianSweepTests {
    @Test(arguments: [5, 9, 14])
    func `values of all orders equal brute force, on every instruction set`(d: Int) throws {
        let joint = joint(try randomCovariance(d, seed: UInt64(d)))
        try forEachInstructionSet { _ in
            let sweep = try GaussianSweep(joint)
            for order in 2...d {
                let combinations = Combinations(variables: d, order: order)
                let sweeper = try sweep.makeSweeper(order: order)
                var values = [Double](repeating: 0, count: combinations.count)
                let singular = values.withUnsafeMutableBufferPointer { buffer in
                    buffer.baseAddress.map { sweeper.evaluate(0..<combinations.count, into: $0) }
                }
                #expect(singular == 0)
                var largest = 0.0
                for (value, members) in zip(values, all(combinations)) {
                    largest = max(largest, abs(value - reference(joint, members)))
                }
                #expect(largest < 1e-11, "order \(order)")
            }
        }
    }

    @Test func `the best of every order are those of brute force`() throws {
        let joint = joint(try randomCovariance(12, seed: 3))
        try forEachInstructionSet { _ in
            let result = try search(joint, orders: 2...12, top: 7)
            for (order, lists) in result.best {
                let combinations = Combinations(variables: 12, order: order)
                let values = all(combinations).map { reference(joint, $0) }.sorted()
                let count = min(7, values.count)
                for (entry, value) in zip(lists.lowest.sorted, values) { #expect(abs(entry.value - value) < 1e-11) }
                for (entry, value) in zip(lists.highest.sorted, values.reversed()) {
                    #expect(abs(entry.value - value) < 1e-11)
                }
                #expect(lists.lowest.sorted.count == count && lists.highest.sorted.count == count)
                for entry in lists.lowest.sorted {
                    #expect(abs(reference(joint, combinations.members(at: entry.rank)) - entry.value) < 1e-11)
                }
            }
        }
    }

    @Test func `with a label, values and the best equal brute force`() throws {
        let d = 8
        let weights = [0.5, 0.3, 0.2]
        var parts: [GaussianJoint.Conditional] = []
        for (c, weight) in weights.enumerated() {
            parts.append(
                .init(
                    weight: weight, samples: 100,
                    covariance: try randomCovariance(d, seed: UInt64(50 + c), normalised: false)))
        }
        let joint = joint(try randomCovariance(d, seed: 9), parts)
        try forEachInstructionSet { _ in
            for (order, lists) in try search(joint, orders: 2...d).best {
                let values = all(Combinations(variables: d, order: order)).map { reference(joint, $0) }.sorted()
                for (entry, value) in zip(lists.lowest.sorted, values) { #expect(abs(entry.value - value) < 1e-11) }
                for (entry, value) in zip(lists.highest.sorted, values.reversed()) {
                    #expect(abs(entry.value - value) < 1e-11)
                }
            }
        }
    }

    @Test func `any cut of the range and any number of threads give the same lists, ties included`() throws {
        // Blocks of exchangeable variables: most values occur many times.
        let d = 13
        let matrix = try SymmetricMatrix(order: d)
        for i in 0..<d { for j in 0..<d { matrix[i, j] = i == j ? 1 : i % 3 == j % 3 ? 0.4 : 0.1 } }
        for labelled in [false, true] {
            let parts = labelled ? [GaussianJoint.Conditional(weight: 1, samples: 9, covariance: matrix)] : []
            let joint = joint(matrix, parts)
            let orders = MultipletOrders(variables: d, orders: 3...6)
            let whole = try search(joint, orders: 3...6, top: 11)
            for (_, lists) in try search(joint, orders: 3...6, top: 11, threads: 3).best.enumerated() {
                let same = whole.best.first { $0.order == lists.order }?.lists
                #expect(lists.lists.lowest.sorted == same?.lowest.sorted)
                #expect(lists.lists.highest.sorted == same?.highest.sorted)
            }
            let cuts = [0, 1, 17, 300, 301, 1444, 2000, orders.count]
            var merged: [Int: TopLists] = [:]
            for (first, end) in zip(cuts, cuts.dropFirst()) {
                for (order, lists) in try search(joint, orders: 3...6, places: first..<end, top: 11).best {
                    merged[order, default: TopLists(extrema: [.minimum, .maximum], capacity: 11)].merge(lists)
                }
            }
            for (order, lists) in whole.best {
                #expect(merged[order]?.lowest.sorted == lists.lowest.sorted)
                #expect(merged[order]?.highest.sorted == lists.highest.sorted)
                let ranks = lists.lowest.sorted
                for (a, b) in zip(ranks, ranks.dropFirst()) where a.value == b.value { #expect(a.rank < b.rank) }
            }
        }
    }

    @Test func `singular multiplets are counted, by scans as by rows, and never among the best`() throws {
        // 2 is constant, 5 a copy of 1, 7 the sum of 3 and 4 but for 1e-10 of its variance.
        let d = 9
        let matrix = try randomCovariance(d, seed: 21)
        for j in 0..<d { (matrix[2, j], matrix[j, 2]) = (0, 0) }
        for j in 0..<d where j != 2 { matrix[5, j] = matrix[1, j] }
        for j in 0..<d { matrix[j, 5] = matrix[5, j] }
        matrix[5, 5] = 1
        let variance = 2 + 2 * matrix[3, 4]
        for j in 0..<d where j != 7 {
            matrix[7, j] = (matrix[3, j] + matrix[4, j]) / variance.squareRoot() * (1 - 0.5e-10)
            matrix[j, 7] = matrix[7, j]
        }
        matrix[7, 7] = 1
        func isSingular(_ members: [Int]) -> Bool {
            members.contains(2) || Set([1, 5]).isSubset(of: members) || Set([3, 4, 7]).isSubset(of: members)
        }
        let joint = joint(matrix)
        let sweep = try GaussianSweep(joint)
        try forEachInstructionSet { _ in
            for order in 2...7 {
                let combinations = Combinations(variables: d, order: order)
                let expected = all(combinations).filter(isSingular).count
                let result = try search(joint, orders: order...order, top: 500)
                #expect(result.singular == expected)
                for entry in result.best[0].lists.highest.sorted {
                    #expect(entry.value.isFinite && !isSingular(combinations.members(at: entry.rank)))
                }
                var values = [Double](repeating: 0, count: combinations.count)
                let sweeper = try sweep.makeSweeper(order: order)
                let singular = values.withUnsafeMutableBufferPointer { buffer in
                    buffer.baseAddress.map { sweeper.evaluate(0..<combinations.count, into: $0) }
                }
                #expect(singular == expected)
                #expect(zip(values, all(combinations)).allSatisfy { $0.isNaN == isSingular($1) })
                // Odd ends within singular prefixes.
                for (first, end) in [(0, combinations.count / 3), (combinations.count / 3, combinations.count)] {
                    let part = try search(joint, orders: order...order, places: first..<end)
                    #expect(part.singular == all(combinations)[first..<end].filter(isSingular).count)
                }
            }
        }
    }

    @Test func `orders beyond the products' range agree with brute force`() throws {
        let d = 24
        let joint = joint(try randomCovariance(d, seed: 77))
        for order in [13, 14, 15, 22, 23, 24] {
            let combinations = Combinations(variables: d, order: order)
            let sweeper = try GaussianSweep(joint).makeSweeper(order: order)
            let first = combinations.count / 2
            let count = min(combinations.count - first, 30)
            var values = [Double](repeating: 0, count: count)
            values.withUnsafeMutableBufferPointer { buffer in
                if let base = buffer.baseAddress { _ = sweeper.evaluate(first..<first + count, into: base) }
            }
            var lists = TopLists(extrema: [.minimum], capacity: count)
            _ = sweeper.search(first..<first + count, lists: &lists)
            for entry in lists.lowest.sorted {
                let value = reference(joint, combinations.members(at: entry.rank))
                #expect(abs(entry.value - value) < 1e-10)
                #expect(abs(values[entry.rank - first] - value) < 1e-10)
            }
        }
    }

    @Test func `cancellation leaves what was found`() throws {
        let joint = joint(try randomCovariance(40, seed: 5))
        let orders = MultipletOrders(variables: 40, orders: 3...8)
        let run = Run(threads: 2, memory: 1 << 28, isCancelled: { true })
        let result = try exhaustiveSearch(
            of: try GaussianSweep(joint), orders: orders, places: 0..<orders.count, extrema: [.minimum], top: 3,
            run: run)
        #expect(!result.isComplete)
        #expect(result.evaluated < orders.count)
        #expect(result.best.first?.lists.lowest.sorted.isEmpty == false)
    }
}
