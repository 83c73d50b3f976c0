// SPDX-License-Identifier: Apache-2.0
import Kernels

extension GaussianCopula {
    /// I(X;Y) in nats of a continuous X, of one column or more, and a class Y as an analysis of variance,
    /// `gcmi_model_cd`: H(X) − Σ p(y) H(X|Y=y) with Gaussian entropies after one copula transform over all samples.
    ///
    /// 0 where no column varies and for one class.
    /// - Throws: `numeric` for a class that has no more samples than there are columns, or where a column does not vary
    ///   or is determined by others (names it), and at NaN or infinity; `memory`, `cancelled`
    public func model(_ x: JoinedColumns, _ labels: Labels, run: Run) throws(InfoLensError) -> Double {
        let joint = try joint(of: x, classes: labels.classes, run: run)
        let columns = joint.varying(0..<x.neurons)
        let occupied = labels.classes.samples.indices.filter { labels.classes.samples[$0] > 0 }
        guard !columns.isEmpty, occupied.count > 1 else { return 0 }
        let total = try CovarianceFactor(joint.correlation, columns: columns, run: run) { place in
            determined(columns[place], of: x, in: "")
        }.logDeterminant
        var within = 0.0
        for c in occupied {
            let part = joint.conditional[c]
            let name = labels.className(c)
            try labels.checkSamples(of: c, columns: columns.count)
            let factor = try CovarianceFactor(part.covariance, columns: columns, run: run) { place in
                // What rounding leaves of the square of a score is far below.
                part.covariance[columns[place], columns[place]] < 1e-24
                    ? silent(columns[place], of: x, in: name)
                    : determined(columns[place], of: x, in: " within class \(name)")
            }
            within += part.weight * factor.logDeterminant
        }
        let correction =
            isCorrected ? entropyCorrection(variables: columns.count, classes: labels.classes.samples) : 0
        return (total - within) / 2 + correction
    }
}

extension GaussianCopula.Labels {
    /// - Throws: `numeric` for a class of too few samples for the covariance of some columns
    func checkSamples(of c: Int, columns: Int) throws(InfoLensError) {
        let samples = classes.samples[c]
        guard samples <= columns else { return }
        throw InfoLensError(
            .numeric,
            """
            \(argument): class \(className(c)) has \(samples) \(samples == 1 ? "sample" : "samples"), but \
            \(columns == 1 ? "a variance" : "a covariance of \(columns) columns") needs at least \(columns + 1); leave the \
            class out, or give it more samples
            """)
    }
}

private func silent(_ column: Int, of x: JoinedColumns, in className: String) -> InfoLensError {
    let label = x.label(ofNeuron: column)
    return InfoLensError(
        .numeric,
        """
        \(label.subject) \(label.neuron) does not vary within class \(className), so that it has no density there; use \
        the mixture of one column at a time, which counts values that samples share, or leave column or class out
        """)
}

/// - Parameter place: " within class 3", or nothing
func determined(_ column: Int, of x: JoinedColumns, in place: String) -> InfoLensError {
    let label = x.label(ofNeuron: column)
    return InfoLensError(
        .numeric,
        """
        \(label.subject) \(label.neuron) is determined by the columns before it\(place), up to the precision of float64: \
        the covariance is singular; leave the column out
        """)
}
