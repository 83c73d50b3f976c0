// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// Discrete variables, neurons and perhaps the label after them: their distinct patterns, and how often each occurs.
public final class DiscreteJoint: @unchecked Sendable {
    /// How often patterns occur.
    enum Weights {
        /// Samples of each row, `total` in all.
        case counts(UnsafeMutablePointer<UInt32>, total: Int)
        /// Probability of each row.
        case probabilities(UnsafeMutablePointer<Double>)
    }

    /// d.
    public let neurons: Int
    /// Whether the label is one more variable.
    public let hasLabel: Bool
    /// N; 0 where probabilities were given.
    public let samples: Int
    public let estimator: EntropyEstimator
    public let alphabet: Alphabet
    /// Patterns.
    let rows: Int
    let weights: Weights
    /// Levels that each variable could have: of the neurons, then of the label.
    let possible: [Int]
    /// Codes of each variable are below this.
    let levels: [Int]
    /// The row of each sample; nil where there are no samples.
    let rowOfSample: UnsafePointer<UInt32>?
    private let codes: AlignedBuffer
    private let stride: Int
    private let owned: [AlignedBuffer]

    private init(
        neurons: Int, hasLabel: Bool, estimator: EntropyEstimator, alphabet: Alphabet, rows: Int, weights: Weights,
        possible: [Int], levels: [Int], rowOfSample: UnsafePointer<UInt32>?, codes: AlignedBuffer, stride: Int,
        owned: [AlignedBuffer]
    ) {
        self.neurons = neurons
        self.hasLabel = hasLabel
        self.estimator = estimator
        self.alphabet = alphabet
        self.rows = rows
        self.weights = weights
        self.possible = possible
        self.levels = levels
        self.rowOfSample = rowOfSample
        self.codes = codes
        self.stride = stride
        self.owned = owned
        samples = if case .counts(_, let total) = weights { total } else { 0 }
    }

    /// What was resampled of another joint distribution: some of its neurons, and the label where it has one.
    ///
    /// - Parameters:
    ///   - neurons: their indices there; here they are 0, 1, …
    ///   - rows: patterns, which may come twice, each in at least one sample
    ///   - counts: samples of each
    ///   - codes: of each pattern, a variable after the other, `stride` apart
    convenience init(
        resampleOf other: DiscreteJoint, neurons: [Int], rows: Int, counts: UnsafeMutablePointer<UInt32>,
        codes: AlignedBuffer, stride: Int
    ) {
        let variables = neurons + (other.hasLabel ? [other.neurons] : [])
        self.init(
            neurons: neurons.count, hasLabel: other.hasLabel, estimator: other.estimator, alphabet: other.alphabet,
            rows: rows, weights: .counts(counts, total: other.samples), possible: variables.map { other.possible[$0] },
            levels: variables.map { other.levels[$0] }, rowOfSample: nil, codes: codes, stride: stride, owned: [])
    }

    /// Most levels of a variable.
    static let mostLevels = 1 << 16

    /// The code of each row, of a neuron or, at `neurons`, of the label.
    func codes(of variable: Int) -> UnsafeMutablePointer<UInt16> { codes.values(of: UInt16.self) + variable * stride }

    /// Whether a neuron has the same code in all rows.
    public func isConstant(_ neuron: Int) -> Bool {
        let codes = codes(of: neuron)
        return (1..<max(rows, 1)).allSatisfy { codes[$0] == codes[0] }
    }
}

// MARK: - Of a layer

