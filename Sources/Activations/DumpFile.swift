// SPDX-License-Identifier: Apache-2.0
import Kernels

/// An HDF5 file of activations and what was found in it.
public final class DumpFile: @unchecked Sendable {
    /// Datasets in the order: labels, inputs, logits; layer by layer; all others.
    public let entries: [DumpEntry]
    /// Layers in the order of their `index` attributes, then by name.
    public let layerNames: [String]

    /// - Parameters:
    ///   - path: the system's bytes, NUL-terminated
    ///   - allowExternal: follow external raw storage, and links and virtual sources out of the dump's folder
    public init(path: UnsafePointer<CChar>, allowExternal: Bool) throws(InfoLensError) {
        entries = []
        layerNames = []
    }

    /// - Parameters:
    ///   - layer: the name of a layer or the path of a dataset
    ///   - memory: bytes that reading may use
    public func matrix(layer: String, reduction: Reduction, memory: Int) throws(InfoLensError) -> any ActivationMatrix {
        throw InfoLensError(.notFound, "layer '\(layer)': no such layer")
    }

    /// - Parameter path: of the labels' dataset; nil for those that were found
    /// - Returns: nil if `path` is nil and the dump has no labels
    public func labels(path: String?) throws(InfoLensError) -> Labels? { nil }
}
