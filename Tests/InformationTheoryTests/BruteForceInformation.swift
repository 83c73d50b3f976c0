// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport

@testable import InformationTheory

/// Everything that multiplets are asked, from entropies of all groups of variables by their definitions: plain, slow
/// and independent of the product.
struct BruteForceInformation {
    /// H of a group of neurons and perhaps of the label.
    let entropy: (_ neurons: [Int], _ label: Bool) -> Double
    let hasLabel: Bool

    /// A group of variables: neurons, and perhaps the label.
    struct Group {
        var neurons: [Int]
        var label: Bool

        var count: Int { neurons.count + (label ? 1 : 0) }
        /// All groups of one variable less.
        var reduced: [Group] {
            neurons.indices.map { index in
                Group(neurons: neurons.enumerated().filter { $0.offset != index }.map(\.element), label: label)
            } + (label ? [Group(neurons: neurons, label: false)] : [])
        }
        var variables: [Group] {
            neurons.map { Group(neurons: [$0], label: false) } + (label ? [Group(neurons: [], label: true)] : [])
        }
    }

    func entropy(_ group: Group) -> Double { group.count == 0 ? 0 : entropy(group.neurons, group.label) }

    func values(_ group: Group) -> (total: Double, dual: Double) {
        let all = entropy(group)
        let own = group.variables.reduce(0) { $0 + entropy($1) }
        let others = group.reduced.reduce(0) { $0 + entropy($1) }
        return (own - all, others - Double(group.count - 1) * all)
    }

    func oInformation(_ group: Group) -> Double {
        let (total, dual) = values(group)
        return total - dual
    }

    func all(_ neurons: [Int], target: MultipletTarget?) -> MultipletValues {
        let group = Group(neurons: neurons, label: hasLabel)
        let (total, dual) = values(group)
        var result = MultipletValues(totalCorrelation: total, dualTotalCorrelation: dual)
        result.gradient = group.reduced.map { oInformation(group) - oInformation($0) }
        let variables = group.variables
        result.interaction = (1..<1 << variables.count).reduce(0) { sum, mask in
            let chosen = variables.indices.filter { mask >> $0 & 1 == 1 }
            let part = Group(
                neurons: chosen.flatMap { variables[$0].neurons }, label: chosen.contains { variables[$0].label })
            return sum + (part.count % 2 == 1 ? 1 : -1) * entropy(part)
        }
        guard let target else { return result }
        let isTarget = variables.map { variable in
            switch target {
            case .label: variable.label
            case .neuron(let neuron): variable.neurons == [neuron]
            }
        }
        let place = isTarget.firstIndex(of: true) ?? 0
        func information(_ sources: Group, joint: Group) -> Double {
            entropy(sources) + entropy(variables[place]) - entropy(joint)
        }
        result.redundancySynergy = information(group.reduced[place], joint: group)
        for (index, variable) in variables.enumerated() where index != place {
            let pair = Group(
                neurons: variable.neurons + variables[place].neurons, label: variable.label || variables[place].label)
            result.redundancySynergy -= information(variable, joint: pair)
        }
        return result
    }
}

/// log det by elimination with pivoting.
func logDeterminant(_ matrix: [[Double]]) -> Double {
    var rows = matrix
    var sum = 0.0
    for i in rows.indices {
        let pivot = rows.indices[i...].max { abs(rows[$0][i]) < abs(rows[$1][i]) } ?? i
        rows.swapAt(i, pivot)
        sum += log(abs(rows[i][i]))
        for row in rows.indices where row > i {
            let factor = rows[row][i] / rows[i][i]
            for column in i..<rows.count { rows[row][column] -= factor * rows[i][column] }
        }
    }
    return sum
}

/// Standard normal numbers.
func normalNumbers(_ count: Int, seed: UInt64) -> [Double] {
    var generator = FixedGenerator(seed: seed)
    return (0..<count).map { _ in
        let radius = (-2 * log(Double.random(in: .leastNormalMagnitude..<1, using: &generator))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
    }
}

extension SymmetricMatrix {
    convenience init(rows: [[Double]]) throws {
        try self.init(order: rows.count)
        for (i, row) in rows.enumerated() {
            for (j, value) in row.enumerated() { self[i, j] = value }
        }
    }
}

/// The sample covariance of columns about their means.
func covariance(_ columns: [[Double]]) -> [[Double]] {
    let centred = columns.map { column -> [Double] in
        let mean = column.reduce(0, +) / Double(column.count)
        return column.map { $0 - mean }
    }
    return centred.map { a in
        centred.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(a.count - 1) }
    }
}

