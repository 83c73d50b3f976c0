// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Glibc
import Kernels
import Multiplets

/// The O-information of all multiplets of a Gaussian joint distribution, by the sweeps of sweep.h.
public struct GaussianSweep: SweptMeasure {
    fileprivate let correlation: SweepMatrix
    fileprivate let conditional: [(weight: Double, matrix: SweepMatrix)]
    fileprivate let largestOrder: Int

    public var variables: Int { correlation.variables }

    /// - Throws: `memory`
    public init(_ joint: GaussianJoint) throws(InfoLensError) {
        largestOrder = joint.largestOrder
        correlation = try SweepMatrix(joint.correlation, least: joint.singular)
        var conditional: [(Double, SweepMatrix)] = []
        for part in joint.conditional where part.weight > 0 {
            conditional.append((part.weight, try SweepMatrix(part.covariance, least: joint.singular)))
        }
        self.conditional = conditional
    }

    /// Bytes that it keeps itself.
    public static func bytes(_ joint: GaussianJoint) -> Int {
        saturatingProduct(joint.conditional.count + 1, SweepMatrix.bytes(variables: joint.neurons))
    }

    public func sweeperBytes(order: Int) -> Int {
        saturatingProduct(conditional.count + 1, SweepTables.bytes(variables: variables, levels: max(order - 3, 0)))
    }

    public func pieceSize(order: Int) -> Int {
        // Half a nanosecond and a tenth for each member; with a label logarithms besides.
        (conditional.isEmpty ? 1 << 27 : (1 << 25) / conditional.count) / (order + 2)
    }

    public func makeSweeper(order: Int) throws(InfoLensError) -> any MultipletSweeper {
        try GaussianSweeper(self, order: order)
    }
}

private final class GaussianSweeper: MultipletSweeper {
    private let combinations: Combinations
    /// Whether there are samples enough for the order.
    private let isRegular: Bool
    private var d: Int { combinations.variables }
    private var order: Int { combinations.order }
    /// That of all samples first.
    private let tables: [SweepTables]
    private let weights: [Double]
    private let hits: Hits
    private let row: AlignedBuffer
    /// Members of the prefix that are pushed, from the first on.
    private var pushed = 0

    init(_ sweep: GaussianSweep, order: Int) throws(InfoLensError) {
        combinations = Combinations(variables: sweep.variables, order: order)
        isRegular = order <= sweep.largestOrder
        let levels = max(order - 3, 0)
        var tables = [try SweepTables(sweep.correlation, levels: levels)]
        for part in sweep.conditional { tables.append(try SweepTables(part.matrix, levels: levels)) }
        self.tables = tables
        weights = [1] + sweep.conditional.map(\.weight)
        hits = Hits(combinations)
        row = try AlignedBuffer(count: sweep.variables + Int(CN_SWEEP_PAD), of: Double.self)
    }

    func search(_ ranks: Range<Int>, lists: inout TopLists) -> Int {
        guard isRegular else { return ranks.count }
        if tables.count == 1, order >= 3, order - 2 <= Int(CN_SWEEP_MEMBERS) { return scan(ranks, lists: &lists) }
        var (rank, singular) = (ranks.lowerBound, 0)
        forEachRow(of: ranks) { sums, count in
            guard let sums else {
                (rank, singular) = (rank + count, singular + count)
                return
            }
            singular += nanCount(sums, count)
            // Ω = −½ sum: the lowest Ω is the highest sum.
            var (low, high) = lists.bars
            var i = 0
            while true {
                i = Int(cn_find_outside(sums, Int64(count), Int64(i), -2 * low, -2 * high))
                guard i < count else { break }
                lists.offer(-0.5 * sums[i], rank: rank + i)
                (low, high) = lists.bars
                i += 1
            }
            rank += count
        }
        return singular
    }

    func evaluate(_ ranks: Range<Int>, into values: UnsafeMutablePointer<Double>) -> Int {
        guard isRegular else {
            values.update(repeating: .nan, count: ranks.count)
            return ranks.count
        }
        var (next, singular) = (0, 0)
        forEachRow(of: ranks) { sums, count in
            for i in 0..<count { values[next + i] = sums.map { -0.5 * $0[i] } ?? .nan }
            singular += nanCount(values + next, count)
            next += count
        }
        return singular
    }

