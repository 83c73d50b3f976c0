// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The variables of one multiplet of a discrete joint distribution: their distinct patterns, and the entropies of
/// groups of the variables.
///
/// Whatever leaves variables out is computed on these patterns, which are often far fewer than those of all neurons.
/// One object is for one thread.
final class DiscreteMultiplet {
    private let joint: DiscreteJoint
    private let entropy: GroupEntropy
    private let refiner: GroupRefiner
    /// For each depth of a recursion the group of every pattern.
    private let memory: AlignedBuffer
    private let groupMemory: UnsafeMutablePointer<UInt32>
    private let codeMemory: UnsafeMutablePointer<UInt16>
    private let ownCounts: UnsafeMutablePointer<UInt32>
    private let ownProbabilities: UnsafeMutablePointer<Double>
    private let groupCounts: UnsafeMutablePointer<UInt32>
    private let groupProbabilities: UnsafeMutablePointer<Double>
    private let depth: Int

    /// Indices into the joint's variables.
    private(set) var variables: [Int] = []
    /// Patterns of the variables.
    private(set) var rows = 0
    /// The pattern of each row of the joint, until the next `load`.
    var patternOfRow: UnsafePointer<UInt32> { UnsafePointer(groupMemory + depth * joint.rows) }

    /// Patterns in groups.
    struct Groups {
        let of: UnsafePointer<UInt32>
        let count: Int
    }

    /// - Parameter variables: most of a multiplet
    init(_ joint: DiscreteJoint, variables: Int, entropy: GroupEntropy) throws(InfoLensError) {
        self.joint = joint
        self.entropy = entropy
        refiner = try GroupRefiner(rows: joint.rows)
        depth = DiscreteMultiplet.depth(variables)
        let rows = joint.rows
        memory = try AlignedBuffer(
            byteCount: DiscreteMultiplet.bufferBytes(rows: joint.rows, variables: variables), cleared: false)
        ownProbabilities = memory.values(of: Double.self)
        groupProbabilities = ownProbabilities + rows
        groupMemory = UnsafeMutableRawPointer(groupProbabilities + rows).assumingMemoryBound(to: UInt32.self)
        ownCounts = groupMemory + (depth + 1) * rows
        groupCounts = ownCounts + rows
        codeMemory = UnsafeMutableRawPointer(groupCounts + rows).assumingMemoryBound(to: UInt16.self)
    }

    /// Recursions go down by halves, or by a variable each where all groups of variables are wanted.
    private static func depth(_ variables: Int) -> Int {
        max(min(variables, MultipletRequest.mostInteracting) + 1, Int.bitWidth - variables.leadingZeroBitCount + 2)
    }

    private static func bufferBytes(rows: Int, variables: Int) -> Int {
        saturatingProduct(rows, 2 * 8 + 4 * (depth(variables) + 3) + 2 * variables)
    }

    /// Bytes of an object.
    /// - Parameter rows: patterns of the joint distribution
    static func bytes(rows: Int, variables: Int) -> Int {
        [bufferBytes(rows: rows, variables: variables), GroupRefiner.bytes(rows: rows)].saturatingSum() + 4096
    }

    /// Takes up the patterns of some variables.
    func load(_ variables: [Int]) {
        self.variables = variables
        let pattern = groupMemory + depth * joint.rows
        pattern.update(repeating: 0, count: joint.rows)
        var count = 1
        for variable in variables where count < joint.rows {
            count = refiner.refine(
                pattern, count: count, by: joint.codes(of: variable), levels: joint.levels[variable], rows: joint.rows,
                into: pattern)
        }
        rows = count
        // Patterns are numbered as they come.
        var next = 0
        for row in 0..<joint.rows where Int(pattern[row]) == next {
            for (place, variable) in variables.enumerated() {
                codeMemory[place &* rows &+ next] = joint.codes(of: variable)[row]
            }
            next += 1
        }
        switch joint.weights {
        case .counts(let counts, _):
            ownCounts.update(repeating: 0, count: rows)
            for row in 0..<joint.rows { ownCounts[Int(pattern[row])] &+= counts[row] }
        case .probabilities(let probabilities):
            ownProbabilities.update(repeating: 0, count: rows)
            for row in 0..<joint.rows { ownProbabilities[Int(pattern[row])] += probabilities[row] }
        }
    }

