// SPDX-License-Identifier: Apache-2.0
import Kernels

/// I(T;Y|Z) = H(T|Z) − H(T|Y,Z), from a table whose classes are pairs of label and condition.
/// Cover & Thomas 2006, 2.5. A constant neuron has 0.
func conditionalMutualInformation(of neuron: inout NeuronSummary) -> Double {
    if neuron.isConstant { return 0 }
    let table = neuron.table
    var given = 0.0
    var counts = [UInt32](repeating: 0, count: table.marginal.count)
    for pairs in neuron.layer.conditions {
        for level in counts.indices { counts[level] = 0 }
        for c in pairs {
            for (cell, count) in table.counts(ofClass: c).enumerated() {
                counts[table.level(ofCell: cell, class: c)] &+= count
            }
        }
        let total = pairs.reduce(0) { $0 + table.classSamples[$1] }
        let log = FrequencyLog(total: total, unit: neuron.function.unit)
        let entropy = counts.withUnsafeBufferPointer { neuron.estimate($0, log: log, class: nil) }
        given += Double(total) / Double(table.samples) * entropy
    }
    return neuron.function.information(entropy: given, conditionalEntropy: neuron.conditionalEntropy)
}

/// Pairs of a label and a condition as classes of their own.
public struct JointClasses: Sendable {
    public let classes: SampleClasses
    /// The pairs of each condition that occurs.
    public let pairs: [[Int]]

    /// - Throws: `shape` when the two are of different samples
    public init(labels: SampleClasses, condition: SampleClasses) throws(InfoLensError) {
        guard labels.total == condition.total, !labels.codes.isEmpty, !condition.codes.isEmpty else {
            throw InfoLensError(
                .shape,
                "condition: there are \(condition.total) values, but \(labels.total) labels; give one a sample")
        }
        // Only pairs that occur: their number is at most N.
        var indices: [Int: Int32] = [:]
        var samples: [Int] = []
        var pairs = [[Int]](repeating: [], count: condition.count)
        var codes: [Int32] = []
        codes.reserveCapacity(labels.total)
        for (label, value) in zip(labels.codes, condition.codes) {
            let pair = Int(value) * labels.count + Int(label)
            let index: Int32
            if let known = indices[pair] {
                index = known
            } else {
                index = Int32(truncatingIfNeeded: samples.count)
                indices[pair] = index
                samples.append(0)
                pairs[Int(value)].append(Int(index))
            }
            samples[Int(index)] += 1
            codes.append(index)
        }
        classes = SampleClasses(codes: codes, samples: samples)
        self.pairs = pairs.filter { !$0.isEmpty }
    }
}
