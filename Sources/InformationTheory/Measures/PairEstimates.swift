// SPDX-License-Identifier: Apache-2.0
import Kernels

extension MeasureRequest {
    /// Mutual information of every two neurons of a layer by this request's estimator:
    /// Ĥ(T_i) + Ĥ(T_j) − Ĥ(T_i,T_j), which is symmetric. Neurons of one-to-one levels, a neuron and
    /// itself among them, have their entropy. NaN where the estimator is undefined.
    ///
    /// - Returns: [d, d], row-major
    /// - Throws: `argument` for Panzeri–Treves, whose correction takes the label for known; as
    ///   `pairwiseMutualInformation`
    public func pairs(of matrix: any ActivationMatrix, quantizer: Quantizer, run: Run) throws(InfoLensError)
        -> AlignedBuffer
    {
        let statistic: PairStatistic
        switch function.estimator {
        case .plugIn: statistic = .plugIn
        case .panzeriTreves:
            throw InfoLensError(
                .argument,
                """
                estimator: "panzeri-treves" corrects information about a label, and pairs of neurons have none; choose \
                another, for instance "miller-madow"
                """)
        default:
            let (function, alphabet, levels) = (function, alphabet, quantizer.levels)
            statistic = .general { table in
                information(of: table, function: function, levels: alphabet == .full ? levels : nil, alphabet: alphabet)
            }
        }
        return try pairwiseMutualInformation(
            of: matrix, quantizer: quantizer, statistic: statistic, unit: function.unit, run: run)
    }
}

/// - Parameter levels: of either neuron where the alphabet is full and the quantiser bounds it
private func information(
    of table: ContingencyTable, function: EntropyFunction, levels: Int?, alphabet: Alphabet
) -> Double {
    let second = table.classSamples.map { UInt32(clamping: $0) }
    var joint: [UInt32] = []
    for c in second.indices where second[c] > 0 { joint += table.counts(ofClass: c).filter { $0 > 0 } }
    return second.withUnsafeBufferPointer { second in
        let (rows, columns) = (occupied(table.marginal), occupied(second))
        guard rows > 1, columns > 1 else { return 0 }
        func entropy(_ counts: UnsafeBufferPointer<UInt32>, _ alphabet: Int) -> Double {
            function.entropy(of: counts, total: table.samples, alphabet: alphabet)
        }
        let own = entropy(table.marginal, levels ?? rows)
        if rows == columns, rows == joint.count { return own }
        let all = alphabet == .full ? (levels ?? rows) * (levels ?? columns) : joint.count
        return own + entropy(second, levels ?? columns) - joint.withUnsafeBufferPointer { entropy($0, all) }
    }
}
