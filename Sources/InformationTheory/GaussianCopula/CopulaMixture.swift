// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

extension GaussianCopula {
    /// I(X;Y) in nats of a continuous X and a class Y through the entropy of the mixture of the classes' Gaussians,
    /// `gcmi_mixture_cd`, and the share of samples whose value another sample has too, the largest of all columns.
    ///
    /// One column has an answer whatever it holds: see `NeuronMixture`. Of several columns every class must have a
    /// density: there are no atoms.
    ///
    /// - Throws: `numeric` at NaN or infinity, and of several columns for a class that has no more samples than there are
    ///   columns, or where more than half of a column's samples are equal or a column is determined by others (names
    ///   both); `memory`, `cancelled`
    public func mixture(
        _ x: JoinedColumns, _ labels: Labels, run: Run
    ) throws(InfoLensError) -> (nats: Double, tied: Double) {
        if x.neurons == 1 { return try neuronMixture(x, labels.classes, run: run) }
        let tied = try tiedShare(of: x, run: run)
        var mixture = GaussianMixture(dimensions: x.neurons, points: points)
        let occupied = labels.classes.samples.count { $0 > 0 }
        try reserve(
            GaussianMixture.bytes(dimensions: x.neurons, count: occupied), "the classes of \(x.name)", run: run)
        try reserveRows(labels, run: run)
        for (c, rows) in labels.classes.rows.enumerated() where !rows.isEmpty {
            try labels.checkSamples(of: c, columns: x.neurons)
            let part = try run.withReservations { () throws(InfoLensError) in
                try component(PickedRows(rows, of: x), of: x, in: labels.className(c), run: run)
            }
            let factor = UnsafeBufferPointer(start: part.factor.values, count: x.neurons * x.neurons)
            mixture.add(weight: Double(rows.count) / Double(x.samples), mean: part.mean, factor: factor)
        }
        return (try mixture.information(run: run), tied)
    }

    /// Units of work of a mixture; at most Int.max.
    public func workUnits(ofMixture x: JoinedColumns) -> Int {
        let column = saturatingProduct(x.samples, x.neurons)
        return x.neurons == 1 ? column : [column, column, workUnits(of: x)].saturatingSum()
    }

    private func neuronMixture(
        _ x: JoinedColumns, _ classes: SampleClasses, run: Run
    ) throws(InfoLensError) -> (nats: Double, tied: Double) {
        // Several workers would be idle: there is one column.
        var result = (nats: 0.0, tied: 0.0)
        let breakingTies = ties != .average
        try forEachOrderedNeuron(
            of: x, classes: classes, run: run, memory: run.memory,
            toolBytes: NeuronMixture.bytes(samples: x.samples, classes: classes.count)
        ) { () throws(InfoLensError) in
            try NeuronMixture(classes: classes, breakingTies: breakingTies)
        } body: { (tool, _, samples) throws(InfoLensError) in
            result = tool.information(of: samples)
        }
        return result
    }

    private func tiedShare(of x: JoinedColumns, run: Run) throws(InfoLensError) -> Double {
        let memory = try AlignedBuffer(count: x.neurons, of: Int.self)
        let counts = memory.values(of: Int.self)
        try forEachOrderedNeuron(
            of: x, classes: SampleClasses(unlabelled: x.samples), run: run, memory: run.memory, toolBytes: 0
        ) { () throws(InfoLensError) in
            0
        } body: { (_, column, samples) throws(InfoLensError) in
            samples.forEachValue { if $0.count > 1 { counts[column] += $0.count } }
        }
        let most = UnsafeBufferPointer(start: counts, count: x.neurons).max() ?? 0
        return Double(most) / Double(x.samples)
    }

    /// The Gaussian of a class: normal scores within it, times each column's robust scale and about its median.
    private func component(
        _ rows: PickedRows, of x: JoinedColumns, in className: String, run: Run
    ) throws(InfoLensError) -> (mean: [Double], factor: CovarianceFactor) {
        let d = x.neurons
        let memory = try AlignedBuffer(count: 2 * d, of: Double.self)
        let (means, deviations) = (memory.values(of: Double.self), memory.values(of: Double.self) + d)
        let breakingTies = ties != .average
        try forEachOrderedNeuron(
            of: rows, classes: SampleClasses(unlabelled: rows.samples), run: run, memory: run.memory, toolBytes: 0
        ) { () throws(InfoLensError) in
            0
        } body: { (_, column, samples) throws(InfoLensError) in
            let values = ClassValues(sorted: samples.values)
            let median = values.median
            let scale = ClassValues.deviationsPerMAD * values.absoluteDeviation(from: median)
            guard scale > 0, scale.isFinite else { throw undefinedScale(column, of: x, in: className, scale: scale) }
            let scores = values.scores(breakingTies: breakingTies)
            means[column] = median + scale * scores.mean
            deviations[column] = scale * scores.deviation
        }
        let joint = try joint(of: rows, run: run)
        let factor = try CovarianceFactor(joint.correlation, columns: Array(0..<d), run: run) { place in
            determined(place, of: x, in: " within class \(className)")
        }
        // The factor of D R D is D L.
        for i in 0..<d { for j in 0...i { factor.values[i * d + j] *= deviations[i] } }
        return (Array(UnsafeBufferPointer(start: means, count: d)), factor)
    }
}

private func undefinedScale(
    _ column: Int, of x: JoinedColumns, in className: String, scale: Double
) -> InfoLensError {
    let label = x.label(ofNeuron: column)
    guard scale == 0 else {
        return InfoLensError(
            .numeric, "\(label.subject) \(label.neuron) is too large for float64 within class \(className); scale it")
    }
    return InfoLensError(
        .numeric,
        """
        \(label.subject) more than half of the samples of class \(className) are equal in \(label.neuron), so that it has \
        no density there; take one column at a time, which counts values that samples share, or what the neurons \
        say before their activation function
        """)
}
