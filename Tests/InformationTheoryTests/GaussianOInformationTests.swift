// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

@Suite("O-information of jointly normal neurons")
struct GaussianOInformationTests {
    private func evaluated(
        _ multiplets: [[Int]], _ joint: GaussianJoint, _ request: MultipletRequest = MultipletRequest(),
        threads: Int = 2
    ) throws -> [MultipletOutcome] {
        try evaluate(MultipletList(multiplets), of: joint, request, run: run(threads: threads))
    }

    private func values(
        _ multiplets: [[Int]], _ joint: GaussianJoint, _ request: MultipletRequest = MultipletRequest()
    ) throws -> [MultipletValues] {
        try evaluated(multiplets, joint, request).map { outcome in
            guard case .values(let values) = outcome else { throw Unexpected(outcome: outcome) }
            return values
        }
    }

    private struct Unexpected: Error { let outcome: MultipletOutcome }

    /// The largest distance of any number of two results.
    private func distance(_ a: MultipletValues, _ b: MultipletValues) -> Double {
        var distances = [
            abs(a.totalCorrelation - b.totalCorrelation), abs(a.dualTotalCorrelation - b.dualTotalCorrelation),
        ]
        distances += zip(a.gradient, b.gradient).map { abs($0 - $1) }
        if !a.interaction.isNaN { distances.append(abs(a.interaction - b.interaction)) }
        if !a.redundancySynergy.isNaN { distances.append(abs(a.redundancySynergy - b.redundancySynergy)) }
        // Written so that NaN counts as far.
        return distances.allSatisfy { $0 < 1 } && a.gradient.count == b.gradient.count
            ? distances.max() ?? 0 : .infinity
    }

    private func joint(
        _ rows: [[Double]], samples: Int = 0, isCorrected: Bool = false,
        singular: Double = GaussianJoint.defaultSingular
    ) throws -> GaussianJoint {
        let correlation = try SymmetricMatrix(order: rows.count)
        for (i, row) in rows.enumerated() {
            for j in row.indices {
                let scale = (rows[i][i] * rows[j][j]).squareRoot()
                correlation[i, j] = scale > 0 ? (i == j ? 1 : row[j] / scale) : 0
            }
        }
        return GaussianJoint(
            label: .none, samples: samples, correlation: correlation, conditional: [], labelDimensions: 0,
            isCorrected: isCorrected, singular: singular)
    }

    @Test("every multiplet of fourteen neurons is what determinants say")
    func everyOrder() throws {
        let rows = covariance(LabelledNormals(samples: 60, neurons: 14, classes: 2, seed: 5).columns)
        let determinants = (0..<1 << 14).map { mask -> Double in
            let chosen = (0..<14).filter { mask >> $0 & 1 == 1 }
            return logDeterminant(chosen.map { row in chosen.map { rows[row][$0] } })
        }
        let masks = (0..<1 << 14).filter { $0.nonzeroBitCount >= 2 }
        let multiplets = masks.map { mask in (0..<14).filter { mask >> $0 & 1 == 1 } }
        let found = try values(multiplets, joint(rows))
        var worst = 0.0
        for (mask, values) in zip(masks, found) {
            let n = Double(mask.nonzeroBitCount)
            let others = (0..<14).reduce(0.0) { sum, j in
                mask >> j & 1 == 1 ? sum + determinants[mask & ~(1 << j)] : sum
            }
            worst = max(worst, abs(values.oInformation - ((n - 2) * determinants[mask] - others) / 2))
            worst = max(worst, abs(values.totalCorrelation + determinants[mask] / 2))
            worst = max(worst, abs(values.sInformation - (others - n * determinants[mask]) / 2))
        }
        #expect(worst < 1e-10, "\(worst)")
    }

    @Test(
        "every treatment of the label, corrected or not, is what entropies say",
        arguments: [LabelTreatment.none, .classConditional, .oneHot, .ordinal], [false, true])
    func treatments(label: LabelTreatment, isCorrected: Bool) throws {
        let data = LabelledNormals(samples: 90, neurons: 6, classes: 3, seed: 11)
        let joint = try data.joint(label, isCorrected: isCorrected)
        let expected = data.bruteForce(label, isCorrected: isCorrected)
        let least = label == .none ? 2 : 1
        let targets: [MultipletTarget?] = [nil] + (label == .none ? [] : [.label])
        for target in targets {
            let request = MultipletRequest(gradient: true, interaction: true, target: target)
            let multiplets = (least...6).flatMap { combinations(6, $0) }
            for (multiplet, found) in zip(multiplets, try values(multiplets, joint, request)) {
                #expect(distance(found, expected.all(multiplet, target: target)) < 1e-11, "\(multiplet)")
            }
        }
        let about = MultipletRequest(target: .neuron(2))
        let multiplets = (least...6).flatMap { combinations(6, $0) }.filter { $0.contains(2) }
        for (multiplet, found) in zip(multiplets, try values(multiplets, joint, about)) {
            let index = expected.all(multiplet, target: .neuron(2)).redundancySynergy
            #expect(abs(found.redundancySynergy - index) < 1e-11, "\(multiplet)")
        }
    }

