// SPDX-License-Identifier: Apache-2.0
import InformationTheory
import Kernels
import Multiplets
import TestSupport
import Testing

/// All groups of `order` of 0 ..< variables.
private func multiplets(_ order: Int, of variables: Int) -> [[Int]] {
    guard order > 0 else { return [[]] }
    return multiplets(order - 1, of: variables).flatMap { group in
        ((group.last ?? -1) + 1..<max(variables, (group.last ?? -1) + 1)).map { group + [$0] }
    }
}

private func best(_ joint: GaussianJoint, order: Int, extremum: Extremum, top: Int) throws -> [RankedMultiplet] {
    let evaluator = try joint.makeEvaluator(order: order)
    return multiplets(order, of: joint.neurons)
        .map { RankedMultiplet(members: $0, value: evaluator.value(of: $0)) }
        .filter { !$0.value.isNaN }
        .sorted { $0.precedes($1, for: extremum) }
        .prefix(top).map { $0 }
}

@Suite struct MultipletSearchTests {
    static let labels: [LabelTreatment] = [.none, .classConditional, .ordinal]

    @Test(arguments: labels, Extremum.allCases)
    func `each greedy step is the best addition`(label: LabelTreatment, extremum: Extremum) throws {
        let joint = try madeJoint(14, label: label)
        let evaluator = try joint.makeEvaluator(order: 9)
        let starts = try best(joint, order: 3, extremum: extremum, top: 5)
        let (paths, isComplete) = try greedySearch(
            of: joint, starts: starts, extremum: extremum, order: 9, run: run())
        #expect(isComplete)
        #expect(paths.map(\.first) == starts.map { $0 })
        for path in paths {
            #expect(path.map(\.members.count) == Array(3...9))
            for (before, after) in zip(path, path.dropFirst()) {
                let grown = (0..<14).filter { !before.members.contains($0) }.map { (before.members + [$0]).sorted() }
                    .map { RankedMultiplet(members: $0, value: evaluator.value(of: $0)) }
                // Additions of equal value: the lowest variable, which here comes first.
                let expected = grown.reduce(grown[0]) { extremum.isBetter($1.value, than: $0.value) ? $1 : $0 }
                #expect(after == expected)
            }
        }
    }

    @Test(arguments: labels, Extremum.allCases)
    func `annealing and evolution find what an exhaustive search finds`(
        label: LabelTreatment, extremum: Extremum
    ) throws {
        let joint = try madeJoint(18, label: label, seed: 21)
        let expected = try best(joint, order: 5, extremum: extremum, top: 10)
        let annealed = try annealingSearch(
            of: joint, extremum: extremum, order: 5, top: 10, chains: 4, steps: 5000, seed: 1, run: run())
        #expect(annealed.found.map(\.multiplet) == expected)
        let evolved = try evolutionSearch(
            of: joint, extremum: extremum, order: 5, top: 10, individuals: 64, generations: 100, seed: 1, run: run())
        #expect(evolved.found.first?.multiplet == expected.first)
        #expect(annealed.isComplete && evolved.isComplete)
    }

    @Test func `heuristics find what was planted among hundreds of neurons`() throws {
        // Independent, but the last one is a sum of twelve others, of which four have the largest shares.
        let shares = [30: 0.35, 71: 0.36, 158: 0.37, 240: 0.38].merging((0..<8).map { (20 * $0 + 5, 0.22) }) { $1 }
        let joint = try summedJoint(300, shares: shares)
        let expected = [30, 71, 158, 240, 299]
        let annealed = try annealingSearch(
            of: joint, extremum: .minimum, order: 5, top: 1, chains: 8, steps: 20000, seed: 0, run: run())
        #expect(annealed.found.first?.multiplet.members == expected)
        let evolved = try evolutionSearch(
            of: joint, extremum: .minimum, order: 5, top: 1, individuals: 64, generations: 200, seed: 0, run: run())
        #expect(evolved.found.first?.multiplet.members == expected)
    }

    @Test func `results depend on the seed and not on threads`() throws {
        let joint = try madeJoint(60, label: .classConditional)
        func annealed(_ seed: UInt64, threads: Int) throws -> HeuristicResult {
            try annealingSearch(
                of: joint, extremum: .minimum, order: 6, top: 50, chains: 5, steps: 300, seed: seed,
                run: run(threads: threads))
        }
        func evolved(_ seed: UInt64, threads: Int) throws -> HeuristicResult {
            try evolutionSearch(
                of: joint, extremum: .maximum, order: 6, top: 50, individuals: 20, generations: 5, seed: seed,
                run: run(threads: threads))
        }
        for search in [annealed, evolved] {
            let (one, many, other) = (try search(1, 1), try search(1, 4), try search(2, 4))
            #expect(one.found.map(\.multiplet) == many.found.map(\.multiplet))
            #expect(one.found.map(\.chain) == many.found.map(\.chain))
            #expect((one.evaluated, one.singular) == (many.evaluated, many.singular))
            #expect(one.found.map(\.multiplet) != other.found.map(\.multiplet))
            #expect(Set(one.found.map(\.multiplet.members)).count == 50)
        }
    }

