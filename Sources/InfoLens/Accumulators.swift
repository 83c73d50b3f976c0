// SPDX-License-Identifier: Apache-2.0
import Activations
import CInfoLens
import InformationTheory
import Kernels
import Synchronization
import Tables

/// Counts of samples that come in pieces, behind `il_accumulator`.
final class AccumulatorHandle: HandleObject {
    static let typeName: StaticString = "il_accumulator"
    static let origin: StaticString = "il_accumulator_new() or il_accumulator_deserialize()"

    private let accumulator: Mutex<Accumulator>

    init(_ accumulator: sending Accumulator) { self.accumulator = Mutex(accumulator) }

    /// Lends the accumulator to one call at a time; a second one, which a progress callback or another thread
    /// could make, would wait for ever or see half of an update.
    func use<Result>(
        _ body: (Accumulator) throws(InfoLensError) -> Result
    ) throws(InfoLensError) -> Result {
        let result = accumulator.withLockIfAvailable { accumulator -> Swift.Result<Result, InfoLensError> in
            let accumulator = accumulator
            do throws(InfoLensError) { return .success(try body(accumulator)) } catch { return .failure(error) }
        }
        guard let result else {
            throw InfoLensError(
                .argument, "accumulator: another call is using it; let one thread at a time use an accumulator")
        }
        return try result.get()
    }
}

/// A call on an accumulator's handle.
private func using<Result>(
    _ handle: OpaquePointer?, argument: StaticString = "accumulator",
    _ body: (Accumulator) throws(InfoLensError) -> Result
) throws(InfoLensError) -> Result {
    try Handles.object(handle, AccumulatorHandle.self, argument: argument).use(body)
}

extension Labels {
    /// What the classes are called, in the order of their codes.
    fileprivate var keys: [ClassKey] {
        switch classes {
        case .integers(let values): values.map { .integer($0) }
        case .strings(let names): names.map { .text(Array($0.utf8)) }
        }
    }
}

extension Population {
    fileprivate init(_ accumulator: Accumulator) {
        let classes = accumulator.orderedClasses
        var integers: [Int64] = []
        var names: [String] = []
        for (key, _) in classes {
            switch key {
            case .unlabelled: break
            case .integer(let value): integers.append(value)
            case .text(let text): names.append(String(decoding: text, as: UTF8.self))
            }
        }
        let isLabelled = !(integers.isEmpty && names.isEmpty)
        self.init(
            layers: accumulator.layers, samples: accumulator.samples,
            classes: isLabelled ? (names.isEmpty ? .integers(integers) : .strings(names)) : nil,
            classSamples: isLabelled ? classes.map(\.samples) : [])
    }
}

/// The table of what an accumulator has counted.
private func table(
    _ context: OpaquePointer?, _ handle: OpaquePointer?, _ options: UnsafePointer<il_measure_options>?,
    rows: NeuronMeasure.Rows
) throws(InfoLensError) -> Table {
    let context = try Handles.object(context, Context.self, argument: "context")
    if let options, options.pointee.struct_size > 0, options.pointee.quantizer != nil {
        throw InfoLensError(
            .argument, "options.quantizer: the accumulator has its own, which was given when it was made; leave it NULL"
        )
    }
    let call = try MeasureCall(context: context, options: options, rows: rows)
    guard call.permutations == 0, call.bootstrap == 0 else {
        throw InfoLensError(
            .argument,
            """
            options: permutations and bootstrap need the samples, of which an accumulator keeps counts only; give 0, \
            or ask for the measure "g_test"
            """)
    }
    return try using(handle) { (accumulator) throws(InfoLensError) in
        try accumulator.requireCounts()
        let population = Population(accumulator)
        try call.check(population, hasCondition: false, hasActivations: false)
        let results = try context.run(total: 1) { (run) throws(InfoLensError) in
            try accumulator.evaluate(call.request, run: run)
        }
        return try MeasureTable(call.with(quantizer: accumulator.quantizer), population, results).table()
    }
}

// MARK: - Entry points

@c @implementation
public func il_accumulator_new(
    _ context: OpaquePointer!, _ quantizer: UnsafePointer<il_quantizer>!,
    _ accumulator: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let output = try required(accumulator, "accumulator")
        output.pointee = Handles.insert(
            AccumulatorHandle(try Accumulator(quantizer: try Quantizer.make(quantizer))))
    }
}

