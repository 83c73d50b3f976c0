// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What is the same for every neuron of a layer, shared by the threads that evaluate them.
struct LayerSummary: Sendable {
    let function: EntropyFunction
    let alphabet: Alphabet
    /// Levels that the quantiser can give, or nil where only the data bound them.
    let levels: Int?
    let logs: FrequencyLogs
    /// The samples of each class as counts.
    let classCounts: [UInt32]
    /// The group of each class: 0, 1 or 2; empty where none were given.
    var groups: [Int32] = []
    /// Where classes are pairs (label, condition): the pairs of each condition.
    var conditions: [[Int]] = []
    /// Chance information of N samples, for measures that adjust for it.
    var expected: ExpectedMutualInformation?
    /// Mean activation of each [class][neuron], and the least activation of each neuron.
    var activations: (means: [[Double]], least: [Double]) = ([], [])

    init(
        function: EntropyFunction, alphabet: Alphabet, levels: Int?, total: Int, classSamples: [Int]
    ) throws(InfoLensError) {
        self.function = function
        self.alphabet = alphabet
        self.levels = levels
        logs = try FrequencyLogs(total: total, classSamples: classSamples, unit: function.unit)
        classCounts = classSamples.map { UInt32(clamping: $0) }
    }
}

/// One neuron's table with what several measures share, computed when first asked for.
struct NeuronSummary {
    let neuron: Int
    let table: ContingencyTable
    let layer: LayerSummary
    /// What could not be estimated, for the row's warning.
    var warning = NeuronWarning()

    /// Levels that occur.
    private(set) lazy var occupiedLevels = occupied(table.marginal)
    private lazy var marginalLogs = table.marginal.map { $0 == 0 ? 0 : layer.logs.ofAll($0) }
    private lazy var plugInEntropy = InformationTheory.entropy(of: table.marginal, log: layer.logs.ofAll)

    init(neuron: Int, table: ContingencyTable, layer: LayerSummary) {
        self.neuron = neuron
        self.table = table
        self.layer = layer
    }

    var function: EntropyFunction { layer.function }

    /// A neuron of one level has no entropy, which no estimator needs to guess.
    var isConstant: Bool { mutating get { occupiedLevels <= 1 } }

    /// Ĥ(T).
    lazy var entropy: Double = {
        if isConstant { return 0 }
        return estimate(table.marginal, log: matching(layer.logs.ofAll, table.samples), class: nil)
    }()

    /// Ĥ(T|Y) = Σ p(y) Ĥ(T|Y=y).
    lazy var conditionalEntropy: Double = {
        var sum = 0.0
        for (c, samples) in table.classSamples.enumerated() where samples > 0 {
            sum += Double(samples) / Double(table.samples) * entropy(ofClass: c)
        }
        return sum
    }()

    /// Î(T;Y) = Ĥ(T) − Ĥ(T|Y).
    lazy var mutualInformation: Double = {
        if isConstant { return 0 }
        return function.information(entropy: entropy, conditionalEntropy: conditionalEntropy)
    }()

    /// Plug-in H(T), H(Y) and I(T;Y) in nats, whatever was asked for.
    lazy var plugIn: (entropy: Double, labelEntropy: Double, information: Double) = {
        func nats(_ counts: UnsafeBufferPointer<UInt32>, _ total: Int) -> Double {
            InformationTheory.entropy(of: counts, log: FrequencyLog(total: total, unit: .nats))
        }
        let entropy = nats(table.marginal, table.samples)
        var within = 0.0
        for (c, samples) in table.classSamples.enumerated() where samples > 0 {
            within += Double(samples) / Double(table.samples) * nats(table.counts(ofClass: c), samples)
        }
        let label = layer.classCounts.withUnsafeBufferPointer { nats($0, table.samples) }
        return (entropy, label, max(entropy - within, 0))
    }()

    /// Ĥ(Y), over all classes where the alphabet is full.
    lazy var labelEntropy: Double = layer.classCounts.withUnsafeBufferPointer { counts in
        let occupied = occupied(counts)
        if occupied <= 1 { return 0 }
        let isFull = layer.alphabet == .full && function.estimator.dependsOnAlphabet
        let value = function.entropy(
            of: counts, log: layer.logs.ofAll, alphabet: isFull ? counts.count : occupied)
        if value.isNaN { warning.note(.labels) }
        return value
    }