/// Made-up neurons with a label, as a `GaussianJoint` and as covariances to compute entropies from.
struct LabelledNormals {
    /// Each neuron's samples, of mean 0 and variance 1.
    let columns: [[Double]]
    /// The class of each sample.
    let codes: [Int]
    let classes: Int

    init(samples: Int, neurons: Int, classes: Int, seed: UInt64) {
        let noise = normalNumbers(samples * (neurons + 2), seed: seed)
        let mixing = normalNumbers(neurons * 2, seed: seed + 1)
        let shifts = normalNumbers(neurons * classes, seed: seed + 2)
        let codes = (0..<samples).map { ($0 * 7 + $0 / 5) % classes }
        self.codes = codes
        self.classes = classes
        columns = (0..<neurons).map { j -> [Double] in
            let raw = (0..<samples).map { i -> Double in
                let factors = mixing[2 * j] * noise[i] + mixing[2 * j + 1] * noise[samples + i]
                return noise[(j + 2) * samples + i] + factors + 0.7 * shifts[j * classes + codes[i]]
            }
            let mean = raw.reduce(0, +) / Double(samples)
            let variance = raw.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(samples - 1)
            return raw.map { ($0 - mean) / variance.squareRoot() }
        }
    }

    var samples: Int { codes.count }

    /// The label's columns: its number, or the indicators of all classes but the first.
    func labelColumns(_ label: LabelTreatment) -> [[Double]] {
        switch label {
        case .none, .classConditional: []
        case .ordinal: [codes.map { Double($0) * 1.7 }]
        case .oneHot: (1..<classes).map { c in codes.map { $0 == c ? 1.0 : 0.0 } }
        }
    }

    /// The samples of one class.
    func columns(ofClass c: Int) -> [[Double]] {
        columns.map { column in codes.indices.filter { codes[$0] == c }.map { column[$0] } }
    }

    private func shares() -> [Double] {
        (0..<classes).map { c in Double(codes.filter { $0 == c }.count) / Double(samples) }
    }

    func joint(_ label: LabelTreatment, isCorrected: Bool = false) throws -> GaussianJoint {
        let extra = labelColumns(label)
        var conditional: [GaussianJoint.Conditional] = []
        switch label {
        case .none: break
        case .classConditional:
            conditional = try (0..<classes).map { c in
                GaussianJoint.Conditional(
                    weight: shares()[c], samples: codes.filter { $0 == c }.count,
                    covariance: try SymmetricMatrix(rows: covariance(columns(ofClass: c))))
            }
        case .ordinal, .oneHot:
            // M = R − R_XY R_YY⁻¹ R_YX, one label dimension after the other.
            var all = covariance(columns + extra)
            for _ in extra {
                let last = all.count - 1
                all = (0..<last).map { i in
                    (0..<last).map { all[i][$0] - all[i][last] * all[last][$0] / all[last][last] }
                }
            }
            conditional = [.init(weight: 1, samples: samples, covariance: try SymmetricMatrix(rows: all))]
        }
        return GaussianJoint(
            label: label, samples: samples, correlation: try SymmetricMatrix(rows: covariance(columns)),
            conditional: conditional, labelDimensions: extra.count, isCorrected: isCorrected,
            singular: GaussianJoint.defaultSingular)
    }

    func bruteForce(_ label: LabelTreatment, isCorrected: Bool = false) -> BruteForceInformation {
        let all = covariance(columns + labelColumns(label))
        let byClass = (0..<classes).map { covariance(columns(ofClass: $0)) }
        let shares = shares()
        func normal(_ matrix: [[Double]], _ chosen: [Int], _ samples: Int) -> Double {
            let part = chosen.map { row in chosen.map { matrix[row][$0] } }
            let entropy = (Double(chosen.count) * log(2 * .pi * M_E) + logDeterminant(part)) / 2
            return isCorrected ? entropy - gaussianEntropyBias(variables: chosen.count, samples: samples) : entropy
        }
        return BruteForceInformation(
            entropy: { neurons, hasLabel in
                guard hasLabel else { return normal(all, neurons, samples) }
                guard label == .classConditional else {
                    return normal(all, neurons + (columns.count..<all.count), samples)
                }
                return (0..<classes).reduce(0) { sum, c in
                    let size = codes.filter { $0 == c }.count
                    return sum + shares[c] * (normal(byClass[c], neurons, size) - log(shares[c]))
                }
            }, hasLabel: label != .none)
    }
}

/// All groups of `order` of `count` things, in lexicographic order.
func combinations(_ count: Int, _ order: Int) -> [[Int]] {
    guard order > 0 else { return [[]] }
    return (0..<count).flatMap { first in
        combinations(count - first - 1, order - 1).map { [first] + $0.map { $0 + first + 1 } }
    }
}
