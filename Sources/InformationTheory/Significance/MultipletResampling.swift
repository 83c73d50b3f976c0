// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How samples are changed to see what O-information owes to chance.
public enum Resampling: Sendable {
    /// N samples are drawn with replacement.
    case bootstrap
    /// Each neuron's samples are put in an order of their own, which makes all variables independent; the label stays.
    case surrogates
}

/// Resamples that are wanted.
public struct ResamplingRequest: Sendable {
    public let kind: Resampling
    /// B ≥ 1.
    public let count: Int
    /// Resample r follows from the seed, r and N; a surrogate's column also from the neuron's index.
    public let seed: UInt64
    public let unit: Logarithm

    public init(_ kind: Resampling, count: Int, seed: UInt64, unit: Logarithm) {
        self.kind = kind
        self.count = count
        self.seed = seed
        self.unit = unit
    }
}

/// The samples of a joint distribution.
public enum JointSamples: Sendable {
    /// What a Gaussian joint was made of, and how.
    case gaussian(matrix: any ActivationMatrix, classes: SampleClasses, fit: GaussianFit)
    /// A joint that was made of samples.
    case discrete(DiscreteJoint)
}

/// Bootstrap intervals of the O-information of multiplets.
///
/// Ranks, covariances and counts are made anew for each replicate. The result has the same bits for every number of
/// threads and budget, and does not depend on the other multiplets.
///
/// - Parameters:
///   - outcomes: of the multiplets in the data; only those that have values are resampled
///   - confidence: of the intervals, in 0 ..< 1
/// - Returns: nil for those without values
/// - Throws: `memory` where the budget does not hold a multiplet's columns; `argument` for 2³² samples or more;
///   `cancelled`; what `matrix.read` throws
public func bootstrap(
    _ multiplets: MultipletList, outcomes: [MultipletOutcome], of samples: JointSamples, replicates: Int,
    confidence: Double, seed: UInt64, unit: Logarithm, run: Run
) throws(InfoLensError) -> [MultipletInterval?] {
    let request = ResamplingRequest(.bootstrap, count: replicates, seed: seed, unit: unit)
    return try resample(multiplets, outcomes, of: samples, request, run: run) { values, _ in
        MultipletInterval(values, confidence: confidence)
    }
}

/// How significant the O-information of multiplets is against surrogates whose variables are all independent.
/// Parameters, result and errors are those of `bootstrap`.
public func significance(
    _ multiplets: MultipletList, outcomes: [MultipletOutcome], of samples: JointSamples, surrogates: Int,
    seed: UInt64, unit: Logarithm, run: Run
) throws(InfoLensError) -> [MultipletSignificance?] {
    let request = ResamplingRequest(.surrogates, count: surrogates, seed: seed, unit: unit)
    return try resample(multiplets, outcomes, of: samples, request, run: run) { values, observed in
        MultipletSignificance(values, observed: observed, unit: unit)
    }
}

/// - Parameter summary: of one multiplet's resamples, and of its own value
private func resample<Summary>(
    _ multiplets: MultipletList, _ outcomes: [MultipletOutcome], of samples: JointSamples,
    _ request: ResamplingRequest, run: Run,
    summary: (_ values: UnsafeMutableBufferPointer<Double>, _ observed: Double) -> Summary
) throws(InfoLensError) -> [Summary?] {
    var summaries = [Summary?](repeating: nil, count: multiplets.count)
    let observed = outcomes.map { outcome -> Double? in
        if case .values(let values) = outcome { values.oInformation } else { nil }
    }
    let places = observed.indices.filter { observed[$0] != nil }
    run.advance(by: saturatingProduct(multiplets.count - places.count, request.count))
    guard !places.isEmpty else { return summaries }
    let chosen = MultipletList(places.map { Array(multiplets[$0]) })
    try run.withReservations { () throws(InfoLensError) in
        try forEachResampled(chosen, of: samples, request, run: run) { index, values in
            summaries[places[index]] = summary(values, observed[places[index]] ?? .nan)
        }
    }
    return summaries
}

// MARK: - Resamples

/// A worker that makes resamples and computes the O-information of multiplets in them.
protocol MultipletResampler: AnyObject {
    /// - Parameter body: receives Ω of each multiplet; NaN where there is none
    /// - Throws: `memory`, `cancelled`
    func evaluate(_ resample: Int, body: (_ multiplet: Int, _ oInformation: Double) -> Void) throws(InfoLensError)
}

/// What resamples are made of: how much memory that takes, and what makes them.
protocol ResampledJoint {
    /// Bytes for multiplets of so many neurons in all, shared by workers, and of a worker with so many threads.
    func sharedBytes(neurons: Int) -> Int
    func workerBytes(neurons: Int, threads: Int) -> Int
    /// - Parameters:
    ///   - neurons: the neurons of the multiplets, ascending
    ///   - multiplets: of indices into these
    ///   - memory: bytes for reading samples
    ///   - part: the run of a worker
    func resamplers(
        count: Int, neurons: [Int], multiplets: MultipletList, memory: Int, part: Run, run: Run
    ) throws(InfoLensError) -> [any MultipletResampler]
}

