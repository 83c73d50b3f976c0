// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

/// The columns of the two measures for one neuron, in nats.
private struct Copulas: Equatable {
    var model: Double
    var mixture: Double
    var tied: Double
    var silent: Int?
}

private func copulas(
    of matrix: MemoryMatrix, _ classes: SampleClasses, run: Run = TestSupport.run()
) throws -> [Copulas] {
    let names = ["gcmi_model", "gcmi_mixture"]
    let measures = NeuronMeasure.all.filter { measure in names.contains("\(measure.name)") }
    let request = MeasureRequest(measures, function: EntropyFunction(.plugIn, unit: .nats))
    let result = try evaluate(request, of: matrix, quantizer: .threshold(.value(0)), classes: classes, run: run)
    let (model, mixture) = (result.values[0].values(of: Double.self), result.values[1].values(of: Double.self))
    return (0..<matrix.neurons).map {
        Copulas(
            model: model[$0], mixture: mixture[2 * $0], tied: mixture[2 * $0 + 1],
            silent: result.warnings[$0]?.silentClass)
    }
}

private func copulas(of column: [Double], _ codes: [Int]) throws -> Copulas {
    try copulas(of: MemoryMatrix(column, neurons: 1), classes(codes, count: (codes.max() ?? 0) + 1))[0]
}

/// Codes of a raw little-endian file of int64.
private func integers(_ file: String) throws -> [Int] { try ReferenceValues.doubles(file).map { Int($0.bitPattern) } }

/// A neuron that follows one of `count` classes by a step for each.
private func steps(samples: Int, count: Int, step: Double, seed: UInt64 = 3) -> (column: [Double], codes: [Int]) {
    var generator = FixedGenerator(seed: seed)
    let codes = (0..<samples).map { _ in Int.random(in: 0..<count, using: &generator) }
    return (codes.map { normal(&generator) + step * Double($0) }, codes)
}

private func normal(_ generator: inout FixedGenerator) -> Double {
    normalQuantile(Double.random(in: 0x1p-53..<1, using: &generator))
}

/// Plug-in information of two lists of symbols, in nats.
private func counted(_ a: [Double], _ b: [Int]) -> Double {
    func entropy<Symbol: Hashable>(_ symbols: [Symbol]) -> Double {
        let counts = symbols.reduce(into: [Symbol: Int]()) { $0[$1, default: 0] += 1 }
        return counts.values.reduce(0) {
            $0 - Double($1) / Double(symbols.count) * log(Double($1) / Double(symbols.count))
        }
    }
    return entropy(a) + entropy(b) - entropy(zip(a, b).map { "\($0) \($1)" })
}

@Suite struct NeuronCopulaTests {
    @Test(.enabled(if: ReferenceValues.areThere)) func `values without atoms are those of the authors' code`() throws {
        let known = try ReferenceValues.object("reference_peers.json", "mi_cont_discrete")
        let column = try ReferenceValues.doubles(known["x"]["file"].text)
        let codes = try integers(known["y"]["file"].text)
        let found = try copulas(of: column, codes)
        #expect(abs(found.model / log(2) - known["gcmi_orig_model_cd_bits"].number) < 1e-12)
        #expect(abs(found.mixture / log(2) - known["gcmi_orig_mixture_cd_bits"].number) < 1e-12)
        #expect(found.tied == 0)
    }

    @Test(.enabled(if: ReferenceValues.areThere), arguments: ["tie_y_sorted", "tie_y_perm"])
    func `an unrelated ReLU says nothing, however its samples are sorted`(labels: String) throws {
        let relu = try ReferenceValues.doubles("ref_data/tie_relu.bin")
        let codes = try integers("ref_data/\(labels).bin")
        let found = try copulas(of: relu, codes)
        // Over permutations of the labels the mixture, which is not corrected, has 0.020 ± 0.007 nats.
        #expect(abs(found.model) < 0.01)
        #expect(found.mixture > 0 && found.mixture < 0.05)
        let zeros = relu.count { $0 == 0 }
        #expect(found.tied == Double(zeros) / 2000)
    }

    @Test func `a dead neuron has exactly nothing, with samples sorted by label and in any order`() throws {
        var generator = FixedGenerator(seed: 8)
        let sorted = (0..<500).map { $0 / 50 }
        for value in [0.0, -0.0, 1e300, -3.5] {
            for codes in [sorted, sorted.shuffled(using: &generator)] {
                let found = try copulas(of: [Double](repeating: value, count: 500), codes)
                #expect(found == Copulas(model: 0, mixture: 0, tied: 1))
            }
        }
    }

