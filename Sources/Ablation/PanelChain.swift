// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// The state of a network on one panel of samples, from the first layer that loses neurons to the scores.
///
/// Along a curve neurons are *restored*, not removed: it is walked from its end. So each
/// pre-activation is a plain sum of what the neurons that are there say, in the order of
/// restoring, without the cancellation by which removing loses digits.
///
/// One worker uses it at a time.
final class PanelChain {
    typealias Panel = UnsafeMutablePointer<Float>

    private let network: DenseNetwork
    private let packed: [PackedLayer]
    /// Index of the layer of the scores.
    private let last: Int
    /// The layer whose activations are the start.
    let start: Int
    /// These activations, with nothing removed: to be filled by whoever loads a panel.
    let spoken: Panel

    /// For each layer, what its removed neurons say and 0 for all others; nil where they say 0.
    private var substitutes: [Panel?]
    private let substituteMemory: [Panel]
    /// Bias and what removed neurons of the layer before say.
    private var bases: [UnsafePointer<Float>]
    private let baseMemory: [Panel]
    /// Pre-activations of the layers behind the start.
    private let z: [Panel]
    /// The layer up to which z holds; never before the one behind the start.
    private var valid: Int
    /// What the layer behind the start has yet to be given.
    private var pending: (delta: UnsafePointer<Float>, weights: UnsafePointer<Float>)?
    /// The neurons that are there, in layers behind the start that lose some.
    private var kept: [NeuronList?]
    private let lists: [NeuronList]
    /// Pre-activations of the layer behind the start, with nothing removed, and their bound.
    private let intact: Panel
    private let intactBound: Panel
    private let delta: Panel
    /// For each layer and lane, what Σ |t w| + |b| of a neuron is at most: its rounding error is in proportion to that.
    private let bounds: [Panel]
    private let baseBounds: [Panel]
    /// The same for the scores, with what comes from the layers before.
    private let doubt: Panel
    /// A zero for each lane.
    private let silence: Panel
    private let outputs: Panel
    private let memory: AlignedBuffer
    private let tolerance: Float

    private static let lanes = Int(CN_PANEL)

    /// Bytes of a chain.
    static func bytes(_ network: DenseNetwork, start: Int) -> Int {
        let widths = network.layers[start...].map(\.neurons)
        let panels =
            3 * widths.saturatingSum() + widths[0] + widths[1] + widths[widths.count - 1] + 2 * widths.count + 4
        return saturatingProduct(panels, lanes, MemoryLayout<Float>.stride)
    }

    /// - Parameter start: a layer that is not the last
    init(_ network: DenseNetwork, start: Int) throws(InfoLensError) {
        self.network = network
        packed = network.packed
        last = network.layers.count - 1
        self.start = start
        valid = start + 1
        memory = try AlignedBuffer(byteCount: Self.bytes(network, start: start))
        var next = memory.values(of: Float.self)
        func panel(_ neurons: Int) -> Panel {
            defer { next += neurons * Self.lanes }
            return next
        }
        func panels(_ width: (DenseLayer) -> Int = { $0.neurons }) -> [Panel] {
            network.layers.indices.map { panel($0 >= start ? width(network.layers[$0]) : 0) }
        }
        z = panels()
        substituteMemory = panels()
        baseMemory = panels()
        spoken = panel(network.layers[start].neurons)
        intact = panel(packed[start + 1].neurons)
        outputs = panel(network.classes)
        intactBound = panel(1)
        delta = panel(1)
        bounds = panels { _ in 1 }
        baseBounds = panels { _ in 1 }
        doubt = panel(1)
        silence = panel(1)
        substitutes = Array(repeating: nil, count: network.layers.count)
        bases = network.packed.map(\.bias)
        kept = Array(repeating: nil, count: network.layers.count)
        lists = network.layers.map { NeuronList(capacity: $0.neurons) }
        // A float32 sum of n terms is off by about √n units of 2^-24 of Σ |t w|; sixteen times that is far outside.
        let terms = network.layers[(start + 1)...].map(\.inputs).max() ?? 1
        tolerance = max(0x1p-17, 0x1p-20 * Float(terms).squareRoot())
    }

    // MARK: What is removed

    /// Removes the neurons of a plan from the panel of the samples from `first` on, `count` of them.
    ///
    /// Afterwards nothing that can be restored is there.
    func begin(_ plan: RemovalPlan, _ substitutes: Substitutes, first: Int, count: Int) {
        prepare(plan, substitutes, first: first, count: count)
        copy(baseBounds[start + 1], to: bounds[start + 1])
        let staying = plan.staying[start]
        staying.withUnsafeBufferPointer { index in
            forward(spoken, layer: start, index: index, linear: true, into: start + 1)
        }
    }

