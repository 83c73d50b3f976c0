// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// A uniform grid for each neuron, exact and in single precision.
final class GridTable: Sendable {
    /// How far a position computed in single precision may be from the true one, in bins; 0 where
    /// single precision cannot serve.
    let tolerance: Float
    /// The bits of a position in fixed point, one of which is set unless it may be on the wrong side of
    /// an edge; 0 where fixed point cannot serve.
    let fraction: UInt32
    private let bins: Int
    private let neurons: Int
    private let exact: AlignedBuffer
    private let single: AlignedBuffer

    init(low: [Double], step: [Double], bins: Int) throws(InfoLensError) {
        self.bins = bins
        neurons = low.count
        exact = try AlignedBuffer(count: 3 * neurons, of: Double.self)
        single = try AlignedBuffer(count: 4 * neurons, of: Float.self)
        let exact = exact.values(of: Double.self)
        let single = single.values(of: Float.self)
        // Subtraction, reciprocal and product each err by half a unit in the last place, 2^-24 of at
        // most `bins`: together less than bins · 2^-22. Twice that leaves room for the edges' own rounding.
        let rounding = Double(bins) * 0x1p-21
        var shift = 0.0
        // The largest terms whose sum is a position in fixed point.
        var largest = Double(bins)
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
            largest = max(largest, Double(bins) + abs(low) * inverse)
            shift = max(shift, abs(low - Double(Float(low))) * inverse)
            isRepresentable =
                isRepresentable && Float(inverse).isNormal && Float(low).isFinite
                && Float(step * Double(bins)).isFinite
        }
        let tolerance = rounding + 2 * shift
        self.tolerance = isRepresentable && tolerance < 0.125 ? Float(tolerance) : 0
        fraction = isRepresentable ? GridTable.setFixedPoint(single, exact, neurons: neurons, largest: largest) : 0
    }

    /// Fills in scale and offset of fixed-point positions, in units of 2^-16 bin, and returns `fraction`.
    private static func setFixedPoint(
        _ single: UnsafeMutablePointer<Float>, _ exact: UnsafePointer<Double>, neurons: Int, largest: Double
    ) -> UInt32 {
        // Scale and offset err by 2^-24 of a term each, the sum by 2^-24 of itself: together less than
        // largest · 2^-22 bins, which leaves room for the edges' own rounding; cutting off costs one unit more.
        let error = largest * 0x1p-22 * 0x1p16 + 1
        var margin: UInt32 = 2
        while Double(margin) < error, margin <= 64 { margin *= 2 }
        // A strip is done again where one of its values is in doubt: more than one in a few hundred costs dearly.
        guard margin <= 64 else { return 0 }
        for neuron in 0..<neurons {
            let scale = exact[2 * neurons + neuron] * 0x1p16
            single[2 * neurons + neuron] = Float(scale)
            single[3 * neurons + neuron] = Float(Double(margin) - exact[neuron] * scale)
        }
        return 0xffff & ~(2 * margin - 1)
    }

    /// The grids of the neurons from `first` on; valid while this table lives.
    func columns(from first: Int) -> cn_grid {
        let low = exact.values(of: Double.self) + first
        let lowSingle = single.values(of: Float.self) + first
        return cn_grid(
            low: low, step: low + neurons, inverse: low + 2 * neurons, low_single: lowSingle,
            inverse_single: lowSingle + neurons, scale: lowSingle + 2 * neurons, offset: lowSingle + 3 * neurons,
            tolerance: tolerance, fraction: fraction, bins: Int32(clamping: bins))
    }
}
