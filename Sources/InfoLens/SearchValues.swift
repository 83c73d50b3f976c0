// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Multiplets
import Synchronization
import Tables

/// Where all values of a search go.
private struct ValuesOutput {
    let options: il_values_options
    let values: UnsafeMutablePointer<Double>?
    let bins: Int
    /// Nil: from the lowest to the highest value.
    let range: ClosedRange<Double>?

    static var defaults: il_values_options {
        var options = il_values_options()
        options.struct_size = UInt32(MemoryLayout<il_values_options>.size)
        options.bins = 100
        options.low = .nan
        options.high = .nan
        return options
    }

    init(_ pointer: UnsafePointer<il_values_options>?, count: Int) throws(InfoLensError) {
        options = try optionsOrDefaults(
            pointer, defaults: ValuesOutput.defaults, argument: "output", initializer: "il_values_options_init()")
        guard options.reserved == 0 else {
            throw InfoLensError(.argument, "output.reserved: is \(options.reserved); leave it 0")
        }
        values = options.values
        guard values != nil || options.value_count == 0, values == nil || options.value_count == count else {
            throw InfoLensError(
                .shape,
                "output.value_count: is \(options.value_count), but the range has \(count) multiplets; give as many")
        }
        guard (1...1_000_000).contains(options.bins) else {
            throw InfoLensError(.argument, "output.bins: is \(options.bins); give 1 to 1000000")
        }
        bins = Int(options.bins)
        if options.low.isNaN, options.high.isNaN {
            range = nil
        } else {
            guard options.low.isFinite, options.high.isFinite, options.low < options.high,
                (Double(bins) / (options.high - options.low)).isNormal
            else {
                throw InfoLensError(
                    .argument,
                    "output.low, output.high: are \(options.low) and \(options.high); give finite numbers, ascending, or leave both NaN"
                )
            }
            range = options.low...options.high
        }
    }
}

/// Counts of values in equal bins, and their moments. Sums are added in the order of pieces that depend on the range alone.
private struct ValueSummary {
    let low: Double
    let high: Double
    var counts: [Int]
    var (below, above, total) = (0, 0, 0)
    var (minimum, maximum) = (Double.infinity, -Double.infinity)
    /// About `low`, so that nothing cancels.
    var (sum, squares) = (0.0, 0.0)

    init(low: Double, high: Double, bins: Int) {
        (self.low, self.high) = (low, high)
        counts = Array(repeating: 0, count: bins)
    }

    mutating func add(_ values: UnsafeBufferPointer<Double>) {
        let scale = high > low ? Double(counts.count) / (high - low) : 0
        var (sum, squares) = (0.0, 0.0)
        for value in values where !value.isNaN {
            total += 1
            minimum = min(minimum, value)
            maximum = max(maximum, value)
            let offset = value - low
            sum += offset
            squares += offset * offset
            if value < low {
                below += 1
            } else if value > high {
                above += 1
            } else {
                // The last bin is closed.
                counts[Int(min(max(offset * scale, 0), Double(counts.count - 1)))] += 1
            }
        }
        self.sum += sum
        self.squares += squares
    }

    func table(unit: Logarithm, metadata: [(key: String, value: String)], singular: Int) -> Table {
        let width = (high - low) / Double(counts.count)
        func edge(_ i: Int) -> Double { i == counts.count ? high : low + Double(i) * width }
        let n = Double(max(total, 1))
        let mean = total > 0 ? low + sum / n : .nan
        let variance = total > 0 ? max(squares / n - (sum / n) * (sum / n), 0) : .nan
        let about: [(key: String, value: String)] = [
            ("singular", "\(singular)"), ("minimum", "\(total > 0 ? minimum : .nan)"),
            ("maximum", "\(total > 0 ? maximum : .nan)"), ("mean", "\(mean)"), ("std", "\(variance.squareRoot())"),
            ("below", "\(below)"), ("above", "\(above)"),
        ]
        return Table(
            columns: [
                Column(
                    "low", unit: unit.name, description: "lower edge of the bin",
                    doubles: counts.indices.map { edge($0) }),
                Column(
                    "high", unit: unit.name, description: "upper edge of the bin, closed for the last",
                    doubles: counts.indices.map { edge($0 + 1) }),
                Column(
                    "multiplets", unit: "1", description: "multiplets in the bin", integers: counts.map { Int64($0) }),
            ], metadata: metadata + about)
    }
}

/// All values of a range, slab by slab.
private struct ValuesCall {
    let request: SearchRequest
    let output: ValuesOutput
    let measure: SearchedMeasure

    /// Values computed by one worker at a time; slabs are whole pieces, so that sums have the same bits for every budget.
    private static let piece = 1 << 14

