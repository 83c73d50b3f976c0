// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A measure of a quantised neuron, as the registry lists it.
///
/// To add one: write its function in a file of its own, then an entry below. C, Python
/// and the documentation take the rest from here.
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
        /// The index of a class.
        case classIndex
    }

    public struct Column: Sendable {
        public let name: StaticString
        public let content: Content
        public let description: StaticString
    }

    public let name: StaticString
    public let rows: Rows
    public let columns: [Column]
    public let columnNames: StaticString
    public let needsLabels: Bool
    public let byDefault: Bool
    public let unit: StaticString
    public let description: StaticString
    public let reference: StaticString
    /// Writes one value a column (`perNeuron`) or a class (`perNeuronClass`).
    let evaluate: @Sendable (inout NeuronSummary, UnsafeMutablePointer<Double>) -> Void

    private init(
        _ name: StaticString, rows: Rows, columns: [Column], columnNames: StaticString, needsLabels: Bool,
        byDefault: Bool = true, description: StaticString, reference: StaticString,
        evaluate: @escaping @Sendable (inout NeuronSummary, UnsafeMutablePointer<Double>) -> Void
    ) {
        self.name = name
        self.rows = rows
        self.columns = columns
        self.columnNames = columnNames
        self.needsLabels = needsLabels
        self.byDefault = byDefault
        unit = "information"
        self.description = description
        self.reference = reference
        self.evaluate = evaluate
    }

    /// Every measure, in the order of their columns.
    public static let all: [NeuronMeasure] = [
        NeuronMeasure(
            "entropy", rows: .perNeuron,
            columns: [
                Column(name: "entropy", content: .information, description: "H(T), entropy of the quantised neuron")
            ],
            columnNames: "entropy", needsLabels: false,
            description: "Entropy of the quantised neuron, H(T) = -sum p(t) log p(t).",
            reference: "Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x"
        ) { neuron, values in values[0] = neuron.entropy },
        NeuronMeasure(
            "conditional_entropy", rows: .perNeuron,
            columns: [
                Column(
                    name: "conditional_entropy", content: .information,
                    description: "H(T|Y), entropy left when the class is known")
            ],
            columnNames: "conditional_entropy", needsLabels: true,
            description: "Entropy of the quantised neuron given the class, H(T|Y) = sum p(y) H(T|Y=y).",
            reference: "Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x"
        ) { neuron, values in values[0] = neuron.conditionalEntropy },
        NeuronMeasure(
            "mutual_information", rows: .perNeuron,
            columns: [
                Column(
                    name: "mutual_information", content: .information,
                    description: "I(T;Y), information about the class")
            ],
            columnNames: "mutual_information", needsLabels: true,
            description: "Mutual information of the quantised neuron and the class, I(T;Y) = H(T) - H(T|Y).",
            reference: "Liu, Amjad & Geiger 2018, arXiv:1804.06679"
        ) { neuron, values in
            values[0] = mutualInformation(entropy: neuron.entropy, conditionalEntropy: neuron.conditionalEntropy)
        },
        NeuronMeasure(
            "kl_selectivity", rows: .perNeuron,
            columns: [
                Column(
                    name: "kl_selectivity", content: .information,
                    description: "max over y of D_KL(P(T|Y=y) || P(T)), selectivity for one class"),
                Column(
                    name: "kl_selectivity_class", content: .classIndex,
                    description: "the class that attains kl_selectivity"),
            ],
            columnNames: "kl_selectivity,kl_selectivity_class", needsLabels: true,
            description: "KL selectivity, max over y of D_KL(P(T|Y=y) || P(T)), and the class that attains it.",
            reference: "Liu, Amjad & Geiger 2018, arXiv:1804.06679"
        ) { neuron, values in
            let selectivity = klSelectivity(of: &neuron)
            values[0] = selectivity.value
            values[1] = Double(selectivity.class)
        },
        NeuronMeasure(
            "specific_information", rows: .perNeuronClass,
            columns: [
                Column(
                    name: "specific_information", content: .information,
                    description: "D_KL(P(T|Y=y) || P(T)); NaN for a class without samples")
            ],
            columnNames: "specific_information", needsLabels: true,
            description:
                "Specific information of each class, i(y) = D_KL(P(T|Y=y) || P(T)); its mean over classes is I(T;Y).",
            reference: "DeWeese & Meister 1999, doi:10.1088/0954-898X/10/4/303"
        ) { neuron, values in
            for c in neuron.table.classSamples.indices {
                values[c] = neuron.specificInformation(ofClass: c)
            }
        },
    ]
}

/// One neuron's table with what several measures share, computed when first asked for.
struct NeuronSummary {
    let table: ContingencyTable
    let logs: FrequencyLogs
    lazy var entropy = InformationTheory.entropy(of: table.marginal, log: logs.ofAll)
    lazy var conditionalEntropy = InformationTheory.conditionalEntropy(of: table, logs: logs)
    private lazy var marginalLogs = table.marginal.map { $0 == 0 ? 0 : logs.ofAll($0) }

    init(table: ContingencyTable, logs: FrequencyLogs) {
        self.table = table
        self.logs = logs
    }

    mutating func specificInformation(ofClass c: Int) -> Double {
        InformationTheory.specificInformation(
            of: table, class: c, log: logs.ofClass[c], marginalLogs: marginalLogs)
    }
}

/// Evaluates measures, all of the same rows, for each neuron of a layer.
///
/// - Returns: for each measure, values in the order [neuron][column] (`perNeuron`) or [neuron][class]
/// - Throws: as `forEachQuantizedNeuron`
public func evaluate(
    _ measures: [NeuronMeasure], of matrix: any ActivationMatrix, quantizer: Quantizer, classes: SampleClasses,
    unit: Logarithm, run: Run
) throws(InfoLensError) -> [AlignedBuffer] {
    // A declared width beyond all memory is refused before anything is allocated for it.
    _ = try RowBlocks(of: matrix, run: run)
    let widths = measures.map { $0.rows == .perNeuron ? $0.columns.count : classes.count }
    var results: [AlignedBuffer] = []
    for width in widths {
        let (count, overflow) = matrix.neurons.multipliedReportingOverflow(by: width)
        guard !overflow else { throw InfoLensError(.memory, "out of memory: the table has too many rows") }
        results.append(try AlignedBuffer(count: count, of: Double.self))
    }
    let logs = try FrequencyLogs(classes, unit: unit)
    let outputs = results.map { $0.values(of: Double.self) }
    try forEachQuantizedNeuron(of: matrix, quantizer: quantizer, classes: classes, run: run) { neuron, table in
        var summary = NeuronSummary(table: table, logs: logs)
        for (index, measure) in measures.enumerated() {
            measure.evaluate(&summary, outputs[index] + neuron * widths[index])
        }
    }
    return results
}

/// Units of work that `evaluate` reports for one layer; at most Int.max.
public func workUnits(of matrix: any ActivationMatrix, quantizer: Quantizer) -> Int {
    let (units, overflow) = matrix.samples.multipliedReportingOverflow(by: matrix.neurons)
    let (all, tooMany) = units.multipliedReportingOverflow(by: passes(of: quantizer))
    return overflow || tooMany ? Int.max : all
}
