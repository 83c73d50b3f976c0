// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How a neuron's activation x becomes a discrete level T.
///
/// Edges are float64. The level is the number of interior edges at or below x, so a
/// value on an edge belongs to the bin above it and the last bin is closed, as in
/// numpy.histogram.
public enum Quantizer: Sendable, Equatable {
    /// T = [x > θ]. Liu, Amjad & Geiger 2018 (arXiv:1804.06679).
    case threshold(Threshold)
    /// Equal bins; values outside the range fall in the first or last bin.
    /// Shwartz-Ziv & Tishby 2017 (arXiv:1703.00810).
    case uniform(bins: Int, range: Range)
    /// Bins of equal mass; edges are numpy.quantile's (linear interpolation), equal values stay together.
    case quantile(bins: Int)
    /// floor(x / width). Saxe et al. 2018.
    case width(Double)
    /// The caller's interior edges.
    case explicit(edges: [Double])
    /// x is a symbol already.
    case integer

    /// Where θ comes from.
    public enum Threshold: Sendable, Equatable {
        case value(Double)
        case median
        case mean
    }

    /// Where the range of `uniform` comes from.
    public enum Range: Sendable, Equatable {
        case neuron
        case layer
        case given(low: Double, high: Double)
    }

    /// Levels that a neuron could have, or nil where only its data bound them.
    public var levels: Int? {
        switch self {
        case .threshold: 2
        case .uniform(let bins, _), .quantile(let bins): bins
        case .explicit(let edges): edges.count + 1
        case .width, .integer: nil
        }
    }

    /// Most bins of one neuron.
    /// How often a layer's rows are read: once to find edges that depend on them, once for the levels. Edges by order
    /// take more readings where memory does not hold all neurons.
    public var passes: Int {
        switch self {
        case .threshold(.value), .explicit, .uniform(_, .given): 1
        default: 2
        }
    }

    public static let largestBinCount = 1 << 16

    /// Checks the parameters.
    /// - Throws: `argument`, naming the parameter and its limits
    public func validate() throws(InfoLensError) {
        func refuse(_ text: String) throws(InfoLensError) { throw InfoLensError(.argument, "quantizer: \(text)") }
        switch self {
        case .threshold(.value(let value)) where !value.isFinite:
            try refuse("the threshold is \(value); give a finite number, the median or the mean")
        case .uniform(let bins, _) where !(1...Quantizer.largestBinCount).contains(bins),
            .quantile(let bins) where !(1...Quantizer.largestBinCount).contains(bins):
            try refuse("bins is \(bins); give 1 to \(Quantizer.largestBinCount)")
        case .uniform(_, .given(let low, let high)) where !(low.isFinite && high.isFinite && low < high):
            try refuse("the range is \(low) to \(high); give finite numbers, low < high")
        case .uniform(_, .given(let low, let high)) where !(high - low).isFinite:
            try refuse("the range \(low) to \(high) is wider than float64 can say; give a narrower one")
        case .width(let width) where !(width.isFinite && width > 0):
            try refuse("the width is \(width); give a finite number above 0")
        case .explicit(let edges) where !(1..<Quantizer.largestBinCount).contains(edges.count):
            try refuse("there are \(edges.count) edges; give 1 to \(Quantizer.largestBinCount - 1)")
        case .explicit(let edges):
            for (index, edge) in edges.enumerated() {
                if !edge.isFinite { try refuse("edge \(index) is \(edge); edges must be finite") }
                if index > 0, edge <= edges[index - 1] {
                    try refuse("edge \(index) is \(edge) after \(edges[index - 1]); edges must ascend strictly")
                }
            }
        default: break
        }
    }
}

extension Quantizer: CustomStringConvertible {
    /// As it is written in Python and in a result's metadata.
    public var description: String {
        switch self {
        case .threshold(.value(let value)): "threshold(\(value))"
        case .threshold(.median): "threshold(\"median\")"
        case .threshold(.mean): "threshold(\"mean\")"
        case .uniform(let bins, .neuron): "uniform(\(bins), range=\"neuron\")"
        case .uniform(let bins, .layer): "uniform(\(bins), range=\"layer\")"
        case .uniform(let bins, .given(let low, let high)): "uniform(\(bins), range=(\(low), \(high)))"
        case .quantile(let bins): "quantile(\(bins))"
        case .width(let width): "width(\(width))"
        case .explicit(let edges) where edges.count <= 8:
            "explicit([\(edges.map { "\($0)" }.joined(separator: ", "))])"
        case .explicit(let edges): "explicit(\(edges.count) edges from \(edges[0]) to \(edges[edges.count - 1]))"
        case .integer: "integer()"
        }
    }
}
