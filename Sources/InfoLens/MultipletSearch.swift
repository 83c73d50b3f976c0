// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InformationTheory
import Kernels
import Multiplets
import Tables

/// A search under way.
private struct Search {
    let request: SearchRequest
    private let measure: SearchedMeasure

    init(_ request: SearchRequest) throws(InfoLensError) {
        self.request = request
        measure = try SearchedMeasure(request.joint, domain: request.domain, memory: request.context.memory)
    }

    private struct Outcome {
        var rows: [SearchRow] = []
        var evaluated = 0
        var singular = 0
        var isComplete = true
    }

    /// The table, of what was found until cancellation if there was one.
    func table() throws(InfoLensError) -> (table: Table, isComplete: Bool) {
        var outcome = Outcome()
        var failure: InfoLensError?
        do throws(InfoLensError) {
            try request.context.run(total: work) { (run) throws(InfoLensError) in
                run.reserve(measure.bytes)
                run.enter(stage: "\(request.method.rawValue) search")
                switch request.method {
                case .exhaustive: try exhaustive(&outcome, run)
                case .greedy: try greedy(&outcome, run)
                case .annealing, .evolution: try chains(&outcome, run)
                }
            }
        } catch {
            guard error.kind == .cancelled else { throw error }
            failure = error
            outcome.isComplete = false
        }
        if failure == nil, request.method != .exhaustive, outcome.rows.isEmpty {
            throw InfoLensError(
                .numeric,
                """
                joint: no multiplet of \(request.orders.lowerBound) neurons was found that is not singular; the neurons are \
                constant, or determined by one another, or there are no more samples than neurons
                """)
        }
        return (table(outcome), outcome.isComplete)
    }

    private var work: Int {
        let extrema = request.extrema.count
        switch request.method {
        case .exhaustive: return request.places.count
        case .greedy:
            let first = MultipletOrders(
                variables: request.domain.count, orders: request.orders.lowerBound...request.orders.lowerBound)
            return [first.count, extrema * request.starts * request.orders.count].saturatingSum()
        case .annealing: return saturatingProduct(extrema, request.starts, request.steps)
        case .evolution: return saturatingProduct(extrema, evolutionIslands, request.steps)
        }
    }

    private func row(_ extremum: Extremum, _ rank: Int, _ multiplet: RankedMultiplet, origin: Int?) -> SearchRow {
        let value = multiplet.value + measure.correction(order: multiplet.members.count)
        return SearchRow(
            extremum: extremum, rank: rank, neurons: multiplet.members.map { request.domain[$0] },
            value: request.unit.fromNats(value), origin: origin)
    }

    private func exhaustive(_ outcome: inout Outcome, _ run: Run) throws(InfoLensError) {
        let result = try measure.exhaustive(
            orders: request.enumeration, places: request.places, extrema: request.extrema, top: request.top, run: run)
        outcome.evaluated = result.evaluated
        outcome.singular = result.singular
        outcome.isComplete = result.isComplete
        for extremum in Extremum.allCases where request.extrema.contains(extremum) {
            for (order, lists) in result.best {
                let combinations = Combinations(variables: request.domain.count, order: order)
                let list = extremum == .minimum ? lists.lowest : lists.highest
                for (rank, entry) in list.sorted.enumerated() {
                    let multiplet = RankedMultiplet(members: combinations.members(at: entry.rank), value: entry.value)
                    outcome.rows.append(row(extremum, rank, multiplet, origin: nil))
                }
            }
        }
    }

    private func greedy(_ outcome: inout Outcome, _ run: Run) throws(InfoLensError) {
        let first = request.orders.lowerBound
        let orders = MultipletOrders(variables: request.domain.count, orders: first...first)
        guard orders.count < .max else {
            throw InfoLensError(
                .argument,
                "options.smallest_order: there are more than 2^62 multiplets of \(first) neurons to start from; choose fewer"
            )
        }
        let result = try measure.exhaustive(
            orders: orders, places: 0..<orders.count, extrema: request.extrema, top: request.starts, run: run)
        outcome.evaluated = result.evaluated
        outcome.singular = result.singular
        outcome.isComplete = result.isComplete
        let combinations = Combinations(variables: request.domain.count, order: first)
        for extremum in Extremum.allCases where request.extrema.contains(extremum) {
            guard let lists = result.best.first?.lists else { continue }
            let starts = (extremum == .minimum ? lists.lowest : lists.highest).sorted.map {
                RankedMultiplet(members: combinations.members(at: $0.rank), value: $0.value)
            }
            let grown = try greedySearch(
                of: measure.evaluated, starts: starts, extremum: extremum, order: request.orders.upperBound, run: run)
            outcome.isComplete = outcome.isComplete && grown.isComplete
            for order in request.orders {
                var found: [(multiplet: RankedMultiplet, start: Int)] = []
                for (start, path) in grown.paths.enumerated() where order - first < path.count {
                    found.append((path[order - first], start))
                }
                // Paths may meet; the first start comes first.
                found.sort {
                    $0.multiplet == $1.multiplet
                        ? $0.start < $1.start : $0.multiplet.precedes($1.multiplet, for: extremum)
                }
                for (rank, entry) in found.prefix(request.top).enumerated() {
                    outcome.rows.append(row(extremum, rank, entry.multiplet, origin: entry.start))
                }
            }
        }
    }

