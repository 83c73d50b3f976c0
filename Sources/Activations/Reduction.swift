// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How samples of more than one axis, [N, …], become a row of neurons. Rank 1
/// and rank 2 are never reduced.
public enum Reduction: Sendable {
    /// Refuse them.
    case none
    /// Mean over all positions, one neuron a channel, summed in float64.
    /// The channels' axis is never 0; −1 is the last one.
    case mean(channelAxis: Int)
    /// Maximum over all positions, one neuron a channel; NaN wins.
    case max(channelAxis: Int)
    /// Every element of a sample is a neuron, in C order.
    case flatten
}

/// A reduction planned for one shape: what a sample in C order becomes.
struct RowReduction: Sendable {
    enum Rule: Sendable {
        case identity
        case mean
        case max
    }

    let rule: Rule
    /// A sample is [before, channels, after] in C order.
    let before: Int
    let channels: Int
    let after: Int

    /// Neurons of a reduced sample.
    var neurons: Int { rule == .identity ? before &* channels &* after : channels }
    /// Elements of a sample as stored.
    var rowElements: Int { before &* channels &* after }

    func element(of stored: Element) -> Element { rule == .mean ? .float64 : stored }

    /// Plans `reduction` for activations of the shape [N, …]; their element count is known to fit.
    ///
    /// - Parameters:
    ///   - samplesAreLast: the shape is […, N] with the axes in reversed order, as MATLAB stores [N, …]; the channels'
    ///     axis counts in the order that MATLAB shows
    ///   - isOneSample: the shape is that of a single sample, with or without an axis of length 1 for it
    /// - Throws: `shape` for a rank that the reduction does not take, for a channel axis
    ///   that is not there, and for samples without elements.
    init(
        _ reduction: Reduction, shape: [Int], samplesAreLast: Bool = false, isOneSample: Bool = false, of name: String
    ) throws(InfoLensError) {
        guard !shape.isEmpty else {
            throw InfoLensError(
                .shape, "\(name): a scalar has no samples; activations are [N, d], [N] or [N, …] with a reduction")
        }
        let sampleAxis = samplesAreLast ? shape.count - 1 : 0
        guard shape[sampleAxis] > 0 else {
            throw InfoLensError(
                .shape,
                "\(name): shape \(describe(shape: shape)) has no samples (axis \(sampleAxis) is empty)")
        }
        guard !shape.contains(0) else {
            throw InfoLensError(.shape, "\(name): shape \(describe(shape: shape)) has no neurons (an axis is empty)")
        }
        var axes = samplesAreLast ? Array(shape.dropLast()) : Array(shape.dropFirst())
        if isOneSample, shape.count == 1 || shape[0] > 1 { axes = shape }
        let rank = axes.count + 1
        let elements = axes.reduce(1, &*)
        if rank <= 2 {
            self.init(rule: .identity, before: 1, channels: elements, after: 1)
            return
        }
        switch reduction {
        case .none:
            throw InfoLensError(
                .shape,
                "\(name): shape \(describe(shape: shape)) has rank \(rank), neurons want rank 2; choose a reduction: "
                    + "mean or max over positions (with the channels' axis), or flatten; or one position k of axis 1, "
                    + "named as '[:, k]' behind the dataset's path")
        case .flatten:
            self.init(rule: .identity, before: 1, channels: elements, after: 1)
        case .mean(let axis), .max(let axis):
            let channelAxis = axis == -1 ? rank - 1 : axis
            guard (1..<rank).contains(channelAxis) else {
                throw InfoLensError(
                    .shape,
                    "\(name): channel axis \(axis) is not an axis of shape \(describe(shape: shape)) after the "
                        + "samples'; use 1 … \(rank - 1), or -1 for the last")
            }
            let rule: Rule = if case .mean = reduction { .mean } else { .max }
            let place = samplesAreLast ? axes.count - channelAxis : channelAxis - 1
            self.init(
                rule: rule,
                before: axes[..<place].reduce(1, &*),
                channels: axes[place],
                after: axes[(place + 1)...].reduce(1, &*))
        }
    }

    private init(rule: Rule, before: Int, channels: Int, after: Int) {
        self.rule = rule
        self.before = before
        self.channels = channels
        self.after = after
    }

    /// Reduces one sample of `rowElements` values of type `stored` to `neurons` values
    /// of type `element(of: stored)`. Both pointers are aligned to their types.
    func apply(_ row: UnsafeRawPointer, stored: Element, to output: UnsafeMutableRawPointer) {
        switch (rule, stored) {
        case (.identity, _):
            output.copyMemory(from: row, byteCount: rowElements &* stored.size)
        case (.mean, .float32):
            mean(row.assumingMemoryBound(to: Float.self), output.assumingMemoryBound(to: Double.self))
        case (.mean, .float64):
            mean(row.assumingMemoryBound(to: Double.self), output.assumingMemoryBound(to: Double.self))
        case (.max, .float32):
            maximum(row.assumingMemoryBound(to: Float.self), output.assumingMemoryBound(to: Float.self))
        case (.max, .float64):
            maximum(row.assumingMemoryBound(to: Double.self), output.assumingMemoryBound(to: Double.self))
        }
    }

    /// Sums run over the positions in C order, so that a mean does not depend on how rows are cut into blocks.
    @inline(__always)
    private func mean<T: BinaryFloatingPoint>(_ row: UnsafePointer<T>, _ output: UnsafeMutablePointer<Double>) {
        output.initialize(repeating: 0, count: channels)
        var source = row
        for _ in 0..<before {
            if after == 1 {
                for channel in 0..<channels { output[channel] += Double(source[channel]) }
                source += channels
            } else {
                for channel in 0..<channels {
                    var sum = output[channel]
                    for position in 0..<after { sum += Double(source[position]) }
                    output[channel] = sum
                    source += after
                }
            }
        }
        let positions = Double(before &* after)
        for channel in 0..<channels { output[channel] /= positions }
    }

    /// A NaN, once met, stays: no comparison with it is true.
    @inline(__always)
    private func maximum<T: BinaryFloatingPoint>(_ row: UnsafePointer<T>, _ output: UnsafeMutablePointer<T>) {
        var source = row
        for block in 0..<before {
            for channel in 0..<channels {
                var best = block == 0 ? source[0] : output[channel]
                for position in 0..<after {
                    let value = source[position]
                    if value > best || value.isNaN { best = value }
                }
                output[channel] = best
                source += after
            }
        }
    }
}
