// SPDX-License-Identifier: Apache-2.0
import Ablation
import CInfoLens
import InformationTheory
import Kernels

/// What an ablation is asked for, checked as far as the options alone allow.
struct AblationOptions {
    enum Scope { case layer, network }

    let scope: Scope
    let layers: [String]?
    let ordering: String
    let measures: OpaquePointer?
    let order: OpaquePointer?
    let orderingSource: Source?
    let quantizer: Quantizer
    /// "ascending" before "descending".
    let directions: [Direction]
    let replacements: [Replacement]
    let value: Double
    let meanSource: Source?
    let randomRepeats: Int
    let step: Int
    /// Nil = never.
    let until: Double?
    let tolerance: Double
    let perClass: Bool

    enum Direction: String { case ascending, descending }

    static var defaults: il_ablation_options {
        var options = il_ablation_options()
        options.struct_size = UInt32(MemoryLayout<il_ablation_options>.size)
        options.scope = Int32(IL_SCOPE_LAYER)
        options.directions = Int32(IL_ASCENDING)
        options.replacements = Int32(IL_REPLACE_ZERO)
        options.step = 1
        options.until = .nan
        options.per_class = 1
        return options
    }

    init(_ pointer: UnsafePointer<il_ablation_options>?) throws(InfoLensError) {
        let options = try optionsOrDefaults(
            pointer, defaults: Self.defaults, argument: "options", initializer: "il_ablation_options_init()")
        scope = try choice(
            options.scope, of: [(Int(IL_SCOPE_LAYER), .layer), (Int(IL_SCOPE_NETWORK), .network)],
            argument: "options.scope", names: "IL_SCOPE_LAYER or IL_SCOPE_NETWORK")
        layers = try textList(
            options.layers, count: options.layer_count, argument: "layers", countArgument: "options.layer_count")
        ordering =
            try options.ordering.map { (text) throws(InfoLensError) in
                try requiredText(text, "options.ordering")
            } ?? "mutual_information"
        measures = options.measures
        order = options.order
        orderingSource = try Self.source(options.ordering_source, "options.ordering_source")
        quantizer = try Quantizer.make(options.quantizer)
        directions = try Self.parts(
            options.directions, [(Int(IL_ASCENDING), .ascending), (Int(IL_DESCENDING), .descending)],
            argument: "options.directions", names: "IL_ASCENDING, IL_DESCENDING or their sum")
        replacements = try Self.replacements(options.replacements, "options.replacements")
        value = options.value
        guard value.isFinite, Float(value).isFinite else {
            throw InfoLensError(.argument, "options.value: is \(value); give a finite number that float32 holds")
        }
        meanSource = try Self.source(options.mean_source, "options.mean_source")
        guard (0...100_000).contains(options.random_repeats) else {
            throw InfoLensError(
                .argument, "options.random_repeats: is \(options.random_repeats); give 0 for none, or up to 100000")
        }
        randomRepeats = Int(options.random_repeats)
        guard options.step >= 1 else {
            throw InfoLensError(
                .argument, "options.step: is \(options.step); give the neurons removed at a time, at least 1")
        }
        step = Int(options.step)
        until = options.until.isNaN ? nil : options.until
        tolerance = try Self.tolerance(options.tolerance, "options.tolerance")
        perClass = try choice(
            options.per_class, of: [(0, false), (1, true)], argument: "options.per_class", names: "0 or 1")
        guard options.reserved == 0 else {
            throw InfoLensError(.argument, "options.reserved: is \(options.reserved); leave it 0")
        }
    }

    static func source(_ handle: OpaquePointer?, _ argument: StaticString) throws(InfoLensError) -> Source? {
        try handle.map { (handle) throws(InfoLensError) in
            try Handles.object(handle, Source.self, argument: argument)
        }
    }

    static func replacements(_ value: Int32, _ argument: StaticString) throws(InfoLensError) -> [Replacement] {
        try parts(
            value,
            [
                (Int(IL_REPLACE_ZERO), .zero), (Int(IL_REPLACE_MEAN), .mean), (Int(IL_REPLACE_VALUE), .value),
                (Int(IL_REPLACE_PERMUTE), .permute),
            ], argument: argument,
            names: "IL_REPLACE_ZERO, IL_REPLACE_MEAN, IL_REPLACE_VALUE, IL_REPLACE_PERMUTE or sums of them")
    }

    static func tolerance(_ value: Double, _ argument: StaticString) throws(InfoLensError) -> Double {
        guard value >= 0 else {
            throw InfoLensError(
                .argument, "\(argument): is \(value); give a relative difference, 0 for the default, or infinity")
        }
        return value
    }

    /// The one replacement of a call that takes one.
    func replacement(of what: StaticString) throws(InfoLensError) -> Replacement {
        guard replacements.count == 1 else {
            throw InfoLensError(.argument, "options.replacements: \(what) takes one at a time; choose one")
        }
        return replacements[0]
    }

    /// The members of a sum of flags.
    private static func parts<Value>(
        _ sum: Int32, _ flags: [(Int, Value)], argument: StaticString, names: StaticString
    ) throws(InfoLensError) -> [Value] {
        let all = flags.reduce(0) { $0 | $1.0 }
        guard sum > 0, Int(sum) & ~all == 0 else {
            throw InfoLensError(.argument, "\(argument): unknown value \(sum); choose \(names)")
        }
        return flags.filter { Int(sum) & $0.0 != 0 }.map(\.1)
    }
}
