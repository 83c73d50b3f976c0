// SPDX-License-Identifier: Apache-2.0
import Activations
import InformationTheory
import Kernels
import Tables

/// Builds the table of given multiplets, one row each.
struct OInformationTable {
    let joint: Joint
    let multiplets: MultipletList
    let request: MultipletRequest
    let outcomes: [MultipletOutcome]
    let resamples: MultipletResamples
    let results: MultipletResamples.Results

    func table() throws(InfoLensError) -> Table {
        var columns = [
            try integers("multiplet", "index of the multiplet in the order given") { Int64($0) },
            try integers("order", unit: "1", "number of neurons") { Int64(multiplets.order(of: $0)) },
            try doubles("o_information", "O-information: > 0 redundancy, < 0 synergy", \.oInformation),
            try doubles(
                "total_correlation", "sum of the variables' entropies less that of all together", \.totalCorrelation),
            try doubles(
                "dual_total_correlation", "entropy of all together less what of each the others do not say",
                \.dualTotalCorrelation),
            try doubles("s_information", "sum of total and dual total correlation", \.sInformation),
        ]
        if request.gradient { columns += try gradients() }
        if request.interaction {
            columns.append(
                try doubles(
                    "interaction_information", "interaction information of all variables: > 0 redundancy",
                    \.interaction))
        }
        if request.target != nil {
            columns.append(
                try doubles(
                    "redundancy_synergy_index",
                    "what all others say of the target together less what they say one by one: > 0 synergy",
                    \.redundancySynergy))
        }
        if resamples.bootstrap > 0 { columns += try intervals() }
        if resamples.surrogates > 0 { columns += try significance() }
        columns.append(try status())
        for place in 0..<multiplets.largestOrder {
            columns.append(
                try integers("neuron_\(place)", "index of a neuron of the multiplet; -1 beyond its order") { row in
                    let neurons = multiplets[row]
                    return place < neurons.count ? Int64(neurons[neurons.startIndex + place]) : -1
                })
        }
        return Table(columns: columns, metadata: metadata)
    }

    private var metadata: [(key: String, value: String)] {
        var metadata = [("measure", "o_information"), ("multiplets", "\(multiplets.count)")] + joint.metadata
        switch request.target {
        case .label: metadata.append(("target", "label"))
        case .neuron(let neuron): metadata.append(("target", "\(neuron)"))
        case nil: break
        }
        return metadata + resamples.metadata + [("unit", request.unit.name), ("version", "\(libraryVersion)")]
    }

    // MARK: - Columns

    private func integers(
        _ name: String, unit: String = "", _ description: String, _ value: (_ row: Int) -> Int64
    ) throws(InfoLensError) -> Column {
        let memory = try columnMemory(multiplets.count) { values in
            for row in 0..<multiplets.count { values[row] = value(row) }
        }
        return Column(name, unit: unit, description: description, values: .integers(memory, count: multiplets.count))
    }

    /// A column of numbers, NaN for multiplets that have none.
    private func doubles(
        _ name: String, _ description: String, _ value: (MultipletValues) -> Double
    ) throws(InfoLensError) -> Column {
        try doubles(name, unit: request.unit.name, description) { row in
            if case .values(let values) = outcomes[row] { value(values) } else { .nan }
        }
    }

    private func doubles(
        _ name: String, unit: String, _ description: String, row value: (_ row: Int) -> Double
    ) throws(InfoLensError) -> Column {
        let memory = try columnMemory(multiplets.count) { values in
            for row in 0..<multiplets.count { values[row] = value(row) }
        }
        return Column(name, unit: unit, description: description, values: .doubles(memory, count: multiplets.count))
    }

    private func gradients() throws(InfoLensError) -> [Column] {
        var columns: [Column] = []
        for place in 0..<multiplets.largestOrder {
            columns.append(
                try doubles(
                    "gradient_\(place)",
                    "O-information less that without the neuron in this place; NaN beyond the order"
                ) { values in
                    // The label's comes last.
                    place < values.gradient.count - (joint.hasLabel ? 1 : 0) ? values.gradient[place] : .nan
                })
        }
        if joint.hasLabel {
            columns.append(
                try doubles("gradient_label", "O-information less that without the label") {
                    $0.gradient.last ?? .nan
                })
        }
        return columns
    }

    private func intervals() throws(InfoLensError) -> [Column] {
        let (rows, unit, confidence) = (results.intervals, request.unit.name, "\(resamples.confidence)")
        return [
            try doubles(
                "bootstrap_std", unit: unit, "standard deviation of the O-information over the resamples"
            ) { rows[$0]?.deviation ?? .nan },
            try doubles(
                "percentile_low", unit: unit, "lower end of the O-information's percentile interval of \(confidence)"
            ) { rows[$0]?.low ?? .nan },
            try doubles(
                "percentile_high", unit: unit, "upper end of the O-information's percentile interval of \(confidence)"
            ) { rows[$0]?.high ?? .nan },
            try integers(
                "bootstrap_singular", unit: "1", "resamples that are left out, the multiplet being singular in them"
            ) { Int64(rows[$0]?.missing ?? resamples.bootstrap) },
        ]
    }

    private func significance() throws(InfoLensError) -> [Column] {
        let (rows, unit) = (results.significance, request.unit.name)
        let qValues = MultipletSignificance.qValues(rows)
        return [
            try doubles(
                "p_value", unit: "1", "share of surrogates of independent variables as far from 0, the data being one"
            ) { rows[$0]?.pValue ?? .nan },
            try doubles(
                "q_value", unit: "1", "false discovery rate over the rows at which the multiplet would be significant"
            ) { qValues[$0] },
            try doubles("null_mean", unit: unit, "mean O-information of the surrogates") { rows[$0]?.mean ?? .nan },
            try doubles("null_std", unit: unit, "standard deviation of the O-information of the surrogates") {
                rows[$0]?.deviation ?? .nan
            },
            try integers(
                "surrogates_singular", unit: "1", "surrogates that are left out, the multiplet being singular in them"
            ) { Int64(rows[$0]?.missing ?? resamples.surrogates) },
        ]
    }

    /// What a status says of a multiplet that has values; "ok" unless no resample has any.
    private func status(ofValues row: Int) -> String {
        let what = if case .discrete = joint.distribution { "undefined" } else { "singular" }
        if resamples.bootstrap > 0, results.intervals[row]?.missing == resamples.bootstrap {
            return "\(what) in all \(resamples.bootstrap) resamples"
        }
        if resamples.surrogates > 0, results.significance[row]?.missing == resamples.surrogates {
            return "\(what) in all \(resamples.surrogates) surrogates"
        }
        return "ok"
    }

    private func status() throws(InfoLensError) -> Column {
        var names = ["ok"]
        var codes: [String: Int32] = ["ok": 0]
        let memory = try columnMemory(multiplets.count) { (values: UnsafeMutablePointer<Int32>) in
            for (row, outcome) in outcomes.enumerated() {
                let text =
                    switch outcome {
                    case .values: status(ofValues: row)
                    case .defect(let defect): defect.description(className: className)
                    }
                if codes[text] == nil {
                    codes[text] = Int32(clamping: names.count)
                    names.append(text)
                }
                values[row] = codes[text] ?? 0
            }
        }
        return Column(
            "status", description: "ok, or why there are no values",
            values: .strings(codes: memory, names: names, count: multiplets.count))
    }

    private func className(_ index: Int) -> String { joint.sampled?.classNames?.name(at: index) ?? "\(index)" }
}
