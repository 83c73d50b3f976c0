// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Synchronization

/// A small number for every sample in each of up to 512 relabelled copies, on bit slices
/// (see slices.h): the class under a permutation, or the weight in a resampling.
final class SampleSlices: @unchecked Sendable {
    /// Copies in a block.
    static let lanes = Int(CN_SLICE_LANES)
    private static let lanesPerWord = 64

    let planes: Int
    private let samples: Int
    private let numberSize: Int
    private let slices: AlignedBuffer
    private let scratch: [AlignedBuffer]

    var words: UnsafePointer<UInt64> { UnsafePointer(slices.values(of: UInt64.self)) }

    private static func bytesPerWorker(samples: Int, planes: Int, numberSize: Int) -> Int {
        (samples + 63) / 64 * 64 * (numberSize + 8 * planes)
    }

    static func bytes(samples: Int, planes: Int, numberSize: Int, workers: Int) -> Int {
        (samples + 1) * planes * lanes / 8
            + min(workers, lanes / lanesPerWord)
            * bytesPerWorker(samples: samples, planes: planes, numberSize: numberSize)
    }

    /// - Parameter numberSize: bytes of a number where it is made: 1, 2 or 4
    init(samples: Int, planes: Int, numberSize: Int, workers: Int) throws(InfoLensError) {
        self.samples = samples
        self.planes = planes
        self.numberSize = numberSize
        slices = try AlignedBuffer(byteCount: (samples + 1) * planes * SampleSlices.lanes / 8)
        var buffers: [AlignedBuffer] = []
        for _ in 0..<min(workers, SampleSlices.lanes / SampleSlices.lanesPerWord) {
            buffers.append(
                try AlignedBuffer(
                    byteCount: SampleSlices.bytesPerWorker(samples: samples, planes: planes, numberSize: numberSize)))
        }
        scratch = buffers
    }

    /// Makes the first `lanes` copies; the others become zeros.
    /// - Parameter make: writes the number of every sample in one copy and returns the bits that they need
    /// - Returns: whether all numbers fit in the planes; if not, the slices are void
    func fill(
        lanes: Int, run: Run, make: (_ lane: Int, _ numbers: UnsafeMutableRawPointer) -> Int
    ) throws(InfoLensError) -> Bool {
        let perWord = SampleSlices.lanesPerWord
        let stride = (samples + 63) / 64
        let fits = Atomic<Bool>(true)
        try forEachItem(
            count: SampleSlices.lanes / perWord, workers: scratch.count, run: run
        ) { (worker, word) throws(InfoLensError) in
            let bits = scratch[worker].values(of: UInt64.self)
            let numbers = UnsafeMutableRawPointer(bits + planes * perWord * stride)
            for lane in 0..<perWord {
                let copy = word * perWord + lane
                guard copy < lanes else {
                    for plane in 0..<planes {
                        (bits + (plane * perWord + lane) * stride).update(repeating: 0, count: stride)
                    }
                    continue
                }
                if make(copy, numbers) > planes { fits.store(false, ordering: .relaxed) }
                cn_slice_bits(
                    numbers, Int32(numberSize), Int64(samples), Int32(planes), bits + lane * stride,
                    Int64(perWord * stride))
                try run.checkpoint()
            }
            cn_slice_transpose(
                bits, Int64(perWord * stride), Int64(samples), Int32(planes), Int32(word),
                slices.values(of: UInt64.self))
        }
        return fits.load(ordering: .relaxed)
    }
}

/// Bits of the numbers 0 ... largest.
func bitLength(_ largest: Int) -> Int { Int.bitWidth - largest.leadingZeroBitCount }
