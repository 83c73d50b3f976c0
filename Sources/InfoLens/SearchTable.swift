// SPDX-License-Identifier: Apache-2.0
import InformationTheory
import Kernels
import Multiplets
import Tables

/// A row of a search's table.
struct SearchRow {
    let extremum: Extremum
    let rank: Int
    /// Neurons of the layer, ascending.
    let neurons: [Int]
    /// In the table's unit, with the bias correction.
    let value: Double
    /// The start or chain that it comes from; nil of exhaustive searches.
    let origin: Int?
}

/// The table of a search.
///
/// - Parameters:
///   - width: number of columns `neuron_…`
///   - origin: name and description of the column of starts or chains
func searchTable(
    _ rows: [SearchRow], width: Int, unit: String, origin: (name: String, description: String)?,
    metadata: [(key: String, value: String)]
) -> Table {
    let codes = ColumnMemory(rows.map { Int32($0.extremum == .minimum ? 0 : 1) })
    var columns = [
        Column(
            "extremum", description: "whether the lowest (synergy) or the highest (redundancy) were searched for",
            values: .strings(codes: codes, names: Extremum.allCases.map(\.rawValue), count: rows.count)),
        Column(
            "rank", description: "place in the list of its extremum and order, 0 = best",
            integers: rows.map { Int64($0.rank) }),
        Column("order", unit: "1", description: "number of neurons", integers: rows.map { Int64($0.neurons.count) }),
        Column(
            "o_information", unit: unit, description: "O-information: > 0 redundancy, < 0 synergy",
            doubles: rows.map(\.value)),
    ]
    if let origin {
        columns.append(
            Column(origin.name, description: origin.description, integers: rows.map { Int64($0.origin ?? 0) }))
    }
    for place in 0..<width {
        columns.append(
            Column(
                "neuron_\(place)", description: "index of a neuron of the multiplet, ascending; -1 beyond its order",
                integers: rows.map { place < $0.neurons.count ? Int64($0.neurons[place]) : -1 }))
    }
    return Table(columns: columns, metadata: metadata)
}
