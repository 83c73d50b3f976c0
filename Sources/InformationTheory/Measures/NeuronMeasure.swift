// SPDX-License-Identifier: Apache-2.0

/// A measure of a neuron, as the registry lists it.
///
/// To add one: write its function in a file of its own, then an entry in
/// `NeuronMeasure.all`. C, Python and the documentation take the rest from there.
public struct NeuronMeasure: Sendable {
    /// What a row of its columns is.
    public enum Rows: Sendable {
        case perNeuron
        case perNeuronClass
    }

    /// What a column's values are.
    public enum Content: Sendable {
        /// Information, in bits or nats as asked.
        case information
        /// A pure number.
        case number
        /// The index of a class.
        case classIndex
    }

    public struct Column: Sendable {
        public let name: StaticString
        public let content: Content
        public let description: StaticString
    }

    /// What must be given besides activations.
    public struct Needs: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }

        public static let labels = Needs(rawValue: 1)
        /// A discrete variable Z to condition on.
        public static let condition = Needs(rawValue: 2)
        /// Two groups of classes to compare.
        public static let groups = Needs(rawValue: 4)
        /// The activations themselves, not only their levels.
        public static let activations = Needs(rawValue: 8)

        /// "labels, condition", for people.
        public var text: StaticString {
            switch self {
            case []: ""
            case .labels: "labels"
            case [.labels, .condition]: "labels, condition"
            case [.labels, .groups]: "labels, groups"
            default: "labels, activations"
            }
        }
    }

    public let name: StaticString
    public let rows: Rows
    public let columns: [Column]
    public let needs: Needs
    public let byDefault: Bool
    /// Whether it takes the information that chance alone would give.
    let adjustsForChance: Bool
    public let description: StaticString
    public let reference: StaticString
    let evaluation: Evaluation

    /// What it is computed from; writes one value a column (`perNeuron`) or a class (`perNeuronClass`).
    enum Evaluation: Sendable {
        /// The levels of the quantised neuron.
        case levels(@Sendable (inout NeuronSummary, UnsafeMutablePointer<Double>) -> Void)
        /// The samples in order; the quantiser and the estimator of entropy do not matter.
        case samples(@Sendable (inout NeuronCopula, UnsafeMutablePointer<Double>) -> Void)
    }

    init(
        _ name: StaticString, rows: Rows = .perNeuron, columns: [Column], needs: Needs = .labels,
        byDefault: Bool = false, adjustsForChance: Bool = false, description: StaticString, reference: StaticString,
        evaluation: Evaluation
    ) {
        self.name = name
        self.rows = rows
        self.columns = columns
        self.needs = needs
        self.byDefault = byDefault
        self.adjustsForChance = adjustsForChance
        self.description = description
        self.reference = reference
        self.evaluation = evaluation
    }

    /// A measure of the quantised neuron.
    init(
        _ name: StaticString, rows: Rows = .perNeuron, columns: [Column], needs: Needs = .labels,
        byDefault: Bool = false, adjustsForChance: Bool = false, description: StaticString, reference: StaticString,
        evaluate: @escaping @Sendable (inout NeuronSummary, UnsafeMutablePointer<Double>) -> Void
    ) {
        self.init(
            name, rows: rows, columns: columns, needs: needs, byDefault: byDefault, adjustsForChance: adjustsForChance,
            description: description, reference: reference, evaluation: .levels(evaluate))
    }

    /// A measure of the neuron as it is, not quantised.
    init(
        _ name: StaticString, ofSamples columns: [Column], description: StaticString, reference: StaticString,
        evaluate: @escaping @Sendable (inout NeuronCopula, UnsafeMutablePointer<Double>) -> Void
    ) {
        self.init(
            name, columns: columns, needs: [.labels, .activations], description: description, reference: reference,
            evaluation: .samples(evaluate))
    }

    /// A measure of one column of information that bears its name.
    init(
        _ name: StaticString, rows: Rows = .perNeuron, column description: StaticString, needs: Needs = .labels,
        byDefault: Bool = false, summary: StaticString, reference: StaticString,
        evaluate: @escaping @Sendable (inout NeuronSummary, UnsafeMutablePointer<Double>) -> Void
    ) {
        self.init(
            name, rows: rows, columns: [Column(name: name, content: .information, description: description)],
            needs: needs, byDefault: byDefault, description: summary, reference: reference, evaluate: evaluate)
    }

    /// Whether it is computed from the samples in order.
    public var isOfSamples: Bool { if case .samples = evaluation { true } else { false } }

    public func isNamed(_ text: String) -> Bool { "\(name)" == text }

    /// "information" where the columns' unit is the one asked for.
    public var unit: StaticString { columns.contains { $0.content == .information } ? "information" : "1" }
}
