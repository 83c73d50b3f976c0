// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// What one thread keeps while it takes panels through curves and groups.
final class AblationWorker {
    /// The chain of the start that was loaded last.
    private(set) var chain: PanelChain
    private let network: DenseNetwork
    private let starts: [Int]
    private let loader: PanelLoader
    private let exact: ExactEvaluation
    private let results: DirectResults
    private let classes: Int
    /// Correct samples by class, for each point of each start.
    private let memory: AlignedBuffer
    private let offsets: [Int]
    private var group = 0
    private var origin = NetworkData.Origin.inputs
    /// Whether each neuron is removed now, layer after layer.
    private let isRemoved: UnsafeMutablePointer<Bool>
    private let firstNeuron: [Int]

    init(_ network: DenseNetwork, starts: [Int], points: [Int], classes: Int) throws(InfoLensError) {
        self.network = network
        self.starts = starts
        self.classes = classes
        loader = try PanelLoader(network)
        exact = ExactEvaluation(network)
        results = DirectResults(capacity: network.layers.map(\.neurons).max() ?? 0)
        chain = try PanelChain(network, start: starts[0])
        offsets = points.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        memory = try AlignedBuffer(count: offsets[points.count] * classes, of: Int64.self)
        firstNeuron = network.layers.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.neurons) }
        isRemoved = .allocate(capacity: firstNeuron[network.layers.count])
        isRemoved.initialize(repeating: false, count: firstNeuron[network.layers.count])
    }

    deinit { isRemoved.deallocate() }

    func counts(group: Int, point: Int) -> UnsafeMutablePointer<Int64> {
        memory.values(of: Int64.self) + (offsets[group] + point) * classes
    }

    /// Loads the activations that a start begins with.
    func load(_ panel: LoadedPanel, group: Int, origin: NetworkData.Origin) throws(InfoLensError) {
        if chain.start != starts[group] { chain = try PanelChain(network, start: starts[group]) }
        self.group = group
        self.origin = origin
        try loader.load(panel, layer: chain.start, from: origin, into: chain.spoken)
    }

    /// Takes a panel along a curve, from its end to its beginning.
    func walk(along job: DenseAblation.Job, panel: LoadedPanel, sums: UnsafeMutablePointer<Double>) {
        let order = job.plan.order
        for place in order { isRemoved[firstNeuron[place.layer] + place.neuron] = true }
        chain.begin(job.plan, job.substitutes, first: panel.first, count: panel.count)
        var known = scores(job, panel)
        add(known, panel, point: job.offset + job.points.count - 1, sums)
        let direct = chain.endsBehindStart ? job.direct : nil
        if let direct { chain.judge(direct, labels: panel.labels, lanes: panel.lanes, into: results) }
        var removed = order.count
        for point in job.points.indices.dropLast().reversed() {
            var differs = false
            while removed > job.points[point] {
                removed -= 1
                let place = order[removed]
                isRemoved[firstNeuron[place.layer] + place.neuron] = false
                if direct == nil, chain.restore(place) { differs = true }
            }
            if direct != nil {
                if results.changed[removed] != 0 { known = decided(results.scores[removed], job, panel) }
            } else if differs {
                known = scores(job, panel)
            }
            add(known, panel, point: job.offset + point, sums)
        }
    }

    /// Takes a panel through the network without a group, after `chain.beginIntact()`.
    func remove(_ job: DenseAblation.Job, panel: LoadedPanel, sums: UnsafeMutablePointer<Double>) {
        for place in job.plan.order { isRemoved[firstNeuron[place.layer] + place.neuron] = true }
        chain.remove(job.plan, job.substitutes, first: panel.first, count: panel.count)
        add(scores(job, panel), panel, point: job.offset, sums)
        for place in job.plan.order { isRemoved[firstNeuron[place.layer] + place.neuron] = false }
    }

    private func add(
        _ scores: cn_panel_scores, _ panel: LoadedPanel, point: Int, _ sums: UnsafeMutablePointer<Double>
    ) {
        sums[point] += scores.cross_entropy
        let counts = counts(group: group, point: point)
        for (index, lanes) in panel.classes { counts[index] += Int64((scores.correct & lanes).nonzeroBitCount) }
    }

    /// The scores of the panel, with what float32 leaves in doubt decided in float64.
    private func scores(_ job: DenseAblation.Job, _ panel: LoadedPanel) -> cn_panel_scores {
        decided(chain.scores(labels: panel.labels, lanes: panel.lanes), job, panel)
    }

    private func decided(
        _ scores: cn_panel_scores, _ job: DenseAblation.Job, _ panel: LoadedPanel
    ) -> cn_panel_scores {
        var scores = scores
        var doubtful = scores.doubtful
        while doubtful != 0 {
            let lane = doubtful.trailingZeroBitCount
            doubtful &= doubtful - 1
            let isCorrect = isCorrect(row: panel.first + lane, label: Int(panel.labels[lane]), job, panel)
            if isCorrect { scores.correct |= 1 << UInt32(lane) } else { scores.correct &= ~(1 << UInt32(lane)) }
        }
        return scores
    }

    private func isCorrect(row: Int, label: Int, _ job: DenseAblation.Job, _ panel: LoadedPanel) -> Bool {
        guard let window = panel.window(origin) else { return false }
        var start = -1
        var scale = network.inputScale
        if case .layer(let index) = origin { (start, scale) = (index, 1) }
        let scores = exact.scores(
            row: row, start: start, activations: { window[row, $0] * scale },
            isRemoved: { [isRemoved, firstNeuron] in isRemoved[firstNeuron[$0] + $1] },
            substitutes: job.substitutes)
        return ExactEvaluation.isCorrect(scores, label: label)
    }
}
