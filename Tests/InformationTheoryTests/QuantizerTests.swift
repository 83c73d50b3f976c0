// SPDX-License-Identifier: Apache-2.0
import Kernels
import Synchronization
import TestSupport
import Testing

@testable import InformationTheory

/// Occupied levels of each neuron: the counts, in ascending order of level.
private func occupied(_ matrix: MemoryMatrix, _ quantizer: Quantizer, memory: Int = 1 << 30) throws -> [[UInt32]] {
    let result = Mutex([[UInt32]](repeating: [], count: matrix.neurons))
    let classes = SampleClasses(unlabelled: matrix.samples)
    try forEachQuantizedNeuron(of: matrix, quantizer: quantizer, classes: classes, run: run(memory: memory)) {
        neuron, table in
        let counts = table.marginal.filter { $0 > 0 }
        result.withLock { $0[neuron] = counts }
    }
    return result.withLock { $0 }
}

private func column(_ values: [Double]) -> MemoryMatrix { MemoryMatrix(values, neurons: 1) }

@Suite struct QuantizerTests {
    @Test("a value on an edge belongs to the bin above, the last bin is closed")
    func boundaries() throws {
        let values = column([0, 1, 1, 2, 3, 4])
        #expect(try occupied(values, .uniform(bins: 4, range: .neuron)) == [[1, 2, 1, 2]])
        #expect(try occupied(values, .explicit(edges: [1, 3])) == [[1, 3, 2]])
        #expect(try occupied(values, .threshold(.value(1))) == [[3, 3]])
        #expect(try occupied(values, .width(2)) == [[3, 2, 1]])
    }

    @Test("values outside a given range fall in the first and the last bin")
    func outside() throws {
        let values = column([-5, -0.1, 0, 0.5, 1, 1.1, 1e300])
        #expect(try occupied(values, .uniform(bins: 2, range: .given(low: 0, high: 1))) == [[3, 4]])
    }

    @Test("the threshold takes numbers, the median and the mean")
    func thresholds() throws {
        let values = column([1, 2, 3, 10])
        #expect(try occupied(values, .threshold(.median)) == [[2, 2]])
        #expect(try occupied(values, .threshold(.mean)) == [[3, 1]])
        #expect(try occupied(values, .threshold(.value(-1))) == [[4]])
        #expect(try occupied(column([1, 2, 2, 2, 5]), .threshold(.median)) == [[4, 1]])
        #expect(try occupied(column([0]), .threshold(.value(.greatestFiniteMagnitude))) == [[1]])
    }

    @Test("quantiles split evenly, and equal values stay together")
    func quantiles() throws {
        #expect(try occupied(column((0..<100).map(Double.init)), .quantile(bins: 4)) == [[25, 25, 25, 25]])
        #expect(try occupied(column([0, 0, 0, 0, 0, 0, 1, 2]), .quantile(bins: 4)) == [[6, 2]])
        #expect(try occupied(column([7]), .quantile(bins: 65536)) == [[1]])
    }

    @Test("negative values, and widths that are no power of two")
    func widths() throws {
        #expect(try occupied(column([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]), .width(0.15)) == [[2, 1, 2, 1, 1]])
    }

    @Test("integers far apart are sorted, near ones counted, alike")
    func integers() throws {
        #expect(try occupied(column([3, -2, 3, 3, 5]), .integer) == [[1, 3, 1]])
        #expect(try occupied(column([3, -2, 3, 3, 0x1p53]), .integer) == [[1, 3, 1]])
    }

    @Test("few and many levels, ample and tight budgets count alike")
    func pathsAgree() throws {
        let matrix = reluLike(samples: 2000, neurons: 6)
        let edges = (1..<300).map { Double($0) / 100 }
        for quantizer in [Quantizer.uniform(bins: 5000, range: .neuron), .width(0.001), .explicit(edges: edges)] {
            #expect(try occupied(matrix, quantizer) == occupied(matrix, quantizer, memory: 1 << 20))
        }
    }

