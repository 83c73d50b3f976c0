// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

/// Neurons that depend on each other and on the label, with ties.
private func dependent(samples: Int, neurons: Int, classes: SampleClasses) -> MemoryMatrix {
    var generator = FixedGenerator(seed: 12)
    var values: [Double] = []
    for row in 0..<samples {
        let common = Double.random(in: -1...1, using: &generator)
        for j in 0..<neurons {
            let label = classes.codes.isEmpty ? 0 : Double((Int(classes.codes[row]) * 7 + j) % 5) / 3
            let value = common * Double(j % 3) + label + Double.random(in: -1...1, using: &generator)
            values.append(j % 4 == 0 ? max(0, value) : value)
        }
    }
    return MemoryMatrix(values, neurons: neurons)
}

private func scores(_ column: [Double], ties: TieRule = .average, index: Int = 0) throws -> [Double] {
    var result = column
    let scorer = try NormalScorer(NormalScoreTable(samples: column.count, run: run()))
    _ = try scorer.score(column, ties: ties, index: index, into: &result, run: run())
    return result
}

/// Covariance of columns over some samples, as defined.
private func covariance(_ columns: [[Double]], rows: [Int]) -> [[Double]] {
    let means = columns.map { column in rows.reduce(0) { $0 + column[$1] } / Double(rows.count) }
    return columns.indices.map { i in
        columns.indices.map { j in
            rows.reduce(0) { $0 + (columns[i][$1] - means[i]) * (columns[j][$1] - means[j]) } / Double(rows.count - 1)
        }
    }
}

private func worst(_ matrix: SymmetricMatrix, _ expected: [[Double]]) -> Double {
    var worst = 0.0
    for i in 0..<matrix.order {
        for j in 0..<matrix.order { worst = max(worst, abs(matrix[i, j] - expected[i][j])) }
    }
    return worst
}

private func values(_ matrix: SymmetricMatrix) -> [Double] {
    (0..<matrix.order * matrix.order).map { matrix.values[$0] }
}

private let fits: [GaussianFit] = [nil, .average, .ordinal, .random(seed: 9)].flatMap { ties in
    [LabelTreatment.none, .classConditional, .oneHot, .ordinal].map { GaussianFit(copula: ties, label: $0) }
}