    // MARK: - Prefixes

    /// Calls `body` for each prefix of `length` members of the ranks, in order, after pushing it; `skip` for the ranks whose
    /// prefix is singular. `first` and `last` are the members at the ends of the ranks where the prefix is theirs.
    private func forEachPrefix(
        length: Int, of ranks: Range<Int>, skip: (_ count: Int) -> Void,
        body: (_ prefix: [Int], _ first: [Int]?, _ last: [Int]?) -> Void
    ) {
        let (first, last) = (
            hits.ranks.members(at: ranks.lowerBound), hits.ranks.members(at: ranks.upperBound - 1)
        )
        var prefix = Array(first.prefix(length))
        let end = Array(last.prefix(length))
        var isFirst = true
        pushed = 0
        while true {
            if let level = push(prefix) {
                // All that begin with these members are singular.
                let members = prefix[...level]
                let start = combinations.rank(of: members + (prefix[level] + 1..<prefix[level] + order - level))
                let block = Combinations.binomial(d - 1 - prefix[level], order - level - 1)
                skip((start..<start + block).clamped(to: ranks).count)
                if Array(members) == Array(end.prefix(level + 1)) { return }
                guard advance(&prefix, at: level) else { return }
            } else {
                body(prefix, isFirst ? first : nil, prefix == end ? last : nil)
                if prefix == end || !advance(&prefix, at: length - 1) { return }
            }
            isFirst = false
        }
    }

    /// The next prefix that differs at `place` or before; false after the last.
    private func advance(_ prefix: inout [Int], at place: Int) -> Bool {
        var place = place
        defer { pushed = min(pushed, max(place, 0)) }
        while place >= 0, prefix[place] >= d - order + place { place -= 1 }
        guard place >= 0 else { return false }
        prefix[place] += 1
        for later in place + 1..<max(prefix.count, place + 1) { prefix[later] = prefix[later - 1] + 1 }
        return true
    }

    /// Pushes what differs from the prefix before; returns the level at which a matrix became singular.
    private func push(_ prefix: [Int]) -> Int? {
        while pushed < prefix.count {
            for table in tables where !table.push(prefix[pushed], level: pushed) { return pushed }
            pushed += 1
        }
        return nil
    }

    // MARK: - Scans without logarithms

    private func scan(_ ranks: Range<Int>, lists: inout TopLists) -> Int {
        swap(&hits.lists, &lists)
        defer { swap(&hits.lists, &lists) }
        hits.setBounds()
        let (table, level) = (tables[0], order - 3)
        let user = Unmanaged.passUnretained(hits).toOpaque()
        var singular = 0
        /// The pairs after one last member, from those of `first` through those of `last`.
        func edge(_ b: Int, _ first: [Int]?, _ last: [Int]?) {
            let (x0, y0) = first.map { ($0[level + 1], $0[level + 2]) } ?? (b + 1, b + 2)
            let (x1, y1) = last.map { ($0[level + 1], $0[level + 2] + 1) } ?? (d - 2, d)
            if table.fold(b, level: level) {
                singular += Int(
                    cn_pairs_scan(
                        &table.pairs, Int64(b), Int64(x0), Int64(y0), Int64(x1), Int64(y1), hits.bounds, hit, user))
            } else {
                // Those of the rows below x1, and of its own row up to y1.
                for x in x0...x1 { singular += (x == x1 ? y1 : d) - (x == x0 ? y0 : x + 1) }
            }
        }
        forEachPrefix(length: level, of: ranks, skip: { singular += $0 }) { prefix, first, last in
            hits.setPrefix(prefix)
            var low = first?[level] ?? (prefix.last ?? -1) + 1
            let high = last?[level] ?? d - 3
            if first != nil {
                edge(low, first, low == high ? last : nil)
                low += 1
            }
            let end = last == nil ? high + 1 : high
            if low < end {
                singular += table.scan(level: level, last: low..<end, bounds: hits.bounds, hit: hit, user: user)
            }
            if last != nil, low <= high { edge(high, nil, last) }
        }
        return singular
    }

