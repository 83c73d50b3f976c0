// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import InformationTheory

/// |a − b| relative to b, at least to `least`.
private func difference(_ a: Double, _ b: Double, least: Double = .leastNormalMagnitude) -> Double {
    abs(a - b) / max(abs(b), least)
}

// Values at the exact float64 arguments, computed with 60 digits.

private let digammaValuesTable: [(Double, Double)] = [
    (0.001953125, -512.5740074804866), (0.25, -4.2274535333762655), (0.5, -1.9635100260214235),
    (1, -0.5772156649015329), (1.5, 0.03648997397857652), (3, 0.9227843350984671), (7.25, 1.910453526883736),
    (10.5, 2.3030010342976865), (1000.5, 6.907755320648796), (4294967296, 22.180709777801834),
]

private let trigammaValuesTable: [(Double, Double)] = [
    (0.001953125, 262145.64025088743), (0.25, 17.19732915450711), (0.5, 4.934802200544679), (1, 1.6449340668482264),
    (3, 0.39493406684822646), (11.5, 0.09084666127454623), (12.5, 0.08328522460157838),
    (1000.5, 0.0009999999166666958),
]

private let risingFactorialTable: [(Double, Double, Double)] = [
    (1e-30, 1, -69.07755278982137), (1e-30, 7, -62.49830157781127), (0.001953125, 20, 33.10848570448458),
    (0.5, 3, 0.6286086594223741), (0.5, 100, 360.8631755248529), (2.75, 1_000_000, 12815542.086589385),
    (15.5, 4_294_967_295, 90970456087.13826), (40, 5, 18.685510888713434), (1e10, 7, 161.1809565116832),
    (1e10, 1e10, 234121452910.2569), (1e20, 4_294_967_295, 197790553367.37143),
    (1e-12, 4_294_967_295, 90970455742.24316), (3.5, 0, 0),
]

private let incompleteGammaTable: [(Double, Double, Double)] = [
    (0.5, 0.125, 0.6170750774519738), (0.5, 1.4, 0.09426430684121032), (0.5, 30, 9.485737571073848e-15),
    (0.5, 700, 2.1010145162642176e-306), (3, 2, 0.6766764161830635), (15.5, 10, 0.9358036207411544),
    (15.5, 40, 3.3125285528482445e-06), (16, 17, 0.3714536560753675), (130.5, 100, 0.9980246562136167),
    (130.5, 131.4, 0.4570885454469986), (130.5, 131.6, 0.45018803094443394),
    (130.5, 250, 3.307710244657024e-17), (4500, 4600, 0.06880230545994437),
    (4500, 6500, 1.5509726863310653e-152), (100_000, 101_000, 0.0008084215129255907),
    (100_000, 112_000, 1.9492856189223857e-292),
]

private let normalTable: [(Double, Double)] = [
    (0, 0.5), (0.5, 0.6914624612740131), (-0.5, 0.3085375387259869), (1.25, 0.8943502263331448),
    (-3, 0.0013498980316300946), (4, 0.9999683287581669), (-8.5, 9.479534822203318e-18),
    (-20.1, 3.6896808637213897e-90), (-37.3, 8.205494844930773e-305), (8.25, 0.9999999999999999),
    (-.infinity, 0), (.infinity, 1),
]

private let quantileTable: [(Double, Double)] = [
    (0.5, 0), (0.5000001, 2.506628273311648e-07), (0.3, -0.5244005127080408), (0.6875, 0.4887764111146695),
    (0.25, -0.6744897501960817), (0.75, 0.6744897501960817), (0.1, -1.2815515655446004),
    (0.975, 1.9599639845400538), (0.999999, 4.753424308817087), (1e-5, -4.264890793922825),
    (1e-12, -7.034483825301132), (1e-100, -21.273453560965326), (2.5e-308, -37.51627634149984),
]

@Suite struct SpecialFunctions {
    @Test(
        "digamma is within four units in the last place",
        arguments: digammaValuesTable)
    func digammaValues(x: Double, value: Double) {
        #expect(difference(digamma(x), value, least: 1) < 9e-16)
    }

