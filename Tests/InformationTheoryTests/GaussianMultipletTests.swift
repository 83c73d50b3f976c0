// SPDX-License-Identifier: Apache-2.0
import Glibc
import InformationTheory
import Kernels
import Multiplets
import TestSupport
import Testing

/// A covariance of factors and noise: neurons share factors, so that some multiplets are far from independent.
func madeCovariance(_ d: Int, seed: UInt64, scale: Double = 1) throws -> SymmetricMatrix {
    var generator = FixedGenerator(seed: seed)
    let factors = max(d / 3, 2)
    let loads = (0..<d * factors).map { _ in Double.random(in: -1..<1, using: &generator) }
    let noise = (0..<d).map { _ in Double.random(in: 0.2..<1, using: &generator) }
    let matrix = try SymmetricMatrix(order: d)
    for i in 0..<d {
        for j in 0..<d {
            var sum = i == j ? noise[i] : 0
            for f in 0..<factors { sum += loads[i * factors + f] * loads[j * factors + f] }
            matrix[i, j] = sum * scale
        }
    }
    return matrix
}

/// A joint distribution for each treatment of the label, of matrices that are consistent: R is the mean of the classes'
/// covariances and of the variance between their means, in units in which its diagonal is 1.
func madeJoint(_ d: Int, label: LabelTreatment, classes: Int = 3, seed: UInt64 = 7) throws -> GaussianJoint {
    let count = label == .none ? 1 : label == .classConditional ? classes : 1
    let parts = try (0..<count).map { try madeCovariance(d, seed: seed + UInt64($0), scale: 1 + Double($0)) }
    var generator = FixedGenerator(seed: seed + 100)
    let means = (0..<d).map { _ in Double.random(in: -0.5..<0.5, using: &generator) }
    let total = try SymmetricMatrix(order: d)
    for i in 0..<d {
        for j in 0..<d {
            total[i, j] =
                parts.reduce(0) { $0 + $1[i, j] } / Double(count) + (label == .none ? 0 : means[i] * means[j])
        }
    }
    let deviations = (0..<d).map { total[$0, $0].squareRoot() }
    for matrix in parts + [total] {
        for i in 0..<d { for j in 0..<d { matrix[i, j] /= deviations[i] * deviations[j] } }
    }
    return GaussianJoint(
        label: label, samples: 1000, correlation: total,
        conditional: label == .none
            ? [] : parts.map { .init(weight: 1 / Double(count), samples: 1000, covariance: $0) },
        labelDimensions: 0, isCorrected: false, singular: GaussianJoint.defaultSingular)
}

/// log det by Gaussian elimination without anything of the product.
private func logDeterminant(_ matrix: SymmetricMatrix, _ members: [Int]) -> Double {
    var a = members.map { i in members.map { matrix[i, $0] } }
    var sum = 0.0
    for p in a.indices {
        sum += log(a[p][p])
        for i in a.indices where i > p {
            let factor = a[i][p] / a[p][p]
            for j in a.indices where j > p { a[i][j] -= factor * a[p][j] }
        }
    }
    return sum
}

/// Ω by its definition, from a determinant for each group of variables.
func bruteForce(_ joint: GaussianJoint, _ members: [Int]) -> Double {
    let parts =
        joint.conditional.isEmpty
        ? [(1.0, joint.correlation)] : joint.conditional.map { ($0.weight, $0.covariance) }
    /// Twice H(S), and twice H(S, Y) − H(Y) where there is a label, without the constants that cancel.
    let alone = { (s: [Int]) in logDeterminant(joint.correlation, s) }
    let given = { (s: [Int]) in parts.reduce(0) { $0 + $1.0 * logDeterminant($1.1, s) } }
    let hasLabel = !joint.conditional.isEmpty
    let n = members.count + (hasLabel ? 1 : 0)
    let whole = given(members)
    // Ω = (n − 2) H(Z) + Σ_j [H(Z_j) − H(Z without j)].
    var sum = Double(n - 2) * whole
    for j in members { sum += alone([j]) - given(members.filter { $0 != j }) }
    if hasLabel { sum -= alone(members) }
    return sum / 2
}

@Suite struct GaussianMultipletTests {
    static let labels: [LabelTreatment] = [.none, .classConditional, .ordinal]

    @Test(arguments: labels)
    func `values equal the definition by entropies of groups`(label: LabelTreatment) throws {
        let joint = try madeJoint(9, label: label)
        let evaluator = try joint.makeEvaluator(order: 6)
        for members in [[0, 1], [2, 5], [0, 3, 8], [1, 2, 3, 4], [0, 2, 4, 5, 6, 8]] {
            #expect(abs(evaluator.value(of: members) - bruteForce(joint, members)) < 1e-12)
            evaluator.set(members)
            #expect(abs(evaluator.value - bruteForce(joint, members)) < 1e-12)
        }
    }

