// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import TestSupport
import Testing

@testable import InformationTheory

private typealias Part = JoinedColumns.Part

/// Columns side by side.
private func part(_ argument: String, _ columns: [Double]...) -> Part {
    let values = columns[0].indices.flatMap { row in columns.map { $0[row] } }
    return Part(argument, MemoryMatrix(values, neurons: columns.count, name: argument))
}

private func joined(_ columns: [Double]...) throws -> JoinedColumns {
    let values = columns[0].indices.flatMap { row in columns.map { $0[row] } }
    return try JoinedColumns([Part("x", MemoryMatrix(values, neurons: columns.count, name: "x"))])
}

private func labels(_ codes: [Int], count: Int? = nil) -> GaussianCopula.Labels {
    GaussianCopula.Labels(argument: "labels", classes: classes(codes, count: count ?? (codes.max() ?? 0) + 1)) {
        "\($0)"
    }
}

private func normals(_ count: Int, seed: UInt64) -> [Double] {
    var generator = FixedGenerator(seed: seed)
    return (0..<count).map { _ in normalQuantile(Double.random(in: 0x1p-53..<1, using: &generator)) }
}

private func text(_ body: () throws -> Void) -> String {
    do { try body() } catch { return (error as? InfoLensError).map { "\($0.kind): \($0.description)" } ?? "\(error)" }
    return "no error"
}

private let gcmi = GaussianCopula()

