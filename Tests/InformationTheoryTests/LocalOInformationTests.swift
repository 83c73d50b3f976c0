// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

@Suite("Local O-information")
struct LocalOInformationTests {
    private let multiplets = MultipletList([[0, 1, 2], [4, 1], [0, 1, 2, 3, 4], [3, 2, 0]])

    private func data() -> (LabelledNormals, MemoryMatrix, SampleClasses) {
        let data = LabelledNormals(samples: 120, neurons: 5, classes: 3, seed: 31)
        let rows = (0..<120).flatMap { i in data.columns.map { $0[i] } }
        return (data, MemoryMatrix(rows, neurons: 5), classes(data.codes, count: 3))
    }

    private func local(
        _ joint: GaussianJoint, _ matrix: MemoryMatrix, _ classes: SampleClasses, threads: Int = 2,
        memory: Int = 1 << 26
    ) throws -> [Double] {
        var values = [Double](repeating: 7, count: matrix.samples * multiplets.count)
        try localOInformation(
            multiplets, of: joint, matrix: matrix, fit: GaussianFit(copula: nil, label: joint.label), classes: classes,
            unit: .nats,
            run: run(threads: threads, memory: memory), into: &values)
        return values
    }

    @Test(
        "the mean over the samples is Ω, for every treatment of the label",
        arguments: [LabelTreatment.none, .classConditional, .oneHot, .ordinal])
    func means(label: LabelTreatment) throws {
        let (data, matrix, classes) = data()
        let joint = try data.joint(label)
        let values = try local(joint, matrix, classes)
        for (index, outcome) in try evaluate(multiplets, of: joint, MultipletRequest(), run: run()).enumerated() {
            guard case .values(let whole) = outcome else { throw InfoLensError(.internal, "no values") }
            let own = stride(from: index, to: values.count, by: multiplets.count).map { values[$0] }
            #expect(abs(own.reduce(0, +) / 120 - whole.oInformation) < 1e-12)
            // Of two variables ω is 0 for every sample.
            let spread = (own.max() ?? 0) - (own.min() ?? 0)
            #expect(index == 1 && label == .none ? spread < 1e-12 : spread > 0.1)
        }
        #expect(try local(joint, matrix, classes, threads: 1) == values)
        // A budget for few columns at a time.
        #expect(try local(joint, matrix, classes, memory: 28 << 10) == values)
    }

    @Test("values are what densities say")
    func densities() throws {
        let (data, matrix, _) = data()
        let joint = try data.joint(.none)
        let values = try local(joint, matrix, SampleClasses(unlabelled: 120))
        let all = covariance(data.columns)
        /// −log of the density, by solving with elimination: bordering the matrix by x gives det · (−xᵀ M⁻¹ x).
        func surprise(_ chosen: [Int], _ sample: Int) -> Double {
            let part = chosen.map { row in chosen.map { all[row][$0] } }
            let x = chosen.map { data.columns[$0][sample] }
            var bordered = zip(part, x).map { $0 + [$1] }
            let large = 1e6
            bordered.append(x + [large])
            let square = large * (1 - exp(logDeterminant(bordered) - logDeterminant(part)) / large)
            return (Double(chosen.count) * log(2 * .pi) + logDeterminant(part) + square) / 2
        }
        for sample in [0, 17, 119] {
            let whole = surprise([0, 1, 2], sample)
            let expected =
                [[0], [1], [2]].reduce(whole) { $0 + surprise($1, sample) }
                - [[1, 2], [0, 2], [0, 1]].reduce(0) { $0 + surprise($1, sample) }
            #expect(abs(values[sample * 4] - expected) < 1e-7)
        }
    }