    private func chains(_ outcome: inout Outcome, _ run: Run) throws(InfoLensError) {
        let order = request.orders.upperBound
        for extremum in Extremum.allCases where request.extrema.contains(extremum) {
            let seed = request.context.seed
            let result =
                request.method == .annealing
                ? try annealingSearch(
                    of: measure.evaluated, extremum: extremum, order: order, top: request.top, chains: request.starts,
                    steps: request.steps, seed: seed, run: run)
                : try evolutionSearch(
                    of: measure.evaluated, extremum: extremum, order: order, top: request.top,
                    individuals: request.starts, generations: request.steps, seed: seed, run: run)
            outcome.evaluated += result.evaluated
            outcome.singular += result.singular
            outcome.isComplete = outcome.isComplete && result.isComplete
            for (rank, entry) in result.found.enumerated() {
                outcome.rows.append(row(extremum, rank, entry.multiplet, origin: entry.chain))
            }
        }
    }

    private func table(_ outcome: Outcome) -> Table {
        let origin: (name: String, description: String)? =
            switch request.method {
            case .exhaustive: nil
            case .greedy: ("start", "the start that grew into it, by its rank at the smallest order")
            case .annealing, .evolution: ("chain", "the chain that found it first")
            }
        var metadata: [(key: String, value: String)] = [
            ("measure", "o_information"), ("search", request.method.rawValue),
            ("smallest_order", "\(request.orders.lowerBound)"), ("order", "\(request.orders.upperBound)"),
            ("top", "\(request.top)"),
            ("extrema", Extremum.allCases.filter(request.extrema.contains).map(\.rawValue).joined(separator: " ")),
        ]
        if request.domain.count < request.joint.width {
            metadata.append(("domain", request.domain.map { "\($0)" }.joined(separator: " ")))
        }
        if request.method == .exhaustive {
            metadata += [("first", "\(request.places.lowerBound)"), ("count", "\(request.places.count)")]
        } else {
            metadata.append(("starts", "\(request.starts)"))
            if request.method != .greedy {
                metadata += [("steps", "\(request.steps)"), ("seed", "\(request.context.seed)")]
            }
        }
        metadata += [
            ("multiplets", "\(outcome.evaluated)"), ("singular", "\(outcome.singular)"),
            ("complete", "\(outcome.isComplete)"),
        ]
        metadata += request.joint.metadata + [("unit", request.unit.name), ("version", "\(libraryVersion)")]
        return searchTable(
            outcome.rows, width: request.orders.upperBound, unit: request.unit.name, origin: origin, metadata: metadata)
    }
}

@c @implementation
public func il_search(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ options: UnsafePointer<il_search_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(table, "table")
        let result = try Search(try SearchRequest(context, joint, options)).table()
        output.pointee = Handles.insert(TableHandle(result.table))
        if !result.isComplete {
            throw InfoLensError(
                .cancelled, "cancelled on request; the table holds the best so far, and says complete = false")
        }
    }
}

@c @implementation
public func il_search_count(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ options: UnsafePointer<il_search_options>!,
    _ count: UnsafeMutablePointer<Int64>!, _ seconds: UnsafeMutablePointer<Double>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let count = try required(count, "count")
        let request = try SearchRequest(context, joint, options)
        guard request.method == .exhaustive else {
            throw InfoLensError(
                .argument, "options.search: only exhaustive searches are counted; choose IL_SEARCH_EXHAUSTIVE")
        }
        if let seconds {
            let measure = try SearchedMeasure(request.joint, domain: request.domain, memory: request.context.memory)
            seconds.pointee = try measure.seconds(
                orders: request.enumeration, places: request.places, threads: request.context.threads,
                memory: request.context.memory)
        }
        count.pointee = Int64(request.places.count)
    }
}
