// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

private func entropy(_ symbols: [some Hashable]) -> Double {
    let n = Double(symbols.count)
    return Dictionary(symbols.map { ($0, 1.0) }, uniquingKeysWith: +).values.reduce(0) { $0 - $1 / n * log2($1 / n) }
}

private func information(_ table: ContingencyTable) -> Double {
    var sum = 0.0
    for c in table.classSamples.indices {
        for (level, count) in table.counts(ofClass: c).enumerated() where count > 0 {
            let expected = Double(table.marginal[level]) * Double(table.classSamples[c]) / Double(table.samples)
            sum += Double(count) * log2(Double(count) / expected)
        }
    }
    return sum / Double(table.samples)
}

private func pairs(
    _ matrix: MemoryMatrix, _ quantizer: Quantizer, _ statistic: PairStatistic = .plugIn,
    run: Run = TestSupport.run()
) throws -> [Double] {
    let result = try pairwiseMutualInformation(
        of: matrix, quantizer: quantizer, statistic: statistic, unit: .bits, run: run)
    let values = result.values(of: Double.self)
    return (0..<matrix.neurons * matrix.neurons).map { values[$0] }
}

/// Neurons of 1, 2, 3, 18, 40, 300 and `samples` levels, and a copy of the fourth.
private func mixture(samples: Int) -> MemoryMatrix {
    var generator = FixedGenerator(seed: 12)
    var values: [Double] = []
    for i in 0..<samples {
        let fourth = Double(Int.random(in: 0..<18, using: &generator))
        values += [4, Double(i % 2), Double(Int.random(in: -1...1, using: &generator)), fourth]
        values += [40, 300].map { Double(Int.random(in: 0..<$0, using: &generator)) } + [Double(i), fourth]
    }
    return MemoryMatrix(values, neurons: 8)
}

@Suite(.serialized) struct PairwiseMutualInformationTests {
    @Test(
        "pairs have the mutual information of their joint symbols, in every instruction set",
        arguments: [1, 2, 77, 700])
    func bruteForce(samples: Int) throws {
        let matrix = mixture(samples: samples)
        let columns = (0..<8).map(matrix.column)
        let entropies = columns.map { entropy($0) }
        try forEachInstructionSet { (set) throws in
            let found = try pairs(matrix, .integer)
            let general = try pairs(matrix, .integer, .general(information))
            for i in 0..<8 {
                for j in 0..<8 {
                    let expected =
                        entropies[i] + entropies[j] - entropy(zip(columns[i], columns[j]).map { [$0, $1] })
                    #expect(abs(found[8 * i + j] - expected) < 1e-11, "\(set): \(i), \(j)")
                    #expect(abs(general[8 * i + j] - expected) < 1e-11, "\(set): \(i), \(j)")
                    #expect(found[8 * i + j] == found[8 * j + i] && general[8 * i + j] == general[8 * j + i])
                }
            }
            // A copy, and the neuron itself, have its entropy to the last bit.
            #expect(found[8 * 3 + 7] == found[8 * 3 + 3] && found[8 * 3 + 7] == found[8 * 7 + 7])
            #expect((0..<8).allSatisfy { found[$0] == 0 })
        }
    }

    @Test("threads and budgets that split the layer change no bit")
    func reproducible() throws {
        let matrix = reluLike(samples: 1500, neurons: 180)
        for quantizer in [Quantizer.threshold(.value(0.5)), .uniform(bins: 30, range: .neuron), .quantile(bins: 8)] {
            let reference = try pairs(matrix, quantizer, run: run(threads: 1))
            #expect(reference[1] > 0)
            // A third of the least budget holds the codes of 174 neurons.
            for (threads, memory) in [(2, 1 << 30), (3, 3 << 18), (8, 1 << 21), (1, 3 << 18)] {
                let isEqual = try pairs(matrix, quantizer, run: run(threads: threads, memory: memory)) == reference
                #expect(isEqual, "\(threads) threads, \(memory) bytes, \(quantizer)")
            }
        }
    }

    @Test("the parts of an exclusive or tell nothing of each other")
    func exclusiveOr() throws {
        var values: [Double] = []
        for i in 0..<400 {
            let (a, b) = (i & 1, i >> 1 & 1)
            values += [Double(a), Double(b), Double(a ^ b)]
        }
        let found = try pairs(MemoryMatrix(values, neurons: 3), .threshold(.value(0.5)))
        // Four terms are rounded to fixed point, of some 2⁻⁴⁸ bits.
        for (value, expected) in zip(found, [1.0, 0, 0, 0, 1, 0, 0, 0, 1]) { #expect(abs(value - expected) < 1e-14) }
    }

    @Test("whole tables beyond the budget are refused, and sums over them are not")
    func largeTables() throws {
        var generator = FixedGenerator(seed: 2)
        let values = (0..<6000 * 2).map { _ in Double(Int.random(in: 0..<100_000, using: &generator)) }
        let matrix = MemoryMatrix(values, neurons: 2)
        let small = run(memory: 1 << 21)
        #expect(try pairs(matrix, .integer, run: small)[1] > 11)
        let error = #expect(throws: InfoLensError.self) {
            try pairs(matrix, .integer, .general(information), run: small)
        }
        #expect(error?.kind == .memory)
    }
}