extension DiscreteJoint {
    /// The patterns of the levels of a layer's neurons.
    ///
    /// - Parameter label: the class of each sample, for a label among the variables
    /// - Throws: `memory`; `argument` for an estimator that has no entropies; as `forEachCodedGroup`
    public static func make(
        of matrix: any ActivationMatrix, quantizer: Quantizer, label: SampleClasses?, estimator: EntropyEstimator,
        alphabet: Alphabet, run: Run
    ) throws(InfoLensError) -> DiscreteJoint {
        try checkEstimator(estimator)
        let (samples, neurons) = (matrix.samples, matrix.neurons)
        let variables = neurons + (label == nil ? 0 : 1)
        let codeBytes = saturatingProduct(variables, samples, MemoryLayout<UInt16>.stride)
        let groupBytes = saturatingProduct(samples, 2 * MemoryLayout<UInt32>.stride)
        let bytes = [codeBytes, groupBytes, GroupRefiner.bytes(rows: samples)].saturatingSum()
        guard bytes < run.memory else {
            throw InfoLensError(
                .memory,
                """
                memory: the levels of \(neurons) neurons of layer "\(matrix.name)" take \(bytes) bytes, but the budget \
                is \(run.memory); give the context more
                """)
        }
        run.reserve(bytes)
        let codes = try AlignedBuffer(byteCount: codeBytes, cleared: false)
        let base = codes.values(of: UInt16.self)
        let narrow = try AlignedBuffer(count: samples, of: Int32.self)
        let wide = narrow.values(of: Int32.self)
        defer { withExtendedLifetime(narrow) {} }
        var levels: [Int] = []
        try forEachCodedGroup(of: matrix, quantizer: quantizer, bytesPerNeuron: 0, run: run) { group in
            for neuron in group.neurons {
                group.copyLevels(of: neuron, to: wide)
                for i in 0..<samples { base[neuron &* samples &+ i] = UInt16(truncatingIfNeeded: wide[i]) }
                levels.append(group.levels(of: neuron))
            }
        }
        var possible = levels.map { max(quantizer.levels ?? $0, $0) }
        if let label {
            guard label.count <= mostLevels else {
                throw InfoLensError(
                    .numeric, "labels: there are \(label.count) classes; a discrete joint takes up to \(mostLevels)")
            }
            for i in 0..<samples {
                base[neurons &* samples &+ i] = label.codes.isEmpty ? 0 : UInt16(truncatingIfNeeded: label.codes[i])
            }
            levels.append(label.count)
            possible.append(label.count)
        }
        let groups = try AlignedBuffer(count: samples, of: UInt32.self)
        let rowOfSample = groups.values(of: UInt32.self)
        let rows = try number(
            base, stride: samples, rows: samples, variables: variables, levels: levels, into: rowOfSample)
        let counts = try AlignedBuffer(count: rows, of: UInt32.self)
        let weights = counts.values(of: UInt32.self)
        // Rows are numbered as they come, so that a row's first sample is not before it.
        for i in 0..<samples { weights[Int(rowOfSample[i])] &+= 1 }
        var next = 0
        for i in 0..<samples where Int(rowOfSample[i]) == next {
            for variable in 0..<variables { base[variable &* samples &+ next] = base[variable &* samples &+ i] }
            next += 1
        }
        return DiscreteJoint(
            neurons: neurons, hasLabel: label != nil, estimator: estimator, alphabet: alphabet, rows: rows,
            weights: .counts(weights, total: samples), possible: possible, levels: levels, rowOfSample: rowOfSample,
            codes: codes, stride: samples, owned: [groups, counts])
    }

    private static func checkEstimator(_ estimator: EntropyEstimator) throws(InfoLensError) {
        guard !estimator.estimatesEntropy else { return }
        let others = EntropyEstimator.allCases.filter(\.estimatesEntropy).map { "\"\($0.rawValue)\"" }
        throw InfoLensError(
            .argument,
            """
            estimator: "\(estimator.rawValue)" corrects mutual information, and O-information is made of entropies; \
            choose from \(others.joined(separator: ", "))
            """)
    }

    /// Numbers rows by their patterns.
    /// - Returns: the number of patterns
    private static func number(
        _ codes: UnsafePointer<UInt16>, stride: Int, rows: Int, variables: Int, levels: [Int],
        into groups: UnsafeMutablePointer<UInt32>
    ) throws(InfoLensError) -> Int {
        let refiner = try GroupRefiner(rows: rows)
        groups.update(repeating: 0, count: rows)
        var count = 1
        for variable in 0..<variables where count < rows {
            count = refiner.refine(
                groups, count: count, by: codes + variable * stride, levels: levels[variable], rows: rows, into: groups)
        }
        return count
    }
}

// MARK: - Of counted patterns

