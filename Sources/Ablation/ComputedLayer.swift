// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

extension NetworkData {
    /// The activations of a layer: what is recorded, or else what the network computes, in memory.
    ///
    /// - Throws: `memory` where what is computed passes the budget of the call
    public func activations(
        of layer: Int, in network: DenseNetwork, run: Run
    ) throws(InfoLensError) -> any ActivationMatrix {
        if let recorded = activations[layer] { return recorded }
        let name = network.layers[layer].name
        let neurons = network.layers[layer].neurons
        let bytes = saturatingProduct(samples, neurons, MemoryLayout<Float>.stride)
        guard bytes <= run.memory / 2 else {
            throw InfoLensError(
                .memory,
                """
                memory: layer "\(name)" is not recorded, and its activations take \(bytes) bytes to compute; give the \
                context at least \(saturatingProduct(bytes, 2)) bytes, or record them
                """
            )
        }
        let values = try AlignedBuffer(byteCount: bytes, cleared: false)
        let origin = origin(of: layer)
        let walk = PanelWalk(
            data: self, run: run, origins: [origin], groups: 1, sums: [0])
        let panelBytes = saturatingProduct(neurons, Int(CN_PANEL), MemoryLayout<Float>.stride)
        _ = try walk.forEach(
            bytesPerWorker: [PanelLoader.bytes(network), panelBytes].saturatingSum(), kept: bytes,
            makeWorker: { () throws(InfoLensError) in
                (try PanelLoader(network), try AlignedBuffer(byteCount: panelBytes, cleared: false))
            },
            body: { (worker, _, panel, _) throws(InfoLensError) in
                let said = worker.1.values(of: Float.self)
                try worker.0.load(panel, layer: layer, from: origin, into: said)
                let target = values.values(of: Float.self) + panel.first * neurons
                for lane in 0..<panel.count {
                    for neuron in 0..<neurons { target[lane * neurons + neuron] = said[neuron * Int(CN_PANEL) + lane] }
                }
            })
        return ComputedMatrix(name: name, samples: samples, neurons: neurons, values: values)
    }
}

/// Activations in memory.
private struct ComputedMatrix: ActivationMatrix {
    let name: String
    let samples: Int
    let neurons: Int
    let values: AlignedBuffer
    var element: Element { .float32 }
    var preferredRows: Int? { nil }

    func scratchBytes(rows: Int) -> Int { 0 }

    func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        RowBlock(
            base: UnsafeRawPointer(values.values(of: Float.self) + rows.lowerBound * neurons),
            firstRow: rows.lowerBound, rows: rows.count, neurons: neurons, rowStride: neurons, element: .float32)
    }
}
