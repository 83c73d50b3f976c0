// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// A uniform grid for each neuron, exact and in single precision.
final class GridTable: Sendable {
    /// How far a position computed in single precision may be from the true one, in bins; 0 where
    /// single precision cannot serve.
    let tolerance: Float
    private let bins: Int
    private let neurons: Int
    private let exact: AlignedBuffer
    private let single: AlignedBuffer

    init(low: [Double], step: [Double], bins: Int) throws(InfoLensError) {
        self.bins = bins
        neurons = low.count
        exact = try AlignedBuffer(count: 3 * neurons, of: Double.self)
        single = try AlignedBuffer(count: 2 * neurons, of: Float.self)
        let exact = exact.values(of: Double.self)
        let single = single.values(of: Float.self)
        // Subtraction, reciprocal and product each err by half a unit in the last place, 2^-24 of at
        // most `bins`: together less than bins · 2^-22. Twice that leaves room for the edges' own rounding.
        let rounding = Double(bins) * 0x1p-21
        var shift = 0.0
        var isRepresentable = true
        for neuron in 0..<neurons {
            let (low, step) = (low[neuron], step[neuron])
            let inverse = step == 0 ? 0 : 1 / step
            exact[neuron] = low
            exact[neurons + neuron] = step
            exact[2 * neurons + neuron] = inverse
            single[neuron] = Float(low)
            single[neurons + neuron] = Float(inverse)
            guard step != 0 else { continue }
            shift = max(shift, abs(low - Double(Float(low))) * inverse)
            isRepresentable =
                isRepresentable && Float(inverse).isNormal && Float(low).isFinite
                && Float(step * Double(bins)).isFinite
        }
        let tolerance = rounding + 2 * shift
        self.tolerance = isRepresentable && tolerance < 0.125 ? Float(tolerance) : 0
    }

    /// The grids of the neurons from `first` on; valid while this table lives.
    func columns(from first: Int) -> cn_grid {
        let low = exact.values(of: Double.self) + first
        let lowSingle = single.values(of: Float.self) + first
        return cn_grid(
            low: low, step: low + neurons, inverse: low + 2 * neurons, low_single: lowSingle,
            inverse_single: lowSingle + neurons, tolerance: tolerance, bins: Int32(clamping: bins))
    }
}