    @Test("the order of the neurons, the other multiplets and the threads make no difference")
    func order() throws {
        let joint = try LabelledNormals(samples: 80, neurons: 9, classes: 3, seed: 3).joint(.classConditional)
        let request = MultipletRequest(gradient: true, interaction: true, target: .label)
        let multiplets = combinations(9, 4)
        let one = try evaluated(multiplets, joint, request, threads: 1)
        for threads in [2, 7] {
            #expect(try evaluated(multiplets, joint, request, threads: threads) == one)
        }
        let alone = try multiplets.indices.map { try evaluated([multiplets[$0]], joint, request)[0] }
        #expect(alone == one)
        let turned = try values(multiplets.map { [$0[2], $0[0], $0[3], $0[1]] }, joint, request)
        for (a, b) in zip(try values(multiplets, joint, request), turned) {
            var permuted = b
            permuted.gradient = [1, 3, 0, 2, 4].map { b.gradient[$0] }
            #expect(distance(a, permuted) < 1e-13)
        }
    }

    @Test("two variables have no O-information, and the unit is a factor")
    func pairs() throws {
        let data = LabelledNormals(samples: 70, neurons: 5, classes: 3, seed: 9)
        for values in try values(combinations(5, 2), data.joint(.none)) {
            #expect(abs(values.oInformation) < 1e-14 && values.totalCorrelation > 0)
        }
        for label in [LabelTreatment.classConditional, .oneHot, .ordinal] {
            for values in try values((0..<5).map { [$0] }, data.joint(label)) {
                #expect(abs(values.oInformation) < 1e-14)
            }
        }
        let request = MultipletRequest(gradient: true, interaction: true, target: .neuron(0), unit: .bits)
        let nats = try values([[0, 1, 2]], data.joint(.none), MultipletRequest(gradient: true, interaction: true))
        let bits = try values([[0, 1, 2]], data.joint(.none), request)
        #expect(abs(bits[0].oInformation * log(2) - nats[0].oInformation) < 1e-15)
        #expect(abs(bits[0].gradient[1] * log(2) - nats[0].gradient[1]) < 1e-15)
        #expect(abs(bits[0].interaction * log(2) - nats[0].interaction) < 1e-15)
    }

