// SPDX-License-Identifier: Apache-2.0
import Ablation
import CInfoLens
import Kernels
import Tables

/// Rows of a table that name neurons, by the columns `layer` and `neuron`.
struct NeuronRows {
    /// What the table is called in errors.
    let argument: StaticString
    let places: [NeuronIndex]
    /// The row of the table that each place is of.
    private let rows: [Int]
    private let table: Table
    private let layers: [(name: String, neurons: Int)]

    /// - Parameters:
    ///   - layers: of the network
    ///   - skipsOthers: whether rows of other layers are passed over, rather than refused
    /// - Throws: `notFound` for a missing column, a layer or neuron that is not there
    init(
        _ handle: OpaquePointer?, argument: StaticString, layers: [(name: String, neurons: Int)],
        skipsOthers: Bool = false
    ) throws(InfoLensError) {
        let table = try Handles.object(handle, TableHandle.self, argument: argument).table
        try self.init(table, argument: argument, layers: layers, skipsOthers: skipsOthers)
    }

    init(
        _ table: Table, argument: StaticString, layers: [(name: String, neurons: Int)], skipsOthers: Bool = false
    ) throws(InfoLensError) {
        self.argument = argument
        self.table = table
        self.layers = layers
        guard case .strings(let codes, let names, let count)? = table.column(named: "layer")?.values,
            case .integers(let neurons, _)? = table.column(named: "neuron")?.values
        else {
            throw InfoLensError(
                .notFound,
                """
                \(argument): it has no column "layer" of strings, or no column "neuron" of integers; give a table with \
                both, as il_neuron_measures() makes them or il_table_new() can
                """
            )
        }
        let indices = names.map { name in layers.firstIndex { isSameText($0.name, name) } }
        var places: [NeuronIndex] = []
        places.reserveCapacity(count)
        var rows: [Int] = []
        rows.reserveCapacity(count)
        for row in 0..<count {
            let code = Int(codes.values[row])
            guard let layer = indices[code] else {
                if skipsOthers { continue }
                let known = layers.map { "\"\($0.name)\"" }.joined(separator: ", ")
                throw InfoLensError(
                    .argument,
                    "\(argument): row \(row) names layer \"\(names[code])\", which is not there; choose from \(known)")
            }
            let neuron = neurons.values[row]
            guard (0..<Int64(layers[layer].neurons)).contains(neuron) else {
                throw InfoLensError(
                    .argument,
                    """
                    \(argument): row \(row) names neuron \(neuron) of layer "\(names[code])", which is not there; the \
                    layer has neurons 0 to \(layers[layer].neurons - 1)
                    """
                )
            }
            places.append(NeuronIndex(layer: layer, neuron: Int(neuron)))
            rows.append(row)
        }
        self.places = places
        self.rows = rows
    }

    /// - Parameter removable: indices of the layers that can lose neurons
    /// - Throws: `argument` for a neuron of another
    func checkLayers(are removable: Range<Int>) throws(InfoLensError) {
        guard let last = places.first(where: { !removable.contains($0.layer) }) else { return }
        throw InfoLensError(
            .argument,
            """
            \(argument): neuron \(last.neuron) of layer "\(layers[last.layer].name)" gives a score; choose neurons of \
            the layers before
            """
        )
    }

    /// - Parameter indices: of some places; nil for all
    /// - Throws: `argument` where two of them are the same neuron
    func checkDistinct(_ indices: [Int]? = nil) throws(InfoLensError) {
        var first: [NeuronIndex: Int] = [:]
        for index in indices ?? Array(places.indices) {
            let place = places[index]
            if let earlier = first.updateValue(rows[index], forKey: place) {
                throw InfoLensError(
                    .argument,
                    """
                    \(argument): neuron \(place.neuron) of layer "\(layers[place.layer].name)" is named twice, by \
                    rows \(earlier) and \(rows[index]); name each once
                    """
                )
            }
        }
    }

    /// The number that a column has for each neuron.
    /// - Throws: `notFound` where the column is not there, `dtype` where it holds texts
    func values(of column: String) throws(InfoLensError) -> [NeuronIndex: Double] {
        guard let values = table.column(named: column)?.values else {
            let names = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw InfoLensError(
                .notFound, "ordering: \(argument) has no column \"\(column)\"; it has \(names)")
        }
        func number(_ row: Int) throws(InfoLensError) -> Double {
            switch values {
            case .doubles(let memory, _): memory.values[row]
            case .integers(let memory, _): Double(memory.values[row])
            case .strings:
                throw InfoLensError(
                    .dtype, "ordering: column \"\(column)\" of \(argument) holds texts; choose one of numbers")
            }
        }
        var result: [NeuronIndex: Double] = [:]
        for (place, row) in zip(places, rows) { result[place] = try number(row) }
        return result
    }

    /// The integers of a column.
    func integers(of column: String) throws(InfoLensError) -> [Int64] {
        guard case .integers(let memory, let count)? = table.column(named: column)?.values else {
            throw InfoLensError(
                .notFound, "\(argument): it has no column \"\(column)\" of integers; give one")
        }
        return Array(memory.values.prefix(count))
    }
}