    @Test(arguments: labels)
    func `neighbours have the values that they have when evaluated alone`(label: LabelTreatment) throws {
        let joint = try madeJoint(12, label: label)
        let evaluator = try joint.makeEvaluator(order: 5)
        var row = [Double](repeating: 0, count: 12)
        let members = [7, 2, 9, 0]
        evaluator.set(members)
        for _ in 0..<2 {
            let current = evaluator.members
            row.withUnsafeMutableBufferPointer { evaluator.additions($0.baseAddress!) }
            for y in 0..<12 {
                if current.contains(y) {
                    #expect(row[y].isNaN)
                } else {
                    #expect(current.count == 5 || abs(row[y] - evaluator.value(of: (current + [y]).sorted())) < 1e-12)
                }
            }
            for place in current.indices {
                row.withUnsafeMutableBufferPointer { evaluator.exchanges(at: place, $0.baseAddress!) }
                for y in 0..<12 where !current.contains(y) {
                    var changed = current
                    changed[place] = y
                    let fresh = evaluator.value(of: changed.sorted())
                    #expect(abs(row[y] - fresh) < 1e-12)
                    #expect(abs(evaluator.valueAfterExchange(at: place, with: y) - fresh) < 1e-12)
                }
            }
            // The rows follow an addition.
            if current.count < 5 { evaluator.add(11) }
        }
    }

    @Test(arguments: labels)
    func `thousands of moves leave values within 1e-10`(label: LabelTreatment) throws {
        let joint = try madeJoint(40, label: label)
        let evaluator = try joint.makeEvaluator(order: 10)
        evaluator.set(Array(0..<10))
        var generator = FixedGenerator(seed: 3)
        var worst = 0.0
        for _ in 0..<5000 {
            let place = Int.random(in: 0..<10, using: &generator)
            let outside = (0..<40).filter { !evaluator.members.contains($0) }
            let variable = outside.randomElement(using: &generator) ?? 0
            let expected = evaluator.valueAfterExchange(at: place, with: variable)
            evaluator.exchange(at: place, with: variable)
            let fresh = evaluator.value(of: evaluator.members.sorted())
            worst = max(worst, abs(evaluator.value - fresh), abs(expected - fresh))
        }
        #expect(worst < 1e-10)
    }

    @Test(arguments: labels)
    func `duplicated and constant neurons make multiplets singular`(label: LabelTreatment) throws {
        let joint = try madeJoint(8, label: label)
        for matrix in [joint.correlation] + joint.conditional.map(\.covariance) {
            for i in 0..<8 {
                // 7 becomes a copy of 3, 6 constant.
                matrix[7, i] = matrix[3, i]
                matrix[i, 7] = matrix[i, 3]
            }
            matrix[7, 7] = matrix[3, 3]
            for i in 0..<8 {
                matrix[6, i] = 0
                matrix[i, 6] = 0
            }
        }
        let evaluator = try joint.makeEvaluator(order: 4)
        for members in [[0, 3, 7], [0, 6], [3, 6, 7]] {
            #expect(evaluator.value(of: members).isNaN)
            evaluator.set(members)
            #expect(evaluator.value.isNaN)
        }
        evaluator.set([3, 1, 4])
        var row = [Double](repeating: 0, count: 8)
        row.withUnsafeMutableBufferPointer { evaluator.additions($0.baseAddress!) }
        #expect(row.indices.filter { row[$0].isNaN } == [1, 3, 4, 6, 7])
        row.withUnsafeMutableBufferPointer { evaluator.exchanges(at: 1, $0.baseAddress!) }
        #expect(row.indices.filter { row[$0].isNaN } == [1, 3, 4, 6, 7])
        // In the place of the neuron that it copies it is as good.
        row.withUnsafeMutableBufferPointer { evaluator.exchanges(at: 0, $0.baseAddress!) }
        #expect(row.indices.filter { row[$0].isNaN } == [1, 3, 4, 6])
        #expect(evaluator.valueAfterExchange(at: 1, with: 7).isNaN)
        #expect(abs(evaluator.valueAfterExchange(at: 0, with: 7) - evaluator.value) < 1e-12)
    }

    @Test func `many members do not overflow`() throws {
        let joint = try madeJoint(120, label: .none)
        let evaluator = try joint.makeEvaluator(order: 100)
        evaluator.set(Array(0..<99))
        let fresh = evaluator.value(of: Array(0..<98) + [110])
        #expect(fresh.isFinite)
        #expect(abs(evaluator.valueAfterExchange(at: 98, with: 110) - fresh) < 1e-10)
        var row = [Double](repeating: 0, count: 120)
        row.withUnsafeMutableBufferPointer { evaluator.exchanges(at: 98, $0.baseAddress!) }
        #expect(abs(row[110] - fresh) < 1e-10)
    }

    @Test func `a restricted joint has the values of the neurons it kept`() throws {
        let joint = try madeJoint(9, label: .classConditional)
        let kept = [8, 1, 4, 5]
        let part = try joint.restricted(to: kept).makeEvaluator(order: 3)
        let whole = try joint.makeEvaluator(order: 3)
        #expect(abs(part.value(of: [0, 1, 3]) - whole.value(of: [1, 5, 8])) < 1e-12)
    }
}
