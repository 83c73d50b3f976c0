// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Rows that were copied into memory.
final class CopiedRows: PlannedMatrix {
    let name: String
    let samples: Int
    let neurons: Int
    let element: Element
    let plan: ReadingPlan
    var preferredRows: Int? { nil }

    private let copy: AlignedBuffer

    /// - Precondition: `copy` holds `samples` × `neurons` elements
    init(
        name: String, samples: Int, neurons: Int, element: Element, copy: AlignedBuffer, plan: ReadingPlan = .computed
    ) {
        self.name = name
        self.samples = samples
        self.neurons = neurons
        self.element = element
        self.copy = copy
        self.plan = plan
    }

    func scratchBytes(rows: Int) -> Int { 0 }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let base = copy.bytes.baseAddress else {
            throw InfoLensError(.internal, "layer '\(name)': a buffer without memory")
        }
        return RowBlock(
            base: UnsafeRawPointer(base + rows.lowerBound &* neurons &* element.size), firstRow: rows.lowerBound,
            rows: rows.count, neurons: neurons, rowStride: neurons, element: element)
    }
}

extension RowBlock {
    /// Copies the rows one after the other, as values of a type that holds them exactly.
    ///
    /// - Precondition: `target` has room for them; `wanted` is no narrower than the block's type
    func copyRows(to target: UnsafeMutableRawPointer, as wanted: Element) {
        let rowBytes = neurons &* wanted.size
        if wanted == element {
            for row in 0..<rows {
                (target + row &* rowBytes).copyMemory(from: base + row &* rowStride &* wanted.size, byteCount: rowBytes)
            }
            return
        }
        let values = target.assumingMemoryBound(to: Double.self)
        for row in 0..<rows {
            for neuron in 0..<neurons { values[row &* neurons &+ neuron] = self[row, neuron] }
        }
    }
}
