// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Testing

@testable import Activations

@Suite("Sparse rows")
struct SparseMatrixTests {
    let folder = TemporaryFolder()
    private let place = SparsePlace(
        values: BytePath("/X/data"), indices: BytePath("/X/indices"), pointers: BytePath("/X/indptr"), shape: [4, 3])

    private func matrix(
        _ name: String, data: [Float] = [1, 2, 3, 4], indices: [Int32] = [0, 2, 1, 1],
        pointers: [Int32] = [0, 2, 2, 3, 4],
        shape: [Int] = [4, 3], chunk: Int? = nil, memory: Int = 1 << 20
    ) throws(InfoLensError) -> SparseMatrix {
        let file = try FixtureFile(folder[name])
        let storage = FixtureStorage(chunk: chunk.map { [$0] }, deflate: chunk != nil)
        try file.floats("X/data", data, shape: [data.count], storage: storage)
        try file.dataset(
            "X/indices", indices, type: chdf5_std_integer(4, 1, 0), shape: [indices.count], storage: storage)
        try file.integers("X/indptr", pointers)
        let place = SparsePlace(values: place.values, indices: place.indices, pointers: place.pointers, shape: shape)
        return try SparseMatrix(name: "X", file: try file.dump().file, place: place, memory: memory)
    }

    @Test("rows become dense, empty rows and double entries included, in blocks of any size")
    func dense() throws {
        let expected: [Double] = [1, 0, 2, 0, 0, 0, 0, 3, 0, 0, 4, 0]
        for memory in [1 << 20, 256] {
            let matrix = try matrix("a\(memory).h5", memory: memory)
            #expect(matrix.samples == 4 && matrix.neurons == 3 && matrix.element == .float32)
            for block in 1...4 { #expect(try values(of: matrix, block: block) == expected) }
        }
        let doubled = try matrix("twice.h5", indices: [2, 2, 1, 1])
        #expect(try values(of: doubled, block: 3) == [0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 4, 0])
    }

    @Test("chunks and gzip change no value, whatever block, chunk and budget")
    func chunked() throws {
        let (rows, columns) = (200, 7)
        var random = Numbers(seed: 3)
        var (data, indices, pointers): ([Float], [Int32], [Int32]) = ([], [], [0])
        var expected = [Double](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            for column in 0..<columns where random.next() % 3 == 0 {
                let value = Float(random.next() % 1000) / 8
                data.append(value)
                indices.append(Int32(column))
                expected[row * columns + column] = Double(value)
            }
            pointers.append(Int32(data.count))
        }
        for (index, chunk) in [5, 64, 4000].enumerated() {
            for memory in [1 << 22, 1 << 18] {
                let matrix = try matrix(
                    "c\(index)-\(memory).h5", data: data, indices: indices, pointers: pointers, shape: [rows, columns],
                    chunk: min(chunk, data.count), memory: memory)
                for block in [1, 13, 200] {
                    let isEqual = try values(of: matrix, block: block) == expected
                    #expect(isEqual, "\(chunk) \(memory) \(block)")
                }
            }
        }
    }

    @Test("every lie in indices, pointers and shape is an error")
    func hostile() throws {
        let lies: [(pointers: [Int32], indices: [Int32], shape: [Int], kind: InfoLensError.Kind)] = [
            ([0, 2, 1, 3, 4], [0, 2, 1, 1], [4, 3], .format), ([1, 2, 2, 3, 4], [0, 2, 1, 1], [4, 3], .format),
            ([0, 2, 2, 3, 5], [0, 2, 1, 1], [4, 3], .format), ([0, 2, 2, 3, 3], [0, 2, 1, 1], [4, 3], .format),
            ([0, -2, 2, 3, 4], [0, 2, 1, 1], [4, 3], .format), ([0, 2, 2, 3], [0, 2, 1, 1], [4, 3], .format),
            ([0, 2, 2, 3, 4], [0, 3, 1, 1], [4, 3], .format), ([0, 2, 2, 3, 4], [0, -1, 1, 1], [4, 3], .format),
            ([0, 2, 2, 3, 4], [0, 2, 1], [4, 3], .format), ([0, 2, 2, 3, 4], [0, 2, 1, 1], [0, 3], .shape),
            ([0, 2, 2, 3, 4], [0, 2, 1, 1], [.max, 3], .format), ([0, 2, 2, 3, 4], [0, 2, 1, 1], [4, .max], .shape),
            ([0, 2, 2, 3, 4], [0, 2, 1, 1], [4], .shape),
        ]
        for (index, lie) in lies.enumerated() {
            // Pointers are checked when they are loaded, or as they are read.
            for memory in [1 << 20, 256] {
                let error = failure { () throws(InfoLensError) in
                    try values(
                        of: matrix(
                            "l\(index)-\(memory).h5", indices: lie.indices, pointers: lie.pointers, shape: lie.shape,
                            memory: memory), block: 4)
                }
                #expect(error?.kind == lie.kind, "\(lie): \(error?.description ?? "no error")")
            }
        }
    }

    @Test("a real sparse file reads as its dense twin")
    func twin() throws {
        guard let sparse = SharedData.path("samples/anndata_csr.h5ad"),
            let dense = SharedData.path("samples/anndata_dense.h5ad")
        else { return }
        let expected = try DumpFile(path: dense).values("/X")
        let file = try DumpFile(path: sparse).file
        let place = SparsePlace(
            values: place.values, indices: place.indices, pointers: place.pointers, shape: [200, 32])
        for memory in [1 << 24, 1 << 18] {
            let matrix = try SparseMatrix(name: "X", file: file, place: place, memory: memory)
            for block in [1, 33, 200] {
                let isEqual = try values(of: matrix, block: block) == expected
                #expect(isEqual, "\(memory) \(block)")
            }
        }
    }
}
