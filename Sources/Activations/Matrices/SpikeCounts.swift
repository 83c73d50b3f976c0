// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How often each unit spiked in each trial, or in each bin of time: units are neurons, bins are samples.
///
/// The spikes are read once, in any order, and the counts stay in memory.
struct SpikeCounts {
    private let what: String
    private let times: StoredVector
    /// Where the spikes of each unit end among the times.
    private let ends: [Int]
    private let bins: TimeBins
    private let memory: Int

    /// - Parameters:
    ///   - binWidth: seconds of a bin; nil for one bin a trial
    ///   - memory: bytes that reading may use
    /// - Throws: `argument` for neither trials nor a width; `memory` for more bins than the budget holds; `format` for
    ///   an index that does not fit the times; `numeric` for times that are not finite; what reading throws
    init(_ place: SpikePlace, binWidth: Double?, in file: OpenFile, memory: Int) throws(InfoLensError) {
        times = try StoredVector(file, place.times, memory: memory / 4)
        what = times.what
        ends = try Self.ends(StoredVector(file, place.ends, memory: memory / 4), spikes: times.count, memory: memory)
        self.memory = memory
        let trials = try TimeBins.Trials(place, in: file, memory: memory / 8)
        bins = try Self.bins(trials, times: times, width: binWidth, units: ends.count, memory: memory)
    }

    private static func ends(_ index: StoredVector, spikes: Int, memory: Int) throws(InfoLensError) -> [Int] {
        guard index.count > 0 else {
            throw InfoLensError(.shape, "\(index.what) is empty: there are no units")
        }
        let buffer = try index.integers(limit: memory / 8)
        let values = buffer.values(of: Int64.self)
        var ends: [Int] = []
        ends.reserveCapacity(index.count)
        for unit in 0..<index.count {
            guard let end = Int(exactly: values[unit]), end >= ends.last ?? 0, end <= spikes else {
                throw InfoLensError(
                    .format,
                    """
                    \(index.what): unit \(unit) ends at \(values[unit]); ends ascend up to the \(spikes) spikes: the \
                    file is corrupt
                    """
                )
            }
            ends.append(end)
        }
        withExtendedLifetime(buffer) {}
        return ends
    }

    /// Where spikes are counted, without regard to units: as many bins as the counts may take of the budget.
    static func bins(
        _ trials: TimeBins.Trials, times: StoredVector, width: Double?, units: Int, memory: Int
    ) throws(InfoLensError) -> TimeBins {
        let limit = memory / 4 / saturatingProduct(max(units, 1), MemoryLayout<Double>.size)
        guard let width else {
            guard !trials.starts.isEmpty else {
                throw InfoLensError(
                    .argument,
                    """
                    bin_width: \(times.what) holds spike times and the file no trials to count them in; give the \
                    seconds of a bin
                    """
                )
            }
            guard trials.starts.count <= limit else {
                throw InfoLensError(
                    .memory,
                    """
                    \(times.what): counts of \(units) units in \(trials.starts.count) trials are more than the memory \
                    budget of \(memory) bytes holds; raise it
                    """
                )
            }
            return .trials(trials)
        }
        if let start = trials.starts.min(), let stop = trials.stops.max() {
            return try .regular(
                from: start, to: stop, includesStop: false, width: width, limit: limit, of: times.what)
        }
        var range: (low: Double, high: Double)?
        try times.forEachPiece { (start, values) throws(InfoLensError) in
            for (index, time) in values.enumerated() {
                try check(time, at: start + index, of: times)
                range = (min(range?.low ?? time, time), max(range?.high ?? time, time))
            }
        }
        guard let range else {
            throw InfoLensError(
                .shape, "\(times.what) holds no spikes, and the file no trials: there is nothing to count")
        }
        return try .regular(
            from: range.low, to: range.high, includesStop: true, width: width, limit: limit, of: times.what)
    }