    @Test func `singular neurons are never found, and nothing is found among nothing else`() throws {
        let joint = try madeJoint(12, label: .none)
        // 4 ... 11 are constant.
        for i in 4..<12 {
            for j in 0..<12 {
                joint.correlation[i, j] = 0
                joint.correlation[j, i] = 0
            }
        }
        func search(_ order: Int) throws -> [HeuristicResult] {
            [
                try annealingSearch(
                    of: joint, extremum: .minimum, order: order, top: 5, chains: 2, steps: 200, seed: 1, run: run()),
                try evolutionSearch(
                    of: joint, extremum: .minimum, order: order, top: 5, individuals: 8, generations: 9, seed: 1,
                    run: run()),
            ]
        }
        for result in try search(4) {
            #expect(result.found.map(\.multiplet.members) == [[0, 1, 2, 3]])
            #expect(result.singular > 0)
        }
        for result in try search(5) {
            #expect(result.found.isEmpty)
            #expect(result.isComplete)
        }
        let start = RankedMultiplet(members: [0, 2], value: 0)
        let path = try greedySearch(of: joint, starts: [start], extremum: .maximum, order: 9, run: run()).paths[0]
        #expect(path.map(\.members.count) == [2, 3, 4])
    }

    @Test func `all neurons are a multiplet too`() throws {
        let joint = try madeJoint(5, label: .ordinal)
        let value = RankedMultiplet(
            members: Array(0..<5), value: try joint.makeEvaluator(order: 5).value(of: Array(0..<5)))
        let annealed = try annealingSearch(
            of: joint, extremum: .minimum, order: 5, top: 5, chains: 2, steps: 10, seed: 1, run: run())
        #expect(annealed.found.map(\.multiplet) == [value])
        let evolved = try evolutionSearch(
            of: joint, extremum: .minimum, order: 5, top: 5, individuals: 8, generations: 9, seed: 1, run: run())
        #expect(evolved.found.map(\.multiplet) == [value])
    }

    @Test(arguments: [1, 3])
    func `cancellation returns what was found until then`(threads: Int) throws {
        let joint = try madeJoint(60, label: .none)
        let asked = Counter()
        func cancelled() -> Run {
            asked.count = 0
            return Run(
                threads: threads, memory: 1 << 30,
                isCancelled: {
                    asked.count += 1
                    return asked.count > 5
                })
        }
        let annealed = try annealingSearch(
            of: joint, extremum: .minimum, order: 6, top: 5, chains: 4, steps: 10_000_000, seed: 1, run: cancelled())
        #expect(!annealed.isComplete)
        #expect(annealed.found.count == 5)
        let evolved = try evolutionSearch(
            of: joint, extremum: .minimum, order: 6, top: 5, individuals: 64, generations: 10_000_000, seed: 1,
            run: cancelled())
        #expect(!evolved.isComplete)
        #expect(evolved.found.count == 5)
        let starts = (0..<9).map { RankedMultiplet(members: [$0, $0 + 1], value: 0) }
        let greedy = try greedySearch(of: joint, starts: starts, extremum: .minimum, order: 50, run: cancelled())
        #expect(!greedy.isComplete)
        #expect(greedy.paths.map(\.first) == starts.map { $0 })
    }

    @Test func `a budget that holds no state of a search is named`() throws {
        let joint = try madeJoint(20, label: .none)
        #expect {
            try annealingSearch(
                of: joint, extremum: .minimum, order: 6, top: 5, chains: 1, steps: 1, seed: 1, run: run(memory: 100))
        } throws: { error in
            (error as? InfoLensError)?.kind == .memory
        }
    }
}

private final class Counter: @unchecked Sendable {
    var count = 0
}

/// Independent neurons of variance 1, of which the last is a sum of others and of noise.
private func summedJoint(_ d: Int, shares: [Int: Double]) throws -> GaussianJoint {
    let matrix = try SymmetricMatrix(order: d)
    for i in 0..<d { matrix[i, i] = 1 }
    for (neuron, share) in shares {
        matrix[neuron, d - 1] = share
        matrix[d - 1, neuron] = share
    }
    return GaussianJoint(
        label: .none, samples: 0, correlation: matrix, conditional: [], labelDimensions: 0, isCorrected: false,
        singular: GaussianJoint.defaultSingular)
}
