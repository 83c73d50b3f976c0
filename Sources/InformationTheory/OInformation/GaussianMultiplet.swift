// SPDX-License-Identifier: Apache-2.0
import Kernels
import Multiplets

/// The O-information of multiplets of a Gaussian joint distribution, without the bias correction, which is the same for
/// all multiplets of an order.
extension GaussianJoint: MultipletMeasure {
    public var variables: Int { neurons }

    public func evaluatorBytes(order: Int) -> Int {
        saturatingProduct(terms.count, PrincipalInverse.bytes(capacity: order, order: neurons))
    }

    public func makeEvaluator(order: Int) throws(InfoLensError) -> any MultipletEvaluator {
        try GaussianMultiplet(self, order: order)
    }

    /// Ω = −½ Σ weight · (what the powers say of the matrix).
    fileprivate var terms: [(weight: Double, matrix: SymmetricMatrix, powers: PrincipalInverse.Powers)] {
        if conditional.isEmpty { return [(1, correlation, .twice)] }
        // Classes without samples have no covariance.
        return [(1, correlation, .determinant)]
            + conditional.filter { $0.weight > 0 }.map { ($0.weight, $0.covariance, .both) }
    }

    /// The joint distribution of some of the neurons.
    /// - Throws: `memory`
    public func restricted(to neurons: [Int]) throws(InfoLensError) -> GaussianJoint {
        var parts: [Conditional] = []
        for part in conditional {
            parts.append(
                Conditional(
                    weight: part.weight, samples: part.samples, covariance: try part.covariance.restricted(to: neurons))
            )
        }
        return GaussianJoint(
            label: label, samples: samples, correlation: try correlation.restricted(to: neurons), conditional: parts,
            labelDimensions: labelDimensions, isCorrected: isCorrected, singular: singular)
    }
}

/// A multiplet of a Gaussian joint distribution: an inverse for each of its matrices.
private final class GaussianMultiplet: MultipletEvaluator {
    private(set) var members: [Int] = []
    private let neurons: Int
    private let largestOrder: Int
    private let terms: [(scale: Double, inverse: PrincipalInverse)]

    init(_ joint: GaussianJoint, order: Int) throws(InfoLensError) {
        neurons = joint.neurons
        largestOrder = joint.largestOrder
        var terms: [(scale: Double, inverse: PrincipalInverse)] = []
        for term in joint.terms {
            let inverse = try PrincipalInverse(
                term.matrix, capacity: order, singular: joint.singular, powers: term.powers)
            terms.append((-0.5 * term.weight, inverse))
        }
        self.terms = terms
    }

    var value: Double { total(of: members.count) { $0.value } }

    func value(of members: [Int]) -> Double { total(of: members.count) { $0.value(of: members) } }

    func set(_ members: [Int]) {
        self.members = members
        for term in terms { term.inverse.set(members) }
    }

    func add(_ variable: Int) {
        members.append(variable)
        for term in terms { term.inverse.append(variable) }
    }

    func exchange(at place: Int, with variable: Int) {
        members[place] = variable
        for term in terms { term.inverse.exchange(at: place, with: variable) }
    }

    func valueAfterExchange(at place: Int, with variable: Int) -> Double {
        total(of: members.count) { $0.valueAfterExchange(at: place, with: variable) }
    }

    func additions(_ values: UnsafeMutablePointer<Double>) { neighbours(at: nil, values) }

    func exchanges(at place: Int, _ values: UnsafeMutablePointer<Double>) { neighbours(at: place, values) }

    private func neighbours(at place: Int?, _ values: UnsafeMutablePointer<Double>) {
        let order = members.count + (place == nil ? 1 : 0)
        values.update(repeating: order <= largestOrder ? 0 : .nan, count: neurons)
        for term in terms { term.inverse.addNeighbours(at: place, scale: term.scale, to: values) }
    }

    /// A sum over the matrices for a multiplet of an order, NaN where there are too few samples for it; up to the first that makes it NaN.
    private func total(of order: Int, _ value: (PrincipalInverse) -> Double) -> Double {
        guard order <= largestOrder else { return .nan }
        var sum = 0.0
        for term in terms {
            sum += term.scale * value(term.inverse)
            if sum.isNaN { break }
        }
        return sum
    }
}