    // MARK: - Rows

    /// Calls `body` with −2 Ω of the multiplets of each row, in order of rank; nil for those that are singular altogether.
    private func forEachRow(
        of ranks: Range<Int>, body: (_ sums: UnsafeMutablePointer<Double>?, _ count: Int) -> Void
    ) {
        let sums = row.values(of: Double.self)
        let level = max(order - 3, 0)
        func rows(after b: Int?, _ first: [Int]?, _ last: [Int]?) {
            let x0 = first?[order - 2] ?? (b ?? -1) + 1
            let isRegular = tables.allSatisfy { $0.fold(b, level: level) }
            for x in x0...(last?[order - 2] ?? d - 2) {
                let y0 = x == x0 ? first?[order - 1] ?? x + 1 : x + 1
                let y1 = last.flatMap { x == $0[order - 2] ? $0[order - 1] + 1 : nil } ?? d
                guard y0 < y1 else { continue }
                guard isRegular else {
                    body(nil, y1 - y0)
                    continue
                }
                sums.update(repeating: 0, count: y1 - y0)
                func add(_ table: SweepTables, _ kind: Int, _ weight: Double) {
                    cn_pairs_row(&table.pairs, Int64(x), Int64(y0), Int64(y1), Int32(kind), weight, sums)
                }
                add(tables[0], tables.count == 1 ? Int(CN_ROW_BOTH) : Int(CN_ROW_DET), 1)
                for (table, weight) in zip(tables, weights).dropFirst() { add(table, Int(CN_ROW_INVERSE), weight) }
                body(sums, y1 - y0)
            }
        }
        if order == 2 {
            rows(
                after: nil, hits.ranks.members(at: ranks.lowerBound), hits.ranks.members(at: ranks.upperBound - 1))
            return
        }
        forEachPrefix(length: order - 3, of: ranks, skip: { body(nil, $0) }) { prefix, first, last in
            let low = first?[order - 3] ?? (prefix.last ?? -1) + 1
            let high = last?[order - 3] ?? d - 3
            for b in low...max(low, high) {
                rows(after: b, b == low ? first : nil, b == high ? last : nil)
            }
        }
    }
}

/// Where a scan puts what it finds.
private final class Hits {
    let ranks: LexicographicRanks
    var lists = TopLists(extrema: [], capacity: 0)
    /// Those of a prefix, and room for three more.
    private var members: [Int]
    let bounds: UnsafeMutablePointer<cn_bounds>
    private var rejected = Double.nan

    init(_ combinations: Combinations) {
        ranks = LexicographicRanks(combinations)
        members = Array(repeating: 0, count: combinations.order)
        bounds = .allocate(capacity: 1)
        bounds.initialize(to: cn_bounds(high: 0, low: .infinity))
    }

    deinit { bounds.deallocate() }

    /// q = exp(−2 Ω).
    func setBounds() {
        let (low, high) = lists.bars
        bounds.pointee = cn_bounds(high: exp(-2 * low), low: exp(-2 * high))
        rejected = .nan
    }

    /// Without sharing the array, which changes from prefix to prefix.
    func setPrefix(_ prefix: [Int]) { for i in prefix.indices { members[i] = prefix[i] } }

    func offer(last: Int, x: Int, y: Int, q: Double) {
        // Where many multiplets have one value, those after the first few are no better.
        guard q != rejected else { return }
        let k = members.count
        (members[k - 3], members[k - 2], members[k - 1]) = (last, x, y)
        let rank = ranks.rank(of: members)
        if lists.offer(-0.5 * log(q), rank: rank) { setBounds() } else { rejected = q }
    }
}

private let hit: cn_hit = { user, last, x, y, q in
    guard let user else { return }
    Unmanaged<Hits>.fromOpaque(user).takeUnretainedValue().offer(last: Int(last), x: Int(x), y: Int(y), q: q)
}

private func nanCount(_ values: UnsafePointer<Double>, _ count: Int) -> Int {
    var total = 0
    for i in 0..<count { total &+= values[i] != values[i] ? 1 : 0 }
    return total
}
