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
        fraction = GridTable.setFixedPoint(single + 2 * neurons, exact, neurons: neurons, bins: bins)
    }

    /// Fills in scale and offset of fixed-point positions, in units of 2^-16 bin, and returns `fraction`.
    private static func setFixedPoint(
        _ scale: UnsafeMutablePointer<Float>, _ exact: UnsafePointer<Double>, neurons: Int, bins: Int
    ) -> UInt32 {
        // Scale and offset err by 2^-24 of a term each, the sum by 2^-24 of itself: together less than 2^-22 of
        // the terms, which leaves room for the edges' own rounding; cutting off costs one unit more.
        func error(_ neuron: Int) -> Double {
            (Double(bins) + abs(exact[neuron]) * exact[2 * neurons + neuron]) * 0x1p-22 * 0x1p16 + 1
        }
        // A strip is done again where one of its values is in doubt, which a large margin makes frequent.
        let limit = 64.0
        func serves(_ neuron: Int) -> Bool {
            let factor = Float(exact[2 * neurons + neuron] * 0x1p16)
            return factor == 0 ? exact[neurons + neuron] == 0 : factor.isNormal && error(neuron) <= limit
        }
        let served = (0..<neurons).filter(serves)
        guard let largest = served.map(error).max(), (neurons - served.count) * CountLayout.strip <= neurons else {
            return 0
        }
        var margin = 2.0
        while margin < largest { margin *= 2 }
        // The others' positions are always on an edge.
        for neuron in 0..<neurons { (scale[neuron], scale[neurons + neuron]) = (0, 0x1p16) }
        for neuron in served {
            let factor = exact[2 * neurons + neuron] * 0x1p16
            scale[neuron] = Float(factor)
            scale[neurons + neuron] = Float(margin - exact[neuron] * factor)
        }
        return 0xffff & ~(2 * UInt32(margin) - 1)
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
