// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The information of one multiplet after another, of discrete variables:
///
///     TC = Σ H(Zⱼ) − H(Z),   DTC = Σ H(Z₋ⱼ) − (n − 1) H(Z)
///
/// with the entropies of the joint's estimator, each over the patterns of its own variables.
final class DiscreteMultipletEvaluator: OInformationEvaluator {
    private let joint: DiscreteJoint
    private let multiplet: DiscreteMultiplet
    private let isPlugIn: Bool

    init(_ joint: DiscreteJoint, variables: Int, entropy: GroupEntropy) throws(InfoLensError) {
        self.joint = joint
        isPlugIn = entropy.function.estimator == .plugIn
        multiplet = try DiscreteMultiplet(joint, variables: variables, entropy: entropy)
    }

    func evaluate(
        _ neurons: ArraySlice<Int>, _ request: MultipletRequest, run: Run
    ) throws(InfoLensError) -> MultipletOutcome {
        multiplet.load(Array(neurons) + (joint.hasLabel ? [joint.neurons] : []))
        let places = Array(multiplet.variables.indices)
        let entropies = try Entropies(of: places[...], multiplet, isPlugIn: isPlugIn, run: run)
        var values = entropies.values
        if request.gradient {
            for place in places {
                let others = places.filter { $0 != place }
                let without = try Entropies(of: others[...], multiplet, isPlugIn: isPlugIn, run: run).values
                values.gradient.append(values.oInformation - without.oInformation)
            }
        }
        if request.interaction { values.interaction = -(try multiplet.alternatingEntropies(run: run)) }
        if let target = request.target {
            let place: Int? =
                switch target {
                case .label: joint.hasLabel ? places.count - 1 : nil
                case .neuron(let neuron): multiplet.variables.firstIndex(of: neuron)
                }
            if let place { values.redundancySynergy = redundancySynergy(about: place, entropies) }
        }
        return values.isFinite(request) ? .values(values) : .defect(.undefined(joint.estimator))
    }

    /// I(S;Y) − Σ I(Xᵢ;Y) with Y at a place and S at all others.
    private func redundancySynergy(about target: Int, _ entropies: Entropies) -> Double {
        let own = entropies.own
        var index = entropies.others[target] + own[target] - entropies.all
        for place in own.indices where place != target {
            let one = multiplet.split(multiplet.together(), by: place, depth: 1)
            let pair = multiplet.split(one, by: target, depth: 1)
            index -= own[place] + own[target] - multiplet.entropy(of: pair, places: [place, target])
        }
        return index
    }
}

/// The entropies that the family is made of.
private struct Entropies {
    /// H(Z).
    let all: Double
    /// H(Zⱼ).
    let own: [Double]
    /// H(Z₋ⱼ).
    let others: [Double]
    private let isPlugIn: Bool

    init(
        of places: ArraySlice<Int>, _ multiplet: DiscreteMultiplet, isPlugIn: Bool, run: Run
    ) throws(InfoLensError) {
        self.isPlugIn = isPlugIn
        var groups = multiplet.together()
        for place in places { groups = multiplet.split(groups, by: place, depth: 1) }
        all = multiplet.entropy(of: groups, places: places)
        own = places.map { place in
            multiplet.entropy(of: multiplet.split(multiplet.together(), by: place, depth: 1), places: [place])
        }
        var others: [Double] = []
        if places.count > 1 {
            try multiplet.forEachLeftOut(places, run: run) { place, groups in
                others.append(multiplet.entropy(of: groups, places: places.lazy.filter { $0 != place }))
            }
        } else {
            // H of nothing is 0, whatever an estimator says of a single group.
            others = [0]
        }
        self.others = others
    }

    var values: MultipletValues {
        var total = own.reduce(0, +) - all
        var dual = others.reduce(0, +) - Double(own.count - 1) * all
        // By plug-in neither can be negative: a difference of the size of rounding is set to 0.
        if isPlugIn {
            let rounding = 1e-12 * Double(own.count) * max(1, all)
            if total < 0, total > -rounding { total = 0 }
            if dual < 0, dual > -rounding { dual = 0 }
        }
        return MultipletValues(totalCorrelation: total, dualTotalCorrelation: dual)
    }
}

/// The information of multiplets of discrete variables.
///
/// - Parameter request: a target neuron belongs to every multiplet; interaction information of at most
///   `MultipletRequest.mostInteracting` variables
/// - Returns: an outcome for each multiplet; finite values, or that the estimator has none
/// - Throws: `memory`, `cancelled`
public func evaluate(
    _ multiplets: MultipletList, of joint: DiscreteJoint, _ request: MultipletRequest, run: Run
) throws(InfoLensError) -> [MultipletOutcome] {
    run.reserve(GroupEntropy.bytes(total: joint.samples))
    let entropy = try GroupEntropy(EntropyFunction(joint.estimator, unit: request.unit), total: joint.samples)
    let variables = multiplets.largestOrder + (joint.hasLabel ? 1 : 0)
    return try evaluate(
        multiplets, request, toolBytes: DiscreteMultiplet.bytes(rows: joint.rows, variables: variables), run: run
    ) { () throws(InfoLensError) in
        try DiscreteMultipletEvaluator(joint, variables: variables, entropy: entropy)
    }
}