    @Test func `one class leaves nothing to say`() throws {
        let (column, _) = steps(samples: 300, count: 1, step: 0)
        let found = try copulas(of: column, [Int](repeating: 0, count: 300))
        #expect(found == Copulas(model: 0, mixture: 0, tied: 0))
        let one = try copulas(of: MemoryMatrix(column, neurons: 1), classes([Int](repeating: 2, count: 300), count: 4))
        #expect(one[0] == found)
    }

    @Test func `two Gaussians have the information of their mixture`() throws {
        let (column, codes) = steps(samples: 40_000, count: 2, step: 2)
        // ∫ of the mixture N(0,1), N(2,1): by the trapezoidal rule.
        var exact = 0.0
        for i in 0...24_000 {
            let x = -11 + Double(i) / 1000
            let (p, q) = (
                exp(-x * x / 2) / (2 * Double.pi).squareRoot(),
                exp(-(x - 2) * (x - 2) / 2) / (2 * Double.pi).squareRoot()
            )
            let density = (p + q) / 2
            if density > 0 { exact -= density * log(density) / 1000 }
        }
        exact -= 0.5 * log(2 * Double.pi * M_E)
        let found = try copulas(of: column, codes)
        // The unscented transform is an approximation, of some percent here.
        #expect(abs(found.mixture - exact) < 0.05 * exact)
        // The normal scores of the mixture are normal, those of the classes nearly so.
        #expect(abs(found.model - exact) < 0.05 * exact)
    }

    @Test func `classes far apart say which they are`() throws {
        let (column, codes) = steps(samples: 4000, count: 5, step: 1000)
        let found = try copulas(of: column, codes)
        #expect(abs(found.mixture - counted(codes.map(Double.init), codes)) < 1e-12)
    }

    @Test func `scale and offset do not matter, and the model is invariant to every monotone transform`() throws {
        let (column, codes) = steps(samples: 900, count: 4, step: 0.7)
        let found = try copulas(of: column, codes)
        for transform: (Double) -> Double in [{ exp($0) }, { $0 * $0 * $0 }, { 2 * $0 - 1e3 }, { atan($0) }] {
            #expect(try copulas(of: column.map(transform), codes).model == found.model)
        }
        for scale in [-3.0, 0x1p-1020, 0x1p1018, 1e-7] {
            let mixture = try copulas(of: column.map { $0 * scale }, codes).mixture
            #expect(abs(mixture - found.mixture) < 1e-11, "scale \(scale)")
        }
    }

    @Test func `names and order of classes do not matter, nor the order of samples`() throws {
        let (column, codes) = steps(samples: 700, count: 4, step: 0.7)
        let rectified = column.map { max(0, $0 - 1) }
        for values in [column, rectified] {
            let found = try copulas(of: values, codes)
            let renamed = try copulas(of: values, codes.map { [2, 0, 3, 1][$0] })
            #expect(abs(renamed.model - found.model) < 1e-13 && abs(renamed.mixture - found.mixture) < 1e-13)
            var generator = FixedGenerator(seed: 4)
            let order = values.indices.shuffled(using: &generator)
            #expect(try copulas(of: order.map { values[$0] }, order.map { codes[$0] }) == found)
        }
    }
}

@Suite struct AtomTests {
    @Test func `values shared by one sample in twenty are counted, and the chain rule is exact`() throws {
        let (column, codes) = steps(samples: 2000, count: 3, step: 0.8)
        let rectified = column.map { max(0, $0 - 0.5) }
        let found = try copulas(of: rectified, codes)
        let positive = rectified.indices.filter { rectified[$0] > 0 }
        let rest = try copulas(of: positive.map { rectified[$0] }, positive.map { codes[$0] })
        let silent = counted(rectified.map { $0 > 0 ? 1 : 0 }, codes)
        let expected = silent + Double(positive.count) / 2000 * rest.mixture
        #expect(abs(found.mixture - expected) < 1e-13)
        #expect(rest.tied == 0 && found.tied == 1 - Double(positive.count) / 2000)
    }

    @Test func `a neuron of few values has its counted information`() throws {
        var generator = FixedGenerator(seed: 12)
        let codes = (0..<1000).map { _ in Int.random(in: 0..<4, using: &generator) }
        let column = codes.map { Double(($0 + Int.random(in: 0..<3, using: &generator)) % 5) }
        let found = try copulas(of: column, codes)
        #expect(abs(found.mixture - counted(column, codes)) < 1e-13)
        #expect(found.tied == 1)
    }

