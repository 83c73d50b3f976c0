// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

/// Rectified values with ties, constants and one neuron of a narrow range far from zero.
private struct Data {
    let neurons = 6
    let samples = 500
    let values: [Double]
    let codes: [Int]
    let keys: [ClassKey] = [.integer(-3), .integer(0), .integer(7)]

    init(element: Element = .float64) {
        var random = FixedGenerator(seed: 11)
        var values: [Double] = []
        var codes: [Int] = []
        for _ in 0..<samples {
            let code = Int.random(in: 0..<3, using: &random)
            codes.append(code)
            for neuron in 0..<neurons {
                let value = Double.random(in: -1...1, using: &random) + 0.3 * Double(code == neuron % 3 ? 1 : 0)
                switch neuron {
                case 4: values.append(2)
                case 5: values.append(element == .float64 ? 1e9 + value * 1e-6 : value)
                default: values.append(max(value, 0))
                }
            }
        }
        self.values = values
        self.codes = codes
    }

    func matrix(_ rows: Range<Int>, element: Element = .float64) -> MemoryMatrix {
        MemoryMatrix(
            Array(values[rows.lowerBound * neurons..<rows.upperBound * neurons]), neurons: neurons, element: element)
    }

    /// The classes of some rows, with the keys in an order of their own.
    func classes(_ rows: Range<Int>, reversed: Bool = false) -> (SampleClasses, [ClassKey]) {
        let codes = codes[rows].map { reversed ? 2 - $0 : $0 }
        return (TestSupport.classes(codes, count: 3), reversed ? keys.reversed() : keys)
    }
}

private let quantizers: [Quantizer] = [
    .threshold(.value(0)), .threshold(.mean), .threshold(.median), .uniform(bins: 30, range: .neuron),
    .uniform(bins: 300, range: .layer), .uniform(bins: 8, range: .given(low: 0.25, high: 0.75)), .quantile(bins: 5),
    .explicit(edges: [0.1, 0.4]),
]

private let request = MeasureRequest(
    NeuronMeasure.all.filter { $0.rows == .perNeuron && $0.needs == [.labels] || $0.needs == [] },
    function: EntropyFunction(.millerMadow, unit: .bits))

private func bits(_ measures: LayerMeasures, neurons: Int) -> [[UInt64]] {
    zip(request.measures, measures.values).map { measure, buffer in
        (0..<neurons * measure.columns.count).map { buffer.values(of: Double.self)[$0].bitPattern }
    }
}

private func accumulate(
    _ data: Data, _ pieces: [Range<Int>], _ quantizer: Quantizer, element: Element = .float64
) throws -> Accumulator {
    let accumulator = try Accumulator(quantizer: quantizer)
    for counting in quantizer.needsFitting ? [false, true] : [true] {
        for (index, rows) in pieces.enumerated() {
            let (classes, keys) = data.classes(rows, reversed: index % 2 == 1)
            try accumulator.update([data.matrix(rows, element: element)], classes: classes, keys: keys, run: run())
        }
        if !counting { try accumulator.fit(run: run()) }
    }
    return accumulator
}

