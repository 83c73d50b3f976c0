// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// Searches multiplets of one order by simulated annealing (Kirkpatrick, Gelatt & Vecchi 1983): chains that exchange a random
/// member for a random other variable, keep what is better, and what is worse by Δ with probability exp(−Δ/T).
///
/// T falls geometrically from 2 σ to σ / 20, σ being the standard deviation of the values of random multiplets: on
/// layers of trained networks that did best among starts of 0.1 to 3 σ and ends from a tenth to a thousandth of
/// these. At its end each chain goes from the best multiplet that it came by to a local optimum, of which no exchange of
/// one member is better. Each chain advances the run by `steps`. The result depends on `seed` and not on threads.
///
/// - Parameters:
///   - order: within 1 ... variables
///   - top: how many multiplets to return
///   - steps: exchanges proposed in each chain
/// - Returns: nothing found where no chain finds a multiplet that is not singular
/// - Throws: `memory`
public func annealingSearch(
    of measure: any MultipletMeasure, extremum: Extremum, order: Int, top: Int, chains: Int, steps: Int, seed: UInt64,
    run: Run
) throws(InfoLensError) -> HeuristicResult {
    let (results, isComplete) = try forEachStart(
        count: chains, order: order, of: measure, run: run
    ) { evaluator, index in
        var chain = AnnealingChain(
            evaluator, variables: measure.variables, extremum: extremum, order: order, top: top,
            random: RandomStream(
                seed: seed, purpose: .annealing, index: 2 * index + (extremum == .minimum ? 0 : 1)))
        return chain.search(steps: steps, run: run)
    }
    return HeuristicResult(results, isComplete: isComplete, extremum: extremum, top: top)
}

private struct AnnealingChain {
    /// Proposals between looks at whether to go on.
    private static let stride = 512
    /// Random multiplets that the first temperature comes from.
    private static let samples = 64

    private let evaluator: any MultipletEvaluator
    private let variables: Int
    private let extremum: Extremum
    private let order: Int
    private var random: RandomStream
    private var best: BestVisited
    private var members: [Int] = []
    private var isMember: [Bool]
    private var evaluated = 0
    private var singular = 0

    init(
        _ evaluator: any MultipletEvaluator, variables: Int, extremum: Extremum, order: Int, top: Int,
        random: RandomStream
    ) {
        self.evaluator = evaluator
        self.variables = variables
        self.extremum = extremum
        self.order = order
        self.random = random
        best = BestVisited(limit: top, extremum: extremum)
        isMember = Array(repeating: false, count: variables)
    }

    mutating func search(steps: Int, run: Run) -> HeuristicResult.Chain {
        var done = 0
        if let spread = start() {
            var optimum = (members: members, value: evaluator.value)
            var temperature = 2 * spread
            let cooling = pow(1.0 / 40, 1 / Double(max(steps, 1)))
            // With all variables as members there is nothing to exchange.
            while order < variables, done < steps, run.goesOn() {
                let count = min(AnnealingChain.stride, steps - done)
                anneal(count, temperature: &temperature, cooling: cooling, optimum: &optimum)
                done += count
                run.advance(by: count)
            }
            if order == variables || done == steps {
                evaluator.set(optimum.members.sorted())
                let polished = polish(evaluator, variables: variables, for: extremum, into: &best, run: run)
                evaluated += polished.evaluated
                singular += polished.singular
            }
        }
        run.advance(by: steps - done)
        return HeuristicResult.Chain(found: best.ranked(), evaluated: evaluated, singular: singular)
    }

    /// Goes to a random multiplet.
    /// - Returns: how far the values of random multiplets spread; nil when all were singular
    private mutating func start() -> Double? {
        var (count, mean, squares) = (0.0, 0.0, 0.0)
        var first: [Int]?
        for _ in 0..<AnnealingChain.samples {
            guard let members = randomMultiplet(order: order, variables: variables, of: evaluator, &random) else {
                singular += 1
                continue
            }
            let value = evaluator.value(of: members)
            best.offer(RankedMultiplet(members: members, value: value))
            evaluated += 1
            count += 1
            let deviation = value - mean
            mean += deviation / count
            squares += deviation * (value - mean)
            first = first ?? members
        }
        guard let first else { return nil }
        members = first
        evaluator.set(members)
        for variable in members { isMember[variable] = true }
        return max((squares / count).squareRoot(), 1e-12)
    }

    /// Makes some proposals.
    private mutating func anneal(
        _ proposals: Int, temperature: inout Double, cooling: Double, optimum: inout (members: [Int], value: Double)
    ) {
        let sign = extremum == .minimum ? 1.0 : -1.0
        var current = evaluator.value
        for _ in 0..<proposals {
            temperature *= cooling
            let place = random.below(order)
            var variable = random.below(variables)
            while isMember[variable] { variable = random.below(variables) }
            let value = evaluator.valueAfterExchange(at: place, with: variable)
            evaluated += 1
            guard !value.isNaN else {
                singular += 1
                continue
            }
            if best.takes(value) {
                var changed = members
                changed[place] = variable
                best.offer(changed, of: evaluator)
            }
            let worse = sign * (value - current)
            guard worse <= 0 || random.uniform() < exp(-worse / temperature) else { continue }
            evaluator.exchange(at: place, with: variable)
            guard !evaluator.value.isNaN else {
                // At the very limit of singularity the two computations may not agree.
                evaluator.set(members)
                singular += 1
                continue
            }
            isMember[members[place]] = false
            isMember[variable] = true
            members[place] = variable
            current = value
            if sign * value < sign * optimum.value { optimum = (members, value) }
        }
    }
}
