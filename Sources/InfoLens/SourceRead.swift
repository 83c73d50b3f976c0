// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import Kernels
import Tables

extension Source.Contents {
    /// - Throws: `notFound` for a layer that is not there (lists those that are)
    func matrix(named name: String) throws(InfoLensError) -> any ActivationMatrix {
        if let layer = layers.first(where: { isSameText($0.matrix.name, name) }) { return layer.matrix }
        let names = layers.map { "\"\($0.matrix.name)\"" }.joined(separator: ", ")
        throw InfoLensError(.notFound, "layer: there is no layer \"\(name)\"; the source has \(names)")
    }
}

/// Where samples are to go: [n, d], C-contiguous.
private struct Destination: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let rows: Int
    let element: Element

    /// - Parameter matrix: whose samples they are
    init(_ pointer: UnsafePointer<il_array>?, for matrix: any ActivationMatrix) throws(InfoLensError) {
        let array = try stridedArray(pointer, argument: "output")
        switch array.dtype {
        case .float32: element = .float32
        case .float64: element = .float64
        default:
            throw InfoLensError(.dtype, "output: is of type \(array.dtype.name); give float32 or float64")
        }
        guard element == .float64 || matrix.element == .float32 else {
            throw InfoLensError(
                .dtype, "output: is float32, which cannot hold the values of layer \"\(matrix.name)\"; give float64")
        }
        guard array.shape.count == 2, array.shape[1] == matrix.neurons, array.shape[0] > 0 else {
            throw InfoLensError(
                .shape, "output: has shape \(array.shape); give [n, \(matrix.neurons)] for n samples, at least one")
        }
        let size = element.size
        guard array.strides == [matrix.neurons * size, size] else {
            throw InfoLensError(.shape, "output: is not C-contiguous; give an array without gaps")
        }
        guard let base = array.base else {
            throw InfoLensError(.argument, "output: data is NULL; pass the array's address")
        }
        self.base = UnsafeMutableRawPointer(mutating: base)
        rows = array.shape[0]
    }

    /// Takes a block of samples to their places, `first` being the first sample that is wanted.
    func take(_ block: RowBlock, first: Int) {
        let target = base + (block.firstRow &- first) &* block.neurons &* element.size
        let rowBytes = block.neurons &* element.size
        for row in 0..<block.rows {
            let source = block.base + row &* block.rowStride &* block.element.size
            if element == block.element {
                // Rows that follow each other are one run.
                if block.rowStride == block.neurons {
                    target.copyMemory(from: source, byteCount: block.rows &* rowBytes)
                    return
                }
                (target + row &* rowBytes).copyMemory(from: source, byteCount: rowBytes)
            } else {
                let values = source.assumingMemoryBound(to: Float.self)
                for neuron in 0..<block.neurons {
                    (target + row &* rowBytes).storeBytes(
                        of: Double(values[neuron]), toByteOffset: neuron &* 8, as: Double.self)
                }
            }
        }
    }
}

@c @implementation
public func il_source_read(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ layer: UnsafePointer<CChar>!, _ first: Int64,
    _ output: UnsafePointer<il_array>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let contents = try Handles.object(source, Source.self, argument: "source").contents
        let matrix = try contents.matrix(named: requiredText(layer, "layer"))
        let destination = try Destination(output, for: matrix)
        guard first >= 0, first <= Int64(matrix.samples), destination.rows <= matrix.samples - Int(first) else {
            throw InfoLensError(
                .argument,
                """
                first: \(destination.rows) samples from \(first) on, but layer "\(matrix.name)" has \
                \(matrix.samples); ask for fewer
                """
            )
        }
        let rows = Int(first)..<Int(first) + destination.rows
        try context.run(total: saturatingProduct(destination.rows, matrix.neurons)) { (run) throws(InfoLensError) in
            run.enter(stage: "reading: \(matrix.name)")
            let blocks = try RowBlocks(of: matrix, run: run)
            try blocks.forEach(of: rows, unitsPerRow: matrix.neurons) { (_, block) in
                destination.take(block, first: rows.lowerBound)
                return 0
            }
        }
    }
}

@c @implementation
public func il_source_plan(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let layers = try Handles.object(source, Source.self, argument: "source").contents.layers
        let plans = layers.map(\.plan)
        let keeps = layers.map { KeptRows.pays(for: $0.matrix, memory: context.memory) }
        return Table(columns: [
            Column("layer", description: "the layer's name", texts: layers.map(\.matrix.name)),
            Column(
                "path", description: "memory, blocks, chunks, library or process: how rows are read",
                texts: plans.map(\.path.rawValue)),
            Column("reason", description: "why it is not a faster path", texts: plans.map(\.reason)),
            Column("dtype", description: "type of an element as stored", texts: plans.map(\.dtype)),
            Column("conversion", description: "what elements become", texts: plans.map(\.conversion)),
            Column("storage", description: "how the data lie in the file", texts: plans.map(\.storage)),
            Column("bytes", description: "of the elements, decoded", integers: plans.map { Int64($0.bytes) }),
            Column("stored_bytes", description: "in the file", integers: plans.map { Int64($0.storedBytes) }),
            Column(
                "keeps", description: "1 where decoded rows are kept between passes",
                integers: keeps.map { $0 ? 1 : 0 }),
        ])
    }
}
