// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InformationTheory
import Kernels

@c @implementation
public func il_quantize(
    _ context: OpaquePointer!, _ source: OpaquePointer!, _ layer: UnsafePointer<CChar>!, _ neuron: Int64,
    _ quantizer: UnsafePointer<il_quantizer>!, _ levels: UnsafeMutablePointer<Int32>!, _ count: Int64
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let contents = try Handles.object(source, Source.self, argument: "source").contents
        let name = try requiredText(layer, "layer")
        let output = try required(levels, "levels")
        let quantizer = try Quantizer.make(quantizer)
        let matrix = try contents.matrix(named: name)
        guard (0..<Int64(matrix.neurons)).contains(neuron) else {
            throw InfoLensError(
                .argument, "neuron: is \(neuron); layer \"\(name)\" has neurons 0 to \(matrix.neurons - 1)")
        }
        guard count == matrix.samples else {
            throw InfoLensError(.shape, "count: is \(count), but layer \"\(name)\" has \(matrix.samples) samples")
        }
        let wanted = Int(neuron)
        try context.run(total: permutationWorkUnits(of: matrix, quantizer: quantizer, permutations: 0)) {
            (run) throws(InfoLensError) in
            run.enter(stage: "levels: \(name)")
            try forEachCodedGroup(
                of: matrix, quantizer: quantizer, neurons: wanted..<wanted + 1, bytesPerNeuron: 0, run: run
            ) { codes in codes.copyLevels(of: wanted, to: output) }
        }
    }
}
