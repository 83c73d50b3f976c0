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

/// Φ⁻¹(p), to 1e-14 relative for normal numbers p; −∞ at 0, ∞ at 1, NaN outside.
///
/// An approximation good to three digits is refined by Halley's method, of third order,
/// on the side of ½ where neither p nor the distance from ½ loses digits.
func normalQuantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    if p == 0 || p == 1 { return p == 0 ? -.infinity : .infinity }
    if abs(p - 0.5) < 0.25 {
        let target = p - 0.5
        return halley(from: target * (2 * Double.pi).squareRoot()) { x in 0.5 * erf(x * inverseRoot2) - target }
    }
    let tail = min(p, 1 - p)
    let x = halley(from: tailStart(tail)) { x in normalDistribution(x) - tail }
    return p < 0.5 ? x : -x
}

/// Refines a zero of `error`, the integral of the normal density up to x less a target.
private func halley(from start: Double, error: (Double) -> Double) -> Double {
    var x = start
    // 1e-3 → 1e-9 → below rounding; the last steps only repair rounding errors.
    for _ in 0..<4 {
        // In two factors, which do not overflow where the error is a subnormal number.
        let half = exp(0.25 * x * x)
        let step = error(x) * (2 * Double.pi).squareRoot() * half * half
        x -= step / (1 + 0.5 * x * step)
    }
    return x
}

/// Φ⁻¹ of a small probability, roughly: the solution of p = φ(x)/|x| (1 − 1/x²) by iteration
/// from √(−2 log p).
private func tailStart(_ p: Double) -> Double {
    let exponent = -2 * log(p)
    var x = exponent.squareRoot()
    for _ in 0..<3 {
        // Mills' ratio Φ(−x)/φ(x) lies near 2/(x + √(x² + 8/π)).
        let ratio = 2 / (x + (x * x + 8 / Double.pi).squareRoot())
        x = max(0, exponent + 2 * log(ratio) - log(2 * Double.pi)).squareRoot()
    }
    return -x
}

/// 1/√2 in two parts.
private let inverseRoot2 = 0.5.squareRoot()
private let inverseRoot2Rest = -4.833646656726457e-17
