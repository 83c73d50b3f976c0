// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// What covariances are computed from: sums of products about the means of each class, and these means.
public struct Scatter: Sendable {
    /// Of each class, or one of all classes together.
    public let sums: ScatterSums
    /// [class][column].
    public let means: [[Double]]
}

/// How samples are centred and summed.
public struct ScatterGroups: Sendable {
    /// About the mean of whose samples a sample is taken.
    public let classes: SampleClasses
    /// Whether each class has sums of its own, rather than one of all.
    public let areApart: Bool

    public init(classes: SampleClasses, areApart: Bool) {
        self.classes = classes
        self.areApart = areApart
    }

    /// The groups that are summed apart.
    var summed: SampleClasses { areApart ? classes : SampleClasses(unlabelled: classes.total) }

    /// Bytes of sums and means; at most Int.max.
    public func bytes(columns: Int) -> Int {
        [
            ScatterSums.bytes(columns: columns, groups: areApart ? classes.count : 1),
            saturatingProduct(2, columns, classes.count, MemoryLayout<Double>.stride),
        ].saturatingSum()
    }
}

/// The scatter of a matrix's columns as they are, read twice in blocks of rows: for the means, and for the products
/// about them.
///
/// - Throws: `memory` when the budget does not hold a window of rows (the caller has reserved `ScatterGroups.bytes`);
///   `numeric` at NaN or infinity, naming the first; what `matrix.read` throws
public func scatter(
    of matrix: any ActivationMatrix, groups: ScatterGroups, run: Run
) throws(InfoLensError) -> Scatter {
    let (samples, columns) = (matrix.samples, matrix.neurons)
    let means = try columnMeans(of: matrix, classes: groups.classes, run: run)
    let centres = try AlignedBuffer(count: columns * means.count, of: Double.self)
    let centre = centres.values(of: Double.self)
    for (c, mean) in means.enumerated() { (centre + c * columns).update(from: mean, count: columns) }
    let summed = groups.summed
    let sums = try ScatterSums(columns: columns, groups: summed.count)
    let window = PackedRows.bytes(
        windowRows: PackedRows.windowRows(samples: samples, columns: columns, groups: summed.count),
        panels: PackedRows.panels(of: 0..<columns).count, groups: summed.count)
    try checkRoom(for: window, of: matrix, run: run)
    let blocks = try RowBlocks(of: matrix, run: run, memory: (run.memory - window) / 2)
    var scratch: [AlignedBuffer] = []
    for _ in 0..<blocks.workers { scratch.append(try AlignedBuffer(byteCount: matrix.scratchBytes(rows: blocks.rows))) }
    let buffers = scratch
    let packed = try PackedRows(
        columns: 0..<columns, others: nil, totalColumns: columns, classes: summed, samples: samples,
        bytes: max(window, min((run.memory - window) / 2, packedBytes)))
    try packed.forEachFilling(samples: samples) { (rows) throws(InfoLensError) in
        // Blocks begin at multiples of their size, as chunks of a file do.
        let first = rows.lowerBound / blocks.rows
        let count = (rows.upperBound - 1) / blocks.rows - first + 1
        try forEachItem(count: count, workers: blocks.workers, run: run) { (worker, item) throws(InfoLensError) in
            let from = (first + item) * blocks.rows
            let range = max(from, rows.lowerBound)..<min(from + blocks.rows, rows.upperBound)
            let block = try matrix.read(rows: range, scratch: buffers[worker].bytes)
            pack(block, from: rows.lowerBound, into: packed, centres: centre, classes: groups.classes)
            run.advance(by: range.count &* columns)
        }
    } body: { () throws(InfoLensError) in
        try sums.add(packed, run: run)
    }
    withExtendedLifetime(centres) {}
    return Scatter(sums: sums, means: means)
}

/// Units of work, about nanoseconds, that `scatter` reports.
public func scatterWorkUnits(of matrix: any ActivationMatrix) -> Int {
    let panels = PackedRows.panels(of: 0..<matrix.neurons).count
    return [
        saturatingProduct(2, matrix.samples, matrix.neurons),
        ScatterSums.workUnits(rows: matrix.samples, panels: panels, others: (panels + 1) / 2),
    ].saturatingSum()
}

/// Bytes of packed rows that work at full speed: some windows, in the last-level cache.
let packedBytes = 16 << 20

/// - Throws: `memory`
func checkRoom(for bytes: Int, of matrix: any ActivationMatrix, run: Run) throws(InfoLensError) {
    guard bytes <= run.memory / 2 else {
        throw InfoLensError(
            .memory,
            """
            memory: a covariance of layer "\(matrix.name)", of \(matrix.neurons) neurons, takes \(bytes) bytes of \
            working memory beside its matrices, but half the budget leaves \(run.memory / 2); give the context more
            """
        )
    }
}

private func pack(
    _ block: RowBlock, from first: Int, into packed: PackedRows, centres: UnsafePointer<Double>, classes: SampleClasses
) {
    let (columns, stride) = (block.neurons, Int64(packed.panelStride))
    for row in 0..<block.rows {
        let sample = block.firstRow &+ row
        let (window, index) = (sample &- first).quotientAndRemainder(dividingBy: packed.windowRows)
        let place = Int(packed.places(window: window)[index])
        let target = packed.panel(0, isOther: false, window: window, row: place)
        let centre = centres + (classes.codes.isEmpty ? 0 : Int(classes.codes[sample]) &* columns)
        switch block.element {
        case .float32:
            let values = block.base.assumingMemoryBound(to: Float.self) + row &* block.rowStride
            cn_scatter_row_f32(values, centre, Int64(columns), target, stride)
        case .float64:
            let values = block.base.assumingMemoryBound(to: Double.self) + row &* block.rowStride
            cn_scatter_row_f64(values, centre, Int64(columns), target, stride)
        }
    }
}
