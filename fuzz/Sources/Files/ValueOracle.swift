// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

@testable import Activations

/// Values as this library reads them against values as libhdf5 reads them: where both have an answer it is the same.
enum ValueOracle {
    private static let mostElements = 1 << 14

    static func compare(_ path: String) {
        let bytes = BytePath(path)
        guard let file = try? OpenFile(path: bytes, policy: LinkPolicy(dump: bytes, options: OpeningOptions())),
            let walk = try? FileWalk.visit(file)
        else { return }
        for (index, found) in walk.datasets.prefix(12).enumerated() {
            // Whatever is not 0 is true; libhdf5 gives the byte.
            guard let facts = found.facts, facts.type.name != "bool", facts.shape.count >= 2,
                let count = checkedProduct(facts.shape), count > 0, count <= mostElements
            else { continue }
            let isLast = index % 2 == 1 && facts.shape.count == 2
            // In this order: with chunks that decode short libhdf5 reads memory that is not its own.
            guard let values = try? values(file, found.path, samplesAreLast: isLast),
                let stored = byLibrary(found.path, in: path, count: count)
            else { continue }
            let expected = isLast ? transposed(stored, columns: facts.shape[1]) : stored
            check(values.count == count, "'\(found.path.text)': \(values.count) values of \(count)")
            for (place, (value, other)) in zip(values, expected).enumerated()
            where value != other && !(value.isNaN && other.isNaN) {
                fail(
                    """
                    '\(found.path.text)' (\(facts.type.name), \(facts.storage), samples \(isLast ? "last" : "first")): \
                    element \(place) is \(value), to libhdf5 \(other)
                    """)
            }
        }
    }

    private static func values(
        _ file: OpenFile, _ path: BytePath, samplesAreLast: Bool
    ) throws(InfoLensError) -> [Double] {
        let matrix = try HDF5Matrix(
            name: path.text, file: file, place: DatasetPlace(path: path, samplesAreLast: samplesAreLast),
            form: MatrixForm(.flatten), memory: 8 << 20)
        var values: [Double] = []
        // In blocks that agree with no chunk.
        for start in stride(from: 0, to: matrix.samples, by: 7) {
            let rows = start..<min(start + 7, matrix.samples)
            let size = matrix.scratchBytes(rows: rows.count)
            let scratch = try Scratch(bytes: size, for: "scratch")
            let memory = UnsafeMutableRawBufferPointer(start: scratch.base, count: size)
            let block = try matrix.read(rows: rows, scratch: memory)
            for row in 0..<block.rows {
                for neuron in 0..<block.neurons { values.append(block[row, neuron]) }
            }
        }
        return values
    }

    private static func byLibrary(_ dataset: BytePath, in path: String, count: Int) -> [Double]? {
        try? HDF5.locked { () throws(InfoLensError) -> [Double] in
            let file = try HDF5ID(H5Fopen(path, chdf5_read_only(), chdf5_default()), "file")
            let raw = dataset.withCString { H5Dopen2(file.raw, $0, chdf5_default()) }
            let opened = try HDF5ID(raw, "dataset")
            let space = try HDF5ID(H5Dget_space(opened.raw), "space")
            guard H5Sget_simple_extent_npoints(space.raw) == count else { throw InfoLensError(.shape, "extent") }
            var values = [Double](repeating: 0, count: count)
            guard H5Dread(opened.raw, chdf5_native_double(), chdf5_all(), chdf5_all(), chdf5_default(), &values) >= 0
            else { throw InfoLensError(.format, "data") }
            return values
        }
    }

    private static func transposed(_ values: [Double], columns: Int) -> [Double] {
        (0..<columns).flatMap { column in stride(from: column, to: values.count, by: columns).map { values[$0] } }
    }
}