    @Test("what is singular says why, whatever the order of the neurons")
    func singular() throws {
        var rows = covariance(LabelledNormals(samples: 60, neurons: 6, classes: 2, seed: 21).columns)
        // Neuron 4 is a copy of neuron 1, neuron 5 is constant.
        for j in 0..<6 { (rows[4][j], rows[j][4]) = (rows[1][j], rows[j][1]) }
        rows[4][4] = rows[1][1]
        for j in 0..<6 { (rows[5][j], rows[j][5]) = (0, 0) }
        let joint = try joint(rows, samples: 60)
        for multiplet in [[0, 1, 4], [4, 0, 1], [1, 4, 2, 3]] {
            guard case .defect(.determined(let neuron, let share, .none)) = try evaluated([multiplet], joint)[0] else {
                Issue.record("\(multiplet)")
                continue
            }
            #expect([1, 4].contains(neuron) && share < 1e-12)
        }
        #expect(try evaluated([[5, 0]], joint)[0] == .defect(.constant(neuron: 5, .none)))
        let few = try self.joint(rows, samples: 4)
        #expect(
            try evaluated([[0, 1, 2, 3]], few)[0]
                == .defect(.fewSamples(samples: 4, dimensions: 4, .none)))
        _ = try values([[0, 1, 2]], few)
    }

    @Test("a class must have more samples than the multiplet neurons, and neurons vary within it")
    func smallClasses() throws {
        let data = LabelledNormals(samples: 80, neurons: 4, classes: 4, seed: 2)
        let good = try data.joint(.classConditional)
        func joint(_ change: (inout [GaussianJoint.Conditional]) throws -> Void) rethrows -> GaussianJoint {
            var conditional = good.conditional
            try change(&conditional)
            return GaussianJoint(
                label: good.label, samples: good.samples, correlation: good.correlation, conditional: conditional,
                labelDimensions: 0, isCorrected: true, singular: good.singular)
        }
        let small = joint { $0[3] = .init(weight: 0.1, samples: 3, covariance: $0[3].covariance) }
        let outcome = try evaluated([[0, 1, 2]], small)[0]
        #expect(outcome == .defect(.fewSamples(samples: 3, dimensions: 3, .class(3))))
        if case .defect(let defect) = outcome {
            #expect(
                defect.description { "\"\($0)\"" }
                    == "singular: there are 3 samples in class \"3\", no more than the multiplet's 3 neurons")
        }
        _ = try values([[0, 1]], small)
        let still = try joint { conditional in
            let changed = try conditional[1].covariance.restricted(to: [0, 1, 2, 3])
            for j in 0..<4 { (changed[2, j], changed[j, 2]) = (0, 0) }
            conditional[1] = .init(weight: conditional[1].weight, samples: conditional[1].samples, covariance: changed)
        }
        #expect(try evaluated([[0, 2]], still)[0] == .defect(.constant(neuron: 2, .class(1))))
        // A class without samples takes no part.
        let empty = try joint {
            $0.append(.init(weight: 0, samples: 0, covariance: try SymmetricMatrix(order: 4)))
        }
        let expected = joint { _ in }
        let request = MultipletRequest(gradient: true, interaction: true, target: .label)
        #expect(try evaluated([[0, 1, 2]], empty, request) == evaluated([[0, 1, 2]], expected, request))
    }

    @Test("a neuron that the label determines is singular")
    func determinedByLabel() throws {
        let good = try LabelledNormals(samples: 80, neurons: 3, classes: 3, seed: 2).joint(.ordinal)
        let changed = try good.conditional[0].covariance.restricted(to: [0, 1, 2])
        changed[1, 1] = 1e-16
        let joint = GaussianJoint(
            label: .ordinal, samples: 80, correlation: good.correlation,
            conditional: [.init(weight: 1, samples: 80, covariance: changed)], labelDimensions: 1, isCorrected: false,
            singular: good.singular)
        #expect(try evaluated([[1]], joint)[0] == .defect(.constant(neuron: 1, .label)))
    }

    @Test("an ill-conditioned matrix is answered or refused, and never NaN")
    func illConditioned() throws {
        // Correlations 1 − 10⁻ᵉ of neighbours: conditions up to 10¹⁶.
        for exponent in 2...16 {
            let r = 1 - pow(10, -Double(exponent))
            let rows = (0..<6).map { i in (0..<6).map { j in pow(r, abs(Double(i - j))) } }
            for singular in [1e-8, 1e-30] {
                let joint = try joint(rows, singular: singular)
                let request = MultipletRequest(gradient: true, interaction: true, target: .neuron(0))
                for outcome in try evaluated([[0, 1, 2], [0, 1, 2, 3, 4, 5]], joint, request) {
                    if case .values(let values) = outcome {
                        #expect(values.isFinite(request), "\(exponent)")
                        // A chain has TC = Σ I(neighbours).
                        let links = values.gradient.count - 1
                        let expected = -Double(links) / 2 * log(1 - r * r)
                        #expect(
                            singular < 1e-8 || abs(values.totalCorrelation - expected) < 1e-6, "\(exponent)")
                    } else {
                        #expect(exponent >= 8)
                    }
                }
            }
        }
    }

    @Test("the status tells what is wrong in words")
    func status() {
        func text(_ defect: MultipletDefect) -> String { defect.description { "\($0)" } }
        #expect(text(.constant(neuron: 7, .none)) == "singular: neuron 7 is constant")
        #expect(text(.constant(neuron: 7, .class(3))) == "singular: neuron 7 is constant in class 3")
        #expect(text(.constant(neuron: 7, .label)) == "singular: the label determines neuron 7")
        #expect(
            text(.determined(neuron: 7, share: 3.14e-17, .none))
                == "singular: the variance of neuron 7 given the others is 3.1e-17 of its own")
        #expect(
            text(.determined(neuron: 7, share: 0, .class(2)))
                == "singular: the variance of neuron 7 given the others is 0 of its own in class 2")
        #expect(
            text(.fewSamples(samples: 5, dimensions: 6, .none))
                == "singular: there are 5 samples, no more than the multiplet's 6 neurons")
    }

    @Test("cancellation ends the work")
    func cancellation() throws {
        let joint = try LabelledNormals(samples: 80, neurons: 9, classes: 3, seed: 3).joint(.none)
        let run = Run(threads: 1, memory: 1 << 24, isCancelled: { true })
        #expect(throws: InfoLensError.self) {
            try evaluate(MultipletList(combinations(9, 4)), of: joint, MultipletRequest(), run: run)
        }
    }
}
