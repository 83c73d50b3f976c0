// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TestSupport
import Testing

@testable import Kernels

@Suite struct ColumnsTests {
    @Test("extrema are exact for every shape, type, thread count and budget")
    func extrema() throws {
        for (samples, neurons) in [(1, 1), (5, 3), (1001, 37)] {
            for element in [Element.float32, .float64] {
                let matrix = reluLike(samples: samples, neurons: neurons, element: element)
                for threads in [1, 3] {
                    let (low, high) = try columnExtrema(of: matrix, run: run(threads: threads, memory: 1 << 20))
                    for neuron in 0..<neurons {
                        #expect(low[neuron] == matrix.column(neuron).min())
                        #expect(high[neuron] == matrix.column(neuron).max())
                    }
                }
            }
        }
    }

    @Test("means have the same bits for every thread count and block size")
    func means() throws {
        let matrix = reluLike(samples: 5000, neurons: 23, element: .float64)
        let reference = try columnMeans(of: matrix, run: run(threads: 1))
        for threads in [2, 3, 8] {
            for memory in [1 << 20, 1 << 24] {
                #expect(try columnMeans(of: matrix, run: run(threads: threads, memory: memory)) == reference)
            }
        }
        for neuron in 0..<23 {
            #expect(abs(reference[neuron] - matrix.column(neuron).reduce(0, +) / 5000) < 1e-12)
        }
    }

    @Test("the radix sort orders values of both signs and keeps equal ones in order")
    func radixSort() throws {
        var generator = FixedGenerator(seed: 5)
        for count in [1, 2, 1000, 5000] {
            let values = (0..<count).map { index -> Double in
                switch index % 5 {
                case 0: Double(Int.random(in: -3...3, using: &generator))
                case 1: Double(Float.random(in: -1...1, using: &generator))
                case 2: Double.leastNonzeroMagnitude * Double(index % 3 - 1)
                case 3: Double.greatestFiniteMagnitude * Double.random(in: -1...1, using: &generator)
                default: 0
                }
            }
            let payload = (0..<count).map { Int32($0) }
            var sorted = values
            let sorter = try RadixSorter(count: count)
            let order = try sorted.withUnsafeMutableBufferPointer { buffer in
                try payload.withUnsafeBufferPointer { payload -> [Int] in
                    guard let base = payload.baseAddress else { return [] }
                    let order = try sorter.sort(buffer, payload: base, run: run())
                    return (0..<count).map { Int(order[$0]) }
                }
            }
            #expect(sorted == values.sorted())
            #expect(order.map { values[$0] } == sorted)
            for i in 1..<max(count, 1) where sorted[i] == sorted[i - 1] && sorted[i] != 0 {
                #expect(order[i - 1] < order[i])
            }
        }
    }

    @Test("columns arrive whole, in strips that the budget allows", arguments: [1 << 20, 1 << 22, 1 << 30])
    func columns(memory: Int) throws {
        let matrix = reluLike(samples: 3000, neurons: 45)
        let seen = Mutex([[Double]](repeating: [], count: 45))
        try forEachColumn(
            of: matrix, neurons: Array(0..<matrix.neurons), run: run(threads: 3, memory: memory), toolBytes: 100
        ) {
            () throws(InfoLensError) in
            0
        } body: { (_, neuron, column) throws(InfoLensError) in
            let values = Array(column)
            seen.withLock { $0[neuron] = values }
        }
        #expect(seen.withLock { $0 } == (0..<45).map(matrix.column))
    }

    @Test("a budget below one column is an error that says what is needed")
    func budgetBelowColumn() {
        let matrix = reluLike(samples: 200_000, neurons: 1)
        let error = #expect(throws: InfoLensError.self) {
            try forEachColumn(of: matrix, neurons: Array(0..<matrix.neurons), run: run(memory: 1 << 20), toolBytes: 0) {
                () throws(InfoLensError) in
                0
            } body: { (_, _, _) throws(InfoLensError) in
            }
        }
        #expect(error?.kind == .memory)
    }
}