    /// All patterns in one group.
    func together() -> Groups {
        groupMemory.update(repeating: 0, count: rows)
        return Groups(of: groupMemory, count: 1)
    }

    /// Groups split by one more variable.
    /// - Parameter depth: of the recursion, 1 or more: where the result is kept
    func split(_ groups: Groups, by place: Int, depth: Int) -> Groups {
        // Every pattern alone cannot be split.
        guard groups.count < rows else { return groups }
        let target = groupMemory + depth * joint.rows
        let count = refiner.refine(
            groups.of, count: groups.count, by: codeMemory + place * rows, levels: joint.levels[variables[place]],
            rows: rows, into: target)
        return Groups(of: UnsafePointer(target), count: count)
    }

    /// H of the variables at some places, which the groups were split by.
    func entropy(of groups: Groups, places: some Sequence<Int>) -> Double {
        switch joint.weights {
        case .counts:
            count(groups)
            return entropy(
                UnsafeBufferPointer(start: groupCounts, count: groups.count),
                alphabet: alphabet(places, groups: groups.count))
        case .probabilities:
            groupProbabilities.update(repeating: 0, count: groups.count)
            for row in 0..<rows { groupProbabilities[Int(groups.of[row])] += ownProbabilities[row] }
            return entropy(UnsafeBufferPointer(start: groupProbabilities, count: groups.count))
        }
    }

    private func count(_ groups: Groups) {
        groupCounts.update(repeating: 0, count: groups.count)
        for row in 0..<rows { groupCounts[Int(groups.of[row])] &+= ownCounts[row] }
    }

    /// Patterns that variables could have.
    private func alphabet(_ places: some Sequence<Int>, groups: Int) -> Int {
        guard entropy.function.estimator.dependsOnAlphabet, joint.alphabet == .full else { return groups }
        return places.reduce(1) { saturatingProduct($0, joint.possible[variables[$1]]) }
    }

    /// Adds `factor` × −log of the share of each pattern's group; of counts only.
    func addSurprise(of groups: Groups, factor: Double, to values: UnsafeMutablePointer<Double>) {
        count(groups)
        for row in 0..<rows { values[row] += factor * entropy.surprise(groupCounts[Int(groups.of[row])]) }
    }

    /// Whether H of more variables than split patterns apart is H of these.
    var isSettledByGroups: Bool { !(entropy.function.estimator.dependsOnAlphabet && joint.alphabet == .full) }

    /// Calls `body` for each of some places with the groups of all others of them: 2 n log n splits for n places.
    func forEachLeftOut(
        _ places: ArraySlice<Int>, run: Run, body: (_ place: Int, _ others: Groups) -> Void
    ) throws(InfoLensError) {
        try leaveOut(places, together(), depth: 1, run: run, body: body)
    }

    /// - Parameter groups: of the variables at all places but these
    private func leaveOut(
        _ places: ArraySlice<Int>, _ groups: Groups, depth: Int, run: Run, body: (Int, Groups) -> Void
    ) throws(InfoLensError) {
        try run.checkpoint()
        guard places.count > 1 else {
            if let place = places.first { body(place, groups) }
            return
        }
        let middle = places.startIndex + places.count / 2
        let halves = [places[..<middle], places[middle...]]
        for (half, others) in zip(halves, halves.reversed()) {
            var split = groups
            for place in others { split = self.split(split, by: place, depth: depth) }
            try leaveOut(half, split, depth: depth + 1, run: run, body: body)
        }
    }

    /// Σ_T (−1)^|T| H(T) over all groups T of the variables, H of none being 0.
    func alternatingEntropies(run: Run) throws(InfoLensError) -> Double {
        try alternating(from: 0, chosen: [], together(), run: run)
    }

    private func alternating(
        from place: Int, chosen: [Int], _ groups: Groups, run: Run
    ) throws(InfoLensError) -> Double {
        guard place < variables.count else { return chosen.isEmpty ? 0 : entropy(of: groups, places: chosen) }
        // More variables change nothing any more: the sum over groups of them vanishes.
        if groups.count == rows, isSettledByGroups { return 0 }
        try run.checkpoint()
        let with = try alternating(
            from: place + 1, chosen: chosen + [place], split(groups, by: place, depth: chosen.count + 1), run: run)
        return try alternating(from: place + 1, chosen: chosen, groups, run: run) - with
    }
}