    @Test("a neuron that must be sorted leaves its neighbours as they are")
    func mixedLayers() throws {
        let samples = 3000
        let plain = reluLike(samples: samples, neurons: 2, element: .float64)
        // Rounding noise on a constant, an outlier, and a neuron of many levels.
        let odd: [(Int) -> Double] = [
            { $0 % 3 == 0 ? 0.1.nextUp : 0.1 }, { $0 == 7 ? 1e12 : Double($0 % 5) }, { Double($0) },
        ]
        for oddColumn in odd {
            let values = (0..<samples).flatMap { row in
                [plain.values[2 * row], oddColumn(row), plain.values[2 * row + 1]]
            }
            let mixed = MemoryMatrix(values, neurons: 3)
            for quantizer in [Quantizer.uniform(bins: 30, range: .neuron), .width(0.25)] {
                let found = try occupied(mixed, quantizer)
                #expect(found[0] == (try occupied(column(plain.column(0)), quantizer))[0])
                #expect(found[1] == (try occupied(column(mixed.column(1)), quantizer))[0])
                #expect(found[2] == (try occupied(column(plain.column(1)), quantizer))[0])
            }
        }
        let symbols = MemoryMatrix((0..<200).flatMap { [Double($0 % 4), Double($0) * 1e6] }, neurons: 2)
        #expect(try occupied(symbols, .integer) == [[50, 50, 50, 50], [UInt32](repeating: 1, count: 200)])
    }

    @Test("the mean of a neuron with rounding noise lies between its values")
    func meanOfNoise() throws {
        let values = (0..<100_000).map { $0 % 3 == 0 ? 0.1.nextUp : 0.1 }
        let found = try occupied(column(values), .threshold(.mean))
        #expect(found == [[66666, 33334]])
    }

    @Test("quantiles of values that span all of float64")
    func wideQuantiles() throws {
        let values = column([-1.7e308, -1e308, 1e308, 1.7e308])
        #expect(try occupied(values, .quantile(bins: 2)) == [[2, 2]])
        #expect(try occupied(values, .threshold(.median)) == [[2, 2]])
    }

    @Test("ranges of a few units in the last place have exact bins")
    func narrowRange() throws {
        let values = (0..<8).map { 1e15 + Double($0) * 0.125 }
        // Edges k · step + low round to the values themselves: numpy.histogram counts the same.
        #expect(try occupied(column(values), .uniform(bins: 7, range: .neuron)) == [[1, 1, 1, 1, 1, 1, 2]])
        let tiny = (0..<4).map { Double($0) * Double.leastNonzeroMagnitude }
        #expect(try occupied(column(tiny), .uniform(bins: 3, range: .neuron)) == [[1, 1, 2]])
    }

    @Test("parameters out of range are refused with their names")
    func validation() {
        let cases: [(Quantizer, String)] = [
            (.threshold(.value(.nan)), "threshold is nan"), (.uniform(bins: 0, range: .neuron), "bins is 0"),
            (.quantile(bins: 70000), "bins is 70000"), (.width(0), "width is 0"), (.width(.infinity), "width is inf"),
            (.uniform(bins: 2, range: .given(low: 1, high: 1)), "range is 1"),
            (.uniform(bins: 2, range: .given(low: -1.5e308, high: 1.5e308)), "wider than float64"),
            (.explicit(edges: []), "0 edges"), (.explicit(edges: [1, 1]), "edge 1 is 1.0 after 1.0"),
            (.explicit(edges: [.nan]), "edge 0 is nan"),
        ]
        for (quantizer, text) in cases {
            let error = #expect(throws: InfoLensError.self) { try quantizer.validate() }
            #expect(error?.kind == .argument && error?.description.contains(text) == true, "\(quantizer)")
        }
    }

    @Test("values that a quantiser cannot take are named")
    func values() {
        let cases: [(Quantizer, [Double], String)] = [
            (.integer, [1, 2, 2.5], "2.5 at row 2, neuron 0"), (.integer, [1, 0x1p54], "at row 1, neuron 0"),
            (.integer, [0, 0.5, 1e9], "0.5 at row 1"),
            (.integer, [3, .nan], "NaN at row 1"), (.width(1e-300), [1e300, 0], "too small for neuron 0"),
            (.uniform(bins: 4, range: .neuron), [-1.7e308, 1.7e308], "wider than float64"),
            (.threshold(.mean), [1.7e308, 1.7e308], "mean of neuron 0"),
            (.quantile(bins: 3), [0, .nan], "NaN at row 1, neuron 0"),
            (.threshold(.value(0)), [0, -.infinity], "-infinity at row 1, neuron 0"),
        ]
        for (quantizer, values, text) in cases {
            let error = #expect(throws: InfoLensError.self) { try occupied(column(values), quantizer) }
            #expect(
                error?.kind == .numeric && error?.description.contains(text) == true,
                "\(quantizer): \(String(describing: error))")
        }
    }
}