@Suite(.enabled(if: ReferenceValues.areThere)) struct PeerCopulaTests {
    private let known: ReferenceValues.JSON
    private let x: [Double]
    private let z: [Double]
    /// Two columns.
    private let x2: [[Double]]
    private let codes: [Int]

    init() throws {
        known = try ReferenceValues.object("reference_peers.json", "mi_cont_discrete")
        x = try ReferenceValues.doubles(known["x"]["file"].text)
        z = try ReferenceValues.doubles(known["z"]["file"].text)
        let both = try ReferenceValues.doubles(known["x2"]["file"].text)
        x2 = [Array(both[..<1200]), Array(both[1200...])]
        codes = try ReferenceValues.doubles(known["y"]["file"].text).map { Int($0.bitPattern) }
    }

    @Test func `values of continuous variables are those of the authors' code, with conditions too`() throws {
        let values = [
            "gcmi_orig_cc_bits": try gcmi.information(part("x", x), part("y", z), run: run()),
            "gccmi_ccc_x_z_given_x2row1_bits": try gcmi.information(
                part("x", x), part("y", z), given: part("condition", x2[1]), run: run()),
        ]
        for (name, value) in values { #expect(abs(value / log(2) - known[name].number) < 1e-12, "\(name)") }
        let within = try gcmi.information(part("x", x), part("y", z), within: labels(codes), run: run())
        #expect(abs(within / log(2) - known["gcmi_orig_ccd_bits_cmi_and_pooled"].numbers[0]) < 1e-12)
    }

    @Test func `values of model and mixture are those of the authors' code`() throws {
        let (one, two) = (try joined(x), try joined(x2[0], x2[1]))
        let values = [
            "gcmi_orig_model_cd_bits": try gcmi.model(one, labels(codes), run: run()),
            "gcmi_orig_model_cd_2d_bits": try gcmi.model(two, labels(codes), run: run()),
            "gcmi_orig_mixture_cd_bits": try gcmi.mixture(one, labels(codes), run: run()).nats,
            "mi_model_gd_nobias_bits": try GaussianCopula(isCorrected: false).model(one, labels(codes), run: run()),
        ]
        for (name, value) in values { #expect(abs(value / log(2) - known[name].number) < 1e-12, "\(name)") }
    }

    @Test func `a mixture of vectors takes its points along the columns of the Cholesky factors`() throws {
        let found = try gcmi.mixture(joined(x2[0], x2[1]), labels(codes), run: run()).nats / log(2)
        // By numpy from the definition. The authors' Python code takes the rows, whose points have another covariance;
        // their MATLAB code the columns.
        #expect(abs(found - 0.49682419901404556) < 1e-12)
        #expect(abs(found - known["gcmi_orig_mixture_cd_2d_bits"].number) > 0.004)
    }
}

@Suite struct GaussianCopulaTests {
    @Test(arguments: [0, 0.3, -0.8, 0.99]) func `two Gaussians have the information of their correlation`(
        rho: Double
    ) throws {
        let (n, a, b) = (20_000, normals(20_000, seed: 1), normals(20_000, seed: 2))
        let y = zip(a, b).map { rho * $0 + (1 - rho * rho).squareRoot() * $1 }
        let exact = -0.5 * log(1 - rho * rho)
        // By the delta method its deviation is |ρ|/√N; at ρ = 0 it is a χ² of one degree of freedom over 2N.
        let deviation = abs(rho) / Double(n).squareRoot() + 1 / Double(n)
        #expect(abs(try gcmi.information(part("x", a), part("y", y), run: run()) - exact) < 4 * deviation)
    }

    @Test func `information is symmetric, and monotone transforms change no bit of it`() throws {
        try withSteadyInstructionSet {
            let (a, b, c) = (normals(700, seed: 1), normals(700, seed: 2), normals(700, seed: 3))
            let y = zip(a, b).map { $0 - 2 * $1 }
            let z = zip(b, c).map { $0 + $1 }
            let (x, w) = (part("x", a, z), part("y", y, c))
            let found = try gcmi.information(x, w, run: run())
            #expect(abs(found - (try gcmi.information(w, x, run: run()))) < 1e-12)
            let other = part("x", a.map { exp($0) }, z.map { $0 * $0 * $0 })
            #expect(
                try gcmi.information(other, part("y", y.map { 3 * $0 - 7 }, c.map { atan($0) }), run: run()) == found)
        }
    }

    @Test func `the chain rule holds between joint and conditional information`() throws {
        let (a, b, c) = (normals(500, seed: 4), normals(500, seed: 5), normals(500, seed: 6))
        let y = a.indices.map { a[$0] + b[$0] + 0.5 * c[$0] }
        let whole = try gcmi.information(part("x", a, b), part("y", y), run: run())
        let first = try gcmi.information(part("x", a), part("y", y), run: run())
        let second = try gcmi.information(part("x", b), part("y", y), given: part("condition", a), run: run())
        #expect(abs(whole - first - second) < 1e-12)
    }

    @Test func `what is added to a variable does not take information away`() throws {
        let (a, b, c) = (normals(800, seed: 7), normals(800, seed: 8), normals(800, seed: 9))
        let y = zip(a, c).map { $0 + 2 * $1 }
        let plain = GaussianCopula(isCorrected: false)
        let codes = y.map { $0 < -1 ? 0 : $0 < 1 ? 1 : 2 }
        #expect(
            try plain.information(part("x", a, b), part("y", y), run: run())
                > plain.information(part("x", a), part("y", y), run: run()))
        // Corrected, a column of noise adds nothing but its chance.
        let added =
            try gcmi.model(joined(a, b), labels(codes), run: run()) - gcmi.model(joined(a), labels(codes), run: run())
        #expect(abs(added) < 0.02)
    }

    @Test func `columns that do not vary tell nothing and are left out`() throws {
        let (a, b) = (normals(300, seed: 1), normals(300, seed: 2))
        let y = zip(a, b).map { $0 + $1 }
        let constant = [Double](repeating: 4, count: 300)
        let codes = y.map { $0 > 0 ? 1 : 0 }
        let found = try gcmi.information(part("x", a), part("y", y), run: run())
        #expect(try gcmi.information(part("x", a, constant), part("y", constant, y), run: run()) == found)
        #expect(try gcmi.information(part("x", constant), part("y", y), run: run()) == 0)
        #expect(
            try gcmi.information(part("x", a), part("y", y), given: part("condition", constant), run: run()) == found)
        let model = try gcmi.model(joined(a), labels(codes), run: run())
        #expect(abs(try gcmi.model(joined(a, constant), labels(codes), run: run()) - model) < 1e-14)
        for sorted in [codes, codes.sorted()] {
            #expect(try gcmi.model(joined(constant), labels(sorted), run: run()) == 0)
            #expect(try gcmi.mixture(joined(constant), labels(sorted), run: run()) == (0, 1))
        }
        // Ranks by appearance make labels of samples that are sorted by them.
        #expect(try GaussianCopula(ties: .ordinal).model(joined(constant), labels(codes.sorted()), run: run()) > 0.5)
    }

    @Test func `the classes of a condition are ranked each for itself`() throws {
        let (a, b) = (normals(900, seed: 1), normals(900, seed: 2))
        let codes = a.indices.map { $0 % 3 }
        let y = zip(a, b).map { $0 + $1 }
        // Within classes nothing changes when a class is moved or stretched.
        let moved = y.indices.map { y[$0] * Double(1 + codes[$0]) + 100 * Double(codes[$0]) }
        let within = try gcmi.information(part("x", a), part("y", y), within: labels(codes), run: run())
        #expect(
            try gcmi.information(part("x", a), part("y", moved), within: labels(codes, count: 5), run: run()) == within)
        // All samples of one class are those without a condition.
        let one = try gcmi.information(
            part("x", a), part("y", y), within: labels([Int](repeating: 0, count: 900)), run: run())
        #expect(one == (try gcmi.information(part("x", a), part("y", y), run: run())))
    }

    @Test func `a column and its measure among neurons agree`() throws {
        let matrix = reluLike(samples: 2000, neurons: 6, element: .float64)
        let known = randomClasses(samples: 2000, count: 4)
        let measures = NeuronMeasure.all.filter { ["gcmi_model", "gcmi_mixture"].contains("\($0.name)") }
        let result = try evaluate(
            MeasureRequest(measures, function: EntropyFunction(.plugIn, unit: .nats)), of: matrix,
            quantizer: .threshold(.value(0)), classes: known, run: run())
        let named = GaussianCopula.Labels(argument: "labels", classes: known) { "\($0)" }
        for neuron in 0..<6 {
            let column = try joined(matrix.column(neuron))
            let model = try gcmi.model(column, named, run: run())
            #expect(abs(model - result.values[0].values(of: Double.self)[neuron]) < 1e-13)
            let mixture = try gcmi.mixture(column, named, run: run())
            #expect(mixture.nats == result.values[1].values(of: Double.self)[2 * neuron])
            #expect(mixture.tied == result.values[1].values(of: Double.self)[2 * neuron + 1])
        }
    }

    @Test func `a mixture of vectors does not depend on the base of its columns`() throws {
        let (a, b) = (normals(600, seed: 1), normals(600, seed: 2))
        let codes = a.indices.map { $0 % 3 }
        let x = a.indices.map { a[$0] + Double(codes[$0]) }
        let y = a.indices.map { a[$0] - b[$0] * Double(codes[$0] + 1) }
        let found = try gcmi.mixture(joined(x, y), labels(codes), run: run()).nats
        let scaled = try gcmi.mixture(joined(x.map { 1e6 * $0 - 5 }, y.map { $0 * 1e-6 }), labels(codes), run: run())
        #expect(abs(scaled.nats - found) < 1e-8)
        #expect(found > 0 && found < log(3))
        for threads in [1, 3] {
            #expect(try gcmi.mixture(joined(x, y), labels(codes), run: run(threads: threads)).nats == found)
        }
        // Nothing says more than which class it is, however columns correlate.
        let twin = zip(x, b).map { $0 + 0.05 * $1 }
        #expect(try gcmi.mixture(joined(x, twin), labels(codes), run: run()).nats < log(3))
        // Far apart, classes are told for sure.
        let apart = x.indices.map { x[$0] + 1e5 * Double(codes[$0]) }
        #expect(abs(try gcmi.mixture(joined(apart, y), labels(codes), run: run()).nats - log(3)) < 1e-12)
    }
}

