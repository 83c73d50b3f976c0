// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Kernels

/// Any odd increasing function shows which rank a sample got.
private func stretched(_ p: Double) -> Double { (p - 0.5) * 1000 }

private func scores(
    _ column: [Double], ties: TieRule = .average, index: Int = 0, threads: Int = 2
) throws -> (scores: [Double], tied: Int) {
    let run = run(threads: threads)
    let table = try NormalScoreTable(samples: column.count, run: run, quantile: stretched)
    let scorer = try NormalScorer(table)
    var result = [Double](repeating: .nan, count: column.count)
    let tied = try scorer.score(column, ties: ties, index: index, into: &result, run: run)
    return (result, tied)
}

/// The middle of the places that a value has among the sorted ones.
private func averageRanks(_ column: [Double]) -> [Double] {
    let sorted = column.sorted()
    var ranks: [Double: Double] = [:]
    for (place, value) in sorted.enumerated() where place == 0 || value != sorted[place - 1] {
        var last = place
        while last + 1 < sorted.count, sorted[last + 1] == value { last += 1 }
        ranks[value] = Double(place + last) / 2 + 1
    }
    return column.map { ranks[$0] ?? .nan }
}

private func ordinalRanks(_ column: [Double]) -> [Double] {
    let order = column.indices.sorted { column[$0] < column[$1] || column[$0] == column[$1] && $0 < $1 }
    var ranks = column
    for (place, index) in order.enumerated() { ranks[index] = Double(place + 1) }
    return ranks
}

private func ranks(_ scores: [Double]) -> [Double] {
    scores.map { (($0 / 1000 + 0.5) * Double(scores.count + 1) * 2).rounded() / 2 }
}

/// Columns whose order is hard in one way each.
private let columns: [(name: String, values: [Double])] = {
    var generator = FixedGenerator(seed: 5)
    func made(_ count: Int, _ value: (inout FixedGenerator) -> Double) -> [Double] {
        (0..<count).map { _ in value(&generator) }
    }
    return [
        ("one sample", [3]),
        ("two samples", [2, -1]),
        ("float32", made(700) { Double(Float.random(in: -3...3, using: &$0)) }),
        ("float64", made(700) { Double.random(in: -3...3, using: &$0) }),
        (
            "half zeros of both signs",
            made(701) { max(0, Double.random(in: -1...1, using: &$0)) * ($0.next() % 2 == 0 ? 1 : -1) }
        ),
        ("few values", made(512) { Double(Int.random(in: -3...3, using: &$0)) / 10 }),
        ("upper halves agree", made(900) { 1 + Double(Int.random(in: 0..<400, using: &$0)) * 0x1p-52 }),
        (
            "upper halves agree in a long run",
            made(5000) { -1 - Double(Int.random(in: 0..<3000, using: &$0)) * 0x1p-52 }
        ),
        (
            "extremes",
            [
                .greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0, -0.0,
                -.greatestFiniteMagnitude, 1e-40, -1e-40,
            ]
        ),
        ("constant", made(65) { _ in 0.1 }),
    ]
}()

@Suite struct NormalScoresTests {
    @Test("ranks are those of the definition, whatever the values", arguments: columns.indices)
    func ranking(index: Int) throws {
        let column = columns[index].values
        let (average, tied) = try scores(column)
        #expect(ranks(average) == averageRanks(column), "\(columns[index].name)")
        #expect(ranks(try scores(column, ties: .ordinal).scores) == ordinalRanks(column), "\(columns[index].name)")
        #expect(tied == Dictionary(grouping: column) { $0 }.values.filter { $0.count > 1 }.reduce(0) { $0 + $1.count })
    }

    @Test("random ties give equal values their ranks in an order of the seed and the neuron")
    func randomTies() throws {
        let column = columns[5].values
        let first = try scores(column, ties: .random(seed: 1))
        #expect(first == (try scores(column, ties: .random(seed: 1), threads: 1)))
        #expect(first.scores != (try scores(column, ties: .random(seed: 2)).scores))
        #expect(first.scores != (try scores(column, ties: .random(seed: 1), index: 1).scores))
        let found = ranks(first.scores)
        #expect(found.sorted() == (1...column.count).map(Double.init))
        // Each value has the same ranks as in order of appearance.
        let ordinal = ordinalRanks(column)
        for value in Set(column) {
            let members = column.indices.filter { column[$0] == value }
            #expect(members.map { found[$0] }.sorted() == members.map { ordinal[$0] }.sorted())
        }
    }

    @Test("scores are antisymmetric, and a constant column's are 0")
    func symmetry() throws {
        for column in columns where column.values.count > 1 {
            let forth = try scores(column.values).scores
            let back = try scores(column.values.map { -$0 }).scores
            #expect(forth == back.map { -$0 }, "\(column.name)")
        }
        let constant = try scores(columns[9].values)
        #expect(constant.scores.allSatisfy { $0 == 0 && $0.sign == .plus })
        #expect(constant.tied == 65)
    }

    @Test("the table is of Φ⁻¹ at whole and half ranks")
    func table() throws {
        for samples in [1, 2, 3, 10, 11, 9000, 9001] {
            let table = try NormalScoreTable(samples: samples, run: run(), quantile: stretched)
            let scorer = try NormalScorer(table)
            var result = [Double](repeating: .nan, count: samples)
            let ascending = (0..<samples).map(Double.init)
            _ = try scorer.score(ascending, ties: .average, index: 0, into: &result, run: run())
            let expected = (1...samples).map { stretched(Double($0) / Double(samples + 1)) }
            #expect(zip(result, expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(samples)")
        }
    }
}