    /// What is behind the start with nothing removed, to take groups from.
    func beginIntact() {
        for layer in network.layers.indices { bases[layer] = packed[layer].bias }
        bounds[start + 1].update(repeating: packed[start + 1].largestBias, count: Self.lanes)
        forward(spoken, layer: start, index: nil, linear: true, into: start + 1)
        intact.update(from: z[start + 1], count: packed[start + 1].neurons * Self.lanes)
        copy(bounds[start + 1], to: intactBound)
    }

    /// Removes the neurons of a plan, after `beginIntact()`.
    func remove(_ plan: RemovalPlan, _ substitutes: Substitutes, first: Int, count: Int) {
        prepare(plan, substitutes, first: first, count: count)
        z[start + 1].update(from: intact, count: packed[start + 1].neurons * Self.lanes)
        copy(intactBound, to: bounds[start + 1])
        for neuron in plan.removed[start].lazy.map({ Int($0) }) {
            let offset = neuron * Self.lanes
            // It says what is put in its place, and no more what it said.
            let said = self.substitutes[start].map { $0 + offset } ?? silence
            _ = add(said, minus: spoken + offset, of: neuron, in: start)
        }
        valid = start + 1
    }

    private func prepare(_ plan: RemovalPlan, _ values: Substitutes, first: Int, count: Int) {
        pending = nil
        valid = start + 1
        for layer in start..<last {
            baseBounds[layer + 1].update(repeating: packed[layer + 1].largestBias, count: Self.lanes)
            let removed = plan.removed[layer]
            if removed.isEmpty || values.isZero(layer: layer) {
                substitutes[layer] = nil
                bases[layer + 1] = packed[layer + 1].bias
            } else {
                let panel = substituteMemory[layer]
                panel.update(repeating: 0, count: packed[layer].neurons * Self.lanes)
                values.fill(panel, layer: layer, neurons: removed, first: first, count: count)
                substitutes[layer] = panel
                removed.withUnsafeBufferPointer { index in
                    product(
                        panel, layer: layer, index: index, function: Int32(CN_LINEAR), minus: nil,
                        start: packed[layer + 1].bias, into: baseMemory[layer + 1], bound: baseBounds[layer + 1])
                }
                bases[layer + 1] = UnsafePointer(baseMemory[layer + 1])
            }
            guard layer > start else { continue }
            lists[layer].reset(to: plan.staying[layer])
            kept[layer] = removed.isEmpty ? nil : lists[layer]
        }
    }

    // MARK: Restoring

    /// Puts a removed neuron back.
    /// - Returns: whether that can change the scores
    func restore(_ place: NeuronIndex) -> Bool {
        let offset = place.neuron * Self.lanes
        if place.layer == start {
            let (said, minus) = (spoken + offset, substitutes[start].map { $0 + offset })
            flush()
            // A neuron that is silent on the whole panel changes nothing.
            if start + 1 < last {
                let next = packed[start + 1]
                guard cn_panel_change(said, minus, delta, next.largest[place.neuron], bounds[start + 1]) != 0 else {
                    return false
                }
                pending = (UnsafePointer(delta), next.row(place.neuron))
            } else {
                guard add(said, minus: minus, of: place.neuron, in: start) else { return false }
            }
            valid = start + 1
        } else {
            advance(to: place.layer)
            kept[place.layer]?.insert(Int32(truncatingIfNeeded: place.neuron))
            guard valid > place.layer else { return true }
            let layer = packed[place.layer]
            cn_panel_activate(z[place.layer] + offset, 1, layer.function, layer.parameter, delta)
            _ = add(delta, minus: substitutes[place.layer].map { $0 + offset }, of: place.neuron, in: place.layer)
            valid = place.layer + 1
        }
        return true
    }

    /// Adds what a neuron says to the layer behind its own.
    /// - Returns: whether that changes it
    private func add(_ said: Panel, minus: Panel?, of neuron: Int, in layer: Int) -> Bool {
        let next = packed[layer + 1]
        return cn_panel_add(
            z[layer + 1], Int64(next.neurons), said, minus, next.row(neuron), next.largest[neuron], bounds[layer + 1])
            != 0
    }

    /// Hands over what is pending.
    private func flush() {
        guard let waiting = pending else { return }
        pending = nil
        _ = cn_panel_add(
            z[start + 1], Int64(packed[start + 1].neurons), waiting.delta, nil, waiting.weights, 0,
            bounds[start + 1])
    }

