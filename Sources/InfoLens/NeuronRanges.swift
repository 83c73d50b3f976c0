// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels
import Tables

@c @implementation
public func il_neuron_ranges(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let contents = try Handles.object(source, Source.self, argument: "source").contents
        guard let samples = contents.layers.first?.matrix.samples else {
            throw InfoLensError(.notFound, "source: it has no layer; add one first")
        }
        let total = contents.layers.map { saturatingProduct(samples, $0.matrix.neurons) }.saturatingSum()
        let ranges = try context.run(total: total) { (run) throws(InfoLensError) in
            var ranges: [[ColumnRange]] = []
            for layer in contents.layers {
                run.enter(stage: "ranges: \(layer.matrix.name)")
                ranges.append(try columnRanges(of: layer.matrix, run: run))
            }
            return ranges
        }
        let all = ranges.flatMap { $0 }
        let layers = ColumnMemory(ranges.enumerated().flatMap { repeatElement(Int32(clamping: $0), count: $1.count) })
        return Table(
            columns: [
                Column(
                    "layer", description: "the layer's name",
                    values: .strings(codes: layers, names: contents.layers.map(\.matrix.name), count: all.count)),
                Column(
                    "neuron", description: "index of the neuron in its layer",
                    integers: ranges.flatMap { $0.indices.map { Int64($0) } }),
                Column("minimum", description: "smallest finite value", doubles: all.map(\.minimum)),
                Column("maximum", description: "largest finite value", doubles: all.map(\.maximum)),
                Column("zeros", description: "samples at 0", integers: all.map { Int64($0.zeros) }),
                Column(
                    "undefined", description: "samples at NaN or infinity", integers: all.map { Int64($0.undefined) }),
            ],
            metadata: [
                ("measure", "neuron_ranges"), ("samples", "\(samples)"), ("version", "\(libraryVersion)"),
            ])
    }
}
