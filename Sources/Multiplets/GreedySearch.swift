// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Grows multiplets by the best variable to add, one after the other, up to an order.
///
/// Among additions of equal value the lowest variable is taken. Each start advances the run by one for every variable
/// that it is to get.
///
/// - Parameter starts: multiplets of at most `order` members; singular ones are returned alone
/// - Returns: the path of each start, from the start itself on, one member more at each step, with the values that the
///   multiplets have by themselves; a path ends early where every addition is singular, or with cancellation, of which
///   `isComplete` tells
/// - Throws: `memory`
public func greedySearch(
    of measure: any MultipletMeasure, starts: [RankedMultiplet], extremum: Extremum, order: Int, run: Run
) throws(InfoLensError) -> (paths: [[RankedMultiplet]], isComplete: Bool) {
    let (results, isComplete) = try forEachStart(
        count: starts.count, order: order, of: measure, run: run
    ) { evaluator, index in
        var path = [starts[index]]
        var members = starts[index].members
        var row = [Double](repeating: 0, count: measure.variables)
        evaluator.set(members)
        while members.count < order, run.goesOn() {
            row.withUnsafeMutableBufferPointer { evaluator.additions($0.baseAddress.unsafelyUnwrapped) }
            var best: (value: Double, variable: Int)?
            for (variable, value) in row.enumerated() {
                let rounded = RankedMultiplet.rounded(value)
                if best.map({ extremum.isBetter(rounded, than: $0.value) }) ?? !value.isNaN {
                    best = (rounded, variable)
                }
            }
            guard let best else { break }
            evaluator.add(best.variable)
            members.append(best.variable)
            let sorted = members.sorted()
            let value = evaluator.value(of: sorted)
            // At the very limit of singularity the two computations may not agree.
            guard !value.isNaN else { break }
            path.append(RankedMultiplet(members: sorted, value: value))
            run.advance(by: 1)
        }
        run.advance(by: order - members.count)
        return path
    }
    return (results.enumerated().map { $1 ?? [starts[$0]] }, isComplete)
}
