// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A field of a dataset of records as neurons: records are samples, and the values of the field in a record are its
/// neurons. Arrays as elements are records of one field.
final class RecordMatrix: PlannedMatrix {
    let name: String
    let plan: ReadingPlan
    var rereadingIsCheap: Bool { false }

    private let reader: FieldReader
    private let encoding: Encoding

    let neurons: Int
    var samples: Int { reader.records }
    var element: Element { encoding.dtype.element }
    var preferredRows: Int? { reader.preferredRows }

    /// - Parameter memory: bytes that reading may use
    /// - Throws: `dtype` for a field that holds no numbers; `shape` for arrays of more than one axis without
    ///   `flatten`; what `FieldReader` throws
    init(
        name: String, dataset: Dataset, field: StoredField, reduction: Reduction, memory: Int
    ) throws(InfoLensError) {
        reader = try FieldReader(dataset, field: field, memory: memory)
        guard case .numeric(let encoding) = field.type else {
            throw InfoLensError(
                .dtype,
                "\(reader.what) holds elements of type \(field.type.name); activations are floats, integers or bool")
        }
        if field.shape.count > 1 {
            guard case .flatten = reduction else {
                throw InfoLensError(
                    .shape,
                    """
                    \(reader.what): arrays of shape \(describe(shape: field.shape)); fields of more than one axis can \
                    only be flattened: choose the reduction flatten
                    """
                )
            }
        }
        self.name = name
        self.encoding = encoding
        neurons = field.shape.reduce(1, &*)
        plan = ReadingPlan(
            path: .library, reason: "a field of records is picked out by libhdf5", dtype: encoding.dtype.name,
            conversion: conversionName(encoding), storage: reader.storage,
            bytes: saturatingProduct(reader.records, reader.rowBytes), storedBytes: Int(clamping: reader.storedBytes))
    }

    private func storedBytes(_ rows: Int) -> Int {
        encoding.isKernelElement ? 0 : alignedProduct(rows, reader.rowBytes)
    }

    private func outputBytes(_ rows: Int) -> Int { alignedProduct(rows, neurons, element.size) }

    func scratchBytes(rows: Int) -> Int { outputBytes(rows) &+ storedBytes(rows) &+ reader.workspaceBytes }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let output = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "\(reader.what): \(scratch.count) bytes of scratch are too few")
        }
        let stored = encoding.isKernelElement ? output : output + outputBytes(rows.count)
        try reader.read(rows: rows, into: stored, workspace: output + outputBytes(rows.count) + storedBytes(rows.count))
        if !encoding.isKernelElement {
            if let bad = encoding.convert(
                stored, stride: encoding.dtype.size, count: rows.count &* neurons, to: element, output)
            {
                throw inexactInteger(in: reader.what, row: rows.lowerBound + bad / neurons, neuron: bad % neurons)
            }
        }
        return RowBlock(
            base: UnsafeRawPointer(output), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }
}
