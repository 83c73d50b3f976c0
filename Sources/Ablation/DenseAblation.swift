// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// Scores of a network, or of what is left of it, over all samples.
public struct AblationScores: Equatable, Sendable {
    /// Samples whose label has the highest score, by class.
    public var correctByClass: [Int]
    /// Mean of −log softmax(scores)[label], in nats.
    public var crossEntropy: Double

    public var correct: Int { correctByClass.reduce(0, +) }
}

/// A curve of cumulative ablation.
public struct RemovalCurve: Sendable {
    /// The neurons in the order of their removal; none twice.
    public let order: [NeuronIndex]
    public let substitutes: Substitutes
    /// The numbers of removed neurons at which the network is scored, ascending.
    public let points: [Int]

    /// - Parameter points: ascending, from 0 to `order.count`
    public init(order: [NeuronIndex], substitutes: Substitutes, points: [Int]) {
        self.order = order
        self.substitutes = substitutes
        self.points = points
    }

    /// Points `step` neurons apart; the last has all removed.
    public static func points(of neurons: Int, step: Int) -> [Int] {
        Array(stride(from: 0, to: neurons, by: step)) + [neurons]
    }
}

/// A network that is scored while neurons are missing (Liu, Amjad & Geiger 2018; Morcos et al. 2018).
///
/// Everything is computed from the recorded activations of the first layer that loses neurons; where a
/// layer is not recorded, from those before it. Panels of samples pass through whole curves while
/// they are in the first caches.
public struct DenseAblation: Sendable {
    public let network: DenseNetwork
    public let data: NetworkData

    /// - Throws: `notFound` without labels, `shape` for a network of one layer
    public init(network: DenseNetwork, data: NetworkData) throws(InfoLensError) {
        guard data.labels != nil else {
            throw InfoLensError(
                .notFound, "labels: accuracy needs them and there are none; give labels, one a sample")
        }
        guard network.layers.count > 1 else {
            throw InfoLensError(
                .shape,
                "network: it has one layer, whose neurons are the classes; ablation needs a layer before it")
        }
        self.network = network
        self.data = data
    }

    /// Curves of cumulative ablation.
    /// - Returns: for each curve the scores at its points
    public func curves(_ curves: [RemovalCurve], run: Run) throws(InfoLensError) -> [[AblationScores]] {
        let plans = curves.map { RemovalPlan($0.order, of: network) }
        return try evaluate(
            plans.indices.map { index in
                Job(
                    plan: plans[index], substitutes: curves[index].substitutes, points: curves[index].points,
                    direct: DirectCurve(plans[index], points: curves[index].points))
            },
            run: run
        ) { (worker, jobs, panel, sums) throws(InfoLensError) in
            for job in jobs {
                worker.walk(along: job, panel: panel, sums: sums)
                try run.checkpoint()
            }
        }
    }

    /// Groups of neurons, each removed from the whole network.
    /// - Returns: for each group the scores of the whole network and those without it
    public func groups(
        _ groups: [[NeuronIndex]], substitutes: Substitutes, run: Run
    ) throws(InfoLensError) -> [(whole: AblationScores, without: AblationScores)] {
        // The whole network comes first among those of each start.
        var jobs: [Job] = []
        var wholes: [Int: Int] = [:]
        var places: [Int] = []
        for group in groups {
            let plan = RemovalPlan(group, of: network)
            if wholes[plan.start] == nil {
                wholes[plan.start] = jobs.count
                jobs.append(
                    Job(plan: RemovalPlan(start: plan.start, of: network), substitutes: substitutes, points: [0]))
            }
            places.append(jobs.count)
            jobs.append(Job(plan: plan, substitutes: substitutes, points: [plan.order.count]))
        }
        let scores = try evaluate(jobs, run: run) { (worker, jobs, panel, sums) throws(InfoLensError) in
            worker.chain.beginIntact()
            for job in jobs {
                worker.remove(job, panel: panel, sums: sums)
                if job.index % 64 == 0 { try run.checkpoint() }
            }
        }
        return places.map { place in (scores[wholes[jobs[place].plan.start] ?? 0][0], scores[place][0]) }
    }

    /// What one pass over a panel does.
    struct Job {
        let plan: RemovalPlan
        let substitutes: Substitutes
        let points: [Int]
        /// The curve in short, where it takes neurons of one layer.
        var direct: DirectCurve?
        /// Among all jobs.
        var index = 0
        /// Of its first point among the sums of its start.
        var offset = 0
    }

    private func evaluate(
        _ given: [Job], run: Run,
        _ body: (AblationWorker, [Job], LoadedPanel, UnsafeMutablePointer<Double>) throws(InfoLensError) -> Void
    ) throws(InfoLensError) -> [[AblationScores]] {
        guard !given.isEmpty else { return [] }
        let starts = Set(given.map(\.plan.start)).sorted()
        var jobs = [[Job]](repeating: [], count: starts.count)
        var sums = [Int](repeating: 0, count: starts.count)
        for (index, job) in given.enumerated() {
            guard let group = starts.firstIndex(of: job.plan.start) else { continue }
            var job = job
            job.index = index
            job.offset = sums[group]
            sums[group] += job.points.count
            jobs[group].append(job)
        }
        let origins = starts.map { data.origin(of: $0) }
        let walk = PanelWalk(
            data: data, run: run,
            origins: origins.enumerated().filter { origins.firstIndex(of: $1) == $0 }.map(\.element),
            groups: starts.count, sums: sums)
        let classes = network.classes
        let points = sums.saturatingSum()
        let bytes = [
            PanelLoader.bytes(network), starts.map { PanelChain.bytes(network, start: $0) }.max() ?? 0,
            saturatingProduct(points, classes, MemoryLayout<Int64>.stride),
        ].saturatingSum()
        let tables = jobs
        let (totals, workers) = try walk.forEach(
            bytesPerWorker: bytes, kept: saturatingProduct(points, classes + 1, 8),
            makeWorker: { () throws(InfoLensError) in
                try AblationWorker(network, starts: starts, points: sums, classes: classes)
            },
            body: { (worker, group, panel, sums) throws(InfoLensError) in
                try worker.load(panel, group: group, origin: origins[group])
                try body(worker, tables[group], panel, sums)
                run.advance(by: tables[group].count)
            })
        var results = [[AblationScores]](repeating: [], count: given.count)
        for (group, jobs) in jobs.enumerated() {
            for job in jobs {
                results[job.index] = job.points.indices.map { point in
                    let place = job.offset + point
                    let correct = (0..<classes).map { c in
                        workers.reduce(0) { $0 + Int($1.counts(group: group, point: place)[c]) }
                    }
                    return AblationScores(
                        correctByClass: correct, crossEntropy: totals[group][place] / Double(data.samples))
                }
            }
        }
        withExtendedLifetime(workers) {}
        return results
    }

    /// Units of work that `curves` reports in all.
    public func workUnits(curves: Int) -> Int { saturatingProduct(data.panels, curves) }
}
