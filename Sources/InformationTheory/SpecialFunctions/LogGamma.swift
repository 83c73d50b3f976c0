// SPDX-License-Identifier: Apache-2.0
import Glibc

/// log Γ(x + n) − log Γ(x) for x > 0 and n = 0, 1, 2, …, to some units in the last place of
/// max(1, |result|), wherever x and n lie: neither log Γ is computed.
///
/// Below 16 factors x (x + 1) … are multiplied, which is exact also for x near 0, where the
/// result follows log x; from there on the difference of Stirling's formulas is taken.
func logRisingFactorial(_ x: Double, _ n: Double) -> Double {
    var (x, n, product) = (x, n, 1.0)
    while n > 0, x < smallestOfStirling {
        product *= x
        x += 1
        n -= 1
    }
    let head = log(product)
    guard n > 0 else { return head }
    let end = x + n
    let difference = (x - 0.5) * log1p(n / x) + n * (log(end) - 1)
    return head + difference + (stirlingRemainder(end) - stirlingRemainder(x))
}

/// Where `stirlingRemainder` is exact in float64.
let smallestOfStirling = 16.0

/// log Γ(x) − [(x − ½) log x − x + ½ log 2π] for x ≥ `smallestOfStirling`
/// (Abramowitz & Stegun 6.1.41).
func stirlingRemainder(_ x: Double) -> Double {
    let t = 1 / (x * x)
    let coefficients = (1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360)
    var series = coefficients.5
    series = series * t + coefficients.4
    series = series * t + coefficients.3
    series = series * t + coefficients.2
    series = series * t + coefficients.1
    series = series * t + coefficients.0
    return series / x
}
