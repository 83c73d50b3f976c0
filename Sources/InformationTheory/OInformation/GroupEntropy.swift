// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Entropies of groups of samples, or of probability.
///
/// Plug-in sums of counts are taken in fixed point: they do not depend on the order of the groups, so that variables
/// that say the same have the very same entropy.
struct GroupEntropy: Sendable {
    let function: EntropyFunction
    /// Samples; 0 of probabilities.
    let total: Int
    private let terms: PlugInTerms?

    /// - Parameter total: 0 for probabilities, whose only estimator is plug-in
    init(_ function: EntropyFunction, total: Int) throws(InfoLensError) {
        self.function = function
        self.total = total
        let isTabled = function.estimator == .plugIn && (1...GroupEntropy.mostTabled).contains(total)
        terms = isTabled ? try PlugInTerms(samples: total, unit: function.unit) : nil
    }

    /// Samples up to which terms are looked up.
    private static let mostTabled = 1 << 22

    /// Bytes of the table.
    static func bytes(total: Int) -> Int { total <= mostTabled ? 8 * (total + 2) : 0 }

    /// - Parameter alphabet: groups that could be
    /// - Returns: NaN where the estimator is undefined
    func callAsFunction(_ counts: UnsafeBufferPointer<UInt32>, alphabet: Int) -> Double {
        guard let terms else { return function.entropy(of: counts, total: total, alphabet: alphabet) }
        var sum: Int64 = 0
        for count in counts { sum &+= terms[count] }
        // Not negative in exact arithmetic.
        return Double(max(terms[total] - sum, 0)) * terms.unit
    }

    func callAsFunction(_ probabilities: UnsafeBufferPointer<Double>) -> Double {
        var sum = 0.0
        for p in probabilities where p > 0 { sum -= p * function.unit(p) }
        return max(sum, 0)
    }

    /// −log of the share of a group of so many samples.
    func surprise(_ count: UInt32) -> Double { -function.unit(Double(count) / Double(total)) }
}