/// 1e-13 is what sums of a thousand products leave of float64.
@Suite struct GaussianFitTests {
    @Test("correlations and covariances given the label are those of the definition", arguments: fits.indices)
    func definition(index: Int) throws {
        let (fit, samples, neurons) = (fits[index], 1203, 29)
        let classes = randomClasses(samples: samples, count: 4)
        let matrix = dependent(samples: samples, neurons: neurons, classes: classes)
        let joint = try fit.joint(of: matrix, classes: classes, run: run()).joint
        var columns = (0..<neurons).map(matrix.column)
        var label = classes.codes.map(Double.init)
        if let ties = fit.copula {
            for j in columns.indices { columns[j] = try scores(columns[j], ties: ties, index: j) }
            label = try scores(label, ties: ties, index: neurons)
        }
        let all = covariance(columns, rows: Array(0..<samples))
        func scaled(_ matrix: [[Double]]) -> [[Double]] {
            (0..<neurons).map { i in (0..<neurons).map { matrix[i][$0] / (all[i][i] * all[$0][$0]).squareRoot() } }
        }
        #expect(worst(joint.correlation, scaled(all)) < 1e-13)
        #expect((0..<neurons).allSatisfy { joint.correlation[$0, $0] == 1 })
        let members = (0..<4).map { c in classes.codes.indices.filter { classes.codes[$0] == c } }
        switch fit.label {
        case .none: #expect(joint.conditional.isEmpty && joint.labelDimensions == 0)
        case .classConditional:
            #expect(joint.conditional.map(\.samples) == classes.samples && joint.labelDimensions == 0)
            for (part, rows) in zip(joint.conditional, members) {
                #expect(abs(part.weight - Double(rows.count) / Double(samples)) < 1e-15)
                #expect(worst(part.covariance, scaled(covariance(columns, rows: rows))) < 1e-13)
            }
        case .oneHot:
            // Without the part of the columns that lies between the classes' means.
            var within = columns
            for rows in members {
                for j in columns.indices {
                    let mean = rows.reduce(0) { $0 + columns[j][$1] } / Double(rows.count)
                    for row in rows { within[j][row] -= mean }
                }
            }
            #expect(joint.conditional.map(\.weight) == [1] && joint.labelDimensions == 3)
            #expect(
                worst(joint.conditional[0].covariance, scaled(covariance(within, rows: Array(0..<samples)))) < 1e-13)
        case .ordinal:
            let both = covariance(columns + [label], rows: Array(0..<samples))
            let given = (0..<neurons).map { i in
                (0..<neurons).map { both[i][$0] - both[i][neurons] * both[$0][neurons] / both[neurons][neurons] }
            }
            #expect(joint.conditional.map(\.weight) == [1] && joint.labelDimensions == 1)
            #expect(worst(joint.conditional[0].covariance, scaled(given)) < 1e-13)
        }
    }

    @Test("a copula's matrices do not change, bit for bit, under increasing transforms, threads or budgets")
    func invariance() throws {
        let (samples, neurons) = (1500, 31)
        let classes = randomClasses(samples: samples, count: 3)
        let matrix = dependent(samples: samples, neurons: neurons, classes: classes)
        let changed = MemoryMatrix(
            matrix.values.enumerated().map { $0 % neurons < 10 ? exp($1) : $0 % neurons < 20 ? $1 * $1 * $1 : $1 },
            neurons: neurons)
        try withSteadyInstructionSet {
            for label in [LabelTreatment.none, .classConditional, .oneHot, .ordinal] {
                let fit = GaussianFit(copula: .average, label: label)
                func all(_ matrix: MemoryMatrix, threads: Int, memory: Int) throws -> [[Double]] {
                    let joint = try fit.joint(of: matrix, classes: classes, run: run(threads: threads, memory: memory))
                        .joint
                    return [values(joint.correlation)] + joint.conditional.map { values($0.covariance) }
                }
                let reference = try all(matrix, threads: 1, memory: 1 << 30)
                #expect(try all(changed, threads: 2, memory: 1 << 30) == reference)
                #expect(try all(matrix, threads: 4, memory: 600_000) == reference)
            }
        }
    }

    @Test("constant neurons have zeros, rare classes too, and one class is no label")
    func degenerate() throws {
        let samples = 400
        // Class 0 is everybody's but for the last sample; nobody is of class 1.
        let rare = SampleClasses(
            codes: (0..<samples).map { $0 == samples - 1 ? 2 : 0 }, samples: [samples - 1, 0, 1])
        let one = SampleClasses(codes: [Int32](repeating: 0, count: samples), samples: [samples])
        var generator = FixedGenerator(seed: 2)
        let matrix = MemoryMatrix(
            (0..<samples).flatMap { _ -> [Double] in
                let x = Double.random(in: -1...1, using: &generator)
                return [x, 0.1, x, Double.random(in: -1...1, using: &generator)]
            }, neurons: 4)
        for ties in [TieRule.average, nil] {
            let (joint, neurons) = try GaussianFit(copula: ties, label: .classConditional).joint(
                of: matrix, classes: rare, run: run())
            #expect((0..<4).allSatisfy { joint.correlation[1, $0] == 0 && joint.correlation[$0, 1] == 0 })
            #expect(joint.correlation[0, 2] == 1 || abs(joint.correlation[0, 2] - 1) < 1e-15)
            #expect(neurons.isConstant == [false, true, false, false])
            #expect(ties == nil ? neurons.tied.allSatisfy(\.isNaN) : neurons.tied == [0, 1, 0, 0])
            #expect(joint.conditional.map(\.samples) == rare.samples)
            #expect(joint.conditional[1].weight == 0)
            #expect(joint.conditional.dropFirst().allSatisfy { values($0.covariance).allSatisfy { $0 == 0 } })
            for label in [LabelTreatment.classConditional, .oneHot, .ordinal] {
                let joint = try GaussianFit(copula: ties, label: label).joint(of: matrix, classes: one, run: run())
                    .joint
                #expect(joint.labelDimensions == 0)
                #expect(joint.conditional.count == 1)
                let all = zip(values(joint.conditional[0].covariance), values(joint.correlation))
                #expect(all.allSatisfy { abs($0 - $1) < 1e-15 })
            }
        }
    }

    @Test("values beyond float64's squares and matrices beyond the budget are refused")
    func refusals() throws {
        let one = SampleClasses(unlabelled: 3)
        func fails(_ kind: InfoLensError.Kind, _ matrix: MemoryMatrix, memory: Int = 1 << 30, _ text: String) {
            do throws(InfoLensError) {
                _ = try GaussianFit(copula: nil).joint(of: matrix, classes: one, run: run(memory: memory))
                Issue.record("accepted: \(text)")
            } catch { #expect(error.kind == kind && error.description.contains(text), "\(error)") }
        }
        fails(.numeric, MemoryMatrix([1, 1e200, 2, -1e200, 3, 0], neurons: 2), "neuron 1")
        fails(.numeric, MemoryMatrix([1, 1e-150, 2, 0, 3, 0], neurons: 2), "neuron 1")
        fails(.numeric, MemoryMatrix([1, 2, 3, .nan, 5, 6], neurons: 2), "row 1, neuron 1")
        fails(
            .memory, MemoryMatrix([Double](repeating: 1, count: 3000), neurons: 1000), memory: 1 << 20, "1000 neurons")
    }

    @Test("THOI's covariances of copula-normalised samples", .enabled(if: ReferenceValues.areThere))
    func peers() throws {
        let cases = try ReferenceValues.object("reference_peers.json", "gc_hoi", "cases")
        for name in cases.keys {
            let neurons = Int(cases[name]["d"].number)
            let file = cases[name]["data"]["file"].text
            let matrix = MemoryMatrix(
                try ReferenceValues.doubles(file.isEmpty ? "ref_data/\(name).bin" : file), neurons: neurons)
            let flat = cases[name]["gc_covariance"].numbers
            let rows = flat.isEmpty ? cases[name]["gc_covariance"].rows : []
            let expected = (0..<neurons).map { i in
                (0..<neurons).map { j -> Double in
                    func value(_ i: Int, _ j: Int) -> Double { rows.isEmpty ? flat[i * neurons + j] : rows[i][j] }
                    return value(i, j) / (value(i, i) * value(j, j)).squareRoot()
                }
            }
            let joint = try GaussianFit(copula: .ordinal).joint(
                of: matrix, classes: SampleClasses(unlabelled: matrix.samples), run: run()
            ).joint
            #expect(worst(joint.correlation, expected) < 1e-12, "\(name)")
        }
    }
}
