// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Searches multiplets of one order by an evolutionary algorithm on four islands that do not exchange individuals.
///
/// Of each generation the best sixteenth lives on. The others are children of two parents, each the best of three drawn at
/// random: a child has the members that both have, and others of either at random; half of the children, by chance, and
/// all of equal parents have one member exchanged at random. No two individuals are equal. At its end each island goes
/// from its best multiplet to a local optimum, of which no exchange of one member is better. An island advances the run
/// by `generations`. The result depends on `seed` and not on threads.
///
/// - Parameters:
///   - order: within 1 ... variables
///   - top: how many multiplets to return
///   - individuals: of each island
/// - Returns: the islands as chains; nothing found where every individual is singular
/// - Throws: `memory`
public func evolutionSearch(
    of measure: any MultipletMeasure, extremum: Extremum, order: Int, top: Int, individuals: Int, generations: Int,
    seed: UInt64, run: Run
) throws(InfoLensError) -> HeuristicResult {
    let (results, isComplete) = try forEachStart(
        count: evolutionIslands, order: order, of: measure, run: run
    ) { evaluator, index in
        var island = Island(
            evaluator, variables: measure.variables, extremum: extremum, order: order, top: top,
            random: RandomStream(
                seed: seed, purpose: .evolution, index: 2 * index + (extremum == .minimum ? 0 : 1)))
        return island.search(individuals: individuals, generations: generations, run: run)
    }
    return HeuristicResult(results, isComplete: isComplete, extremum: extremum, top: top)
}

/// Islands of an evolutionary search.
public let evolutionIslands = 4

private struct Island {
    private let evaluator: any MultipletEvaluator
    private let variables: Int
    private let extremum: Extremum
    private let order: Int
    private var random: RandomStream
    private var best: BestVisited
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
    }

    mutating func search(individuals: Int, generations: Int, run: Run) -> HeuristicResult.Chain {
        var population = firstPopulation(of: individuals)
        var done = 0
        while done < generations, !population.isEmpty, run.goesOn() {
            population = nextGeneration(of: population, individuals: individuals)
            done += 1
            run.advance(by: 1)
        }
        if done == generations, let first = population.first {
            evaluator.set(first.members)
            let polished = polish(evaluator, variables: variables, for: extremum, into: &best, run: run)
            evaluated += polished.evaluated
            singular += polished.singular
        }
        run.advance(by: generations - done)
        return HeuristicResult.Chain(found: best.ranked(), evaluated: evaluated, singular: singular)
    }

    /// Random multiplets, the best first; fewer than asked for where there are not so many.
    private mutating func firstPopulation(of individuals: Int) -> [RankedMultiplet] {
        var population: [RankedMultiplet] = []
        var known: Set<[Int]> = []
        for _ in 0..<2 * individuals where population.count < individuals {
            guard let members = randomMultiplet(order: order, variables: variables, of: evaluator, &random) else {
                singular += 1
                continue
            }
            admit(members, to: &population, &known)
        }
        population.sort { $0.precedes($1, for: extremum) }
        return population
    }

    private mutating func nextGeneration(of population: [RankedMultiplet], individuals: Int) -> [RankedMultiplet] {
        var next = Array(population.prefix(max(individuals / 16, 1)))
        var known = Set(next.map(\.members))
        // Where multiplets are few or many are singular, the children may not fill the population.
        for _ in 0..<2 * individuals where next.count < individuals {
            let (first, second) = (parent(of: population), parent(of: population))
            var child = crossed(first, second)
            if order < variables, first == second || random.below(2) == 0 {
                let place = random.below(order)
                var variable = random.below(variables)
                while child.contains(variable) { variable = random.below(variables) }
                child[place] = variable
            }
            admit(child.sorted(), to: &next, &known)
        }
        next.sort { $0.precedes($1, for: extremum) }
        return next
    }

    /// Adds an individual unless it is there or singular.
    private mutating func admit(
        _ members: [Int], to population: inout [RankedMultiplet], _ known: inout Set<[Int]>
    ) {
        guard known.insert(members).inserted else { return }
        let value = evaluator.value(of: members)
        evaluated += 1
        guard !value.isNaN else {
            singular += 1
            return
        }
        let multiplet = RankedMultiplet(members: members, value: value)
        if best.takes(value) { best.offer(multiplet) }
        population.append(multiplet)
    }

    /// The best of three: populations are sorted.
    private mutating func parent(of population: [RankedMultiplet]) -> [Int] {
        let place = (0..<3).reduce(population.count) { place, _ in min(place, random.below(population.count)) }
        return population[place].members
    }

    /// The members that two parents share, and others of theirs up to the order.
    private mutating func crossed(_ first: [Int], _ second: [Int]) -> [Int] {
        let shared = first.filter(second.contains)
        var others = first.filter { !shared.contains($0) } + second.filter { !shared.contains($0) }
        random.shuffle(&others, first: order - shared.count)
        return shared + others.prefix(order - shared.count)
    }
}