    /// Ĥ(T|Y=y); NaN for a class without samples.
    mutating func entropy(ofClass c: Int) -> Double {
        guard table.classSamples[c] > 0 else { return .nan }
        if isConstant { return 0 }
        return estimate(
            table.counts(ofClass: c), log: matching(layer.logs.ofClass[c], table.classSamples[c]), class: c)
    }

    /// The layer's frequencies, unless a table has other totals: one of a resample, or without one of the samples.
    private func matching(_ log: FrequencyLog, _ total: Int) -> FrequencyLog {
        log.total == total ? log : FrequencyLog(total: total, unit: function.unit)
    }

    /// î(y) = −Σ p(t|y) log p(t) + (Ĥ(T) − H(T)) − Ĥ(T|Y=y), with H the plug-in entropy, so that its mean
    /// over classes is Î(T;Y); for the plug-in estimator D_KL(P(T|Y=y) ‖ P(T)). NaN for a class without samples.
    mutating func specificInformation(ofClass c: Int) -> Double {
        let plugIn = InformationTheory.specificInformation(
            of: table, class: c, log: layer.logs.ofClass[c], marginalLogs: marginalLogs)
        if function.estimator == .plugIn || table.classSamples[c] == 0 || isConstant { return plugIn }
        let within = InformationTheory.entropy(of: table.counts(ofClass: c), log: layer.logs.ofClass[c])
        return plugIn + (entropy - plugInEntropy) - (entropy(ofClass: c) - within)
    }

    /// An entropy of this neuron's levels.
    /// - Parameter c: the class whose histogram it is, for the warning
    mutating func estimate(_ counts: UnsafeBufferPointer<UInt32>, log: FrequencyLog, class c: Int?) -> Double {
        let alphabet: Int
        switch (function.estimator, layer.alphabet) {
        // Panzeri and Treves take the levels that the neuron is known to have for those that a class could have.
        case (.panzeriTreves, _): alphabet = occupiedLevels
        case (.jamesStein, .full), (.nsb, .full): alphabet = layer.levels ?? occupiedLevels
        case (.jamesStein, .observed), (.nsb, .observed): alphabet = occupied(counts)
        default: alphabet = 0
        }
        let value = function.entropy(of: counts, log: log, alphabet: alphabet)
        if value.isNaN { warning.note(layer.conditions.isEmpty ? c.map { .class($0) } ?? .all : .condition) }
        return value
    }
}

/// What of a neuron's row is undefined.
public struct NeuronWarning: Sendable, Hashable {
    /// Samples whose entropy has no estimate.
    public enum Histogram: Sendable, Hashable {
        /// The neuron's levels in all samples, or in those of a class.
        case all
        case `class`(Int)
        /// The neuron's levels in the samples of a value of the condition, or of one and a class.
        case condition
        /// The labels.
        case labels
        /// The neuron's levels under some permutation of the labels, or in some resample.
        case permutation
        case resample
    }

    /// The first of each kind that was met.
    public private(set) var undefined: [Histogram] = []
    /// Class selectivity needs activations that are not negative.
    public internal(set) var isNegative = false
    /// The first class whose samples do not vary, so that `gcmi_model` has no density for it.
    public internal(set) var silentClass: Int?
    /// The bias-corrected interval has no ends: all resamples lie on one side of the estimate, or it is undefined
    /// without one of the samples.
    public var isUncorrected = false

    public init() {}

    public var isEmpty: Bool { self == NeuronWarning() }

    public mutating func note(_ histogram: Histogram) {
        if case .class = histogram, undefined.contains(where: { if case .class = $0 { true } else { false } }) {
            return
        }
        if !undefined.contains(histogram) { undefined.append(histogram) }
    }

    /// Adds what another evaluation of the same neuron found.
    mutating func add(_ other: NeuronWarning) {
        for histogram in other.undefined { note(histogram) }
        isNegative = isNegative || other.isNegative
        silentClass = silentClass ?? other.silentClass
        isUncorrected = isUncorrected || other.isUncorrected
    }
}
