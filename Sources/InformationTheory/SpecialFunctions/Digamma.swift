// SPDX-License-Identifier: Apache-2.0
import Glibc

/// ψ(x) = d/dx log Γ(x) for x > 0, to some units in the last place of max(1, |ψ(x)|); NaN elsewhere.
///
/// ψ(x) = ψ(x + 1) − 1/x up to where the asymptotic series is exact in float64
/// (Abramowitz & Stegun 6.3.5 and 6.3.18).
func digamma(_ x: Double) -> Double {
    guard x > 0 else { return .nan }
    var (x, shift) = (x, 0.0)
    while x < 10 {
        shift += 1 / x
        x += 1
    }
    let t = 1 / (x * x)
    let series = polynomial([1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12], at: t)
    return log(x) - 0.5 / x - series * t - shift
}

/// ψ′(x) for x > 0, to some units in the last place; NaN elsewhere.
func trigamma(_ x: Double) -> Double {
    guard x > 0 else { return .nan }
    var (x, shift) = (x, 0.0)
    while x < smallestOfTrigammaTail {
        shift += 1 / (x * x)
        x += 1
    }
    return shift + (1 / x + (0.5 / (x * x) + trigammaTail(x)))
}

/// Where `trigammaTail` is exact in float64.
let smallestOfTrigammaTail = 12.0

/// ψ′(x) − 1/x − 1/(2x²) for x ≥ `smallestOfTrigammaTail` (Abramowitz & Stegun 6.4.12).
func trigammaTail(_ x: Double) -> Double {
    let t = 1 / (x * x)
    let series = polynomial([1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6], at: t)
    return series * t / x
}