    @Test(arguments: [1, 2, 3, 10, 17]) func `a neuron of three nines of zeros has an answer`(alive: Int) throws {
        let codes = (0..<10_000).map { $0 / 1000 }
        var column = [Double](repeating: 0, count: 10_000)
        for i in 0..<alive { column[(i * 611 + 40) % 10_000] = 1 + Double(i * i) / 7 }
        let found = try copulas(of: column, codes)
        let silent = counted(column.map { $0 > 0 ? 1 : 0 }, codes)
        // What is left can say no more than which class its samples are of.
        let share = Double(alive) / 10_000
        #expect(found.mixture.isFinite && abs(found.mixture - silent) <= share * log(10) + 1e-12)
        #expect(found.model.isNaN == (alive < 10) || found.silent != nil)
    }

    @Test func `classes of one sample or of equal ones take the scale of the others`() throws {
        var (column, codes) = steps(samples: 600, count: 2, step: 1.5)
        let before = try copulas(of: column, codes).mixture
        column.append(0.3)
        codes.append(2)
        for copies in 0..<3 {
            // Fewer than one in twenty: no atom.
            if copies > 0 { (column, codes) = (column + [0.3], codes + [2]) }
            let found = try copulas(of: column, codes)
            #expect(abs(found.mixture - before) < 0.05 && found.mixture > before - 0.01)
            #expect(found.model.isNaN && found.silent == 2)
        }
    }

    @Test func `more than half of a class equal takes its standard deviation`() throws {
        var generator = FixedGenerator(seed: 21)
        let codes = (0..<2000).map { $0 % 50 }
        // Of class 0, 30 of 40 samples share a value: 1.5 % of all.
        let column = codes.indices.map { codes[$0] == 0 && $0 < 1500 ? 7.0 : normal(&generator) }
        let found = try copulas(of: column, codes)
        #expect(found.mixture.isFinite && found.mixture < log(50))
        #expect(found.silent == nil && found.model.isFinite)
    }

    @Test func `where no class varies every value is a symbol`() throws {
        // 30 classes of their own value each, none of them one sample in twenty.
        let codes = (0..<600).map { $0 % 30 }
        let found = try copulas(of: codes.map { Double($0 / 2) }, codes)
        #expect(abs(found.mixture - log(15)) < 1e-12)
        let single = try copulas(of: (0..<300).map { Double($0 * $0) }, Array(0..<300))
        #expect(abs(single.mixture - log(300)) < 1e-12)
    }

    @Test func `the smallest and the largest numbers have answers`() throws {
        let (column, codes) = steps(samples: 400, count: 2, step: 1)
        let big = column.map {
            $0 > 0.5 ? Double.greatestFiniteMagnitude : -Double.greatestFiniteMagnitude / 8 * min($0.magnitude, 8)
        }
        let tiny = column.indices.map { $0 % 3 == 0 ? Double.leastNonzeroMagnitude * Double($0) : column[$0] }
        for values in [big, tiny, column.map { $0 * .leastNonzeroMagnitude * 100 }] {
            let found = try copulas(of: values, codes)
            #expect(found.mixture.isFinite && found.mixture < log(2) + 1e-12, "\(found)")
        }
        for samples in 2..<9 {
            let few = try copulas(of: (0..<samples).map { sin(Double($0)) }, (0..<samples).map { $0 % 2 })
            #expect(few.mixture.isFinite && few.mixture <= log(2) + 1e-12)
        }
    }
}

@Suite struct NeuronCopulaRunTests {
    @Test func `every number of threads and every budget gives the same bits`() throws {
        let matrix = reluLike(samples: 3000, neurons: 40, element: .float64)
        let labels = randomClasses(samples: 3000, count: 7)
        let expected = try copulas(of: matrix, labels, run: run(threads: 1))
        for (threads, memory) in [(2, 1 << 30), (3, 1 << 20), (8, 600_000)] {
            #expect(try copulas(of: matrix, labels, run: run(threads: threads, memory: memory)) == expected)
        }
    }

    @Test func `a budget that does not hold a neuron is refused, and what is not finite`() throws {
        let matrix = reluLike(samples: 30_000, neurons: 2)
        let labels = randomClasses(samples: 30_000, count: 3)
        for memory in [1 << 19, 1 << 20] {
            #expect { try copulas(of: matrix, labels, run: run(memory: memory)) } throws: { error in
                (error as? InfoLensError)?.kind == .memory
            }
        }
        var values = matrix.values
        values[8001] = .nan
        #expect { try copulas(of: MemoryMatrix(values, neurons: 2), labels) } throws: { error in
            (error as? InfoLensError)?.description.contains("row 4000, neuron 1") == true
        }
    }
}
