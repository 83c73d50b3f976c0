// SPDX-License-Identifier: Apache-2.0
import Glibc

/// log Γ(x + n) − log Γ(x) as a function of n = 0, 1, 2, … for a fixed x > 0, to some units in
/// the last place of max(1, |result|), wherever x and n lie.
///
/// Below 16 factors x (x + 1) … are multiplied, which is exact also for x near 0, where the
/// result follows log x; from there on the difference of Stirling's formulas is taken.
struct LogRisingFactorial {
    private let x: Double
    /// Factors below 16, their logarithm, and where Stirling's formula takes over.
    private let factors: Double
    private let head: Double
    private let base: Double
    /// Stirling's formula at the base: its leading terms, and their remainder.
    private let leading: Double
    private let remainder: Double

    init(_ x: Double) {
        self.x = x
        var (base, product) = (x, 1.0)
        while base < smallestOfStirling {
            product *= base
            base += 1
        }
        self.base = base
        factors = base - x > 0 ? (base - x).rounded() : 0
        head = log(product)
        leading = (base - 0.5) * log(base) - base
        remainder = stirlingRemainder(base)
    }

    func callAsFunction(_ n: Double) -> Double {
        if n <= factors {
            var product = 1.0
            for factor in 0..<Int(n) { product *= x + Double(factor) }
            return log(product)
        }
        let rest = n - factors
        let end = base + rest
        // Near the base the leading terms would cancel.
        let difference =
            rest < base
            ? (base - 0.5) * log1p(rest / base) + rest * (log(end) - 1) : (end - 0.5) * log(end) - end - leading
        return head + difference + (stirlingRemainder(end) - remainder)
    }
}

/// Where `stirlingRemainder` is exact in float64.
let smallestOfStirling = 16.0

/// log Γ(x) − [(x − ½) log x − x + ½ log 2π] for x ≥ `smallestOfStirling`
/// (Abramowitz & Stegun 6.1.41).
func stirlingRemainder(_ x: Double) -> Double {
    let t = 1 / (x * x)
    let series = polynomial([1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360], at: t)
    return series / x
}
