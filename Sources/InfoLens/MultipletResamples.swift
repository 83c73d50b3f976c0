// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// How often il_o_information() is to resample, and what it found.
struct MultipletResamples {
    let bootstrap: Int
    let surrogates: Int
    let confidence: Double
    private let seed: UInt64

    /// - Throws: `argument` for numbers out of range, and for a joint distribution that knows of no samples
    init(_ options: il_o_information_options, _ joint: Joint, seed: UInt64) throws(InfoLensError) {
        for (name, count) in [("bootstrap", options.bootstrap), ("surrogates", options.surrogates)] {
            guard (0...1_000_000).contains(count) else {
                throw InfoLensError(
                    .argument, "options.\(name): is \(count); give 0 for none, or up to 1000000")
            }
            guard count == 0 || joint.sampled != nil else {
                throw InfoLensError(
                    .argument,
                    """
                    options.\(name): the joint distribution was made of a matrix or of counts, which know of no single \
                    samples; make it of a source of samples, or give 0
                    """)
            }
        }
        guard options.confidence > 0, options.confidence < 1 else {
            throw InfoLensError(
                .argument,
                "options.confidence: is \(options.confidence); give a number between 0 and 1, for instance 0.95")
        }
        bootstrap = Int(options.bootstrap)
        surrogates = Int(options.surrogates)
        confidence = options.confidence
        self.seed = seed
    }

    /// What resamples told of each multiplet, nil of those that are singular in the data; empty where none were asked
    /// for.
    struct Results {
        var intervals: [MultipletInterval?] = []
        var significance: [MultipletSignificance?] = []
    }

    /// Units of work for so many multiplets.
    func workUnits(multiplets: Int) -> Int { saturatingProduct(multiplets, bootstrap + surrogates) }

    func results(
        _ multiplets: MultipletList, _ outcomes: [MultipletOutcome], of joint: Joint, unit: Logarithm, run: Run
    ) throws(InfoLensError) -> Results {
        guard bootstrap + surrogates > 0, let samples = try joint.samples() else { return Results() }
        var results = Results()
        if bootstrap > 0 {
            run.enter(stage: "bootstrap")
            results.intervals = try InformationTheory.bootstrap(
                multiplets, outcomes: outcomes, of: samples, replicates: bootstrap, confidence: confidence, seed: seed,
                unit: unit, run: run)
        }
        if surrogates > 0 {
            run.enter(stage: "surrogates")
            results.significance = try InformationTheory.significance(
                multiplets, outcomes: outcomes, of: samples, surrogates: surrogates, seed: seed, unit: unit, run: run)
        }
        return results
    }

    var metadata: [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = []
        if bootstrap > 0 { entries += [("bootstrap", "\(bootstrap)"), ("confidence", "\(confidence)")] }
        if surrogates > 0 { entries.append(("surrogates", "\(surrogates)")) }
        return entries.isEmpty ? [] : entries + [("seed", "\(seed)")]
    }
}

extension Joint {
    /// What it was made of; nil where that were no samples.
    fileprivate func samples() throws(InfoLensError) -> JointSamples? {
        guard let sampled else { return nil }
        switch (distribution, sampled.fit) {
        case (.discrete(let joint), _): return .discrete(joint)
        case (.gaussian, let fit?): return .gaussian(matrix: sampled.matrix, classes: sampled.classes, fit: fit)
        case (.gaussian, nil):
            throw InfoLensError(.internal, "a Gaussian joint distribution of samples does not know how it was made")
        }
    }
}
