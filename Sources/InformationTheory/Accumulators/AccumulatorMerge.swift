// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Accumulator {
    /// Takes what another has taken, as if its pieces had come here. When it throws, nothing has changed.
    ///
    /// - Throws: `argument` for itself, another quantiser, another phase, edges that were fitted to other
    ///   data, or labels of another kind; `shape` for other layers or too many samples; `memory`
    public func merge(_ other: Accumulator) throws(InfoLensError) {
        func refuse(_ why: String) throws(InfoLensError) -> Never { throw InfoLensError(.argument, "other: \(why)") }
        guard other !== self else { try refuse("is the accumulator itself; merging would count its samples twice") }
        guard other.quantizer == quantizer else {
            try refuse("it quantizes by \(other.quantizer), this accumulator by \(quantizer); make both with one")
        }
        let total = try checkedTotal(adding: other.samples)
        if case .empty = other.phase { return }
        try checkLayers(other.layers)
        switch (phase, other.phase) {
        case (.empty, .fitting): phase = other.phase
        case (.fitting(var layers), .fitting(let others)):
            for (index, layer) in others.enumerated() {
                layers[index].range = try layers[index].range.merged(with: layer.range)
            }
            phase = .fitting(layers)
        case (.empty, .counting(let others)):
            try take(
                others, to: others.map { AccumulatedLayer(name: $0.name, neurons: $0.neurons, rule: $0.rule) },
                classes: other.classes, samples: other.classSamples)
        case (.counting(let layers), .counting(let others)):
            if let layer = zip(layers, others).first(where: { $0.rule != $1.rule })?.0 {
                try refuse(
                    """
                    its edges for layer "\(layer.name)" were fitted to other data; merge while fitting, fit once, and \
                    count with copies of the fitted accumulator
                    """)
            }
            try take(others, to: layers, classes: other.classes, samples: other.classSamples)
        default:
            let (mine, its) = isFitting ? ("being fitted", "counting") : ("counting", "being fitted")
            try refuse("it is \(its) while this accumulator is \(mine); fit both alike first")
        }
        samples = total
    }

    private func take(
        _ others: [AccumulatedLayer], to layers: [AccumulatedLayer], classes: [ClassKey], samples: [Int]
    ) throws(InfoLensError) {
        let (indices, added) = try place(classes)
        var room: [[AlignedBuffer]] = []
        for layer in layers { room.append(try layer.counters(classes: added.count)) }
        commit(
            others.map(\.counts), to: layers, room: room, newClasses: added, indices: indices, samples: samples)
    }
}
