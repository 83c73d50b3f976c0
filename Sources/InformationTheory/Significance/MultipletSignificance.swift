// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How far O-information varies from one sample of the population to the next: what bootstrap replicates tell of one
/// multiplet. NaN where no replicate has a value.
public struct MultipletInterval: Sendable, Equatable {
    /// Standard deviation over the replicates (divisor B − 1).
    public let deviation: Double
    /// Quantiles of the replicates.
    public let low: Double
    public let high: Double
    /// Replicates without a value, which are left out: the multiplet is singular in them.
    public let missing: Int

    /// - Parameters:
    ///   - replicates: Ω of each, NaN where there is none; sorted in place
    ///   - confidence: of the interval, in 0 ..< 1
    init(_ replicates: UnsafeMutableBufferPointer<Double>, confidence: Double) {
        let present = compacted(replicates)
        deviation = momentsOf(present).deviation
        var sorted = present
        sorted.sort()
        let tail = (1 - confidence) / 2
        low = quantile(sorted.isEmpty ? .nan : tail, of: sorted)
        high = quantile(sorted.isEmpty ? .nan : 1 - tail, of: sorted)
        missing = replicates.count - present.count
    }
}

/// How unlikely O-information so far from 0 is where all variables are independent: what surrogates tell of one
/// multiplet. NaN where no surrogate has a value.
public struct MultipletSignificance: Sendable, Equatable {
    /// (1 + #{|Ω_b| ≥ |Ω|}) / (1 + B), B being the surrogates that have a value: given that there is one, the data's is
    /// in any place among them with the same probability.
    public let pValue: Double
    public let mean: Double
    /// Divisor B − 1.
    public let deviation: Double
    /// Surrogates without a value.
    public let missing: Int

    /// Values closer than this many nats are equal, as in searches: Ω of two variables is 0 but for rounding.
    private static let rounding = 0x1p-40

    /// - Parameter surrogates: Ω of each, NaN where there is none; in another order afterwards
    init(_ surrogates: UnsafeMutableBufferPointer<Double>, observed: Double, unit: Logarithm) {
        let present = compacted(surrogates)
        let least = observed.magnitude - unit.fromNats(MultipletSignificance.rounding)
        let asFar = present.reduce(0) { $0 + ($1.magnitude >= least ? 1 : 0) }
        pValue = present.isEmpty ? .nan : Double(1 + asFar) / Double(1 + present.count)
        (mean, deviation) = momentsOf(present)
        missing = surrogates.count - present.count
    }

    /// Benjamini & Hochberg 1995 over multiplets; NaN for those without a p value, which are no tests.
    public static func qValues(_ tests: [MultipletSignificance?]) -> [Double] {
        falseDiscoveryRates(tests.map { $0?.pValue ?? .nan })
    }
}

/// The values that are numbers, in their order, at the beginning of the same memory.
private func compacted(_ values: UnsafeMutableBufferPointer<Double>) -> UnsafeMutableBufferPointer<Double> {
    var count = 0
    for value in values where !value.isNaN {
        values[count] = value
        count += 1
    }
    return UnsafeMutableBufferPointer(rebasing: values[..<count])
}

/// NaN of nothing, and a deviation of NaN of one value.
private func momentsOf(_ values: UnsafeMutableBufferPointer<Double>) -> (mean: Double, deviation: Double) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, values.count > 1 ? (squares / (n - 1)).squareRoot() : .nan)
}
