// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Local O-information of multiplets of discrete variables: with h = −log of the frequency of a sample's pattern,
/// ω = (n − 2) h(z) + Σ_j [h(zⱼ) − h(z₋ⱼ)], whose mean over the samples is the plug-in Ω.
///
/// - Parameters:
///   - joint: made of samples, with the plug-in estimator
///   - values: receives a row for each sample of a value for each multiplet
/// - Throws: `argument` for another joint; `memory`, `cancelled`
public func localOInformation(
    _ multiplets: MultipletList, of joint: DiscreteJoint, unit: Logarithm, run: Run,
    into values: UnsafeMutablePointer<Double>
) throws(InfoLensError) {
    guard let rowOfSample = joint.rowOfSample else {
        throw InfoLensError(
            .argument, "joint: it was made of counts, which are of no samples; make it of a source for local values")
    }
    guard joint.estimator == .plugIn else {
        throw InfoLensError(
            .argument,
            """
            joint: its estimator is "\(joint.estimator.rawValue)", which corrects entropies and no single sample; make \
            it with "plug-in" for local values
            """)
    }
    let entropy = try GroupEntropy(EntropyFunction(.plugIn, unit: unit), total: joint.samples)
    let variables = multiplets.largestOrder + (joint.hasLabel ? 1 : 0)
    let toolBytes =
        DiscreteMultiplet.bytes(rows: joint.rows, variables: variables)
        + saturatingProduct(joint.rows, MemoryLayout<Double>.stride)
    try checkTool(bytes: toolBytes, multiplets, run: run)
    let workers = max(1, min(run.threads, multiplets.count, run.memory / toolBytes))
    var tools: [(multiplet: DiscreteMultiplet, local: AlignedBuffer)] = []
    for _ in 0..<workers {
        tools.append(
            (
                try DiscreteMultiplet(joint, variables: variables, entropy: entropy),
                try AlignedBuffer(count: joint.rows, of: Double.self)
            ))
    }
    let target = LocalValues(values)
    try forEachItem(count: multiplets.count, workers: workers, run: run) { (worker, index) throws(InfoLensError) in
        let (multiplet, buffer) = tools[worker]
        let local = buffer.values(of: Double.self)
        multiplet.load(Array(multiplets[index]) + (joint.hasLabel ? [joint.neurons] : []))
        local.update(repeating: 0, count: multiplet.rows)
        let places = Array(multiplet.variables.indices)
        var groups = multiplet.together()
        for place in places { groups = multiplet.split(groups, by: place, depth: 1) }
        multiplet.addSurprise(of: groups, factor: Double(places.count - 2), to: local)
        for place in places {
            let own = multiplet.split(multiplet.together(), by: place, depth: 1)
            multiplet.addSurprise(of: own, factor: 1, to: local)
        }
        try multiplet.forEachLeftOut(places[...], run: run) { _, others in
            multiplet.addSurprise(of: others, factor: -1, to: local)
        }
        let pattern = multiplet.patternOfRow
        for sample in 0..<joint.samples {
            target.base[sample &* multiplets.count &+ index] = local[Int(pattern[Int(rowOfSample[sample])])]
        }
        run.advance(by: 1)
    }
}
