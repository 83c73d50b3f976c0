// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// How unlikely each neuron's information is where neurons and labels are unrelated: by permutations
/// of the labels, for all neurons of one or several layers.
public struct Significance: Sendable {
    /// (1 + #{I_b ≥ I}) / (1 + B) for each neuron of each layer.
    public private(set) var pValue: [[Double]] = []
    /// The same for the largest I_b of all neurons: the chance that any unrelated neuron comes so far
    /// (Westfall & Young 1993, Resampling-Based Multiple Testing).
    public private(set) var familyPValue: [[Double]] = []
    /// Benjamini & Hochberg 1995 over all neurons.
    public private(set) var qValue: [[Double]] = []
    public private(set) var nullMean: [[Double]] = []
    public private(set) var nullDeviation: [[Double]] = []
    /// (I − mean) / deviation; NaN where the deviation is 0.
    public private(set) var zScore: [[Double]] = []

    /// - Parameters:
    ///   - observed: I of each neuron of each layer; a neuron of NaN has NaN throughout, and is no test
    ///   - nulls: of the same permutations for each layer
    public init(observed: [[Double]], nulls: [PermutationNull], permutations: Int) {
        var maxima = [Double](repeating: -.infinity, count: permutations)
        for null in nulls { maxima = zip(maxima, null.maxima).map(max) }
        // Ascending, so that a neuron's place among them is found by halving.
        maxima.sort()
        let all = Double(1 + permutations)
        for (observed, null) in zip(observed, nulls) {
            func column(_ value: (Int) -> Double) -> [Double] {
                observed.indices.map { observed[$0].isNaN ? .nan : value($0) }
            }
            pValue.append(column { Double(1 + null.countAtLeast[$0]) / all })
            familyPValue.append(
                column { Double(1 + PermutationNull.countAtLeast(observed[$0], sorted: maxima)) / all })
            nullMean.append(column { null.mean[$0] })
            nullDeviation.append(column { null.deviation[$0] })
            zScore.append(
                column { null.deviation[$0] > 0 ? (observed[$0] - null.mean[$0]) / null.deviation[$0] : .nan })
        }
        var rates = falseDiscoveryRates(pValue.flatMap(\.self))[...]
        for values in pValue {
            qValue.append(Array(rates.prefix(values.count)))
            rates = rates.dropFirst(values.count)
        }
    }
}

extension MeasureRequest {
    /// I(T;Y) of a table by the estimator of this request, as a statistic under permuted labels: Ĥ(T) stays, and
    /// Σ p(y) Ĥ(T|Y=y) is for four of the estimators a sum over cells.
    func permutationStatistic(quantizer: Quantizer, classes: SampleClasses) throws(InfoLensError)
        -> PermutationStatistic
    {
        let (estimator, unit, samples) = (function.estimator, function.unit, Double(classes.total))
        /// φ with Ĥ(T|Y=y) = c(N_y) − Σ n φ(n) / N_y.
        func additive(_ phi: @escaping (Double) -> Double) -> PermutationStatistic {
            .additive { _, count in unit.fromNats(Double(count) * phi(Double(count)) / samples) }
        }
        switch estimator {
        case .plugIn: return additive { log($0) }
        case .millerMadow: return additive { log($0) - 0.5 / $0 }
        case .grassberger: return additive { grassbergerG(UInt32($0)) }
        case .jackknife where classes.samples.allSatisfy({ $0 != 1 }): return additive { jackknifeLog($0) }
        case .jackknife, .chaoShen, .jamesStein, .panzeriTreves, .nsb:
            return .general(information(try layer(quantizer: quantizer, classes: classes)))
        }
    }

    /// Î(T;Y) of any table of the layer, permuted or resampled.
    private func information(_ layer: LayerSummary) -> (ContingencyTable) -> Double {
        { table in
            var neuron = NeuronSummary(neuron: 0, table: table, layer: layer)
            return neuron.mutualInformation
        }
    }

    /// Î(T;Y) of the tables that lack one sample: only Ĥ(T), for each level, and Ĥ(T|Y=y) of the sample's class, for
    /// each cell, are estimated again.
    private func informationLeavingOneOut(_ layer: LayerSummary) -> BootstrapStatistic.LeaveOneOut {
        // Where the alphabet is the levels that occur, a level less changes all entropies.
        let countsLevels =
            switch (function.estimator, alphabet) {
            case (.panzeriTreves, _): true
            case (.jamesStein, .full), (.nsb, .full): layer.levels == nil
            default: false
            }
        return { whole in
            var neuron = NeuronSummary(neuron: 0, table: whole, layer: layer)
            /// N_y Ĥ(T|Y=y).
            func weighted(_ neuron: inout NeuronSummary, class c: Int) -> Double {
                let samples = neuron.table.classSamples[c]
                return samples == 0 ? 0 : Double(samples) * neuron.entropy(ofClass: c)
            }
            let parts = whole.classSamples.indices.map { weighted(&neuron, class: $0) }
            // Sums of the classes before and after each one: a difference would not survive a class that is undefined.
            let before = parts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
            let after = Array(parts.reversed().reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }.reversed())
            var last: (level: UInt32, entropy: Double)?
            return { less, cell in
                var neuron = NeuronSummary(neuron: 0, table: less, layer: layer)
                let isEmptied = less.marginal[Int(cell.level)] == 0
                if neuron.isConstant || isEmptied && countsLevels { return neuron.mutualInformation }
                let entropy = last?.level == cell.level ? last?.entropy : nil
                let (all, c) = (entropy ?? neuron.entropy, Int(cell.label))
                last = (cell.level, all)
                return all - (before[c] + weighted(&neuron, class: c) + after[c + 1]) / Double(less.samples)
            }
        }
    }

    /// I(T;Y) of a table by the estimator of this request, as a statistic of resamples.
    func bootstrapStatistic(_ layer: LayerSummary) -> BootstrapStatistic {
        function.estimator == .plugIn
            ? .mutualInformation
            : .general(information(layer), leavingOneOut: informationLeavingOneOut(layer))
    }

    /// Confidence intervals of I(T;Y) by this request's estimator, from resamples of the samples.
    /// - Throws: as `bootstrap`
    public func intervals(
        _ replicates: Int, confidence: Double, of matrix: any ActivationMatrix, quantizer: Quantizer,
        classes: SampleClasses, seed: UInt64, run: Run
    ) throws(InfoLensError) -> [BootstrapInterval] {
        let layer = try layer(quantizer: quantizer, classes: classes)
        return try bootstrap(
            of: matrix, quantizer: quantizer, classes: classes, statistics: [bootstrapStatistic(layer)],
            replicates: replicates, confidence: confidence, seed: seed, unit: function.unit, run: run)[0]
    }

    /// The distribution of each neuron's information over permutations of the labels.
    ///
    /// - Parameter observed: I(T;Y) of each neuron by this request's estimator
    /// - Throws: as `labelPermutations`
    public func permutations(
        _ count: Int, of matrix: any ActivationMatrix, quantizer: Quantizer, classes: SampleClasses,
        observed: [Double], seed: UInt64, run: Run
    ) throws(InfoLensError) -> PermutationNull {
        let statistic = try permutationStatistic(quantizer: quantizer, classes: classes)
        return try labelPermutations(
            of: matrix, quantizer: quantizer, classes: classes, observed: observed, permutations: count, seed: seed,
            statistic: statistic, run: run)
    }
}
