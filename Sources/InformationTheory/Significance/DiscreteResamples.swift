// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Resamples of discrete variables: their patterns counted anew.
struct DiscreteResamples: ResampledJoint {
    private let joint: DiscreteJoint
    private let rowOfSample: UnsafePointer<UInt32>
    private let variables: Int
    private let request: ResamplingRequest
    private let entropy: GroupEntropy

    /// - Parameter order: most neurons of a multiplet
    /// - Throws: `argument` for a joint that was made of counts; `memory`
    init(_ joint: DiscreteJoint, order: Int, _ request: ResamplingRequest, run: Run) throws(InfoLensError) {
        guard let rowOfSample = joint.rowOfSample else {
            throw InfoLensError(
                .argument, "joint: it was made of counts, which are of no samples; make it of a source to resample them"
            )
        }
        self.joint = joint
        self.rowOfSample = rowOfSample
        self.request = request
        variables = order + (joint.hasLabel ? 1 : 0)
        run.reserve(GroupEntropy.bytes(total: joint.samples))
        entropy = try GroupEntropy(EntropyFunction(joint.estimator, unit: request.unit), total: joint.samples)
    }

    /// The patterns of the data, or what surrogates may have.
    private var rows: Int { request.kind == .bootstrap ? joint.rows : joint.samples }

    func sharedBytes(neurons: Int) -> Int { 0 }

    func workerBytes(neurons: Int, threads: Int) -> Int {
        [
            DiscreteResampler.bytes(samples: joint.samples, rows: rows, variables: neurons + (joint.hasLabel ? 1 : 0)),
            DiscreteMultiplet.bytes(rows: rows, variables: variables),
        ].saturatingSum()
    }

    func resamplers(
        count: Int, neurons: [Int], multiplets: MultipletList, memory: Int, part: Run, run: Run
    ) throws(InfoLensError) -> [any MultipletResampler] {
        var resamplers: [DiscreteResampler] = []
        for _ in 0..<count {
            resamplers.append(
                try DiscreteResampler(
                    joint, rowOfSample: rowOfSample, rows: rows, neurons: neurons, multiplets: multiplets, request,
                    entropy: entropy, run: part))
        }
        return resamplers
    }
}

/// Makes resamples of discrete variables.
private final class DiscreteResampler: MultipletResampler {
    private let joint: DiscreteJoint
    private let rowOfSample: UnsafePointer<UInt32>
    private let neurons: [Int]
    private let multiplets: MultipletList
    private let variables: Int
    private let request: ResamplingRequest
    private let entropy: GroupEntropy
    private let run: Run
    /// How often each sample and each pattern occurs, and the patterns' codes.
    private let weights: UnsafeMutablePointer<UInt32>
    private let counts: UnsafeMutablePointer<UInt32>
    private let counters: AlignedBuffer
    private let codes: AlignedBuffer
    private let rows: Int

    static func bytes(samples: Int, rows: Int, variables: Int) -> Int {
        [saturatingProduct(4, samples), saturatingProduct(rows, 4), saturatingProduct(rows, 2, variables)]
            .saturatingSum()
    }

    /// - Parameter rows: most patterns of a resample
    init(
        _ joint: DiscreteJoint, rowOfSample: UnsafePointer<UInt32>, rows: Int, neurons: [Int],
        multiplets: MultipletList, _ request: ResamplingRequest, entropy: GroupEntropy, run: Run
    ) throws(InfoLensError) {
        self.joint = joint
        self.rowOfSample = rowOfSample
        self.rows = rows
        self.neurons = neurons
        self.multiplets = multiplets
        self.request = request
        self.entropy = entropy
        self.run = run
        variables = multiplets.largestOrder + (joint.hasLabel ? 1 : 0)
        counters = try AlignedBuffer(count: joint.samples + rows, of: UInt32.self)
        weights = counters.values(of: UInt32.self)
        counts = weights + joint.samples
        codes = try AlignedBuffer(
            byteCount: saturatingProduct(rows, 2, neurons.count + (joint.hasLabel ? 1 : 0)), cleared: false)
    }

    func evaluate(_ resample: Int, body: (Int, Double) -> Void) throws(InfoLensError) {
        let present =
            switch request.kind {
            case .bootstrap: draw(resample)
            case .surrogates: shuffleNeurons(surrogate: resample)
            }
        let resampled = DiscreteJoint(
            resampleOf: joint, neurons: neurons, rows: present, counts: counts, codes: codes, stride: rows)
        let evaluator = try DiscreteMultipletEvaluator(resampled, variables: variables, entropy: entropy)
        let values = MultipletRequest(unit: request.unit)
        for index in 0..<multiplets.count {
            switch try evaluator.evaluate(multiplets[index], values, run: run) {
            case .values(let values): body(index, values.oInformation)
            case .defect: body(index, .nan)
            }
        }
    }

    /// The variables as the joint numbers them, in their order in a resample.
    private var sources: [Int] { neurons + (joint.hasLabel ? [joint.neurons] : []) }

    /// - Returns: the patterns that were drawn, which come first
    private func draw(_ replicate: Int) -> Int {
        let samples = SampleClasses(unlabelled: joint.samples)
        _ = samples.resample(replicate, seed: request.seed, into: weights)
        counts.update(repeating: 0, count: joint.rows)
        for i in 0..<joint.samples { counts[Int(rowOfSample[i])] &+= weights[i] }
        let codes = codes.values(of: UInt16.self)
        for (place, variable) in sources.enumerated() {
            let (own, drawn) = (joint.codes(of: variable), codes + place * rows)
            var next = 0
            for row in 0..<joint.rows where counts[row] > 0 {
                drawn[next] = own[row]
                next += 1
            }
        }
        var present = 0
        for row in 0..<joint.rows where counts[row] > 0 {
            counts[present] = counts[row]
            present += 1
        }
        return present
    }

    /// - Returns: the samples, each a pattern of its own
    private func shuffleNeurons(surrogate: Int) -> Int {
        let samples = joint.samples
        let codes = codes.values(of: UInt16.self)
        for (place, variable) in sources.enumerated() {
            let (own, target) = (joint.codes(of: variable), codes + place * rows)
            for i in 0..<samples { target[i] = own[Int(rowOfSample[i])] }
            guard place < neurons.count else { continue }
            Kernels.shuffle(
                UnsafeMutableBufferPointer(start: target, count: samples), seed: request.seed, purpose: .surrogate,
                index: surrogate, part: variable)
        }
        counts.update(repeating: 1, count: samples)
        return samples
    }
}
