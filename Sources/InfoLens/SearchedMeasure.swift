// SPDX-License-Identifier: Apache-2.0
import Glibc
import InformationTheory
import Kernels
import Multiplets

/// The O-information of multiplets of a domain, for every kind of search.
struct SearchedMeasure: Sendable {
    let swept: any SweptMeasure
    /// For searches that move about.
    let evaluated: any MultipletMeasure
    /// Bytes that both keep for the time of the search.
    let bytes: Int
    private let corrections: @Sendable (Int) -> Double

    init(
        _ swept: any SweptMeasure, evaluated: any MultipletMeasure, bytes: Int,
        correction: @escaping @Sendable (_ order: Int) -> Double = { _ in 0 }
    ) {
        self.swept = swept
        self.evaluated = evaluated
        self.bytes = bytes
        corrections = correction
    }

    /// What the correction for few samples adds to every multiplet of an order, in nats.
    func correction(order: Int) -> Double { corrections(order) }

    /// The measure of a joint distribution among the neurons of a domain.
    /// - Throws: `memory`
    init(_ joint: Joint, domain: [Int], memory: Int) throws(InfoLensError) {
        switch joint.distribution {
        case .gaussian(let whole):
            // A copy of each matrix, and one in the sweep's layout.
            let bytes = saturatingProduct(2, whole.conditional.count + 1, SweepMatrix.bytes(variables: domain.count))
            guard bytes <= memory else {
                throw InfoLensError(
                    .memory,
                    """
                    memory: a search among \(domain.count) neurons takes \(bytes) bytes for their correlations, but the budget is \
                    \(memory); give the context more, or a smaller domain
                    """)
            }
            let part = domain.count == whole.neurons ? whole : try whole.restricted(to: domain)
            let correction = OInformationCorrection(whole)
            self.init(try GaussianSweep(part), evaluated: part, bytes: bytes) {
                correction.terms(order: $0).oInformation
            }
        case .discrete(let whole):
            let search = try DiscreteSearch(whole, domain: domain)
            self.init(search, evaluated: search, bytes: DiscreteSearch.bytes(whole))
        }
    }

    func exhaustive(
        orders: MultipletOrders, places: Range<Int>, extrema: Set<Extremum>, top: Int, run: Run
    ) throws(InfoLensError) -> ExhaustiveResult {
        try exhaustiveSearch(of: swept, orders: orders, places: places, extrema: extrema, top: top, run: run)
    }

    /// About how long an exhaustive search takes: a trial of each order, on one thread, from where two fifths of its multiplets
    /// lie before, since late prefixes have few multiplets and cost more each.
    func seconds(
        orders: MultipletOrders, places: Range<Int>, threads: Int, memory: Int
    ) throws(InfoLensError) -> Double {
        let parts = orders.ranks(in: places)
        var total = 0.0
        for (order, ranks) in parts {
            guard [bytes, swept.sweeperBytes(order: order)].saturatingSum() <= memory else {
                throw InfoLensError(
                    .memory,
                    "memory: a budget of \(memory) bytes does not hold a walk of order \(order); give the context more")
            }
            let sweeper = try swept.makeSweeper(order: order)
            var lists = TopLists(extrema: [.minimum, .maximum], capacity: min(20, ranks.count))
            var (size, next) = (min(1024, swept.pieceSize(order: order)), ranks.lowerBound + ranks.count / 5 * 2)
            var rate = 0.0
            let limit = 0.05 / Double(parts.count)
            let begin = now()
            while true {
                let piece = next..<min(next + size, ranks.upperBound)
                let start = now()
                _ = sweeper.search(piece, lists: &lists)
                rate = (now() - start) / Double(piece.count)
                if piece.upperBound == ranks.upperBound || now() - begin > limit { break }
                (size, next) = (size * 2, piece.upperBound)
            }
            total += rate * Double(ranks.count)
        }
        return total / Double(threads)
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
