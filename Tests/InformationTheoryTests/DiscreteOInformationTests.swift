// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import Multiplets
import TestSupport
import Testing

@testable import InformationTheory

@Suite("O-information of discrete variables")
struct DiscreteOInformationTests {
    private let bits = MultipletRequest(gradient: true, interaction: true, unit: .bits)

    private func joint(
        _ patterns: [[Int]], _ weights: [Double]? = nil, _ estimator: EntropyEstimator = .plugIn,
        _ alphabet: Alphabet = .full
    ) throws -> DiscreteJoint {
        try DiscreteJoint.make(
            symbols: patterns.flatMap { $0.map(Double.init) }, variables: patterns[0].count,
            weights: weights ?? [Double](repeating: 1, count: patterns.count), estimator: estimator, alphabet: alphabet)
    }

    private func outcome(
        _ joint: DiscreteJoint, _ multiplet: [Int]? = nil, _ request: MultipletRequest? = nil, threads: Int = 1
    ) throws -> MultipletOutcome {
        let list = MultipletList([multiplet ?? Array(0..<joint.neurons)])
        return try evaluate(list, of: joint, request ?? bits, run: run(threads: threads))[0]
    }

    private func values(
        _ joint: DiscreteJoint, _ multiplet: [Int]? = nil, _ request: MultipletRequest? = nil
    ) throws -> MultipletValues {
        guard case .values(let values) = try outcome(joint, multiplet, request) else {
            throw InfoLensError(.internal, "no values")
        }
        return values
    }

    /// Small integers that depend on each other, samples × neurons.
    private func levels(samples: Int, neurons: Int, levels: Int, seed: UInt64) -> [[Int]] {
        var generator = FixedGenerator(seed: seed)
        return (0..<samples).map { _ in
            let shared = Int.random(in: 0..<levels, using: &generator)
            return (0..<neurons).map { j in
                Int.random(in: 0..<3, using: &generator) < 1 + j % 2
                    ? shared : Int.random(in: 0..<levels, using: &generator)
            }
        }
    }

    @Test("XOR is synergy of a bit, copies are redundancy of n − 2, a parity of four synergy of 2")
    func closedForms() throws {
        let xor = try values(joint([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]))
        #expect(xor.oInformation == -1 && xor.totalCorrelation == 1 && xor.dualTotalCorrelation == 2)
        #expect(xor.gradient == [-1, -1, -1] && xor.interaction == -1)
        for n in 2...8 {
            let copies = try values(joint([[Int](repeating: 0, count: n), [Int](repeating: 7, count: n)]))
            #expect(copies.oInformation == Double(n - 2) && copies.interaction == 1)
        }
        let parity = (0..<8).map { bits in [bits & 1, bits >> 1 & 1, bits >> 2, bits.nonzeroBitCount & 1] }
        #expect(try values(joint(parity)).oInformation == -2)
        let probable = try values(joint(parity, [Double](repeating: 0.125, count: 8)))
        #expect(probable.oInformation == -2 && probable.totalCorrelation == 1)
        let about = MultipletRequest(target: .neuron(2), unit: .bits)
        #expect(try values(joint([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]), nil, about).redundancySynergy == 1)
    }

    @Test("dit's distributions", .enabled(if: ReferenceValues.areThere))
    func dit() throws {
        let dists = try ReferenceValues.object("reference_peers.json", "discrete_bits", "dists")
        #expect(dists.keys.count == 12)
        for name in dists.keys {
            let entry = dists[name]
            let found = try values(joint(entry["outcomes"].integers, entry["pmf"].numbers))
            #expect(abs(found.totalCorrelation - entry["TC"].number) < 1e-12, "\(name)")
            #expect(abs(found.dualTotalCorrelation - entry["DTC"].number) < 1e-12, "\(name)")
            #expect(abs(found.oInformation - entry["O"].number) < 1e-12, "\(name)")
            #expect(abs(found.sInformation - entry["S"].number) < 1e-12, "\(name)")
            #expect(abs(found.interaction - entry["coinfo"].number) < 1e-12, "\(name)")
        }
    }

