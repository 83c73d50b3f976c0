// SPDX-License-Identifier: Apache-2.0

// Sizes that only announce or compare: what exceeds Int.max is as good as Int.max.

/// The product of numbers that are not negative, or Int.max.
public func saturatingProduct(_ factors: Int...) -> Int {
    factors.reduce(1) { product, factor in
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        return overflow ? Int.max : next
    }
}

extension Sequence where Element == Int {
    /// The sum of numbers that are not negative, or Int.max.
    public func saturatingSum() -> Int {
        reduce(0) { sum, part in
            let (next, overflow) = sum.addingReportingOverflow(part)
            return overflow ? Int.max : next
        }
    }
}
