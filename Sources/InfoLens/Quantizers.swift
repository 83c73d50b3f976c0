// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InformationTheory
import Kernels

extension Quantizer {
    static var defaults: il_quantizer {
        var quantizer = il_quantizer()
        quantizer.struct_size = UInt32(MemoryLayout<il_quantizer>.size)
        quantizer.kind = Int32(IL_THRESHOLD)
        quantizer.bins = 30
        return quantizer
    }

    /// A checked quantiser; NULL is threshold(0).
    static func make(_ pointer: UnsafePointer<il_quantizer>?) throws(InfoLensError) -> Quantizer {
        let options = try optionsOrDefaults(
            pointer, defaults: defaults, argument: "quantizer", initializer: "il_quantizer_init()")
        let bins = Int(options.bins)
        let quantizer: Quantizer
        switch Int(options.kind) {
        case Int(IL_THRESHOLD):
            quantizer = .threshold(
                try choice(
                    options.at,
                    of: [
                        (Int(IL_AT_VALUE), .value(options.value)), (Int(IL_AT_MEDIAN), .median),
                        (Int(IL_AT_MEAN), .mean),
                    ],
                    argument: "quantizer.at", names: "IL_AT_VALUE, IL_AT_MEDIAN or IL_AT_MEAN"))
        case Int(IL_UNIFORM):
            quantizer = .uniform(
                bins: bins,
                range: try choice(
                    options.range,
                    of: [
                        (Int(IL_RANGE_NEURON), .neuron), (Int(IL_RANGE_LAYER), .layer),
                        (Int(IL_RANGE_GIVEN), .given(low: options.low, high: options.high)),
                    ], argument: "quantizer.range", names: "IL_RANGE_NEURON, IL_RANGE_LAYER or IL_RANGE_GIVEN"))
        case Int(IL_QUANTILE): quantizer = .quantile(bins: bins)
        case Int(IL_WIDTH): quantizer = .width(options.value)
        case Int(IL_EXPLICIT): quantizer = .explicit(edges: try edges(options))
        case Int(IL_INTEGER): quantizer = .integer
        default:
            throw InfoLensError(
                .argument,
                """
                quantizer.kind: unknown value \(options.kind); choose IL_THRESHOLD, IL_UNIFORM, IL_QUANTILE, \
                IL_WIDTH, IL_EXPLICIT or IL_INTEGER
                """
            )
        }
        try quantizer.validate()
        return quantizer
    }

    private static func edges(_ options: il_quantizer) throws(InfoLensError) -> [Double] {
        guard let edges = options.edges else {
            throw InfoLensError(.argument, "quantizer.edges: is NULL; pass at least one interior edge")
        }
        guard (1..<Int64(largestBinCount)).contains(options.edge_count) else {
            throw InfoLensError(
                .argument, "quantizer.edge_count: is \(options.edge_count); give 1 to \(largestBinCount - 1)")
        }
        return Array(UnsafeBufferPointer(start: edges, count: Int(options.edge_count)))
    }
}

@c @implementation
public func il_quantizer_init(_ quantizer: UnsafeMutablePointer<il_quantizer>!, _ structSize: UInt32) -> il_status {
    guarded { () throws(InfoLensError) in
        try fill(
            quantizer, size: structSize, defaults: Quantizer.defaults, argument: "quantizer")
    }
}
