// SPDX-License-Identifier: Apache-2.0

/// An estimator of entropy, ready for use by any number of threads.
public struct EntropyFunction: Sendable {
    public let estimator: EntropyEstimator
    public let unit: Logarithm

    public init(_ estimator: EntropyEstimator, unit: Logarithm) {
        self.estimator = estimator
        self.unit = unit
    }

    /// The estimate for one histogram; the order of the counts does not matter beyond rounding.
    /// - Parameters:
    ///   - total: Σ counts
    ///   - alphabet: number of levels that could occur; taken as the number of positive counts where it
    ///     is less. Zeros among the counts are not read as levels
    /// - Returns: NaN where the estimator is undefined, for which `reasonUndefined` has the reason;
    ///   otherwise finite. Corrected estimates may pass log(alphabet), and may be negative
    public func entropy(of counts: UnsafeBufferPointer<UInt32>, total: Int, alphabet: Int) -> Double {
        entropy(of: counts, log: FrequencyLog(total: total, unit: unit), alphabet: alphabet)
    }

    /// The same bits, with logarithms that are looked up.
    /// - Parameter log: of frequencies among Σ counts, in the function's unit
    func entropy(of counts: UnsafeBufferPointer<UInt32>, log: FrequencyLog, alphabet: Int) -> Double {
        let total = log.total
        guard total > 0 else { return .nan }
        func plugIn() -> Double { InformationTheory.entropy(of: counts, log: log) }
        return switch estimator {
        case .plugIn: plugIn()
        case .millerMadow: plugIn() + unit.fromNats(firstOrderBias(levels: occupied(counts), total: total))
        case .grassberger: unit.fromNats(grassbergerEntropy(of: counts, total: total))
        case .chaoShen: unit.fromNats(chaoShenEntropy(of: counts, total: total))
        case .jamesStein: unit.fromNats(jamesSteinEntropy(of: counts, total: total, alphabet: alphabet))
        case .jackknife: unit.fromNats(jackknifeEntropy(of: counts, total: total))
        case .panzeriTreves:
            plugIn()
                + unit.fromNats(
                    firstOrderBias(levels: relevantLevels(of: counts, total: total, alphabet: alphabet), total: total))
        case .nsb: unit.fromNats(nsbEntropy(of: counts, total: total, alphabet: alphabet))
        }
    }

    /// Î = Ĥ − Ĥ(·|·) by estimates of this function.
    ///
    /// By plug-in it cannot be negative: only a difference of the size of rounding is set to 0, so that a defect
    /// would show. Corrected estimates are left as they are.
    func information(entropy: Double, conditionalEntropy: Double) -> Double {
        let difference = entropy - conditionalEntropy
        guard estimator == .plugIn else { return difference }
        return difference < 0 && difference > -1e-12 * max(1, entropy) ? 0 : difference
    }

    /// Why the estimate of a histogram is NaN, as the end of a sentence; nil where it is a number.
    public func reasonUndefined(of counts: UnsafeBufferPointer<UInt32>, total: Int) -> StaticString? {
        if total <= 0 { return "there are no samples" }
        switch estimator {
        case .chaoShen: return coverage(of: counts, total: total) > 0 ? nil : estimator.undefinedWhen
        case .jackknife: return total > 1 ? nil : estimator.undefinedWhen
        case .plugIn, .millerMadow, .grassberger, .jamesStein, .panzeriTreves, .nsb: return nil
        }
    }
}