/// Calls `body` for each multiplet with its values in all resamples, which it may overwrite.
func forEachResampled(
    _ multiplets: MultipletList, of samples: JointSamples, _ request: ResamplingRequest, run: Run,
    body: (_ index: Int, _ values: UnsafeMutableBufferPointer<Double>) -> Void
) throws(InfoLensError) {
    let order = multiplets.largestOrder
    let joint: any ResampledJoint =
        switch samples {
        case .gaussian(let matrix, let classes, let fit):
            try GaussianResamples(matrix, classes: classes, fit: fit, order: order, request, run: run)
        case .discrete(let joint): try DiscreteResamples(joint, order: order, request, run: run)
        }
    let plan = try ResamplingPlan(of: joint, multiplets, resamples: request.count, run: run)
    try multiplets.forEachPass(neurons: plan.neurons, multiplets: plan.multiplets) {
        (range, neurons) throws(InfoLensError) in
        let (workers, threads) = plan.workers(neurons: neurons.count, joint)
        let resamplers = try joint.resamplers(
            count: workers, neurons: neurons, multiplets: multiplets.part(range, among: neurons), memory: plan.reading,
            part: run.part(threads: threads), run: run)
        let memory = try AlignedBuffer(byteCount: saturatingProduct(range.count, request.count, 8), cleared: false)
        let values = memory.values(of: Double.self)
        defer { withExtendedLifetime(memory) {} }
        try forEachItem(count: request.count, workers: workers, run: run) { (worker, resample) throws(InfoLensError) in
            try resamplers[worker].evaluate(resample) { index, value in
                values[index &* request.count &+ resample] = value
            }
            run.advance(by: range.count)
        }
        for (place, index) in range.enumerated() {
            body(
                index, UnsafeMutableBufferPointer(start: values + place * request.count, count: request.count))
            try run.checkpoint()
        }
    }
}

/// How the budget is shared out: half for columns and workers, a quarter for values, and before there are workers half for
/// reading.
private struct ResamplingPlan {
    /// Most neurons and multiplets of a pass.
    let neurons: Int
    let multiplets: Int
    let reading: Int
    private let room: Int
    private let threads: Int
    private let resamples: Int

    init(
        of joint: any ResampledJoint, _ multiplets: MultipletList, resamples: Int, run: Run
    ) throws(InfoLensError) {
        reading = run.memory / 2
        room = run.memory / 2
        threads = run.threads
        self.resamples = resamples
        self.multiplets = min(run.memory / 4 / (resamples * 8), multiplets.count)
        let order = multiplets.largestOrder
        let needed = max(
            saturatingProduct(2, ResamplingPlan.bytes(joint, neurons: order)), saturatingProduct(32, resamples))
        guard needed <= run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: resampling a multiplet of \(order) neurons \(resamples) times takes \(needed) bytes, but the \
                budget leaves \(run.memory); give the context more
                """)
        }
        var (fits, fails) = (order, saturatingProduct(order, multiplets.count) + 1)
        while fails - fits > 1 {
            let middle = fits + (fails - fits) / 2
            if ResamplingPlan.bytes(joint, neurons: middle) <= room { fits = middle } else { fails = middle }
        }
        neurons = fits
    }

    private static func bytes(_ joint: any ResampledJoint, neurons: Int) -> Int {
        [joint.sharedBytes(neurons: neurons), joint.workerBytes(neurons: neurons, threads: 1)].saturatingSum()
    }

    /// As many workers as there is room for; and where that leaves threads without a worker, threads of each.
    func workers(neurons: Int, _ joint: any ResampledJoint) -> (count: Int, threads: Int) {
        let left = room - joint.sharedBytes(neurons: neurons)
        let workers = max(
            1, min(threads, resamples, left / max(joint.workerBytes(neurons: neurons, threads: 1), 1)))
        let share = threads / workers
        let fits = joint.workerBytes(neurons: neurons, threads: share) <= left / workers
        return (workers, fits ? share : 1)
    }
}

extension MultipletList {
    /// Calls `body` for one range of the multiplets after another, each with as many as have few enough neurons among
    /// them.
    /// - Parameters:
    ///   - neurons: most of a range; no fewer than the largest order
    ///   - most: multiplets of a range
    ///   - body: receives the neurons in ascending order
    func forEachPass(
        neurons room: Int, multiplets most: Int = .max,
        body: (_ range: Range<Int>, _ neurons: [Int]) throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        var next = 0
        while next < count {
            var neurons = Set(self[next])
            var end = next + 1
            while end < count, end - next < most {
                let more = self[end].filter { !neurons.contains($0) }
                guard neurons.count + more.count <= room else { break }
                neurons.formUnion(more)
                end += 1
            }
            try body(next..<end, neurons.sorted())
            next = end
        }
    }

    /// Some of the multiplets, of indices into an ascending list of neurons.
    fileprivate func part(_ range: Range<Int>, among neurons: [Int]) -> MultipletList {
        let places = Dictionary(uniqueKeysWithValues: neurons.enumerated().map { ($0.element, $0.offset) })
        return MultipletList(range.map { index in self[index].map { places[$0] ?? 0 } })
    }
}
