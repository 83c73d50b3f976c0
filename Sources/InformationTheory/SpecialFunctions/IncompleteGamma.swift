// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Q(a, x) = Γ(a, x)/Γ(a), the regularised upper incomplete gamma function, for a > 0 and
/// x ≥ 0; NaN elsewhere. The relative error is below 1e-12 wherever Q is a normal number.
///
/// Below x = a + 1 the power series of P = 1 − Q converges fast and Q is not small; above,
/// Legendre's continued fraction does (Abramowitz & Stegun 6.5.29 and 6.5.31). Either takes
/// some √a terms where x is near a.
func upperGammaRatio(_ a: Double, _ x: Double) -> Double {
    guard a > 0, a.isFinite, x >= 0 else { return .nan }
    if x == 0 { return 1 }
    if x.isInfinite { return 0 }
    let density = gammaDensity(a, x)
    return x < a + 1 ? max(0, 1 - density * lowerSeries(a, x)) : density * a * upperFraction(a, x)
}

/// Chi-square survival function: the probability to exceed `x` with `degrees` of freedom.
/// No degrees of freedom: 1, since nothing but x = 0 can occur.
func chiSquareSurvival(_ x: Double, degrees: Double) -> Double {
    degrees > 0 ? upperGammaRatio(degrees / 2, max(x, 0) / 2) : 1
}

/// Σ xⁿ / ((a + 1) … (a + n)), by which xᵃ e⁻ˣ/Γ(a + 1) gives P.
private func lowerSeries(_ a: Double, _ x: Double) -> Double {
    var (sum, term, divisor) = (1.0, 1.0, a)
    // x < a + 1: each term is smaller than the one before.
    while term > sum * 1e-17 {
        divisor += 1
        term *= x / divisor
        sum += term
    }
    return sum
}

/// 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − 2(2 − a)/(x + 5 − a − …))), by which xᵃ e⁻ˣ/Γ(a) gives
/// Q; by Lentz's method, for x ≥ a + 1, where all denominators are positive.
private func upperFraction(_ a: Double, _ x: Double) -> Double {
    var b = x + 1 - a
    var (numerator, denominator) = (Double.infinity, 1 / b)
    var (value, index) = (denominator, 0.0)
    // Converges within some tens of √a terms; rounding must not keep it from ending.
    while index < 1e8 {
        index += 1
        let factor = -index * (index - a)
        b += 2
        denominator = 1 / (b + factor * denominator)
        numerator = b + factor / numerator
        let change = numerator * denominator
        value *= change
        if abs(change - 1) < 2e-16 { break }
    }
    return value
}

/// xᵃ e⁻ˣ/Γ(a + 1) for x > 0.
private func gammaDensity(_ a: Double, _ x: Double) -> Double {
    guard a >= smallestOfStirling else { return exp(a * log(x) - x) / tgamma(a + 1) }
    // exp(a log x − x) would lose digits in proportion to a: with Stirling's formula only the
    // distance of x from a is left in the exponent.
    return exp(-a * excessOverLogarithm((x - a) / a) - stirlingRemainder(a)) / (2 * Double.pi * a).squareRoot()
}

/// m − log(1 + m) for m > −1, without cancellation near 0.
func excessOverLogarithm(_ m: Double) -> Double {
    guard abs(m) < 0.5 else { return m - log1p(m) }
    // With v = m/(2 + m), log(1 + m) = 2 artanh v and m = 2v + m v.
    let v = m / (2 + m)
    let square = v * v
    var (sum, power, divisor) = (0.0, 1.0, 3.0)
    while power > 1e-17 {
        sum += power / divisor
        power *= square
        divisor += 2
    }
    return m * v - 2 * v * square * sum
}