    /// Computes the layers up to `target`.
    private func advance(to target: Int) {
        while valid < target {
            let layer = valid
            copy(baseBounds[layer + 1], to: bounds[layer + 1])
            if let list = kept[layer] {
                flush()
                forward(z[layer], layer: layer, index: list.neurons, linear: false, into: layer + 1)
            } else {
                forward(z[layer], layer: layer, index: nil, linear: false, into: layer + 1)
            }
            valid = layer + 1
        }
    }

    /// z of layer `target`, the next one, from the panel of a layer.
    private func forward(
        _ panel: Panel, layer: Int, index: UnsafeBufferPointer<Int32>?, linear: Bool, into target: Int
    ) {
        product(
            panel, layer: layer, index: index, function: linear ? Int32(CN_LINEAR) : packed[layer].function,
            minus: linear ? nil : substitutes[layer], start: bases[target], into: z[target], bound: bounds[target])
    }

    private func product(
        _ panel: Panel, layer: Int, index: UnsafeBufferPointer<Int32>?, function: Int32, minus: Panel?,
        start: UnsafePointer<Float>, into out: Panel, bound: Panel
    ) {
        let next = packed[layer + 1]
        var from = cn_panel_layer()
        from.z = panel
        from.neurons = Int64(next.inputs)
        from.function = function
        from.parameter = packed[layer].parameter
        from.index = index?.baseAddress
        from.count = Int64(index?.count ?? next.inputs)
        from.minus = UnsafePointer(minus)
        if panel == z[layer], let waiting = pending {
            from.delta = waiting.delta
            from.weights = waiting.weights
            pending = nil
        }
        cn_panel_forward(&from, next.tiles, start, Int64(next.neurons), out, next.largest, bound)
    }

    private func copy(_ source: Panel, to target: Panel) { target.update(from: source, count: Self.lanes) }

    // MARK: Scores

    /// Whether `judge(_:)` can walk a curve at once: nothing lies between the start and the scores.
    var endsBehindStart: Bool { start + 1 == last && packed[last].function == Int32(CN_LINEAR) }

    /// Puts back all neurons of a curve of the layer before the scores, and judges them on the way.
    func judge(_ curve: DirectCurve, labels: UnsafePointer<Int32>, lanes: UInt32, into results: DirectResults) {
        let output = packed[last]
        cn_panel_curve(
            z[last], Int64(output.neurons), spoken, substitutes[start], curve.order, Int64(curve.order.count),
            curve.judged, output.rows, output.largest, labels, lanes, bounds[last], tolerance, results.scores,
            results.changed)
    }

    /// The scores of the panel as it is now, judged by the labels.
    func scores(labels: UnsafePointer<Int32>, lanes: UInt32) -> cn_panel_scores {
        advance(to: last)
        flush()
        var scores = z[last]
        let output = packed[last]
        if output.function != Int32(CN_LINEAR) {
            cn_panel_activate(scores, Int64(output.neurons), output.function, output.parameter, outputs)
            scores = outputs
        }
        // Errors of a layer's neurons are of either sign, and come to the next as the root of their squares does.
        copy(bounds[start + 1], to: doubt)
        for layer in stride(from: start + 2, through: last, by: 1) {
            let norm = packed[layer].norm
            for lane in 0..<Self.lanes { doubt[lane] = bounds[layer][lane] + norm * doubt[lane] }
        }
        // The functions' own errors are small against 1, not against what they give.
        if output.function != Int32(CN_LINEAR) { for lane in 0..<Self.lanes { doubt[lane] += 1 } }
        var result = cn_panel_scores()
        cn_panel_score(scores, Int64(output.neurons), labels, lanes, doubt, tolerance, &result)
        return result
    }
}

/// Some neurons of a layer in ascending order, with room for all.
private final class NeuronList {
    private let storage: UnsafeMutablePointer<Int32>
    private var count = 0

    init(capacity: Int) { storage = .allocate(capacity: capacity) }

    deinit { storage.deallocate() }

    /// Valid until the next change.
    var neurons: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: storage, count: count) }

    func reset(to neurons: [Int32]) {
        count = neurons.count
        for (place, neuron) in neurons.enumerated() { storage[place] = neuron }
    }

    func insert(_ neuron: Int32) {
        var place = count
        while place > 0, storage[place - 1] > neuron {
            storage[place] = storage[place - 1]
            place -= 1
        }
        storage[place] = neuron
        count += 1
    }
}
