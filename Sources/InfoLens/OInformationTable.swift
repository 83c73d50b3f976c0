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
        return metadata + [("unit", request.unit.name), ("version", "\(libraryVersion)")]
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
        let memory = try columnMemory(multiplets.count) { target in
            for (row, outcome) in outcomes.enumerated() {
                if case .values(let values) = outcome { target[row] = value(values) } else { target[row] = .nan }
            }
        }
        return Column(
            name, unit: request.unit.name, description: description, values: .doubles(memory, count: multiplets.count))
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

    private func status() throws(InfoLensError) -> Column {
        var names = ["ok"]
        var codes: [String: Int32] = [:]
        let memory = try columnMemory(multiplets.count) { (values: UnsafeMutablePointer<Int32>) in
            for (row, outcome) in outcomes.enumerated() {
                guard case .defect(let defect) = outcome else {
                    values[row] = 0
                    continue
                }
                let text = defect.description(className: className)
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