@Suite struct GaussianCopulaErrorTests {
    private let a = normals(60, seed: 1)
    private let b = normals(60, seed: 2)

    @Test func `a column that others determine is named`() throws {
        let sum = zip(a, a).map { $0 + $1 }
        #expect(
            text { _ = try gcmi.information(part("x", a, sum), part("y", b), run: run()) }.hasPrefix(
                "numeric: x: column 1 is determined by the columns before it"))
        #expect(
            text { _ = try gcmi.information(part("x", b, a), part("y", sum), run: run()) }.hasPrefix(
                "numeric: y: column 0 is determined by the columns of x"))
        let codes = a.indices.map { $0 % 2 }
        #expect(
            text { _ = try gcmi.information(part("x", a), part("y", sum), within: labels(codes), run: run()) }.contains(
                "within class 0"))
        #expect(
            text { _ = try gcmi.model(joined(a, b, sum), labels(codes), run: run()) }.hasPrefix(
                "numeric: x: column 2 is determined"))
        #expect(
            text { _ = try gcmi.mixture(joined(a, sum), labels(codes), run: run()) }.contains(
                "column 1 is determined by the columns before it within class 0"))
    }

    @Test func `a class without a density is named`() throws {
        let codes = a.indices.map { $0 % 3 }
        let silent = a.indices.map { codes[$0] == 2 ? 0 : a[$0] }
        #expect(
            text { _ = try gcmi.model(joined(silent), labels(codes), run: run()) }.hasPrefix(
                "numeric: x: column 0 does not vary within class 2"))
        #expect(
            text { _ = try gcmi.model(joined(b, silent), labels(codes), run: run()) }.hasPrefix(
                "numeric: x: column 1 does not vary within class 2"))
        #expect(
            text { _ = try gcmi.mixture(joined(b, silent), labels(codes), run: run()) }.contains(
                "half of the samples of class 2 are equal in column 1"))
        // Of one column the mixture has an answer.
        #expect(try gcmi.mixture(joined(silent), labels(codes), run: run()).nats > 0)
    }

    @Test func `too few samples are told from enough`() throws {
        let codes = [Int](repeating: 0, count: 57) + [1, 1, 2]
        #expect(
            text { _ = try gcmi.model(joined(a), labels(codes), run: run()) }.contains(
                "class 2 has 1 sample, but a variance needs at least 2"))
        #expect(
            text { _ = try gcmi.model(joined(a, b), labels(codes), run: run()) }.contains(
                "class 1 has 2 samples, but a covariance of 2 columns needs at least 3"))
        #expect(
            text { _ = try gcmi.information(part("x", a), part("y", b), within: labels(codes), run: run()) }.contains(
                "labels: class 1 has 2 samples"))
        let (few, other) = (Array(a[..<2]), Array(b[..<2]))
        #expect(
            text { _ = try gcmi.information(part("x", few), part("y", other), run: run()) }.contains(
                "there are 2 samples, but a covariance of the 2 columns of x, y needs at least 3"))
    }

    @Test func `what is not finite is named by argument, row and column`() throws {
        var broken = b
        broken[41] = .infinity
        let codes = a.indices.map { $0 % 2 }
        #expect(
            text { _ = try gcmi.information(part("x", a), part("y", a, broken), run: run()) }.hasPrefix(
                "numeric: y: has +infinity at row 41, column 1"))
        for body: () throws -> Void in [
            { _ = try gcmi.information(part("x", broken), part("y", a), within: labels(codes), run: run()) },
            { _ = try gcmi.model(joined(broken), labels(codes), run: run()) },
            { _ = try gcmi.mixture(joined(broken), labels(codes), run: run()) },
        ] { #expect(text(body).hasPrefix("numeric: x: has +infinity at row 41, column 0")) }
        #expect(
            text { _ = try gcmi.mixture(joined(a, broken), labels(codes), run: run()) }.hasPrefix(
                "numeric: x: has +infinity at row 41, column 1"))
    }
}