    @Test("digamma follows its recurrence, across the start of the series too")
    func digammaRecurrence() {
        for x in stride(from: 0.0625, through: 30, by: 0.0625) {
            #expect(abs(digamma(x + 1) - digamma(x) - 1 / x) < 8e-16 * max(4, 1 / x))
        }
        #expect(digamma(0).isNaN && digamma(-0.5).isNaN && digamma(.nan).isNaN)
    }

    @Test(
        "trigamma is within four units in the last place",
        arguments: trigammaValuesTable)
    func trigammaValues(x: Double, value: Double) {
        #expect(difference(trigamma(x), value) < 9e-16)
    }

    @Test(
        "differences of log-gamma lose no digits, near 0 and far out",
        arguments: risingFactorialTable)
    func risingFactorial(x: Double, n: Double, value: Double) {
        #expect(difference(LogRisingFactorial(x)(n), value, least: 1) < 1e-15)
    }

    @Test(
        "the incomplete gamma function is within 1e-12, down to the smallest numbers",
        arguments: incompleteGammaTable)
    func incompleteGamma(a: Double, x: Double, value: Double) {
        #expect(difference(upperGammaRatio(a, x), value) < 1e-12)
    }

    @Test("the incomplete gamma function at the ends of its domain")
    func incompleteGammaEdges() {
        #expect(upperGammaRatio(2, 0) == 1 && upperGammaRatio(2, .infinity) == 0 && upperGammaRatio(2, 1e6) == 0)
        #expect(upperGammaRatio(0, 1).isNaN && upperGammaRatio(1, -1).isNaN && upperGammaRatio(1, .nan).isNaN)
        // Q(1, x) = e⁻ˣ on both sides of x = a + 1; at 3e10 the median is a − 1/3.
        for x in [0.25, 1.9, 2.1, 50, 600] { #expect(difference(upperGammaRatio(1, x), exp(-x)) < 1e-12) }
        #expect(abs(upperGammaRatio(3e10, 3e10 - 1.0 / 3) - 0.5) < 1e-9)
    }

    @Test("chi-square survival: closed forms of one and two degrees of freedom")
    func chiSquare() {
        for x in [0.0, 0.5, 3.84, 30, 900] {
            #expect(difference(chiSquareSurvival(x, degrees: 2), exp(-x / 2)) < 1e-12)
            #expect(difference(chiSquareSurvival(x, degrees: 1), erfc((x / 2).squareRoot())) < 1e-12)
        }
        #expect(chiSquareSurvival(0, degrees: 0) == 1 && chiSquareSurvival(-1e-17, degrees: 3) == 1)
    }

    @Test(
        "the normal distribution is exact to four units in the last place in both tails",
        arguments: normalTable)
    func normal(x: Double, value: Double) {
        #expect(difference(normalDistribution(x), value) < 9e-16)
    }

    @Test(
        "normal quantiles are within 1e-14",
        arguments: quantileTable)
    func quantile(p: Double, value: Double) {
        #expect(difference(normalQuantile(p), value) < 1e-14)
    }

    @Test("normal quantiles undo the distribution, ascend, and are symmetric")
    func quantileInverts() {
        var last = -Double.infinity
        for k in 1..<4096 {
            let p = Double(k) / 4096
            let x = normalQuantile(p)
            #expect(difference(normalDistribution(x), p) < 1e-14 && x > last)
            #expect(normalQuantile(1 - p) == -x)
            last = x
        }
        #expect(normalQuantile(0) == -.infinity && normalQuantile(1) == .infinity)
        #expect(normalQuantile(-0.1).isNaN && normalQuantile(1.1).isNaN && normalQuantile(.nan).isNaN)
        #expect(abs(normalQuantile(.leastNonzeroMagnitude) + 38.4674056172733) < 1e-2)
    }

    @Test("m − log(1 + m) keeps its digits near 0")
    func excess() {
        // m²/2 − m³/3 + m⁴/4 for tiny m.
        for m in [1e-9, -1e-9, 1e-5, -1e-5] {
            #expect(difference(excessOverLogarithm(m), m * m * (0.5 - m * (1.0 / 3 - m * 0.25))) < 2e-15)
        }
        for m in [-0.9, -0.5, -0.49, 0.49, 0.5, 30] {
            #expect(difference(excessOverLogarithm(m), m - log1p(m)) < 2e-15)
        }
        #expect(excessOverLogarithm(0) == 0)
    }
}