    @Test("monotone transforms change nothing after the copula transform")
    func copula() throws {
        let (data, matrix, classes) = data()
        let scores = data.columns.map { column -> [Double] in
            var scores = column
            for (rank, index) in column.indices.sorted(by: { column[$0] < column[$1] }).enumerated() {
                scores[index] = normalQuantile(Double(rank + 1) / 121)
            }
            let variance = scores.reduce(0) { $0 + $1 * $1 } / 119
            return scores.map { $0 / variance.squareRoot() }
        }
        let correlation = try SymmetricMatrix(rows: covariance(scores))
        let joint = GaussianJoint(
            label: .none, samples: 120, correlation: correlation, conditional: [], labelDimensions: 0,
            isCorrected: true, singular: GaussianJoint.defaultSingular)
        func values(_ matrix: MemoryMatrix) throws -> [Double] {
            var values = [Double](repeating: 7, count: 120 * multiplets.count)
            try localOInformation(
                multiplets, of: joint, matrix: matrix, fit: GaussianFit(copula: .average), classes: classes,
                unit: .bits, run: run(),
                into: &values)
            return values
        }
        let plain = try values(matrix)
        #expect(try values(MemoryMatrix(matrix.values.map { exp($0) }, neurons: 5)) == plain)
        let request = MultipletRequest(unit: .bits)
        let raw = GaussianJoint(
            label: .none, samples: 120, correlation: correlation, conditional: [], labelDimensions: 0,
            isCorrected: false, singular: GaussianJoint.defaultSingular)
        guard case .values(let whole) = try evaluate(multiplets, of: raw, request, run: run())[0] else { return }
        let mean = stride(from: 0, to: plain.count, by: 4).reduce(0) { $0 + plain[$1] } / 120
        #expect(abs(mean - whole.oInformation) < 1e-12)
    }

    @Test("singular multiplets have NaN throughout")
    func singular() throws {
        let (data, matrix, classes) = data()
        let good = try data.joint(.none)
        let changed = try good.correlation.restricted(to: [0, 1, 2, 3, 4])
        for j in 0..<5 { (changed[3, j], changed[j, 3]) = (0, 0) }
        let joint = GaussianJoint(
            label: .none, samples: 120, correlation: changed, conditional: [], labelDimensions: 0, isCorrected: false,
            singular: GaussianJoint.defaultSingular)
        let values = try local(joint, matrix, classes)
        for (index, value) in values.enumerated() { #expect(value.isNaN == [2, 3].contains(index % 4)) }
    }

    @Test("of discrete variables the mean is the plug-in Ω, and values are of patterns")
    func discrete() throws {
        let matrix = reluLike(samples: 300, neurons: 5)
        for label in [nil, randomClasses(samples: 300, count: 3)] {
            let joint = try DiscreteJoint.make(
                of: matrix, quantizer: .uniform(bins: 3, range: .neuron), label: label, estimator: .plugIn,
                alphabet: .full, run: run())
            var values = [Double](repeating: 7, count: 300 * multiplets.count)
            try localOInformation(multiplets, of: joint, unit: .bits, run: run(), into: &values)
            let outcomes = try evaluate(multiplets, of: joint, MultipletRequest(unit: .bits), run: run())
            for (index, outcome) in outcomes.enumerated() {
                guard case .values(let whole) = outcome else { throw InfoLensError(.internal, "no values") }
                let mean = stride(from: index, to: values.count, by: 4).reduce(0) { $0 + values[$1] } / 300
                #expect(abs(mean - whole.oInformation) < 1e-12)
            }
        }
        let xor = MemoryMatrix([0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0], neurons: 3)
        let joint = try DiscreteJoint.make(
            of: xor, quantizer: .integer, label: nil, estimator: .plugIn, alphabet: .full, run: run())
        var values = [Double](repeating: 7, count: 4)
        try localOInformation(MultipletList([[0, 1, 2]]), of: joint, unit: .bits, run: run(), into: &values)
        #expect(values == [-1, -1, -1, -1])
    }

    @Test("what has no samples has no local values")
    func refusals() throws {
        let counted = try DiscreteJoint.make(
            symbols: [0, 1, 1, 0], variables: 2, weights: [1, 1], estimator: .plugIn, alphabet: .full)
        let corrected = try DiscreteJoint.make(
            of: reluLike(samples: 30, neurons: 5), quantizer: .threshold(.value(0)), label: nil, estimator: .nsb,
            alphabet: .full, run: run())
        var values = [0.0]
        for (joint, word) in [(counted, "counts"), (corrected, "nsb")] {
            do {
                try localOInformation(multiplets, of: joint, unit: .bits, run: run(), into: &values)
                Issue.record("no error")
            } catch { #expect("\(error)".contains(word)) }
        }
    }
}
