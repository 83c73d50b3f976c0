// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How the mutual information of two neurons is estimated.
public enum PairStatistic {
    /// Plug-in: H(Tᵢ) + H(Tⱼ) − H(Tᵢ, Tⱼ).
    case plugIn
    /// From the table of the levels of i × the levels of j, as of levels × classes.
    case general((ContingencyTable) -> Double)
}

/// I(Tᵢ;Tⱼ) of all pairs of neurons of a layer, a symmetric d × d matrix in row-major order.
///
/// The diagonal is I(Tᵢ;Tᵢ), which is H(Tᵢ). A constant neuron has 0 throughout. Plug-in
/// sums are exact integers, so that a copy of a neuron has the neuron's very entropy, and
/// the result has the same bits for every number of threads and budget.
///
/// Where the levels of all neurons exceed a third of the budget, the layer is read once for
/// every group of them that fits.
///
/// - Throws: as `forEachCodedGroup`; `memory`
public func pairwiseMutualInformation(
    of matrix: any ActivationMatrix, quantizer: Quantizer, statistic: PairStatistic, unit: Logarithm, run: Run
) throws(InfoLensError) -> AlignedBuffer {
    let (neurons, samples) = (matrix.neurons, matrix.samples)
    let (cells, overflow) = neurons.multipliedReportingOverflow(by: neurons)
    guard !overflow else {
        throw InfoLensError(
            .memory, "out of memory: a matrix of all pairs of \(neurons) neurons exceeds an address space")
    }
    let result = try AlignedBuffer(count: cells, of: Double.self)
    let values = result.values(of: Double.self)
    func set(_ i: Int, _ j: Int, _ value: Double) {
        values[i * neurons + j] = value
        values[j * neurons + i] = value
    }
    let terms = try PlugInTerms(samples: samples, unit: unit)
    // Σ of the terms of each neuron's levels.
    let ownSums = try AlignedBuffer(count: neurons, of: Int64.self)
    let own = ownSums.values(of: Int64.self)
    defer { withExtendedLifetime((ownSums, terms)) {} }
    func relate(_ first: LevelCodes, _ second: LevelCodes) throws(InfoLensError) {
        switch statistic {
        case .plugIn:
            for codes in first === second ? [first] : [second] {
                for neuron in codes.neurons {
                    own[neuron] = codes.levelSamples(of: neuron).reduce(0) { $0 + terms[$1] }
                    set(neuron, neuron, Double(max(terms[samples] - own[neuron], 0)) * terms.unit)
                }
            }
            try NeuronPairs(first, second, wholeTables: false, run: run).sums(of: terms.values) { i, j, sum in
                // Not negative in exact arithmetic.
                set(i, j, Double(max(terms[samples] - own[i] - own[j] + sum, 0)) * terms.unit)
            }
        case .general(let statistic):
            try NeuronPairs(first, second, wholeTables: true, run: run).tables { i, j, table in
                set(i, j, statistic(table))
            }
        }
    }
    try forEachCodedGroup(of: matrix, quantizer: quantizer, bytesPerNeuron: 0, run: run) {
        (first) throws(InfoLensError) in
        try relate(first, first)
        let later = first.neurons.upperBound..<neurons
        guard !later.isEmpty else { return }
        try forEachCodedGroup(of: matrix, quantizer: quantizer, neurons: later, bytesPerNeuron: 0, run: run) {
            (second) throws(InfoLensError) in
            try relate(first, second)
        }
    }
    return result
}

/// Units of work that `pairwiseMutualInformation` reports for one layer, if one reading is enough; at most Int.max.
public func pairwiseWorkUnits(of matrix: any ActivationMatrix, quantizer: Quantizer) -> Int {
    saturatingProduct(matrix.samples, matrix.neurons, passes(of: quantizer) + matrix.neurons / 2)
}
