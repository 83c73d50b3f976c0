// SPDX-License-Identifier: Apache-2.0
import Kernels
import Synchronization

/// A measure that can be asked of all multiplets in lexicographic order.
public protocol SweptMeasure: Sendable {
    /// d.
    var variables: Int { get }
    /// Bytes of one sweeper.
    func sweeperBytes(order: Int) -> Int
    /// About how many multiplets a sweeper does in ten milliseconds.
    func pieceSize(order: Int) -> Int
    /// What one thread needs to walk multiplets of one order.
    func makeSweeper(order: Int) throws(InfoLensError) -> any MultipletSweeper
}

/// Walks multiplets of one order. Their values, in nats, do not depend on where a walk begins.
public protocol MultipletSweeper: AnyObject {
    /// Offers to `lists` the multiplets whose value passes its bars.
    /// - Parameter ranks: lexicographic ranks, not empty, within those of the order
    /// - Returns: the number of singular multiplets
    func search(_ ranks: Range<Int>, lists: inout TopLists) -> Int

    /// Writes every value, NaN for singular multiplets.
    /// - Returns: the number of singular multiplets
    func evaluate(_ ranks: Range<Int>, into values: UnsafeMutablePointer<Double>) -> Int
}

/// What an exhaustive search found.
public struct ExhaustiveResult: Sendable {
    /// The best of each order.
    public var best: [(order: Int, lists: TopLists)]
    /// Multiplets that have no value.
    public var singular: Int
    /// Multiplets looked at.
    public var evaluated: Int
    /// False after cancellation.
    public var isComplete: Bool
}

/// The best multiplets of a range of places.
///
/// Pieces of the range are shared out among threads; each thread keeps its own lists, which are merged by value and rank,
/// so that the result is the same for every number of threads and every cut of the range.
///
/// - Parameters:
///   - places: within 0 ..< orders.count
///   - top: most multiplets a list
/// - Throws: `memory`; cancellation does not throw but leaves the result incomplete
public func exhaustiveSearch(
    of measure: some SweptMeasure, orders: MultipletOrders, places: Range<Int>, extrema: Set<Extremum>, top: Int,
    run: Run
) throws(InfoLensError) -> ExhaustiveResult {
    var result = ExhaustiveResult(best: [], singular: 0, evaluated: 0, isComplete: true)
    for (order, ranks) in orders.ranks(in: places) {
        let capacity = min(top, ranks.count)
        // For each thread and all together, for both ends.
        let bytes = saturatingProduct(2 * (run.threads + 1), capacity, MemoryLayout<TopList.Entry>.stride)
        guard bytes <= run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: lists of the best \(capacity) multiplets take \(bytes) bytes, but the budget leaves \(run.memory); ask for \
                fewer, or give the context more
                """)
        }
        var lists = TopLists(extrema: extrema, capacity: capacity)
        guard result.isComplete else { break }
        let walk = try SharedWalk(measure, order: order, ranks: ranks, run: run)
        let parts = Mutex(Array(repeating: (lists: lists, singular: 0, evaluated: 0), count: walk.workers))
        do throws(InfoLensError) {
            try walk.forEachPiece { (worker, sweeper, piece) throws(InfoLensError) in
                // A worker's own lists: taken out for the piece, so that no other waits for them and nothing is copied.
                var part = parts.withLock { parts in
                    defer { parts[worker].lists = TopLists(extrema: [], capacity: 0) }
                    return parts[worker]
                }
                part.singular += sweeper.search(piece, lists: &part.lists)
                part.evaluated += piece.count
                parts.withLock { $0[worker] = part }
            }
        } catch {
            guard error.kind == .cancelled else { throw error }
            result.isComplete = false
        }
        for part in parts.withLock({ $0 }) {
            lists.merge(part.lists)
            result.singular += part.singular
            result.evaluated += part.evaluated
        }
        result.best.append((order, lists))
    }
    return result
}

/// Ranks of one order cut into pieces, and a sweeper for each worker.
public struct SharedWalk {
    public let workers: Int
    private let sweepers: [any MultipletSweeper]
    private let ranks: Range<Int>
    private let size: Int
    private let run: Run

    /// - Parameter pieceSize: ranks of a piece; nil leaves it to the measure
    /// - Throws: `memory` where the budget does not hold one sweeper
    public init(
        _ measure: some SweptMeasure, order: Int, ranks: Range<Int>, run: Run, pieceSize: Int? = nil
    ) throws(InfoLensError) {
        // Small ranges are shared out too, where a piece is worth a claim.
        let fair = max(ranks.count / (4 * run.threads), 1 << 14)
        size = max(pieceSize ?? min(measure.pieceSize(order: order), fair), 1)
        let pieces = (ranks.count - 1) / size + 1
        let bytes = max(measure.sweeperBytes(order: order), 1)
        guard bytes <= run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: walking multiplets of order \(order) among \(measure.variables) neurons takes \(bytes) bytes, but \
                the budget leaves \(run.memory); give the context more, or search a smaller domain
                """)
        }
        workers = max(1, min(run.threads, pieces, run.memory / bytes))
        var sweepers: [any MultipletSweeper] = []
        for _ in 0..<workers { sweepers.append(try measure.makeSweeper(order: order)) }
        self.sweepers = sweepers
        self.ranks = ranks
        self.run = run
    }

    /// Calls `body` for each piece, several at a time, each worker with its own sweeper.
    public func forEachPiece(
        _ body: (_ worker: Int, _ sweeper: any MultipletSweeper, _ piece: Range<Int>) throws(InfoLensError) -> Void
    ) throws(InfoLensError) {
        try forEachItem(count: (ranks.count - 1) / size + 1, workers: workers, run: run) {
            (worker, item) throws(InfoLensError) in
            let first = ranks.lowerBound + item * size
            let piece = first..<min(first + size, ranks.upperBound)
            try body(worker, sweepers[worker], piece)
            run.advance(by: piece.count)
        }
    }
}
