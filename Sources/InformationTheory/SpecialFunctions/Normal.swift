// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Φ(x), the standard normal distribution function, to some units in the last place in
/// both tails.
func normalDistribution(_ x: Double) -> Double {
    guard x.isFinite else { return x.isNaN ? .nan : x < 0 ? 0 : 1 }
    let y = -x * inverseRoot2
    // In the tail erfc magnifies what rounding took from y by 2y: it is given back.
    let rest = (-y).addingProduct(-x, inverseRoot2) - x * inverseRoot2Rest
    return 0.5 * (erfc(y) - 2 / Double.pi.squareRoot() * exp(-y * y) * rest)
}

/// Φ⁻¹(p), to some units in the last place; −∞ at 0, ∞ at 1, NaN outside.
///
/// The rational approximations of Wichura 1988 (Applied Statistics 37:477, AS 241, PPND16): one of p − ½ in the middle,
/// and two of √(−log p) in the tails.
func normalQuantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    if p == 0 || p == 1 { return p == 0 ? -.infinity : .infinity }
    let distance = p - 0.5
    if abs(distance) <= 0.425 { return distance * middleRatio(0.180625 - distance * distance) }
    let r = (-log(min(p, 1 - p))).squareRoot()
    let x = r <= 5 ? tailRatio(r - 1.6) : farTailRatio(r - 5)
    return distance < 0 ? -x : x
}

private func middleRatio(_ r: Double) -> Double {
    polynomial(
        [
            3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
            45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
        ], at: r)
        / polynomial(
            [
                1, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077, 21213.794301586595867,
                39307.895800092710610, 28729.085735721942674, 5226.4952788528545610,
            ], at: r)
}

private func tailRatio(_ r: Double) -> Double {
    polynomial(
        [
            1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
            1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4,
        ], at: r)
        / polynomial(
            [
                1, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550, 0.148103976427480074590,
                0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
            ], at: r)
}

private func farTailRatio(_ r: Double) -> Double {
    polynomial(
        [
            6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
            0.0265321895265761230930, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
        ], at: r)
        / polynomial(
            [
                1, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
                7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
                2.04426310338993978564e-15,
            ], at: r)
}

/// 1/√2 in two parts.
private let inverseRoot2 = 0.5.squareRoot()
private let inverseRoot2Rest = -4.833646656726457e-17
