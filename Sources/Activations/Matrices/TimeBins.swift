// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The stretches of time in which spikes are counted, each [start, stop): a trial each, or bins of one width.
enum TimeBins: Sendable {
    /// In the file's order; they may overlap and leave gaps.
    case trials(Trials)
    /// `count` bins from `start` on, each `width` seconds: bin k is [start + k width, start + (k + 1) width).
    case regular(start: Double, width: Double, count: Int)

    struct Trials: Sendable {
        let starts: [Double]
        let stops: [Double]
    }

    var count: Int {
        switch self {
        case .trials(let trials): trials.starts.count
        case .regular(_, _, let count): count
        }
    }

    /// Bins of one width from `start` until `stop`, which is left out unless `includesStop`.
    ///
    /// - Throws: `argument` for a width that float64 cannot tell from 0 at such times; `memory` for more bins than
    ///   `limit`
    static func regular(
        from start: Double, to stop: Double, includesStop: Bool, width: Double, limit: Int, of what: String
    ) throws(InfoLensError) -> TimeBins {
        let resolution = max(start.magnitude, stop.magnitude).ulp
        guard width > 8 * resolution else {
            throw InfoLensError(
                .argument,
                """
                bin_width: is \(width) s, but \(what) has times about \(stop) s, which float64 holds to \
                \(resolution) s only; widen the bins
                """
            )
        }
        let quotient = ((stop - start) / width).rounded(.down)
        guard quotient < Double(limit) else {
            throw InfoLensError(
                .memory,
                """
                \(what): bins of \(width) s from \(start) s to \(stop) s are more than the \(limit) that the memory \
                budget holds; widen bin_width, or raise the budget
                """
            )
        }
        // The quotient may round either way: what counts is where the bins' edges lie.
        var count = max(1, Int(max(quotient, 0)))
        func isCovered(_ count: Int) -> Bool {
            let edge = start + Double(count) * width
            return includesStop ? edge > stop : edge >= stop
        }
        while !isCovered(count) { count += 1 }
        while count > 1, isCovered(count - 1) { count -= 1 }
        return .regular(start: start, width: width, count: count)
    }

    /// The bin of a time among regular ones; nil outside.
    static func bin(of time: Double, start: Double, width: Double, count: Int) -> Int? {
        guard time >= start, time < start + Double(count) * width else { return nil }
        var bin = Int(min(max((time - start) / width, 0), Double(count - 1)))
        while bin > 0, time < start + Double(bin) * width { bin -= 1 }
        while bin < count - 1, time >= start + Double(bin + 1) * width { bin += 1 }
        return bin
    }
}

extension TimeBins.Trials {
    /// The trials of a file; none where it has none.
    ///
    /// - Throws: `format` for lists of different lengths, and for trials that end before they begin; `numeric` for times
    ///   that are not finite
    init(_ place: SpikePlace, in file: OpenFile, memory: Int) throws(InfoLensError) {
        guard let startsPath = place.starts, let stopsPath = place.stops else {
            (starts, stops) = ([], [])
            return
        }
        let begin = try StoredVector(file, startsPath, memory: memory)
        let end = try StoredVector(file, stopsPath, memory: memory)
        guard begin.count == end.count else {
            throw InfoLensError(
                .format, "\(end.what) has \(end.count) times for \(begin.count) of \(begin.what): one a trial is wanted"
            )
        }
        starts = try begin.doubles(limit: memory)
        stops = try end.doubles(limit: memory)
        for trial in starts.indices {
            guard starts[trial].isFinite, stops[trial].isFinite else {
                throw InfoLensError(
                    .numeric,
                    """
                    \(begin.what): trial \(trial) lasts from \(starts[trial]) to \(stops[trial]); times are finite \
                    numbers of seconds
                    """
                )
            }
            guard stops[trial] >= starts[trial] else {
                throw InfoLensError(
                    .format,
                    "\(end.what): trial \(trial) ends at \(stops[trial]) s, before it begins at \(starts[trial]) s")
            }
        }
    }

    /// The trial in which the middle of each of some regular bins lies, the first of several in the file's order;
    /// −1 outside of trials.
    func trialOfBin(start: Double, width: Double, count: Int) -> [Int32] {
        func middle(_ bin: Int) -> Double { start + (Double(bin) + 0.5) * width }
        /// The first bin whose middle is not before `time`.
        func firstBin(from time: Double) -> Int {
            let guess = ((time - start) / width - 0.5).rounded(.up)
            var bin = Int(min(max(guess, 0), Double(count)))
            while bin > 0, middle(bin - 1) >= time { bin -= 1 }
            while bin < count, middle(bin) < time { bin += 1 }
            return bin
        }
        var trialOf = [Int32](repeating: -1, count: count)
        // Bins that have their trial are skipped: overlapping trials take no longer than others.
        var next = Array(0...count)
        func free(from bin: Int) -> Int {
            var root = bin
            while next[root] != root { root = next[root] }
            var bin = bin
            while next[bin] != root { (bin, next[bin]) = (next[bin], root) }
            return root
        }
        for trial in starts.indices {
            let end = firstBin(from: stops[trial])
            var bin = free(from: firstBin(from: starts[trial]))
            while bin < end {
                trialOf[bin] = Int32(truncatingIfNeeded: trial)
                next[bin] = bin + 1
                bin = free(from: bin + 1)
            }
        }
        return trialOf
    }
}
