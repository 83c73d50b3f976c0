// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// How a matrix is streamed: blocks of rows, spread over workers within the
/// memory budget. Results must not depend on the plan.
public struct RowBlocks {
    /// Rows of a block; the last may be shorter.
    public let rows: Int
    /// Workers that have their own scratch memory, ≥ 1.
    public let workers: Int

    private let matrix: any ActivationMatrix
    private let run: Run

    /// Plans the reading of `matrix`.
    ///
    /// - Parameters:
    ///   - memory: bytes to plan within, or nil for the whole budget of the call
    ///   - bytesPerWorker: what the caller keeps for each worker
    ///   - bytesPerRow: what the caller keeps for each worker and row of a block
    ///   - wantedRows: rows from which on the caller's work runs at full speed
    /// - Throws: `memory` when the budget holds no block of even one row.
    public init(
        of matrix: any ActivationMatrix, run: Run, memory: Int? = nil, bytesPerWorker: Int = 0, bytesPerRow: Int = 0,
        wantedRows: Int = 64
    ) throws(InfoLensError) {
        self.matrix = matrix
        self.run = run
        let memory = memory ?? run.memory
        let rowBytes = matrix.neurons &* matrix.element.size
        let chunk = max(matrix.preferredRows ?? 1, 1)
        // Whole chunks where at least one fits: a chunk cut in two is decoded twice.
        func whole(_ rows: Int) -> Int { rows < chunk ? rows : rows - rows % chunk }
        func half(_ rows: Int) -> Int { whole((rows + 1) / 2) }
        func need(_ rows: Int) -> Int { bytesPerWorker + rows * bytesPerRow + matrix.scratchBytes(rows: rows) }
        // Large enough to hide the cost of a claim, small enough to share out and to report progress. What is copied or
        // decoded on the way is to be in the second-level cache still when it is used.
        let blockBytes = matrix.isInMemory ? 4 << 20 : 1 << 19
        let target = min(max(blockBytes / max(rowBytes, 1), wantedRows, 1), 1 << 16)
        var rows = min(whole(max(target, chunk)), matrix.samples)
        while rows > 1, need(rows) > memory { rows = half(rows) }
        guard need(rows) <= memory else {
            throw InfoLensError(
                .memory,
                """
                memory: a budget of \(run.memory) bytes cannot hold one row of layer "\(matrix.name)" and its \
                counts; give the context at least \(min(need(1), Int.max / 64) * max(run.memory / max(memory, 1), 1)) bytes
                """
            )
        }
        // Two workers on half-size blocks beat one on whole ones.
        let least = max(32, rows < chunk ? 1 : chunk)
        if run.threads > 1 {
            // Unless even the smallest blocks leave no room for a second worker: tiny blocks alone cost dearly.
            var shared = rows
            while half(shared) >= least, need(shared) * 2 > memory { shared = half(shared) }
            if need(shared) * 2 <= memory { rows = shared }
        }
        self.rows = rows
        workers = max(1, min(run.threads, (matrix.samples - 1) / rows + 1, memory / max(need(rows), 1)))
    }

    /// Calls `body` once for each block, several blocks at a time, in ascending order of claim.
    ///
    /// - Parameters:
    ///   - wanted: rows, at least one; nil for all
    ///   - unitsPerRow: work reported for each row
    ///   - body: returns flags of what it found; anything but 0 ends the reading
    /// - Returns: all flags found
    @discardableResult
    public func forEach(
        of wanted: Range<Int>? = nil, unitsPerRow: Int,
        body: (_ worker: Int, _ block: RowBlock) throws(InfoLensError) -> Int32
    ) throws(InfoLensError) -> Int32 {
        var scratch: [AlignedBuffer] = []
        for _ in 0..<workers {
            // Not cleared: what a matrix only sets aside, for the process that reads for it, shall take no memory here.
            scratch.append(try AlignedBuffer(byteCount: matrix.scratchBytes(rows: rows), cleared: false))
        }
        let (matrix, rows, run) = (matrix, rows, run)
        let found = Atomic<Int32>(0)
        // Blocks begin at multiples of their size, as chunks of a file do.
        let wanted = wanted ?? 0..<matrix.samples
        let start = wanted.lowerBound / rows
        let count = (wanted.upperBound - 1) / rows - start + 1
        do throws(InfoLensError) {
            try forEachItem(count: count, workers: workers, run: run) { (worker, item) throws(InfoLensError) in
                let first = (start + item) * rows
                let range = max(first, wanted.lowerBound)..<min(first + rows, wanted.upperBound)
                let block = try matrix.read(rows: range, scratch: scratch[worker].bytes)
                let flags = try body(worker, block)
                run.advance(by: range.count &* unitsPerRow)
                if flags != 0 {
                    found.bitwiseOr(flags, ordering: .relaxed)
                    throw RowBlocks.stopped
                }
            }
        } catch { if error != RowBlocks.stopped { throw error } }
        return found.load(ordering: .relaxed)
    }

    /// Thrown to end a reading, never to the caller.
    private static let stopped = InfoLensError(.internal, "a reading was ended")
}

/// Refuses a declared width of which the budget does not hold one row, before anything is allocated for it: an
/// array of strides 0 or an empty file can declare any.
/// - Throws: `memory`
public func checkWidth(of matrix: any ActivationMatrix, run: Run) throws(InfoLensError) {
    _ = try RowBlocks(of: matrix, run: run)
}
