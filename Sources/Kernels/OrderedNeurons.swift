// SPDX-License-Identifier: Apache-2.0

/// The samples of one neuron in ascending order, in memory that a kernel lends.
public struct OrderedSamples {
    /// Ascending; −0 is 0.
    public let values: UnsafeBufferPointer<Double>
    /// The class of each of them.
    public let classes: UnsafeBufferPointer<Int32>

    public init(values: UnsafeBufferPointer<Double>, classes: UnsafeBufferPointer<Int32>) {
        self.values = values
        self.classes = classes
    }

    /// Calls `body` with the places of each value, ascending.
    @inline(__always)
    public func forEachValue(_ body: (Range<Int>) -> Void) {
        var begin = 0
        while begin < values.count {
            var end = begin &+ 1
            while end < values.count, values[end] == values[begin] { end &+= 1 }
            body(begin..<end)
            begin = end
        }
    }
}

/// Calls `body` with the samples of each neuron in ascending order and their classes, several neurons at a time.
///
/// - Parameters:
///   - classes: of the samples
///   - memory: bytes to stay within
///   - toolBytes: memory of one tool
///   - makeTool: makes what each worker needs for itself
/// - Throws: as `forEachColumn`; `shape` for 2³² samples or more
public func forEachOrderedNeuron<Tool>(
    of matrix: any ActivationMatrix, classes: SampleClasses, run: Run, memory: Int, toolBytes: Int,
    makeTool: () throws(InfoLensError) -> Tool,
    body: (_ tool: Tool, _ neuron: Int, _ samples: OrderedSamples) throws(InfoLensError) -> Void
) throws(InfoLensError) {
    let samples = matrix.samples
    guard samples <= UInt32.max else {
        throw InfoLensError(
            .shape, "samples: fewer than 2^32 samples can be put in order, got \(samples); take fewer")
    }
    let orderBytes = ColumnOrder.bytes(count: samples) + OrderedMemory.bytes(samples: samples)
    try classes.withCodes { (codes) throws(InfoLensError) in
        try forEachColumn(
            of: matrix, neurons: Array(0..<matrix.neurons), run: run, memory: memory, toolBytes: orderBytes + toolBytes
        ) { () throws(InfoLensError) in
            (
                order: try ColumnOrder(count: samples), memory: try OrderedMemory(samples: samples),
                tool: try makeTool()
            )
        } body: { (worker, neuron, column) throws(InfoLensError) in
            let words = try worker.order.sort(UnsafePointer(column.baseAddress.unsafelyUnwrapped), run: run)
            try body(worker.tool, neuron, worker.memory.gather(column, codes, in: words))
        }
    }
}

/// A worker's memory for the samples of one neuron in order.
private final class OrderedMemory {
    private let values: UnsafeMutableBufferPointer<Double>
    private let classes: UnsafeMutableBufferPointer<Int32>
    private let memory: AlignedBuffer

    static func bytes(samples: Int) -> Int { samples * 12 + 64 }

    init(samples: Int) throws(InfoLensError) {
        memory = try AlignedBuffer(byteCount: OrderedMemory.bytes(samples: samples))
        let base = memory.values(of: Double.self)
        values = UnsafeMutableBufferPointer(start: base, count: samples)
        classes = UnsafeMutableBufferPointer(
            start: UnsafeMutableRawPointer(base + samples).assumingMemoryBound(to: Int32.self), count: samples)
    }

    func gather(
        _ column: UnsafeMutableBufferPointer<Double>, _ codes: UnsafePointer<Int32>?, in words: UnsafePointer<UInt64>
    ) -> OrderedSamples {
        for i in 0..<values.count {
            let row = Int(truncatingIfNeeded: words[i] & 0xFFFF_FFFF)
            values[i] = column[row] + 0
            // Zero from the start without labels.
            if let codes { classes[i] = codes[row] }
        }
        return OrderedSamples(values: UnsafeBufferPointer(values), classes: UnsafeBufferPointer(classes))
    }
}
