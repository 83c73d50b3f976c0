// SPDX-License-Identifier: Apache-2.0
import Kernels

extension GaussianCopula {
    /// I(X;Y|Z) in nats of continuous variables, each of one column or more, `gcmi` and `gccmi`: with the Gaussian
    /// entropies H of normal scores H(X,Z) + H(Y,Z) − H(X,Y,Z) − H(Z), or H(X) + H(Y) − H(X,Y) without a condition.
    ///
    /// - Throws: `numeric` for fewer samples than columns and one more, at NaN or infinity, and where a column is
    ///   determined by others; `memory`, `cancelled`
    public func information(
        _ x: JoinedColumns.Part, _ y: JoinedColumns.Part, given z: JoinedColumns.Part? = nil, run: Run
    ) throws(InfoLensError) -> Double {
        let columns = try JoinedColumns((z.map { [$0] } ?? []) + [x, y])
        try checkSamples(of: columns, among: columns.samples, "there are")
        return try information(columns, run: run)
    }

    /// I(X;Y|Z) = Σ p(z) I(X;Y|Z=z) in nats for the classes z of labels, the copula transform made anew within each.
    ///
    /// - Throws: as without a condition; `numeric` for a class of too few samples (names it)
    public func information(
        _ x: JoinedColumns.Part, _ y: JoinedColumns.Part, within labels: Labels, run: Run
    ) throws(InfoLensError) -> Double {
        let columns = try JoinedColumns([x, y])
        for (c, count) in labels.classes.samples.enumerated() where count > 0 {
            try checkSamples(
                of: columns, among: count, "\(labels.argument): class \(labels.className(c)) has", remedy: "the class")
        }
        // Names a row among all, which a class would count anew.
        _ = try columnExtrema(of: columns, run: run)
        try reserveRows(labels, run: run)
        var nats = 0.0
        for (c, rows) in labels.classes.rows.enumerated() where !rows.isEmpty {
            let part = try run.withReservations { () throws(InfoLensError) in
                try information(columns, rows: PickedRows(rows, of: columns), of: labels.className(c), run: run)
            }
            nats += Double(rows.count) / Double(columns.samples) * part
        }
        return nats
    }

    /// - Parameters:
    ///   - columns: X and Y, or Z, X and Y
    ///   - rows: the same columns of some samples; nil for all of them
    ///   - className: of these samples
    private func information(
        _ columns: JoinedColumns, rows: PickedRows? = nil, of className: String? = nil, run: Run
    ) throws(InfoLensError) -> Double {
        let joint = try joint(of: rows ?? columns, run: run)
        let last = columns.parts.count - 1
        let z = last == 2 ? joint.varying(columns.columns(of: 0)) : []
        let (x, y) = (joint.varying(columns.columns(of: last - 1)), joint.varying(columns.columns(of: last)))
        guard !x.isEmpty, !y.isEmpty else { return 0 }
        func factor(_ part: [Int]) throws(InfoLensError) -> CovarianceFactor {
            try CovarianceFactor(joint.correlation, columns: part, run: run) { place in
                singular(part[place], of: columns, className: className)
            }
        }
        func entropy(_ logDeterminant: Double, _ count: Int) -> Double {
            logDeterminant / 2 - bias(variables: count, samples: joint.samples)
        }
        // The factor of Z, X, Y begins with those of Z and of Z, X.
        let all = try factor(z + x + y)
        let (xz, xyz) = (z.count + x.count, all.order)
        let yz = try factor(z + y)
        return entropy(all.logDeterminant(first: xz), xz) + entropy(yz.logDeterminant, yz.order)
            - entropy(all.logDeterminant, xyz)
            - (z.isEmpty ? 0 : entropy(all.logDeterminant(first: z.count), z.count))
    }

    private func checkSamples(
        of columns: JoinedColumns, among samples: Int, _ subject: String, remedy: String = "some"
    ) throws(InfoLensError) {
        guard samples <= columns.neurons else { return }
        throw InfoLensError(
            .numeric,
            """
            \(subject) \(samples) samples, but a covariance of the \(columns.neurons) columns of \(columns.name) needs at \
            least \(columns.neurons + 1); give more samples, or leave out \(remedy == "some" ? "columns" : remedy)
            """)
    }
}

/// What to say of a column that those before it determine.
private func singular(_ column: Int, of columns: JoinedColumns, className: String?) -> InfoLensError {
    let label = columns.label(ofNeuron: column)
    let within = className.map { " within class \($0)" } ?? ""
    let part = columns.parts.indices.first { columns.columns(of: $0).contains(column) } ?? 0
    let before = columns.parts[..<part].map { "the columns of \($0.argument)" }
    let others = (before + ["the columns before it"]).joined(separator: " and ")
    return InfoLensError(
        .numeric,
        """
        \(label.subject) \(label.neuron) is determined by \(others)\(within), up to the precision of float64: the \
        covariance is singular; leave the column out
        """)
}