extension Accumulator {
    fileprivate func serialized() -> [UInt8] {
        let size = stateSize
        return Array(unsafeUninitializedCapacity: size) { buffer, count in
            count = serialize(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}

private func restored(_ accumulator: Accumulator) throws -> Accumulator {
    try accumulator.serialized().withUnsafeBytes { try Accumulator(serialized: $0) }
}

@Suite struct AccumulatorTests {
    @Test("pieces give the bits of the whole", arguments: quantizers, [Element.float32, .float64])
    func pieces(_ quantizer: Quantizer, _ element: Element) throws {
        let data = Data(element: element)
        let whole = try evaluate(
            request, of: data.matrix(0..<500, element: element), quantizer: quantizer, classes: data.classes(0..<500).0,
            run: run())
        for pieces in [[0..<500], [0..<1, 1..<64, 64..<500], Array((0..<10).map { $0 * 50..<$0 * 50 + 50 })] {
            let accumulator = try accumulate(data, pieces, quantizer, element: element)
            #expect(accumulator.samples == 500)
            let result = try accumulator.evaluate(request, run: run(threads: 3))[0]
            #expect(bits(result, neurons: 6) == bits(whole, neurons: 6))
        }
    }

    @Test("symbols and cells of fixed width are counted after their range is known")
    func symbols() throws {
        let data = Data()
        let rounded = data.values.map { ($0 * 4).rounded() }
        let matrix = MemoryMatrix(rounded, neurons: 6)
        for quantizer in [Quantizer.integer, .width(3)] {
            let whole = try evaluate(
                request, of: matrix, quantizer: quantizer, classes: data.classes(0..<500).0, run: run())
            let accumulator = try Accumulator(quantizer: quantizer)
            let (classes, keys) = data.classes(0..<500)
            try accumulator.update([matrix], classes: classes, keys: keys, run: run())
            try accumulator.fit(run: run())
            try accumulator.update([matrix], classes: classes, keys: keys, run: run())
            #expect(bits(try accumulator.evaluate(request, run: run())[0], neurons: 6) == bits(whole, neurons: 6))
            let outside = MemoryMatrix([Double](repeating: -100, count: 6), neurons: 6)
            let state = accumulator.serialized()
            let error = #expect(throws: InfoLensError.self) {
                try accumulator.update(
                    [outside], classes: classes, keys: keys, run: run())
            }
            #expect(error?.kind == .numeric && error?.description.contains("outside the range") == true)
            #expect(accumulator.serialized() == state)
        }
    }

    @Test("merged shards, serialised on the way, give the bits of the whole in any order", arguments: quantizers)
    func merge(_ quantizer: Quantizer) throws {
        let data = Data()
        let whole = try accumulate(data, [0..<500], quantizer)
        let shards = [0..<200, 200..<210, 210..<500]
        var fitted = try Accumulator(quantizer: quantizer)
        if quantizer.needsFitting {
            for rows in shards {
                let shard = try Accumulator(quantizer: quantizer)
                let (classes, keys) = data.classes(rows)
                try shard.update([data.matrix(rows)], classes: classes, keys: keys, run: run())
                try fitted.merge(try restored(shard))
            }
            fitted = try restored(fitted)
            try fitted.fit(run: run())
        }
        let counted = try shards.map { rows in
            let shard = try restored(fitted)
            let (classes, keys) = data.classes(rows, reversed: true)
            try shard.update([data.matrix(rows)], classes: classes, keys: keys, run: run())
            return try restored(shard)
        }
        for order in [[0, 1, 2], [2, 0, 1]] {
            let sum = try Accumulator(quantizer: quantizer)
            for index in order { try sum.merge(counted[index]) }
            #expect(sum.serialized() == whole.serialized())
        }
    }

    @Test("a piece that fails leaves nothing behind")
    func atomic() throws {
        let data = Data()
        let accumulator = try accumulate(data, [0..<100], .uniform(bins: 30, range: .neuron))
        let state = accumulator.serialized()
        var bad = Array(data.values[0..<600])
        bad[599] = .nan
        let (classes, keys) = data.classes(0..<100)
        #expect(throws: InfoLensError.self) {
            try accumulator.update(
                [MemoryMatrix(bad, neurons: 6)], classes: classes, keys: keys, run: run())
        }
        #expect(throws: InfoLensError.self) {
            try accumulator.update(
                [data.matrix(0..<100)], classes: classes, keys: [.text([65]), .text([66]), .text([67])], run: run())
        }
        #expect(throws: InfoLensError.self) {
            try accumulator.update(
                [MemoryMatrix([Double](repeating: 0, count: 300), neurons: 3)], classes: classes, keys: keys, run: run()
            )
        }
        #expect(accumulator.serialized() == state)
    }

    @Test("every damaged state is refused", arguments: quantizers)
    func corrupt(_ quantizer: Quantizer) throws {
        let data = Data()
        let fitting = try Accumulator(quantizer: quantizer)
        let (classes, keys) = data.classes(0..<20)
        try fitting.update([data.matrix(0..<20)], classes: classes, keys: keys, run: run())
        for state in [fitting.serialized(), try accumulate(data, [0..<40], quantizer).serialized()] {
            func isRefused(_ bytes: [UInt8]) -> Bool {
                do {
                    _ = try bytes.withUnsafeBytes { try Accumulator(serialized: $0) }
                    return false
                } catch { return (error as? InfoLensError)?.kind == .format }
            }
            var random = FixedGenerator(seed: 5)
            for _ in 0..<300 {
                var bytes = state
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
                #expect(isRefused(bytes))
                #expect(isRefused(Array(state.prefix(Int.random(in: 0..<state.count, using: &random)))))
            }
            #expect(isRefused(state + [0]))
            // With a right checksum only sense protects: whatever is taken must be usable.
            for _ in 0..<2000 {
                var bytes = Array(state.dropLast(8))
                let position = Int.random(in: 8..<bytes.count, using: &random)
                bytes[position] = UInt8.random(in: 0...255, using: &random)
                let sum = bytes.withUnsafeBytes { checksum($0) }
                withUnsafeBytes(of: sum.littleEndian) { bytes += $0 }
                guard let taken = try? bytes.withUnsafeBytes({ try Accumulator(serialized: $0) }) else { continue }
                if taken.isFitting { try? taken.fit(run: run()) } else { _ = try? taken.evaluate(request, run: run()) }
            }
        }
    }

    @Test("misuse is explained")
    func misuse() throws {
        let data = Data()
        let counting = try accumulate(data, [0..<50], .threshold(.value(0)))
        let other = try accumulate(data, [0..<50], .threshold(.value(1)))
        let fitted = try accumulate(data, [0..<50], .threshold(.mean))
        let elsewhere = try accumulate(data, [50..<99], .threshold(.mean))
        let fresh = try Accumulator(quantizer: .threshold(.mean))
        func text(_ body: () throws -> Void) -> String {
            do {
                try body()
                return ""
            } catch { return "\(error)" }
        }
        #expect(text { try counting.merge(counting) }.contains("itself"))
        #expect(text { try counting.merge(other) }.contains("threshold(1.0)"))
        #expect(text { try fitted.merge(elsewhere) }.contains("fitted to other data"))
        #expect(text { try counting.fit(run: run()) }.contains("needs no fitting"))
        #expect(text { try fitted.fit(run: run()) }.contains("fitted already"))
        #expect(text { try fresh.fit(run: run()) }.contains("update it first"))
        #expect(text { _ = try fresh.evaluate(request, run: run()) }.contains("call fit"))
    }
}
