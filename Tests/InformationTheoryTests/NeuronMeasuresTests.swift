// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

/// Values of the measures of one neuron.
private struct Values: Equatable {
    var entropy = 0.0
    var conditionalEntropy = 0.0
    var mutualInformation = 0.0
    var klSelectivity = 0.0
    var klSelectivityClass = 0.0
    var specificInformation: [Double] = []
}

private func measure(
    _ matrix: MemoryMatrix, _ quantizer: Quantizer, _ classes: SampleClasses, unit: Logarithm = .bits,
    run: Run = TestSupport.run()
) throws -> [Values] {
    let names: [StaticString] = [
        "entropy", "conditional_entropy", "mutual_information", "kl_selectivity", "specific_information",
    ]
    let measures = names.map { name in NeuronMeasure.all.first { "\($0.name)" == "\(name)" }! }
    let request = MeasureRequest(measures, function: EntropyFunction(.plugIn, unit: unit))
    let buffers = try evaluate(request, of: matrix, quantizer: quantizer, classes: classes, run: run).values
    let columns = buffers.map {
        Array(UnsafeBufferPointer(start: $0.values(of: Double.self), count: $0.bytes.count / 8))
    }
    return (0..<matrix.neurons).map { neuron in
        Values(
            entropy: columns[0][neuron], conditionalEntropy: columns[1][neuron], mutualInformation: columns[2][neuron],
            klSelectivity: columns[3][2 * neuron], klSelectivityClass: columns[3][2 * neuron + 1],
            specificInformation: (0..<classes.count).map { columns[4][neuron * classes.count + $0] })
    }
}

private let quantizers: [Quantizer] = [
    .threshold(.value(0)), .threshold(.median), .threshold(.mean), .uniform(bins: 30, range: .neuron),
    .uniform(bins: 12, range: .layer), .uniform(bins: 7, range: .given(low: 0.5, high: 2)), .quantile(bins: 5),
    .width(0.25), .explicit(edges: [0.1, 0.9, 2.5]),
]

@Suite struct ClosedForms {
    @Test("a neuron that is the class has its entropy as information")
    func copyOfTheClass() throws {
        let codes = (0..<1000).map { $0 % 4 }
        let matrix = MemoryMatrix(codes.map(Double.init), neurons: 1)
        let values = try measure(matrix, .integer, classes(codes, count: 4))[0]
        #expect(values.entropy == 2 && values.conditionalEntropy == 0 && values.mutualInformation == 2)
        #expect(values.klSelectivity == 2 && values.klSelectivityClass == 0)
        #expect(values.specificInformation == [2, 2, 2, 2])
    }

    @Test("a neuron that is independent of the class has none")
    func independent() throws {
        let matrix = MemoryMatrix((0..<600).map { Double($0 % 2) }, neurons: 1)
        let values = try measure(matrix, .threshold(.value(0.5)), classes((0..<600).map { $0 / 2 % 3 }, count: 3))[0]
        #expect(values.entropy == 1 && values.conditionalEntropy == 1 && values.mutualInformation == 0)
        #expect(values.klSelectivity == 0 && values.specificInformation == [0, 0, 0])
    }

    @Test("a binary channel with error: 1 − h(ε)")
    func binaryChannel() throws {
        // 1000 samples a class, of which 100 are flipped: ε = 0.1.
        let codes = (0..<2000).map { $0 / 1000 }
        let matrix = MemoryMatrix((0..<2000).map { Double(($0 % 10 == 0 ? 1 : 0) ^ ($0 / 1000)) }, neurons: 1)
        let h = -(0.1 * log2(0.1) + 0.9 * log2(0.9))
        let values = try measure(matrix, .threshold(.value(0)), classes(codes, count: 2))[0]
        #expect(abs(values.conditionalEntropy - h) < 1e-15)
        #expect(abs(values.mutualInformation - (1 - h)) < 1e-15)
        #expect(abs(values.klSelectivity - (1 - h)) < 1e-15)
        let inNats = try measure(matrix, .threshold(.value(0)), classes(codes, count: 2), unit: .nats)[0]
        #expect(abs(inNats.mutualInformation - (1 - h) * log(2)) < 1e-15)
    }

    @Test("the class that is furthest from the whole is the selective one")
    func selectivity() throws {
        // Class 2 alone switches the neuron on: D_KL = log2(1 / p(on)) = log2 4.
        let codes = (0..<400).map { $0 % 4 }
        let matrix = MemoryMatrix(codes.map { $0 == 2 ? 1 : 0 }, neurons: 1)
        let values = try measure(matrix, .threshold(.value(0)), classes(codes, count: 4))[0]
        #expect(values.klSelectivity == 2 && values.klSelectivityClass == 2)
        #expect(abs(values.specificInformation[0] - log2(4.0 / 3)) < 1e-15)
    }
}

