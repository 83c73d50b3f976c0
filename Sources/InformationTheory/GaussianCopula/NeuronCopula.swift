// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What one neuron says about the class by Gaussian copulas, computed where it is asked for.
struct NeuronCopula {
    let neuron: Int
    fileprivate let samples: OrderedSamples
    fileprivate let tool: Tool
    fileprivate let unit: Logarithm
    /// What is undefined, for the row's warning.
    private(set) var warning = NeuronWarning()

    /// A worker's memory, with what all workers share.
    fileprivate struct Tool {
        let model: NeuronModel
        let scratch: NeuronModel.Scratch
        let mixture: NeuronMixture
    }

    fileprivate init(neuron: Int, samples: OrderedSamples, tool: Tool, unit: Logarithm) {
        self.neuron = neuron
        self.samples = samples
        self.tool = tool
        self.unit = unit
    }

    /// `gcmi_model`; NaN and a warning where a class does not vary.
    var model: Double {
        mutating get {
            let (nats, undefined) = tool.model.information(of: samples, tool.scratch)
            if let undefined { warning.silentClass = undefined }
            return unit.fromNats(nats)
        }
    }

    /// `gcmi_mixture`, and the share of samples whose value another has too.
    var mixture: (information: Double, tied: Double) {
        let (nats, tied) = tool.mixture.information(of: samples)
        return (unit.fromNats(nats), tied)
    }
}

/// Calls `body` for each neuron of a layer, several at a time.
/// - Throws: as `forEachOrderedNeuron`
func forEachNeuronCopula(
    of matrix: any ActivationMatrix, classes: SampleClasses, unit: Logarithm, run: Run,
    body: (NeuronCopula) -> Void
) throws(InfoLensError) {
    // The table takes two numbers a sample, the column and its order four.
    let tableBytes = NeuronModel.bytes(samples: classes.total)
    guard tableBytes < run.memory / 2 else {
        throw InfoLensError(
            .memory,
            """
            memory: Gaussian copulas of \(classes.total) samples take more than the \(run.memory) bytes that are left; \
            give the context at least \(saturatingProduct(tableBytes, 4)) bytes
            """)
    }
    let model = try NeuronModel(classes: classes, run: run)
    try forEachOrderedNeuron(
        of: matrix, classes: classes, run: run, memory: run.memory - tableBytes,
        toolBytes: NeuronModel.Scratch.bytes(classes: classes.count)
            + NeuronMixture.bytes(samples: classes.total, classes: classes.count)
    ) { () throws(InfoLensError) in
        NeuronCopula.Tool(
            model: model, scratch: try NeuronModel.Scratch(classes: classes.count),
            mixture: try NeuronMixture(classes: classes))
    } body: { (tool, neuron, samples) throws(InfoLensError) in
        body(NeuronCopula(neuron: neuron, samples: samples, tool: tool, unit: unit))
    }
}
