// SPDX-License-Identifier: Apache-2.0
import Kernels
import Multiplets

/// The O-information of multiplets of some neurons of a discrete joint distribution, for searches: each is computed by
/// itself, since no multiplet's patterns make its neighbours' cheaper.
public struct DiscreteSearch: MultipletMeasure, SweptMeasure {
    private let joint: DiscreteJoint
    private let domain: [Int]
    private let entropy: GroupEntropy

    /// - Parameter domain: the neurons to search among, ascending
    /// - Throws: `memory`
    public init(_ joint: DiscreteJoint, domain: [Int]) throws(InfoLensError) {
        self.joint = joint
        self.domain = domain
        entropy = try GroupEntropy(EntropyFunction(joint.estimator, unit: .nats), total: joint.samples)
    }

    /// Bytes that it keeps.
    public static func bytes(_ joint: DiscreteJoint) -> Int { GroupEntropy.bytes(total: joint.samples) }

    public var variables: Int { domain.count }

    private func variables(order: Int) -> Int { order + (joint.hasLabel ? 1 : 0) }

    public func evaluatorBytes(order: Int) -> Int {
        DiscreteMultiplet.bytes(rows: joint.rows, variables: variables(order: order))
    }

    public func makeEvaluator(order: Int) throws(InfoLensError) -> any MultipletEvaluator {
        let value = try evaluation(order: order)
        return PlainMultiplet(variables: domain.count, evaluate: value)
    }

    public func sweeperBytes(order: Int) -> Int { evaluatorBytes(order: order) }

    public func pieceSize(order: Int) -> Int {
        // About 5 ns a pattern and variable for each halving of the variables, and as much for their own.
        let variables = variables(order: order)
        let halvings = Int.bitWidth - variables.leadingZeroBitCount
        return max(1, 2_000_000 / max(1, saturatingProduct(joint.rows, variables, halvings + 1)))
    }

    public func makeSweeper(order: Int) throws(InfoLensError) -> any MultipletSweeper {
        PlainSweeper(variables: domain.count, order: order, evaluate: try evaluation(order: order))
    }

    /// What computes Ω in nats, for one thread; NaN where the estimator has none.
    private func evaluation(order: Int) throws(InfoLensError) -> ([Int]) -> Double {
        let evaluator = try DiscreteMultipletEvaluator(
            joint, variables: variables(order: order), entropy: entropy)
        let (domain, request) = (domain, MultipletRequest())
        // Searches ask for cancellation between multiplets.
        let run = Run(threads: 1, memory: 0)
        return { members in
            let neurons = members.map { domain[$0] }
            guard case .values(let values)? = try? evaluator.evaluate(neurons[...], request, run: run) else {
                return .nan
            }
            return values.oInformation
        }
    }
}