@Suite struct Degenerate {
    @Test("a constant neuron has zero everywhere", arguments: quantizers)
    func constant(quantizer: Quantizer) throws {
        let matrix = MemoryMatrix([Double](repeating: 0.3, count: 50), neurons: 1)
        let values = try measure(matrix, quantizer, randomClasses(samples: 50, count: 3))[0]
        #expect(values == Values(specificInformation: [0, 0, 0]))
    }

    @Test("a single class leaves no information", arguments: quantizers)
    func singleClass(quantizer: Quantizer) throws {
        let matrix = reluLike(samples: 100, neurons: 3)
        for values in try measure(matrix, quantizer, classes([Int](repeating: 0, count: 100), count: 1)) {
            #expect(values.entropy == values.conditionalEntropy)
            #expect(values.mutualInformation == 0 && values.klSelectivity == 0 && values.specificInformation == [0])
        }
    }

    @Test("one sample has no entropy", arguments: quantizers)
    func oneSample(quantizer: Quantizer) throws {
        let values = try measure(MemoryMatrix([1.5, 0], neurons: 2), quantizer, classes([0], count: 1))
        #expect(values == [Values(specificInformation: [0]), Values(specificInformation: [0])])
    }

    @Test("classes with one sample and with none", arguments: quantizers)
    func rareClasses(quantizer: Quantizer) throws {
        let codes = [2] + (0..<99).map { $0 % 2 }
        for values in try measure(reluLike(samples: 100, neurons: 2), quantizer, classes(codes, count: 4)) {
            #expect(values.specificInformation[3].isNaN && values.specificInformation[2].isFinite)
            #expect(values.klSelectivity.isFinite && values.klSelectivityClass != 3)
        }
    }
}

@Suite struct Properties {
    @Test("bounds, and the mean of specific information", arguments: quantizers)
    func bounds(quantizer: Quantizer) throws {
        let classes = randomClasses(samples: 900, count: 5)
        let prior = classes.samples.map { Double($0) / 900 }
        let classEntropy = -prior.reduce(0) { $0 + $1 * log2($1) }
        for values in try measure(reluLike(samples: 900, neurons: 20), quantizer, classes) {
            #expect(values.mutualInformation >= 0)
            #expect(values.mutualInformation <= min(values.entropy, classEntropy) + 1e-12)
            let mean = zip(prior, values.specificInformation).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(mean - values.mutualInformation) < 1e-12)
            #expect(values.klSelectivity == values.specificInformation.max())
        }
    }

    @Test("the order of the samples does not matter", arguments: quantizers)
    func permutation(quantizer: Quantizer) throws {
        let matrix = reluLike(samples: 500, neurons: 4)
        let classes = randomClasses(samples: 500, count: 3)
        var generator = FixedGenerator(seed: 9)
        let order = (0..<500).shuffled(using: &generator)
        let shuffled = MemoryMatrix(
            order.flatMap { row in (0..<4).map { matrix.values[row * 4 + $0] } }, neurons: 4, element: .float32)
        let shuffledClasses = SampleClasses(codes: order.map { classes.codes[$0] }, samples: classes.samples)
        #expect(try measure(matrix, quantizer, classes) == measure(shuffled, quantizer, shuffledClasses))
    }

    @Test("no bit depends on threads or budget", arguments: quantizers)
    func determinism(quantizer: Quantizer) throws {
        let matrix = reluLike(samples: 3000, neurons: 70)
        let classes = randomClasses(samples: 3000, count: 10)
        let reference = try measure(matrix, quantizer, classes, run: run(threads: 1))
        for (threads, memory) in [(2, 1 << 30), (3, 1 << 20), (8, 1 << 21)] {
            #expect(try measure(matrix, quantizer, classes, run: run(threads: threads, memory: memory)) == reference)
        }
    }

    @Test("merging levels never adds information")
    func dataProcessing() throws {
        let matrix = reluLike(samples: 800, neurons: 10, element: .float64)
        let classes = randomClasses(samples: 800, count: 4)
        let fine = try measure(matrix, .uniform(bins: 64, range: .given(low: 0, high: 3)), classes)
        let coarse = try measure(matrix, .uniform(bins: 16, range: .given(low: 0, high: 3)), classes)
        for (fine, coarse) in zip(fine, coarse) {
            #expect(coarse.mutualInformation <= fine.mutualInformation + 1e-12)
            #expect(coarse.entropy <= fine.entropy + 1e-12)
        }
    }
}
