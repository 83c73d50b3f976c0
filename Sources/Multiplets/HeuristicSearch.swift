// SPDX-License-Identifier: Apache-2.0
import Kernels
import Synchronization

/// What several chains of a search that does not see all multiplets found.
public struct HeuristicResult: Sendable {
    /// The best first, each once, and the first chain that came by it.
    public let found: [(multiplet: RankedMultiplet, chain: Int)]
    /// Multiplets that were evaluated, with repetition.
    public let evaluated: Int
    /// How many came out singular, random ones that are not counted as evaluated among them.
    public let singular: Int
    /// Whether the search was not cancelled.
    public let isComplete: Bool

    init(_ chains: [Chain?], isComplete: Bool, extremum: Extremum, top: Int) {
        var known: Set<[Int]> = []
        var all: [(multiplet: RankedMultiplet, chain: Int)] = []
        for (index, chain) in chains.enumerated() {
            for multiplet in chain?.found ?? [] where known.insert(multiplet.members).inserted {
                all.append((multiplet, index))
            }
        }
        found = Array(all.sorted { $0.multiplet.precedes($1.multiplet, for: extremum) }.prefix(top))
        evaluated = chains.reduce(0) { $0 + ($1?.evaluated ?? 0) }
        singular = chains.reduce(0) { $0 + ($1?.singular ?? 0) }
        self.isComplete = isComplete
    }

    /// What one chain found.
    struct Chain: Sendable {
        let found: [RankedMultiplet]
        let evaluated: Int
        let singular: Int
    }
}

/// Runs `body(evaluator, item)` for each item on several threads, each of which has an evaluator of its own.
///
/// - Returns: the results, nil where cancellation came first, and whether there was none
/// - Throws: `memory` where the budget does not hold one evaluator
func forEachStart<Result: Sendable>(
    count: Int, order: Int, of measure: any MultipletMeasure, run: Run,
    body: (any MultipletEvaluator, Int) throws(InfoLensError) -> Result
) throws(InfoLensError) -> (results: [Result?], isComplete: Bool) {
    let bytes = max(measure.evaluatorBytes(order: order), 1)
    guard bytes <= run.memory else {
        throw InfoLensError(
            .memory,
            """
            memory: a budget of \(run.budget) bytes does not hold the state of a search of order \(order), which takes \
            \(bytes) bytes; give the context at least \([run.budget - run.memory, bytes].saturatingSum()) bytes
            """)
    }
    let workers = max(min(run.threads, count, run.memory / bytes), 1)
    var evaluators: [any MultipletEvaluator] = []
    for _ in 0..<workers { evaluators.append(try measure.makeEvaluator(order: order)) }
    let results = Mutex<[Result?]>(Array(repeating: nil, count: count))
    do throws(InfoLensError) {
        try forEachItem(count: count, workers: workers, run: run) { worker, item throws(InfoLensError) in
            let result = try body(evaluators[worker], item)
            results.withLock { $0[item] = result }
        }
    } catch {
        guard error.kind == .cancelled else { throw error }
        return (results.withLock { $0 }, false)
    }
    // A run that was cancelled before starts nothing, and a chain that saw it ended early.
    return results.withLock { ($0, !run.shouldStop && !$0.contains { $0 == nil }) }
}

extension Run {
    /// `checkpoint()` for work whose result so far is wanted after cancellation.
    func goesOn() -> Bool {
        do throws(InfoLensError) {
            try checkpoint()
            return true
        } catch { return false }
    }
}

/// Members at random such that the multiplet is not singular: variables in a random order, each kept if it can be.
///
/// - Returns: `order` variables; nil when those in this order have no room for them
func randomMultiplet(
    order: Int, variables: Int, of evaluator: any MultipletEvaluator, _ random: inout RandomStream
) -> [Int]? {
    var candidates = Array(0..<variables)
    random.shuffle(&candidates, first: order)
    let first = candidates.prefix(order).sorted()
    if !evaluator.value(of: first).isNaN { return first }
    random.shuffle(&candidates, first: variables)
    var members: [Int] = []
    for variable in candidates where members.count < order {
        let grown = (members + [variable]).sorted()
        if !evaluator.value(of: grown).isNaN { members = grown }
    }
    return members.count == order ? members : nil
}

/// Exchanges one member of the evaluator's multiplet at a time, always for the best, until no exchange is better, and
/// shows all that it comes by to a list.
///
/// - Returns: evaluated multiplets, and how many of them were singular
func polish(
    _ evaluator: any MultipletEvaluator, variables: Int, for extremum: Extremum, into best: inout BestVisited, run: Run
) -> (evaluated: Int, singular: Int) {
    var (evaluated, singular) = (0, 0)
    var row = [Double](repeating: 0, count: variables)
    var current = RankedMultiplet.rounded(evaluator.value)
    while run.goesOn() {
        let members = evaluator.members
        var better: (value: Double, place: Int, variable: Int)?
        for place in members.indices {
            row.withUnsafeMutableBufferPointer { evaluator.exchanges(at: place, $0.baseAddress.unsafelyUnwrapped) }
            for variable in 0..<variables {
                let value = row[variable]
                guard !value.isNaN else {
                    singular += 1
                    continue
                }
                if best.takes(value) {
                    var changed = members
                    changed[place] = variable
                    best.offer(changed, of: evaluator)
                }
                let rounded = RankedMultiplet.rounded(value)
                if extremum.isBetter(rounded, than: better?.value ?? current) { better = (rounded, place, variable) }
            }
            // Members are no candidates.
            singular -= members.count
            evaluated += variables - members.count
        }
        guard let better else { break }
        var changed = members
        changed[better.place] = better.variable
        // By its value alone: rounding of neighbours' values must not make it go round in circles.
        let value = RankedMultiplet.rounded(evaluator.value(of: changed.sorted()))
        guard extremum.isBetter(value, than: current) else { break }
        evaluator.set(changed.sorted())
        current = value
    }
    return (evaluated, singular)
}
