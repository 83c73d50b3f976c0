// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InformationTheory
import Kernels

extension Context {
    /// The unit of an argument, which may leave it to the context.
    func unit(_ value: Int32, argument: StaticString = "unit") throws(InfoLensError) -> Logarithm {
        try choice(
            value, of: [(Int(IL_UNIT_DEFAULT), unit), (Int(IL_BITS), .bits), (Int(IL_NATS), .nats)],
            argument: argument, names: "IL_UNIT_DEFAULT, IL_BITS or IL_NATS")
    }
}

/// An array argument of at least one element.
private func elements<Element>(
    _ pointer: UnsafePointer<Element>?, count: Int64, argument: StaticString
) throws(InfoLensError) -> UnsafeBufferPointer<Element> {
    guard count > 0 else {
        throw InfoLensError(.argument, "count: is \(count); give the length of \(argument), at least 1")
    }
    guard let pointer else {
        throw InfoLensError(.argument, "\(argument): is NULL; pass an array of \(count) numbers")
    }
    return UnsafeBufferPointer(start: pointer, count: Int(count))
}

// MARK: - Entropy

/// Counts that were checked, with their sum.
private struct Histogram {
    let total: Int
    private let memory: AlignedBuffer
    let counts: UnsafeBufferPointer<UInt32>

    init(_ values: UnsafeBufferPointer<Int64>) throws(InfoLensError) {
        memory = try AlignedBuffer(count: values.count, of: UInt32.self)
        let narrow = memory.values(of: UInt32.self)
        var total = 0
        for (index, value) in values.enumerated() {
            guard value >= 0 else {
                throw InfoLensError(.argument, "counts[\(index)]: is \(value); a level cannot occur less than 0 times")
            }
            guard value <= Int64(UInt32.max), total + Int(value) <= Int(UInt32.max) else {
                throw InfoLensError(
                    .argument,
                    """
                    counts: their sum passes \(UInt32.max) at counts[\(index)], which is \(value); divide all of them, \
                    since so many samples need no exact counts
                    """
                )
            }
            narrow[index] = UInt32(value)
            total += Int(value)
        }
        guard total > 0 else {
            throw InfoLensError(.argument, "counts: all \(values.count) are 0; give a level that occurred")
        }
        self.total = total
        counts = UnsafeBufferPointer(start: narrow, count: values.count)
    }
}

@c @implementation
public func il_entropy(
    _ context: OpaquePointer!, _ counts: UnsafePointer<Int64>!, _ count: Int64, _ estimator: UnsafePointer<CChar>!,
    _ alphabet: Int32, _ unit: Int32, _ entropy: UnsafeMutablePointer<Double>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(entropy, "entropy")
        let unit = try Handles.object(context, Context.self, argument: "context").unit(unit)
        let function = EntropyFunction(try EntropyEstimator.named(estimator), unit: unit)
        guard function.estimator.estimatesEntropy else {
            let others = EntropyEstimator.allCases.filter(\.estimatesEntropy).map { "\"\($0.rawValue)\"" }
            throw InfoLensError(
                .argument,
                """
                estimator: "\(function.estimator.rawValue)" corrects mutual information, which compares histograms, \
                and no entropy of one of them; choose from \(others.joined(separator: ", "))
                """
            )
        }
        let alphabet = try Alphabet.make(alphabet)
        let histogram = try Histogram(try elements(counts, count: count, argument: "counts"))
        defer { withExtendedLifetime(histogram) {} }
        if let reason = function.reasonUndefined(of: histogram.counts, total: histogram.total) {
            throw InfoLensError(
                .numeric,
                """
                counts: the estimator "\(function.estimator.rawValue)" is undefined where \(reason); give more samples, \
                or use "grassberger" or "nsb"
                """
            )
        }
        output.pointee = function.entropy(
            of: histogram.counts, total: histogram.total, alphabet: alphabet == .full ? histogram.counts.count : 0)
    }
}

// MARK: - Divergences

/// Weights that make a distribution.
private func weights(
    _ pointer: UnsafePointer<Double>?, count: Int64, argument: StaticString
) throws(InfoLensError) -> UnsafeBufferPointer<Double> {
    let weights = try elements(pointer, count: count, argument: argument)
    for (index, weight) in weights.enumerated() where !(weight.isFinite && weight >= 0) {
        throw InfoLensError(
            .numeric, "\(argument)[\(index)]: is \(weight); weights of a distribution are finite and not negative")
    }
    guard weights.contains(where: { $0 > 0 }) else {
        throw InfoLensError(.numeric, "\(argument): all \(count) weights are 0; give a level that can occur")
    }
    return weights
}

private func divergence(
    _ context: OpaquePointer?, _ p: UnsafePointer<Double>?, _ q: UnsafePointer<Double>?, _ count: Int64, _ unit: Int32,
    _ divergence: UnsafeMutablePointer<Double>?,
    by formula: (UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>, Logarithm) -> Double
) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(divergence, "divergence")
        let unit = try Handles.object(context, Context.self, argument: "context").unit(unit)
        output.pointee = formula(
            try weights(p, count: count, argument: "p"), try weights(q, count: count, argument: "q"), unit)
    }
}

@c @implementation
public func il_kl_divergence(
    _ context: OpaquePointer!, _ p: UnsafePointer<Double>!, _ q: UnsafePointer<Double>!, _ count: Int64, _ unit: Int32,
    _ output: UnsafeMutablePointer<Double>!
) -> il_status {
    divergence(context, p, q, count, unit, output) { klDivergence($0, $1, unit: $2) }
}

@c @implementation
public func il_jensen_shannon_divergence(
    _ context: OpaquePointer!, _ p: UnsafePointer<Double>!, _ q: UnsafePointer<Double>!, _ count: Int64, _ unit: Int32,
    _ output: UnsafeMutablePointer<Double>!
) -> il_status {
    divergence(context, p, q, count, unit, output) { jensenShannonDivergence($0, $1, unit: $2) }
}

// MARK: - Registry

@c @implementation
public func il_estimator_count() -> Int64 { Int64(EntropyEstimator.allCases.count) }

@c @implementation
public func il_estimator_at(_ index: Int64, _ info: UnsafeMutablePointer<il_estimator_info>!) -> il_status {
    guarded { () throws(InfoLensError) in
        let output = try required(info, "info")
        _ = try structSize(
            UnsafePointer(output), argument: "info", initializer: "info.struct_size = sizeof(il_estimator_info)")
        let estimator = try entry(EntropyEstimator.allCases, at: index, of: "estimators")
        output.pointee.of_entropy = estimator.estimatesEntropy ? 1 : 0
        output.pointee.uses_alphabet = estimator.dependsOnAlphabet ? 1 : 0
        output.pointee.reserved = 0
        output.pointee.name = cText(estimator.name)
        output.pointee.description = cText(estimator.description)
        output.pointee.reference = cText(estimator.reference)
    }
}
