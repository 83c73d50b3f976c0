// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Rows of several matrices one after the other: a dataset a batch, a file a shard.
///
/// Blocks may cross the borders of parts. Few parts stay open; of many, which HDF5 could not
/// hold open together, each is opened anew when its rows are wanted.
final class StackedMatrix: PlannedMatrix {
    let name: String
    let samples: Int
    let neurons: Int
    let element: Element
    let preferredRows: Int?
    let plan: ReadingPlan
    let rereadingIsCheap: Bool

    private let parts: StackParts
    /// The first row of each part, and `samples`.
    private let starts: [Int]

    /// So many parts stay open.
    static let openParts = 32

    /// The rows of `count` parts.
    ///
    /// What is small is read at once, so that a group a sample is not opened sample by sample in every pass.
    ///
    /// - Parameters:
    ///   - count: at least one
    ///   - memory: bytes that reading may use
    ///   - open: opens a part; called again later, from any thread
    /// - Throws: `shape` for parts of different widths; what `open` throws
    static func joining(
        name: String, count: Int, memory: Int, open: @escaping StackParts.Open
    ) throws(InfoLensError) -> any PlannedMatrix {
        guard count > 1 else { return try open(0) }
        var survey = StackSurvey(name: name)
        if count <= openParts {
            var parts: [any PlannedMatrix] = []
            for index in 0..<count {
                let part = try open(index)
                try survey.add(part)
                parts.append(part)
            }
            return StackedMatrix(survey, parts: StackParts(parts))
        }
        var copy = try SmallCopy(limit: min(memory / 8, SmallCopy.maximumBytes))
        for index in 0..<count {
            let part = try open(index)
            try survey.add(part)
            try copy?.add(part)
            if copy?.isComplete == false { copy = nil }
        }
        if let copy { return copy.rows(as: survey) }
        return StackedMatrix(survey, parts: StackParts(count: count, largest: survey.largest, open: open))
    }

    private init(_ survey: StackSurvey, parts: StackParts) {
        self.parts = parts
        name = survey.name
        starts = survey.starts
        samples = survey.samples
        neurons = survey.neurons
        element = survey.element
        preferredRows = survey.preferredRows
        plan = survey.plan
        rereadingIsCheap = parts.stayOpen && survey.rereadingIsCheap
    }

    private func outputBytes(_ rows: Int) -> Int { alignedProduct(rows, neurons, element.size) }

    func scratchBytes(rows: Int) -> Int { outputBytes(rows) &+ parts.scratchBytes(rows: rows) }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let base = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "layer \"\(name)\": \(scratch.count) bytes of scratch are too few")
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: scratch[outputBytes(rows.count)...])
        var index = part(of: rows.lowerBound)
        var row = rows.lowerBound
        while row < rows.upperBound {
            let (start, end) = (starts[index], starts[index + 1])
            let local = row &- start..<min(end, rows.upperBound) &- start
            let part = try parts.part(index)
            try check(part, rows: end &- start)
            // Parts that are opened again may need more than those that were measured.
            let needed = part.scratchBytes(rows: local.count)
            let own = needed > rest.count ? try AlignedBuffer(byteCount: needed, cleared: false) : nil
            let block = try part.read(rows: local, scratch: own?.bytes ?? rest)
            if local.count == rows.count, block.element == element, own == nil {
                return RowBlock(
                    base: block.base, firstRow: rows.lowerBound, rows: block.rows, neurons: neurons,
                    rowStride: block.rowStride, element: element)
            }
            block.copyRows(to: base + (row &- rows.lowerBound) &* neurons &* element.size, as: element)
            withExtendedLifetime(own) {}
            row = start &+ local.upperBound
            index += 1
        }
        return RowBlock(
            base: UnsafeRawPointer(base), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }

    /// What is opened again may have been changed meanwhile.
    private func check(_ part: any PlannedMatrix, rows: Int) throws(InfoLensError) {
        guard part.samples == rows, part.neurons == neurons, part.element.size <= element.size else {
            throw InfoLensError(.format, "layer \"\(name)\" changed while it was read; leave it alone meanwhile")
        }
    }

    /// The part that holds a row.
    private func part(of row: Int) -> Int {
        var lower = 0
        var upper = starts.count - 2
        while lower < upper {
            let middle = (lower + upper + 1) / 2
            if starts[middle] <= row { lower = middle } else { upper = middle - 1 }
        }
        return lower
    }
}

/// What the parts of a stack are together.
struct StackSurvey {
    let name: String
    private(set) var starts = [0]
    private(set) var neurons = 0
    private(set) var element = Element.float32
    private(set) var rereadingIsCheap = true
    /// Those that need the most scratch memory for one row, and for many.
    private(set) var largest: [any PlannedMatrix] = []

    private var plans = JoinedPlan()
    private var chunk: Int?
    /// Rows of every part but the last, if they are equal.
    private var equalRows: Int?
    private var areEqual = true

    var samples: Int { starts[starts.count - 1] }
    var plan: ReadingPlan { plans.plan }

    init(name: String) { self.name = name }

    /// - Throws: `shape` for another width than that of the first part
    mutating func add(_ part: any PlannedMatrix) throws(InfoLensError) {
        if starts.count == 1 { neurons = part.neurons }
        guard part.neurons == neurons else {
            throw InfoLensError(
                .shape,
                """
                layer "\(name)": part \(starts.count) has \(part.neurons) neurons, the first has \(neurons); only \
                parts of one width can be joined
                """
            )
        }
        let (end, overflow) = samples.addingReportingOverflow(part.samples)
        guard !overflow else { throw InfoLensError(.shape, "layer \"\(name)\": more rows than can be counted") }
        if part.element == .float64 { element = .float64 }
        if let rows = part.preferredRows { chunk = max(chunk ?? 1, rows) }
        if starts.count > 1 {
            let previous = samples - starts[starts.count - 2]
            areEqual = areEqual && previous == equalRows ?? previous
            equalRows = previous
        }
        starts.append(end)
        plans.add(part.plan)
        rereadingIsCheap = rereadingIsCheap && part.rereadingIsCheap

        if largest.isEmpty {
            largest = [part, part]
        } else {
            for (place, rows) in [1, 1 << 12].enumerated()
            where part.scratchBytes(rows: rows) > largest[place].scratchBytes(rows: rows) {
                largest[place] = part
            }
        }
    }

    /// Chunks of the parts, or whole parts where chunks do not divide them.
    var preferredRows: Int? {
        guard let chunk else { return nil }
        guard areEqual, let equalRows, equalRows % chunk != 0, equalRows < 4 * chunk else { return chunk }
        return equalRows
    }
}
