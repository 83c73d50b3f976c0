// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

@testable import Activations

/// Values as this library reads them against values as libhdf5 reads them: where both have an answer it is the same.
enum ValueOracle {
    private static let mostElements = 1 << 14

    static func compare(_ path: String) {
        guard let dump = try? DumpFile(path: path, options: OpeningOptions()) else { return }
        for entry in dump.entries.prefix(12) where entry.shape.count >= 2 && entry.path.hasPrefix("/") {
            // Whatever is not 0 is true; libhdf5 gives the byte.
            guard entry.dtype != "bool",
                let matrix = try? dump.matrix(layer: entry.path, as: MatrixForm(.flatten), memory: 8 << 20),
                matrix.samples == entry.shape[0], matrix.samples <= mostElements / matrix.neurons,
                // In this order: with chunks that decode short libhdf5 reads memory that is not its own.
                let values = try? values(of: matrix),
                let expected = byLibrary(path, entry.path, shape: entry.shape), expected.count == values.count
            else { continue }
            let place = expected.indices.first {
                expected[$0] != values[$0] && !(expected[$0].isNaN && values[$0].isNaN)
            }
            guard let place else { continue }
            fail(
                """
                '\(entry.path)' (\(entry.dtype), \(entry.storage), \(matrix.plan.path)): element \(place) is \
                \(values[place]), to libhdf5 \(expected[place])
                """)
        }
    }

    private static func values(of matrix: any ActivationMatrix) throws(InfoLensError) -> [Double] {
        var values: [Double] = []
        // In blocks that agree with no chunk.
        for start in stride(from: 0, to: matrix.samples, by: 7) {
            let rows = start..<min(start + 7, matrix.samples)
            let size = matrix.scratchBytes(rows: rows.count)
            let scratch = try Scratch(bytes: size, for: "scratch")
            let block = try matrix.read(
                rows: rows, scratch: UnsafeMutableRawBufferPointer(start: scratch.base, count: size))
            for row in 0..<block.rows {
                for neuron in 0..<block.neurons { values.append(block[row, neuron]) }
            }
        }
        return values
    }

    private static func byLibrary(_ path: String, _ dataset: String, shape: [Int]) -> [Double]? {
        guard let count = checkedProduct(shape), count > 0, count <= mostElements else { return nil }
        return try? HDF5.locked { () throws(InfoLensError) -> [Double] in
            let file = try HDF5ID(H5Fopen(path, chdf5_read_only(), chdf5_default()), "file")
            let opened = try HDF5ID(H5Dopen2(file.raw, dataset, chdf5_default()), "dataset")
            let space = try HDF5ID(H5Dget_space(opened.raw), "space")
            guard H5Sget_simple_extent_npoints(space.raw) == count else { throw InfoLensError(.shape, "extent") }
            var values = [Double](repeating: 0, count: count)
            guard
                H5Dread(opened.raw, chdf5_native_double(), chdf5_all(), chdf5_all(), chdf5_default(), &values) >= 0
            else { throw InfoLensError(.format, "data") }
            return values
        }
    }
}
