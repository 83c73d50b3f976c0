// SPDX-License-Identifier: Apache-2.0

/// The two types in which kernels see activations. Every narrower type is exactly
/// representable in one of them; 64-bit integers beyond ±2^53 are refused by the
/// matrix that would have to round them.
public enum Element: Sendable {
    case float32
    case float64

    /// Bytes an element.
    public var size: Int { self == .float32 ? 4 : 8 }
}

/// Consecutive samples in memory: `rows` × `neurons` elements, neurons adjacent.
public struct RowBlock {
    /// Element (`firstRow`, 0), aligned to its type.
    public let base: UnsafeRawPointer
    /// Index of the first row within the matrix.
    public let firstRow: Int
    public let rows: Int
    public let neurons: Int
    /// Distance between rows in elements; may be negative.
    public let rowStride: Int
    public let element: Element

    public init(base: UnsafeRawPointer, firstRow: Int, rows: Int, neurons: Int, rowStride: Int, element: Element) {
        self.base = base
        self.firstRow = firstRow
        self.rows = rows
        self.neurons = neurons
        self.rowStride = rowStride
        self.element = element
    }

    /// The value of a neuron for a row of this block, exact.
    public subscript(row: Int, neuron: Int) -> Double {
        let offset = row &* rowStride &+ neuron
        return switch element {
        case .float32: Double(base.assumingMemoryBound(to: Float.self)[offset])
        case .float64: base.assumingMemoryBound(to: Double.self)[offset]
        }
    }
}

/// Activations of one layer, samples × neurons, read in blocks of rows.
///
/// Whether they lie in memory or in a file that is larger than memory is the
/// conforming type's affair. `read` is called from several threads at once.
public protocol ActivationMatrix: Sendable {
    /// The layer's name, as shown in results and errors.
    var name: String { get }
    /// N ≥ 1.
    var samples: Int { get }
    /// d ≥ 1.
    var neurons: Int { get }
    var element: Element { get }
    /// Number of rows that are cheapest read together (a chunk of the file), or nil.
    var preferredRows: Int? { get }
    /// Whether a row read again costs little more than its bytes: false where it must be decoded again.
    var rereadingIsCheap: Bool { get }
    /// Whether rows are handed out where they lie, rather than copied or decoded first.
    var isInMemory: Bool { get }

    /// What errors call the matrix, as the beginning of a sentence, and one of its neurons.
    func label(ofNeuron neuron: Int) -> (subject: String, neuron: String)

    /// Bytes of scratch memory that `read` needs for this many rows; 0 when it
    /// hands out the caller's own memory. Grows linearly with `rows`.
    func scratchBytes(rows: Int) -> Int

    /// Reads the rows `rows`, which lie within 0 ..< samples.
    ///
    /// - Parameter scratch: at least `scratchBytes(rows: rows.count)` bytes, 64-byte
    ///   aligned; the block may lie in it and is valid until it is used again.
    /// - Throws: `io` or `format` when the file cannot be read, `numeric` when a
    ///   64-bit integer is not exactly representable.
    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock

    /// Bytes that `read(rows:into:workspace:)` needs beside the place that it fills.
    func workspaceBytes(rows: Int) -> Int

    /// Reads rows to a place of the caller's, row after row without gaps.
    ///
    /// - Parameters:
    ///   - output: room for the rows, aligned to their elements
    ///   - workspace: at least `workspaceBytes(rows: rows.count)` bytes, 64-byte aligned
    func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawBufferPointer)
        throws(InfoLensError)
}

extension ActivationMatrix {
    public var rereadingIsCheap: Bool { true }

    public var isInMemory: Bool { scratchBytes(rows: 1) == 0 }

    public func workspaceBytes(rows: Int) -> Int { scratchBytes(rows: rows) }

    public func read(rows: Range<Int>, into output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawBufferPointer)
        throws(InfoLensError)
    {
        let block = try read(rows: rows, scratch: workspace)
        let rowBytes = neurons &* element.size
        if block.rowStride == neurons {
            output.copyMemory(from: block.base, byteCount: block.rows &* rowBytes)
            return
        }
        for row in 0..<block.rows {
            (output + row &* rowBytes).copyMemory(
                from: block.base + row &* block.rowStride &* element.size, byteCount: rowBytes)
        }
    }

    public func label(ofNeuron neuron: Int) -> (subject: String, neuron: String) {
        ("activations: layer \"\(name)\"", "neuron \(neuron)")
    }
}