    private static func check(_ time: Double, at position: Int, of times: StoredVector) throws(InfoLensError) {
        guard time.isFinite else {
            throw InfoLensError(
                .numeric, "\(times.what): spike \(position) is at \(time); times are finite numbers of seconds")
        }
    }

    /// The counts as a matrix, bins × units, float32 while it holds them exactly.
    func matrix(name: String) throws(InfoLensError) -> any PlannedMatrix {
        let units = ends.count
        let element: Element = times.count < 1 << 24 ? .float32 : .float64
        let counts = try AlignedBuffer(byteCount: saturatingProduct(bins.count, units, element.size))
        let counter = BinCounter(bins)
        var tally = [Int](repeating: 0, count: counter.cells)
        var unit = 0

        /// Writes the column of a unit whose spikes have all come.
        func finish() {
            counter.forEachBin(of: tally) { bin, count in
                let place = bin &* units &+ unit
                switch element {
                case .float32: counts.values(of: Float.self)[place] = Float(count)
                case .float64: counts.values(of: Double.self)[place] = Double(count)
                }
            }
            for cell in tally.indices { tally[cell] = 0 }
            unit += 1
        }
        try times.forEachPiece { (start, values) throws(InfoLensError) in
            for (index, time) in values.enumerated() {
                while unit < units, ends[unit] <= start + index { finish() }
                // Spikes behind the last unit's belong to none.
                guard unit < units else { return }
                try Self.check(time, at: start + index, of: times)
                if let cell = counter.cell(of: time) { tally[cell] += 1 }
            }
        }
        while unit < units { finish() }
        return CopiedRows(
            name: name, samples: bins.count, neurons: units, element: element, copy: counts, plan: plan(element))
    }

    private func plan(_ element: Element) -> ReadingPlan {
        ReadingPlan(
            path: .memory, reason: "", dtype: times.facts.type.name, conversion: "spike times to counts",
            storage: times.facts.storage, bytes: saturatingProduct(times.count, times.encoding.dtype.size),
            storedBytes: Int(clamping: times.facts.storedBytes))
    }
}

/// Finds the bins of times. Trials may overlap, so that times are counted between neighbouring borders of trials
/// first: a trial's count is the sum over the cells that it spans, whatever lies within it.
private struct BinCounter {
    private let bins: TimeBins
    /// Starts and stops of trials, ascending, each once.
    private let borders: [Double]
    /// The cells of each trial.
    private let spans: [Range<Int>]

    /// Cells to count in: bins, or stretches between borders.
    let cells: Int

    init(_ bins: TimeBins) {
        self.bins = bins
        guard case .trials(let trials) = bins else {
            (borders, spans, cells) = ([], [], bins.count)
            return
        }
        var borders: [Double] = []
        for time in (trials.starts + trials.stops).sorted() where time != borders.last { borders.append(time) }
        spans = trials.starts.indices.map { trial in
            Self.borders(borders, notAfter: trials.starts[trial]) - 1..<Self.borders(
                borders, notAfter: trials.stops[trial]) - 1
        }
        cells = max(0, borders.count - 1)
        self.borders = borders
    }

    /// How many borders are not after a time.
    private static func borders(_ borders: [Double], notAfter time: Double) -> Int {
        var lower = 0
        var upper = borders.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if borders[middle] <= time { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }

    func cell(of time: Double) -> Int? {
        if case .regular(let start, let width, let count) = bins {
            return TimeBins.bin(of: time, start: start, width: width, count: count)
        }
        let cell = Self.borders(borders, notAfter: time) - 1
        return cell >= 0 && cell < cells ? cell : nil
    }

    func forEachBin(of tally: [Int], _ body: (_ bin: Int, _ count: Int) -> Void) {
        guard case .trials = bins else {
            for (bin, count) in tally.enumerated() where count > 0 { body(bin, count) }
            return
        }
        var before = [0]
        before.reserveCapacity(tally.count + 1)
        for count in tally { before.append(before[before.count - 1] + count) }
        for (trial, span) in spans.enumerated() { body(trial, before[span.upperBound] - before[span.lowerBound]) }
    }
}
