// SPDX-License-Identifier: Apache-2.0

/// c₀ + c₁ x + c₂ x² + …, by Horner's rule.
@inline(__always)
func polynomial<let count: Int>(_ coefficients: InlineArray<count, Double>, at x: Double) -> Double {
    var sum = 0.0
    var index = count
    while index > 0 {
        index &-= 1
        sum = sum * x + coefficients[index]
    }
    return sum
}