extension DiscreteJoint {
    /// The distribution of patterns that somebody counted.
    ///
    /// - Parameters:
    ///   - symbols: M × d, row-major; a pattern may come twice
    ///   - weights: how often, or with the plug-in estimator how probable, each pattern is
    /// - Throws: `shape` for other lengths; `numeric` for symbols that are no integers, weights that are negative or
    ///   not finite or all 0, fractions where the estimator needs counts; `argument` as the other; `memory`
    public static func make(
        symbols: [Double], variables: Int, weights: [Double], estimator: EntropyEstimator, alphabet: Alphabet
    ) throws(InfoLensError) -> DiscreteJoint {
        try checkEstimator(estimator)
        guard variables > 0, !weights.isEmpty, symbols.count == weights.count * variables else {
            throw InfoLensError(
                .shape,
                "counts: there are \(weights.count), but \(symbols.count / max(variables, 1)) patterns; give one each")
        }
        let kept = weights.indices.filter { weights[$0] > 0 }
        let isCounted = try check(weights, estimator: estimator)
        let codes = try AlignedBuffer(count: kept.count * variables, of: UInt16.self)
        let base = codes.values(of: UInt16.self)
        var levels: [Int] = []
        for variable in 0..<variables {
            levels.append(
                try code(
                    symbols, variable: variable, of: variables, kept: kept, into: base + variable * kept.count))
        }
        let groups = try AlignedBuffer(count: kept.count, of: UInt32.self)
        let rowOfPattern = groups.values(of: UInt32.self)
        let rows = try number(
            base, stride: kept.count, rows: kept.count, variables: variables, levels: levels, into: rowOfPattern)
        let sums = try AlignedBuffer(count: rows, of: Double.self)
        let sum = sums.values(of: Double.self)
        var next = 0
        for (place, index) in kept.enumerated() {
            let row = Int(rowOfPattern[place])
            sum[row] += weights[index]
            guard row == next else { continue }
            for variable in 0..<variables { base[variable * kept.count + next] = base[variable * kept.count + place] }
            next += 1
        }
        let total = weights.reduce(0, +)
        let counts = try AlignedBuffer(count: rows, of: UInt32.self)
        let numbers = counts.values(of: UInt32.self)
        for row in 0..<rows {
            if isCounted { numbers[row] = UInt32(exactly: sum[row]) ?? 0 } else { sum[row] /= total }
        }
        return DiscreteJoint(
            neurons: variables, hasLabel: false, estimator: estimator, alphabet: alphabet, rows: rows,
            weights: isCounted ? .counts(numbers, total: Int(total)) : .probabilities(sum), possible: levels,
            levels: levels, rowOfSample: nil, codes: codes, stride: kept.count, owned: [sums, counts])
    }

    /// Whether weights are counts of samples.
    private static func check(_ weights: [Double], estimator: EntropyEstimator) throws(InfoLensError) -> Bool {
        var areIntegers = true
        for (index, weight) in weights.enumerated() {
            guard weight.isFinite, weight >= 0 else {
                throw InfoLensError(
                    .numeric, "counts[\(index)]: is \(weight); give how often the pattern occurs, not less than 0")
            }
            if weight != weight.rounded() {
                guard estimator == .plugIn else {
                    throw InfoLensError(
                        .numeric,
                        """
                        counts[\(index)]: is \(weight), but "\(estimator.rawValue)" needs numbers of samples; give \
                        integers, or use "plug-in", which takes probabilities
                        """)
                }
                areIntegers = false
            }
        }
        let total = weights.reduce(0, +)
        guard total > 0, total.isFinite else {
            throw InfoLensError(
                .numeric, "counts: their sum is \(total); give a finite sum, and a pattern that occurred")
        }
        let fits = total <= Double(UInt32.max)
        guard fits || estimator == .plugIn else {
            throw InfoLensError(
                .numeric,
                """
                counts: their sum is \(total), above \(UInt32.max); divide all of them, since so many samples need no \
                correction
                """)
        }
        return areIntegers && fits
    }

    /// Codes of one variable in the order of its symbols; symbols of patterns that never occurred count as levels.
    private static func code(
        _ symbols: [Double], variable: Int, of variables: Int, kept: [Int], into codes: UnsafeMutablePointer<UInt16>
    ) throws(InfoLensError) -> Int {
        var numbers: [Double: UInt16] = [:]
        var distinct: Set<Double> = []
        for row in 0..<symbols.count / variables {
            let symbol = symbols[row * variables + variable]
            guard isSymbol(symbol) else {
                throw InfoLensError(
                    .numeric, "patterns[\(row)][\(variable)]: is \(symbol); symbols are integers within ±2^53")
            }
            distinct.insert(symbol)
        }
        guard distinct.count <= mostLevels else {
            throw InfoLensError(
                .numeric,
                "patterns: variable \(variable) has \(distinct.count) symbols; the most is \(mostLevels)")
        }
        for (number, symbol) in distinct.sorted().enumerated() {
            numbers[symbol] = UInt16(truncatingIfNeeded: number)
        }
        for (place, row) in kept.enumerated() { codes[place] = numbers[symbols[row * variables + variable]] ?? 0 }
        return distinct.count
    }
}