@c @implementation
public func il_accumulator_update(
    _ context: OpaquePointer!, _ accumulator: OpaquePointer!, _ source: OpaquePointer!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        let contents = try Handles.object(source, Source.self, argument: "source").contents
        let population = try Population(contents)
        let matrices = contents.layers.map(\.matrix)
        try using(accumulator) { (accumulator) throws(InfoLensError) in
            let total = population.layers.map { saturatingProduct(population.samples, $0.neurons) }.saturatingSum()
            try context.run(total: total) { (run) throws(InfoLensError) in
                try accumulator.update(
                    matrices, classes: contents.sampleClasses, keys: contents.labels?.keys ?? [.unlabelled], run: run)
            }
        }
    }
}

@c @implementation
public func il_accumulator_fit(_ context: OpaquePointer!, _ accumulator: OpaquePointer!) -> il_status {
    guarded { () throws(InfoLensError) in
        let context = try Handles.object(context, Context.self, argument: "context")
        try using(accumulator) { (accumulator) throws(InfoLensError) in
            try context.run(total: 1) { (run) throws(InfoLensError) in try accumulator.fit(run: run) }
        }
    }
}

@c @implementation
public func il_accumulator_state(
    _ accumulator: OpaquePointer!, _ isFitting: UnsafeMutablePointer<Int32>!, _ samples: UnsafeMutablePointer<Int64>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        try using(accumulator) { (accumulator) throws(InfoLensError) in
            isFitting?.pointee = accumulator.isFitting ? 1 : 0
            samples?.pointee = Int64(accumulator.samples)
        }
    }
}

@c @implementation
public func il_accumulator_classes(
    _ context: OpaquePointer!, _ accumulator: OpaquePointer!, _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let population = try using(accumulator) { (accumulator) throws(InfoLensError) in Population(accumulator) }
        return Table(
            columns: try classColumns(
                population.classes ?? .integers([]), samples: population.classSamples, total: population.samples))
    }
}

@c @implementation
public func il_accumulator_merge(_ accumulator: OpaquePointer!, _ other: OpaquePointer!) -> il_status {
    guarded { () throws(InfoLensError) in
        guard accumulator != other || accumulator == nil else {
            throw InfoLensError(
                .argument, "other: is the accumulator itself; merging would count its samples twice")
        }
        try using(accumulator) { (accumulator) throws(InfoLensError) in
            try using(other, argument: "other") { (other) throws(InfoLensError) in try accumulator.merge(other) }
        }
    }
}

@c @implementation
public func il_accumulator_neuron_measures(
    _ context: OpaquePointer!, _ accumulator: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in try InfoLens.table(context, accumulator, options, rows: .perNeuron) }
}

@c @implementation
public func il_accumulator_class_measures(
    _ context: OpaquePointer!, _ accumulator: OpaquePointer!, _ options: UnsafePointer<il_measure_options>!,
    _ table: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    giving(table) { () throws(InfoLensError) in try InfoLens.table(context, accumulator, options, rows: .perNeuronClass)
    }
}

@c @implementation
public func il_accumulator_serialize(
    _ accumulator: OpaquePointer!, _ buffer: UnsafeMutableRawPointer!, _ capacity: Int64,
    _ size: UnsafeMutablePointer<Int64>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        let size = try required(size, "size")
        try using(accumulator) { (accumulator) throws(InfoLensError) in
            let count = accumulator.stateSize
            size.pointee = Int64(count)
            guard let buffer else { return }
            guard capacity >= count else {
                throw InfoLensError(
                    .argument, "capacity: is \(capacity) bytes, but the state takes \(count); give a larger buffer")
            }
            accumulator.serialize(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
        }
    }
}

@c @implementation
public func il_accumulator_deserialize(
    _ context: OpaquePointer!, _ data: UnsafeRawPointer!, _ size: Int64,
    _ accumulator: UnsafeMutablePointer<OpaquePointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        _ = try Handles.object(context, Context.self, argument: "context")
        let output = try required(accumulator, "accumulator")
        guard let data, size > 0 else {
            throw InfoLensError(.argument, "data: is NULL or empty; pass what il_accumulator_serialize() wrote")
        }
        let bytes = UnsafeRawBufferPointer(start: data, count: Int(size))
        output.pointee = Handles.insert(AccumulatorHandle(try Accumulator(serialized: bytes)))
    }
}

@c @implementation
public func il_accumulator_free(_ accumulator: OpaquePointer!) { Handles.remove(accumulator, AccumulatorHandle.self) }
