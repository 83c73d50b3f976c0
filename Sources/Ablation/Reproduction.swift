// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Glibc
import Kernels

/// How far what the network computes is from what was recorded of a layer.
public struct LayerDifference: Equatable, Sendable {
    /// The layer's name, or "logits".
    public let name: String
    /// The largest absolute difference, and where it is.
    public let largest: Double
    public let sample: Int
    public let neuron: Int
    /// The largest absolute value recorded in the layer.
    public let scale: Double

    /// The largest difference as a share of the scale; 0 where there is none.
    public var relative: Double { largest == 0 ? 0 : largest / scale }
}

/// Compares what a network computes from its beginning with everything that was recorded of it.
///
/// - Returns: the layers that are computed and recorded, in the network's order, logits last
/// - Throws: `numeric` for NaN or infinity among the activations, or in what is computed from them
public func reproduction(of network: DenseNetwork, data: NetworkData, run: Run) throws(InfoLensError)
    -> [LayerDifference]
{
    let beginning = data.beginning
    var first = 0
    if case .layer(let index) = beginning { first = index + 1 }
    let recorded = (first..<network.layers.count).filter { data.matrix(.layer($0)) != nil }
    var origins: [NetworkData.Origin] = recorded.map { .layer($0) }
    if data.matrix(.logits) != nil { origins.append(.logits) }
    guard !origins.isEmpty else { return [] }

    let walk = PanelWalk(
        data: data, run: run, origins: [beginning] + origins, groups: 1, sums: [0])
    let widest = network.layers.map(\.neurons).max() ?? 1
    let (_, workers) = try walk.forEach(
        bytesPerWorker: [PanelLoader.bytes(network), saturatingProduct(widest, Int(CN_PANEL), 8)].saturatingSum(),
        kept: 0,
        makeWorker: { () throws(InfoLensError) in
            try Comparer(network, widest: widest, count: origins.count)
        },
        body: { (worker, _, panel, _) throws(InfoLensError) in
            try worker.loader.load(panel, layer: network.last, from: beginning, into: nil) {
                (layer, z) throws(InfoLensError) in
                for (index, origin) in origins.enumerated() {
                    if origin == .layer(layer) || (origin == .logits && layer == network.last) {
                        try worker.compare(z, of: layer, panel, with: origin, index: index)
                    }
                }
            }
            run.advance(by: 1)
        })
    return try origins.enumerated().map { (index, origin) throws(InfoLensError) in
        let name =
            switch origin {
            case .layer(let layer): network.layers[layer].name
            default: "logits"
            }
        var found = workers[0].found[index]
        for worker in workers.dropFirst() { found.take(worker.found[index]) }
        guard found.largest.isFinite else {
            throw InfoLensError(
                .numeric,
                """
                network: \(name == "logits" ? "the logits" : "layer \"\(name)\"") of sample \(found.sample) \
                cannot be computed in float32: they are not finite; check the weights
                """
            )
        }
        return LayerDifference(
            name: name, largest: found.largest, sample: found.sample, neuron: found.neuron, scale: found.scale)
    }
}

/// A layer's largest difference so far.
private struct Difference {
    var largest = -1.0
    var sample = 0
    var neuron = 0
    var scale = 0.0

    /// Whichever is larger; of equals the one that comes first.
    mutating func take(_ other: Difference) {
        scale = max(scale, other.scale)
        guard
            other.largest > largest
                || (other.largest == largest && (other.sample, other.neuron) < (sample, neuron))
        else { return }
        (largest, sample, neuron) = (other.largest, other.sample, other.neuron)
    }
}

private final class Comparer {
    let loader: PanelLoader
    var found: [Difference]
    private let network: DenseNetwork
    private let widest: Int
    private let memory: AlignedBuffer

    init(_ network: DenseNetwork, widest: Int, count: Int) throws(InfoLensError) {
        self.network = network
        self.widest = widest
        loader = try PanelLoader(network)
        memory = try AlignedBuffer(count: 2 * widest * Int(CN_PANEL), of: Float.self)
        found = Array(repeating: Difference(), count: count)
    }

    func compare(
        _ z: UnsafePointer<Float>, of layer: Int, _ panel: LoadedPanel, with origin: NetworkData.Origin, index: Int
    ) throws(InfoLensError) {
        let (packed, lanes) = (network.packed[layer], Int(CN_PANEL))
        let computed = memory.values(of: Float.self)
        let recorded = computed + widest * lanes
        cn_panel_activate(z, Int64(packed.neurons), packed.function, packed.parameter, computed)
        try panel.load(origin, into: recorded)
        if origin != .logits, network.layers[layer].activation == .softmax {
            softmax(computed, packed.neurons, where: recorded)
        }

        var (difference, magnitude) = (Float(0), Float(0))
        cn_panel_compare(computed, recorded, Int64(packed.neurons), &difference, &magnitude)
        found[index].scale = max(found[index].scale, Double(magnitude))
        guard Double(difference) >= found[index].largest else { return }
        for neuron in 0..<packed.neurons {
            for lane in 0..<panel.count {
                let place = neuron * lanes + lane
                let distance = abs(computed[place] - recorded[place])
                found[index].take(
                    Difference(
                        largest: distance.isFinite ? Double(distance) : .infinity, sample: panel.first + lane,
                        neuron: neuron))
            }
        }
    }

    /// Makes scores of the lanes shares, but not of those that are recorded before softmax: some record a last layer so.
    private func softmax(
        _ scores: UnsafeMutablePointer<Float>, _ classes: Int, where recorded: UnsafePointer<Float>
    ) {
        let lanes = Int(CN_PANEL)
        for lane in 0..<lanes {
            let values = (0..<classes).map { recorded[$0 * lanes + lane] }
            guard values.allSatisfy({ $0 >= 0 }), abs(values.reduce(0, +) - 1) < 0.05 else { continue }
            var (most, sum) = (-Float.infinity, Float(0))
            for c in 0..<classes { most = max(most, scores[c * lanes + lane]) }
            for c in 0..<classes {
                scores[c * lanes + lane] = exp(scores[c * lanes + lane] - most)
                sum += scores[c * lanes + lane]
            }
            for c in 0..<classes { scores[c * lanes + lane] /= sum }
        }
    }
}
