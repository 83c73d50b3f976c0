// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The interior edges of equal bins: k · step + low, k = 1 ..< bins, for each neuron.
struct UniformGrid {
    let low: [Double]
    /// Width of a bin; 0 for a constant neuron.
    let step: [Double]
    let bins: Int

    /// - Parameters:
    ///   - extrema: least and greatest value of each neuron; not asked for where the range is given
    ///   - layer: its name, for errors
    /// - Throws: `numeric` where a range is wider than float64 can say; what `extrema` throws
    init(
        bins: Int, range: Quantizer.Range, neurons: Int, layer: String,
        extrema: () throws(InfoLensError) -> (low: [Double], high: [Double])
    ) throws(InfoLensError) {
        var (low, high): ([Double], [Double])
        switch range {
        case .given(let from, let to):
            (low, high) = ([Double](repeating: from, count: neurons), [Double](repeating: to, count: neurons))
        case .neuron:
            (low, high) = try extrema()
        case .layer:
            (low, high) = try extrema()
            (low, high) = (
                [Double](repeating: low.min() ?? 0, count: neurons),
                [Double](repeating: high.max() ?? 0, count: neurons)
            )
        }
        if let neuron = low.indices.first(where: { !(high[$0] - low[$0]).isFinite }) {
            throw InfoLensError(
                .numeric,
                """
                activations: neuron \(neuron) of layer "\(layer)" reaches from \(low[neuron]) to \(high[neuron]), \
                wider than float64 can say; give a range or edges
                """
            )
        }
        self.low = low
        self.bins = bins
        step = zip(low, high).map { ($1 - $0) / Double(bins) }
    }

    /// Whether the grid kernel's arithmetic finds the exact bin of a neuron: edges lie several units in the
    /// last place apart, and the reciprocal of the step exists. Otherwise edges are walked one by one.
    func isWellSpaced(_ neuron: Int) -> Bool {
        let (low, step) = (low[neuron], step[neuron])
        guard step != 0 else { return true }
        let top = low + step * Double(bins)
        return (1 / step).isFinite && step >= 8 * max(low.magnitude, top.magnitude).ulp
    }
}

/// The thresholds "mean": T = [x > mean].
/// - Throws: `numeric` for a mean beyond float64
func meanEdges(
    of matrix: any ActivationMatrix, run: Run
) throws(InfoLensError) -> [Double] {
    let means = try columnMeans(of: matrix, run: run)
    if let neuron = means.firstIndex(where: { !$0.isFinite }) {
        throw InfoLensError(
            .numeric,
            "activations: the mean of neuron \(neuron) of layer \"\(matrix.name)\" is beyond float64; scale the layer"
        )
    }
    return means.map(\.nextUp)
}

/// Cells of fixed width: the first of each neuron, and how many it spans.
/// - Throws: `numeric` for a width too small to number the cells
func cells(
    width: Double, low: [Double], high: [Double], layer: String
) throws(InfoLensError) -> (first: [Double], levels: [Double]) {
    let first = low.map { ($0 / width).rounded(.down) }
    let last = high.map { ($0 / width).rounded(.down) }
    if let neuron = low.indices.first(where: { !(first[$0].isFinite && last[$0].isFinite) }) {
        throw InfoLensError(
            .numeric,
            """
            quantizer: width \(width) is too small for neuron \(neuron) of layer "\(layer)", whose values reach \
            from \(low[neuron]) to \(high[neuron]); give a larger width
            """
        )
    }
    return (first, zip(first, last).map { $1 - $0 + 1 })
}

/// The mean of the two middle values; the middle one for odd N.
func median(of sorted: UnsafeBufferPointer<Double>) -> Double {
    let middle = sorted.count / 2
    guard sorted.count % 2 == 0 else { return sorted[middle] }
    let sum = sorted[middle - 1] + sorted[middle]
    return sum.isFinite ? sum / 2 : sorted[middle - 1] / 2 + sorted[middle] / 2
}

/// The interior edges k / bins, k = 1 ..< bins: between the order statistics around k (N − 1) / bins, linearly.
func quantileEdges(of sorted: UnsafeBufferPointer<Double>, bins: Int) -> [Double] {
    (1..<max(bins, 1)).map { k in
        // In integers, so that the position is exact for every N.
        let (index, rest) = (k * (sorted.count - 1)).quotientAndRemainder(dividingBy: bins)
        guard rest > 0 else { return sorted[index] }
        let (low, high, part) = (sorted[index], sorted[index + 1], Double(rest) / Double(bins))
        guard (high - low).isFinite else { return low * (1 - part) + high * part }
        // Interpolating from the nearer end is monotone and exact at both ends.
        return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part)
    }
}
