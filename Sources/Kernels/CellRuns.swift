// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// A worker's memory for one neuron's samples in the order of their levels.
final class CellRuns: @unchecked Sendable {
    private let samples: Int
    private let order: AlignedBuffer
    private let ends: AlignedBuffer
    private let cellEnds: AlignedBuffer
    private let cellCodes: AlignedBuffer

    /// Bytes for neurons of up to `levels` levels, and up to `cells` cells of level and class.
    static func bytes(samples: Int, levels: Int, cells: Int = 0) -> Int { 4 * (samples + levels) + 12 * cells + 256 }

    init(samples: Int, levels: Int, cells: Int = 0) throws(InfoLensError) {
        self.samples = samples
        order = try AlignedBuffer(count: samples, of: UInt32.self)
        ends = try AlignedBuffer(count: levels, of: UInt32.self)
        cellEnds = try AlignedBuffer(count: cells, of: UInt32.self)
        cellCodes = try AlignedBuffer(count: cells, of: SampleCell.self)
    }

    /// A neuron's samples by level; valid until the next call.
    /// - Parameter first: the order of samples within a level; nil for ascending
    func sort(_ codes: LevelCodes, neuron: Int, first: UnsafePointer<UInt32>? = nil) -> cn_runs {
        let levels = Int64(codes.levels(of: neuron))
        let (order, ends) = (order.values(of: UInt32.self), ends.values(of: UInt32.self))
        cn_sort_codes(codes.codes(of: neuron), Int32(codes.codeSize), Int64(samples), levels, first, order, ends)
        return cn_runs(order: order, ends: ends, cells: levels, samples: Int64(samples))
    }

    /// A neuron's samples by level and class, cells that are empty left out; valid until the next call.
    /// - Parameter byClass: all samples in the order of their classes
    func sortCells(
        _ codes: LevelCodes, neuron: Int, classes: SampleClasses, byClass: UnsafePointer<UInt32>
    ) -> (runs: cn_runs, cells: UnsafeBufferPointer<SampleCell>) {
        let levels = sort(codes, neuron: neuron, first: byClass)
        let (ends, cells) = (cellEnds.values(of: UInt32.self), cellCodes.values(of: SampleCell.self))
        var count = 0
        var from = 0
        classes.codes.withUnsafeBufferPointer { labels in
            for level in 0..<Int(levels.cells) {
                let end = Int(levels.ends[level])
                for i in from..<end {
                    let label = labels.isEmpty ? 0 : labels[Int(levels.order[i])]
                    if i == from || label != cells[count &- 1].label {
                        cells[count] = SampleCell(level: UInt32(truncatingIfNeeded: level), label: label)
                        count &+= 1
                    }
                    ends[count &- 1] = UInt32(truncatingIfNeeded: i &+ 1)
                }
                from = end
            }
        }
        return (
            cn_runs(order: levels.order, ends: ends, cells: Int64(count), samples: Int64(samples)),
            UnsafeBufferPointer(start: cells, count: count)
        )
    }
}

/// A cell of a neuron's table.
public struct SampleCell: BitwiseCopyable, Sendable {
    public let level: UInt32
    /// The class.
    public let label: Int32
}