    func table() throws(InfoLensError) -> Table {
        let context = request.context
        let passes = output.range == nil ? 2 : 1
        return try context.run(total: saturatingProduct(passes, request.places.count)) { (run) throws(InfoLensError) in
            run.reserve(measure.bytes)
            let range = if let range = output.range { range } else { try limits(run) }
            run.enter(stage: "values of all multiplets")
            let file = try makeFile()
            var summary = ValueSummary(low: range.lowerBound, high: range.upperBound, bins: output.bins)
            let singular = try evaluate(file, &summary, run)
            if let file {
                for (key, value) in metadata { try file.setAttribute(key, value) }
                try file.commit()
            }
            return summary.table(unit: request.unit, metadata: metadata, singular: singular)
        }
    }

    private func makeFile() throws(InfoLensError) -> ValuesFile? {
        guard let path = output.options.path else { return nil }
        var dataset = "o_information"
        if let name = output.options.dataset { dataset = try requiredText(name, "output.dataset") }
        return try ValuesFile(path: path, dataset: dataset, count: request.places.count)
    }

    private var metadata: [(key: String, value: String)] {
        [
            ("measure", "o_information"), ("smallest_order", "\(request.orders.lowerBound)"),
            ("order", "\(request.orders.upperBound)"), ("first", "\(request.places.lowerBound)"),
            ("multiplets", "\(request.places.count)"),
        ] + request.joint.metadata + [("unit", request.unit.name), ("version", "\(libraryVersion)")]
    }

    private func converted(_ nats: Double, order: Int) -> Double {
        request.unit.fromNats(nats + measure.correction(order: order))
    }

    /// The lowest and the highest value.
    private func limits(_ run: Run) throws(InfoLensError) -> ClosedRange<Double> {
        run.enter(stage: "range of the values")
        let result = try measure.exhaustive(
            orders: request.enumeration, places: request.places, extrema: [.minimum, .maximum], top: 1, run: run)
        guard result.isComplete else { throw InfoLensError(.cancelled, "cancelled on request") }
        var (low, high) = (Double.infinity, -Double.infinity)
        // A step of the grid further: values of the list are rounded to it.
        let step = RankedMultiplet.grid
        for (order, lists) in result.best {
            if let entry = lists.lowest.sorted.first { low = min(low, converted(entry.value - step, order: order)) }
            if let entry = lists.highest.sorted.first { high = max(high, converted(entry.value + step, order: order)) }
        }
        return low <= high ? low...high : 0...1
    }

    private func evaluate(
        _ file: ValuesFile?, _ summary: inout ValueSummary, _ run: Run
    ) throws(InfoLensError) -> Int {
        let slab = max(1, min(256, run.memory / 4 / (ValuesCall.piece * 8))) * ValuesCall.piece
        let memory = try AlignedBuffer(count: min(slab, request.places.count), of: Double.self)
        run.reserve(slab * 8)
        let base = memory.values(of: Double.self)
        defer { withExtendedLifetime(memory) {} }
        let singular = Mutex(0)
        var written = 0
        for (order, ranks) in request.enumeration.ranks(in: request.places) {
            for first in stride(from: ranks.lowerBound, to: ranks.upperBound, by: slab) {
                let part = first..<min(first + slab, ranks.upperBound)
                let walk = try SharedWalk(
                    measure.swept, order: order, ranks: part, run: run, pieceSize: ValuesCall.piece)
                try walk.forEachPiece { (_, sweeper, piece) throws(InfoLensError) in
                    let values = base + (piece.lowerBound - first)
                    let count = sweeper.evaluate(piece, into: values)
                    singular.withLock { $0 += count }
                    for i in 0..<piece.count { values[i] = converted(values[i], order: order) }
                }
                for start in stride(from: 0, to: part.count, by: ValuesCall.piece) {
                    let count = min(ValuesCall.piece, part.count - start)
                    summary.add(UnsafeBufferPointer(start: base + start, count: count))
                }
                let values = UnsafeBufferPointer(start: base, count: part.count)
                try file?.write(values)
                output.values.map { ($0 + written).update(from: base, count: part.count) }
                written += part.count
            }
        }
        return singular.withLock { $0 }
    }
}

@c @implementation
public func il_values_options_init(_ options: UnsafeMutablePointer<il_values_options>!, _ structSize: UInt32)
    -> il_status
{
    guarded { () throws(InfoLensError) in
        try fill(options, size: structSize, defaults: ValuesOutput.defaults, argument: "options")
    }
}

@c @implementation
public func il_search_values(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ options: UnsafePointer<il_search_options>!,
    _ output: UnsafePointer<il_values_options>!, _ histogram: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(histogram) { () throws(InfoLensError) in
        let request = try SearchRequest(context, joint, options)
        guard request.method == .exhaustive else {
            throw InfoLensError(
                .argument, "options.search: values are those of exhaustive searches; choose IL_SEARCH_EXHAUSTIVE")
        }
        return try ValuesCall(
            request: request, output: try ValuesOutput(output, count: request.places.count),
            measure: try SearchedMeasure(request.joint, domain: request.domain, memory: request.context.memory)
        ).table()
    }
}
