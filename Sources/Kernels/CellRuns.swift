// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// A worker's memory for one neuron's samples in the order of their levels.
final class CellRuns: @unchecked Sendable {
    private let samples: Int
    private let order: AlignedBuffer
    private let ends: AlignedBuffer

    static func bytes(samples: Int, levels: Int) -> Int { 4 * (samples + levels) + 128 }

    init(samples: Int, levels: Int) throws(InfoLensError) {
        self.samples = samples
        order = try AlignedBuffer(count: samples, of: UInt32.self)
        ends = try AlignedBuffer(count: levels, of: UInt32.self)
    }

    /// Sorts the samples of a neuron; valid until the next call.
    func sort(_ codes: LevelCodes, neuron: Int) -> cn_runs {
        let levels = Int64(codes.levels(of: neuron))
        let (order, ends) = (order.values(of: UInt32.self), ends.values(of: UInt32.self))
        cn_sort_codes(codes.codes(of: neuron), Int32(codes.codeSize), Int64(samples), levels, order, ends)
        return cn_runs(order: order, ends: ends, cells: levels, samples: Int64(samples))
    }
}
