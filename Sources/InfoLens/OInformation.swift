// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Tables

/// What il_o_information() is asked for, checked.
private struct OInformationCall {
    let context: Context
    let joint: Joint
    let multiplets: MultipletList
    let request: MultipletRequest
    let resamples: MultipletResamples

    init(
        _ contextHandle: OpaquePointer?, _ jointHandle: OpaquePointer?, neurons: UnsafePointer<Int64>?,
        orders: UnsafePointer<Int64>?, count: Int64, options pointer: UnsafePointer<il_o_information_options>?
    ) throws(InfoLensError) {
        context = try Handles.object(contextHandle, Context.self, argument: "context")
        joint = try Handles.object(jointHandle, Joint.self, argument: "joint")
        let options = try optionsOrDefaults(
            pointer, defaults: OInformationCall.defaults, argument: "options",
            initializer: "il_o_information_options_init()")
        guard options.reserved == 0 else {
            throw InfoLensError(.argument, "options.reserved: is \(options.reserved); leave it 0")
        }
        let known = [IL_O_GRADIENT, IL_O_INTERACTION, IL_O_RSI].map { Int($0) }
        let measures = Int(options.measures)
        guard measures >= 0, measures <= known.reduce(0, +) else {
            throw InfoLensError(
                .argument,
                "options.measures: is \(measures); give a sum of IL_O_GRADIENT, IL_O_INTERACTION and IL_O_RSI, or 0")
        }
        let wanted = known.map { measures & $0 != 0 }
        resamples = try MultipletResamples(options, joint, seed: context.seed)
        multiplets = try MultipletList.make(neurons, orders, count: count, joint: joint)
        if wanted[1] { try OInformationCall.checkInteraction(multiplets, joint) }
        request = MultipletRequest(
            gradient: wanted[0], interaction: wanted[1],
            target: try OInformationCall.target(options.target, isWanted: wanted[2], multiplets, joint),
            unit: try context.unit(options.unit, argument: "options.unit"))
    }

    static var defaults: il_o_information_options {
        var options = il_o_information_options()
        options.struct_size = UInt32(MemoryLayout<il_o_information_options>.size)
        options.target = -1
        options.confidence = 0.95
        return options
    }

    private static func checkInteraction(_ multiplets: MultipletList, _ joint: Joint) throws(InfoLensError) {
        let most = MultipletRequest.mostInteracting - (joint.hasLabel ? 1 : 0)
        for index in 0..<multiplets.count where multiplets.order(of: index) > most {
            throw InfoLensError(
                .argument,
                """
                orders[\(index)]: is \(multiplets.order(of: index)), but interaction information is made of the entropies \
                of all groups of variables; give at most \(most) neurons, or leave out IL_O_INTERACTION
                """)
        }
    }

    private static func target(
        _ target: Int64, isWanted: Bool, _ multiplets: MultipletList, _ joint: Joint
    ) throws(InfoLensError) -> MultipletTarget? {
        guard isWanted else {
            guard target == -1 else {
                throw InfoLensError(
                    .argument,
                    "options.target: is \(target), but only IL_O_RSI has a target; leave it -1, or ask for that")
            }
            return nil
        }
        guard target != -1 else {
            guard joint.hasLabel else {
                throw InfoLensError(
                    .notFound,
                    """
                    options.target: is the label, which the joint distribution is without; make it with a label, or give a \
                    neuron
                    """)
            }
            return .label
        }
        guard target >= 0, target < joint.width else {
            throw InfoLensError(
                .notFound,
                """
                options.target: there is no neuron \(target); the layer has \(joint.width), 0 to \(joint.width - 1), and -1 \
                is the label
                """)
        }
        for index in 0..<multiplets.count where !multiplets[index].contains(Int(target)) {
            throw InfoLensError(
                .notFound,
                """
                options.target: neuron \(target) is not in multiplets[\(index)]; give a neuron that belongs to every \
                multiplet, or -1 for the label
                """)
        }
        return .neuron(Int(target))
    }

    func table() throws(InfoLensError) -> Table {
        let work = [multiplets.count, resamples.workUnits(multiplets: multiplets.count)].saturatingSum()
        return try context.run(total: work) { (run) throws(InfoLensError) in
            run.enter(stage: "O-information")
            let outcomes = try run.withReservations { () throws(InfoLensError) in
                switch joint.distribution {
                case .gaussian(let joint): try evaluate(multiplets, of: joint, request, run: run)
                case .discrete(let joint): try evaluate(multiplets, of: joint, request, run: run)
                }
            }
            let results = try resamples.results(multiplets, outcomes, of: joint, unit: request.unit, run: run)
            return try OInformationTable(
                joint: joint, multiplets: multiplets, request: request, outcomes: outcomes, resamples: resamples,
                results: results
            ).table()
        }
    }
}

@c @implementation
public func il_o_information_options_init(
    _ options: UnsafeMutablePointer<il_o_information_options>!, _ structSize: UInt32
) -> il_status {
    guarded { () throws(InfoLensError) in
        try fill(options, size: structSize, defaults: OInformationCall.defaults, argument: "options")
    }
}

@c @implementation
public func il_o_information(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ neurons: UnsafePointer<Int64>!,
    _ orders: UnsafePointer<Int64>!, _ count: Int64, _ options: UnsafePointer<il_o_information_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        try OInformationCall(
            context, joint, neurons: neurons, orders: orders, count: count, options: options
        ).table()
    }
}

@c @implementation
public func il_local_o_information(
    _ context: OpaquePointer!, _ joint: OpaquePointer!, _ neurons: UnsafePointer<Int64>!,
    _ orders: UnsafePointer<Int64>!, _ count: Int64, _ unit: Int32, _ values: UnsafeMutablePointer<Double>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let joint = try Handles.object(joint, Joint.self, argument: "joint")
        let output = try required(values, "values")
        let unit = try context.unit(unit)
        let multiplets = try MultipletList.make(neurons, orders, count: count, joint: joint)
        guard let sampled = joint.sampled else {
            throw InfoLensError(
                .argument,
                """
                joint: it was made of a matrix or of counts, which know of no single samples; make it of a \
                source of samples
                """)
        }
        try context.run(total: multiplets.count) { (run) throws(InfoLensError) in
            run.enter(stage: "local O-information")
            switch (joint.distribution, sampled.fit) {
            case (.gaussian(let gaussian), let fit?):
                try localOInformation(
                    multiplets, of: gaussian, matrix: sampled.matrix, fit: fit, classes: sampled.classes, unit: unit,
                    run: run, into: output)
            case (.discrete(let discrete), _):
                try localOInformation(multiplets, of: discrete, unit: unit, run: run, into: output)
            case (.gaussian, nil):
                throw InfoLensError(.internal, "a Gaussian joint distribution of samples does not know how it was made")
            }
        }
    }
}