    @Test(
        "every estimator gives what its entropies say, with and without a label",
        arguments: EntropyEstimator.allCases.filter(\.estimatesEntropy), [Alphabet.full, .observed])
    func definitions(estimator: EntropyEstimator, alphabet: Alphabet) throws {
        let samples = levels(samples: 120, neurons: 5, levels: 3, seed: 5)
        let labels = samples.indices.map { (samples[$0][0] + $0 / 7) % 3 }
        let matrix = MemoryMatrix(samples.flatMap { $0.map(Double.init) }, neurons: 5)
        let function = EntropyFunction(estimator, unit: .bits)
        for label in [nil, classes(labels, count: 3)] {
            let joint = try DiscreteJoint.make(
                of: matrix, quantizer: .integer, label: label, estimator: estimator, alphabet: alphabet, run: run())
            let expected = BruteForceInformation(
                entropy: { neurons, hasLabel in
                    var counts: [[Int]: UInt32] = [:]
                    for (row, sample) in samples.enumerated() {
                        counts[neurons.map { sample[$0] } + (hasLabel ? [labels[row]] : []), default: 0] += 1
                    }
                    let possible = Int(pow(3.0, Double(neurons.count + (hasLabel ? 1 : 0))))
                    return Array(counts.values).withUnsafeBufferPointer {
                        function.entropy(
                            of: $0, total: samples.count, alphabet: alphabet == .full ? possible : counts.count)
                    }
                }, hasLabel: label != nil)
            for target in [MultipletTarget.neuron(1)] + (label == nil ? [] : [.label]) {
                let request = MultipletRequest(gradient: true, interaction: true, target: target, unit: .bits)
                for multiplet in [[1, 0], [0, 1, 4], [4, 2, 1, 3, 0]] {
                    let found = try values(joint, multiplet, request)
                    let wanted = expected.all(multiplet, target: target)
                    #expect(abs(found.totalCorrelation - wanted.totalCorrelation) < 1e-12)
                    #expect(abs(found.dualTotalCorrelation - wanted.dualTotalCorrelation) < 1e-12)
                    #expect(found.gradient.count == wanted.gradient.count)
                    for (a, b) in zip(found.gradient, wanted.gradient) { #expect(abs(a - b) < 1e-12) }
                    #expect(abs(found.interaction - wanted.interaction) < 1e-11)
                    #expect(abs(found.redundancySynergy - wanted.redundancySynergy) < 1e-12)
                }
            }
        }
    }

    @Test("many levels, many neurons and quantised values")
    func manyLevels() throws {
        let samples = levels(samples: 3000, neurons: 40, levels: 500, seed: 8)
        let joint = try DiscreteJoint.make(
            of: MemoryMatrix(samples.flatMap { $0.map { Double($0) / 7 } }, neurons: 40), quantizer: .width(1),
            label: nil, estimator: .plugIn, alphabet: .full, run: run())
        let quantised = samples.map { $0.map { ($0 / 7) } }
        func entropy(_ chosen: [Int]) -> Double {
            var counts: [[Int]: Int] = [:]
            for sample in quantised { counts[chosen.map { sample[$0] }, default: 0] += 1 }
            return counts.values.sorted().reduce(0) { $0 - Double($1) / 3000 * log(Double($1) / 3000) }
        }
        for multiplet in [[0, 39], [3, 17, 20], Array(0..<40)] {
            let found = try values(joint, multiplet, MultipletRequest())
            let all = entropy(multiplet)
            let total = multiplet.reduce(-all) { $0 + entropy([$1]) }
            let dual = multiplet.reduce(-Double(multiplet.count - 1) * all) { sum, j in
                sum + entropy(multiplet.filter { $0 != j })
            }
            #expect(abs(found.totalCorrelation - total) < 1e-10 && abs(found.dualTotalCorrelation - dual) < 1e-10)
        }
    }

    @Test("plug-in information is not negative, nothing depends on orders or threads, and two variables have no Ω")
    func properties() throws {
        let samples = levels(samples: 400, neurons: 6, levels: 2, seed: 3)
        func made(_ rows: [[Int]]) throws -> DiscreteJoint {
            try DiscreteJoint.make(
                of: MemoryMatrix(rows.flatMap { $0.map(Double.init) }, neurons: 6), quantizer: .threshold(.value(0.5)),
                label: nil, estimator: .plugIn, alphabet: .full, run: run())
        }
        let (joint, turned) = (try made(samples), try made(samples.reversed()))
        let multiplets = (2...6).flatMap { combinations(6, $0) }
        let one = try evaluate(MultipletList(multiplets), of: joint, bits, run: run(threads: 1))
        #expect(
            try evaluate(
                MultipletList(multiplets), of: joint,
                MultipletRequest(
                    gradient: true, interaction: true, target: nil, unit: .bits), run: run(threads: 3)
            ).count == one.count)
        for (multiplet, outcome) in zip(multiplets, one) {
            guard case .values(let a) = outcome else { throw InfoLensError(.internal, "no values") }
            #expect(a.totalCorrelation >= 0 && a.dualTotalCorrelation >= 0)
            if multiplet.count == 2 { #expect(abs(a.oInformation) < 1e-14) }
            let b = try values(turned, multiplet)
            #expect(a.totalCorrelation == b.totalCorrelation && a.gradient == b.gradient)
            #expect(abs(a.oInformation - (try values(joint, multiplet.reversed())).oInformation) < 1e-14)
            let shared = try evaluate(MultipletList(multiplets), of: joint, bits, run: run(threads: 3))
            guard case .values(let c) = shared[multiplets.firstIndex(of: multiplet) ?? 0] else { continue }
            #expect(a.oInformation == c.oInformation && a.interaction == c.interaction)
        }
    }

    @Test("searches find what evaluating every multiplet finds, within a domain and with a label")
    func searches() throws {
        let matrix = reluLike(samples: 300, neurons: 8)
        let joint = try DiscreteJoint.make(
            of: matrix, quantizer: .threshold(.value(0.4)), label: randomClasses(samples: 300, count: 2),
            estimator: .millerMadow, alphabet: .full, run: run())
        let domain = [0, 2, 3, 5, 6, 7]
        let search = try DiscreteSearch(joint, domain: domain)
        let orders = MultipletOrders(variables: 6, orders: 3...3)
        let found = try exhaustiveSearch(
            of: search, orders: orders, places: 0..<20, extrema: [.minimum, .maximum], top: 20, run: run())
        let members = combinations(6, 3)
        let outcomes = try evaluate(
            MultipletList(members.map { $0.map { domain[$0] } }), of: joint, MultipletRequest(), run: run())
        let expected = outcomes.compactMap { outcome -> Double? in
            guard case .values(let values) = outcome else { return nil }
            return RankedMultiplet.rounded(values.oInformation)
        }
        #expect(found.evaluated == 20 && found.singular == 0 && expected.count == 20)
        for entry in try #require(found.best.first).lists.lowest.sorted { #expect(entry.value == expected[entry.rank]) }
        #expect(found.best.first?.lists.lowest.sorted.map(\.value) == expected.sorted())
        let evaluator = try search.makeEvaluator(order: 3)
        evaluator.set([0, 2])
        evaluator.add(4)
        #expect(RankedMultiplet.rounded(evaluator.value) == expected[members.firstIndex(of: [0, 2, 4]) ?? 0])
    }

    @Test("repeated patterns, patterns that never occur, and fractions")
    func counts() throws {
        let once = try values(joint([[0, 0], [1, 1], [0, 1]], [2, 3, 1]))
        let split = try values(joint([[0, 0], [1, 1], [0, 0], [5, 5], [0, 1], [1, 1]], [1, 1, 1, 0, 1, 2]))
        #expect(once.totalCorrelation == split.totalCorrelation)
        let probable = try values(joint([[0, 0], [1, 1], [0, 1]], [0.2, 0.3, 0.1]))
        #expect(abs(once.totalCorrelation - probable.totalCorrelation) < 1e-15)
        // A symbol that never occurs is possible all the same.
        let known = try values(joint([[0, 0], [1, 1], [0, 1]], [2, 3, 1], .jamesStein))
        let more = try values(joint([[0, 0], [1, 1], [0, 1], [2, 2]], [2, 3, 1, 0], .jamesStein))
        let seen = try values(joint([[0, 0], [1, 1], [0, 1], [2, 2]], [2, 3, 1, 0], .jamesStein, .observed))
        #expect(known.totalCorrelation != more.totalCorrelation)
        #expect(seen.totalCorrelation != more.totalCorrelation)
        #expect(try joint([[3, 1], [3, 0]]).isConstant(0) && !joint([[3, 1], [3, 0]]).isConstant(1))
    }

    @Test("what makes no distribution is refused")
    func refusals() throws {
        func refusal(_ body: () throws -> DiscreteJoint) -> String {
            do {
                _ = try body()
                return ""
            } catch { return "\(error)" }
        }
        #expect(refusal { try joint([[0, 0], [1, 1]], [1, -1]) }.contains("counts[1]: is -1.0"))
        #expect(refusal { try joint([[0, 0], [1, 1]], [0, 0]) }.contains("their sum is 0.0"))
        #expect(refusal { try joint([[0, 0], [1, 1]], [1, .nan]) }.contains("counts[1]: is nan"))
        #expect(refusal { try joint([[0, 0], [1, 1]], [1]) }.contains("counts: there are 1, but 2 patterns"))
        #expect(refusal { try joint([[0, 0], [1, 1]], [1, 0.5], .grassberger) }.contains("\"grassberger\" needs"))
        #expect(refusal { try joint([[0, 0], [1, 1]], [1, 5e9], .nsb) }.contains("divide all"))
        #expect(refusal { try joint([[0, 0], [1, 1]], [1, 1], .panzeriTreves) }.contains("\"miller-madow\""))
        let fraction = refusal {
            try DiscreteJoint.make(
                symbols: [0, 0.5], variables: 1, weights: [1, 1], estimator: .plugIn, alphabet: .full)
        }
        #expect(fraction.contains("patterns[1][0]: is 0.5"))
        // Every pattern once: Chao and Shen know nothing of it.
        #expect(try outcome(joint([[0, 1], [1, 0]], nil, .chaoShen)) == .defect(.undefined(.chaoShen)))
        let small = Run(threads: 1, memory: 1000)
        #expect(throws: InfoLensError.self) {
            try DiscreteJoint.make(
                of: reluLike(samples: 500, neurons: 3), quantizer: .threshold(.value(0)), label: nil,
                estimator: .plugIn, alphabet: .full, run: small)
        }
    }
}
