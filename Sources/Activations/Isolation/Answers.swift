// SPDX-License-Identifier: Apache-2.0
import Kernels

// What the reading process answers. It may have been taken over by the file that it reads: nothing leaves these
// initialisers that the code which uses it could stumble over.

/// There is nothing more to say.
struct Done: Message {
    init() {}
    func write(to writer: inout MessageWriter) {}
    init(from reader: inout MessageReader) throws(Garbled) {}
}

/// What is in an opened file.
struct DumpListing: Message {
    var entries: [DumpEntry]
    var layerNames: [String]
    var labelCandidates: [String]

    init(entries: [DumpEntry], layerNames: [String], labelCandidates: [String]) {
        self.entries = entries
        self.layerNames = layerNames
        self.labelCandidates = labelCandidates
    }

    func write(to writer: inout MessageWriter) {
        writer.write(list: entries) { writer, entry in
            for text in [entry.role, entry.name, entry.path, entry.dtype, entry.storage, entry.note] {
                writer.write(text)
            }
            writer.write(list: entry.shape)
            writer.write(entry.samples)
            writer.write(entry.neurons)
        }
        for names in [layerNames, labelCandidates] { writer.write(list: names) { $0.write($1) } }
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        entries = try reader.list { (reader) throws(Garbled) in
            let role = try reader.text()
            let name = try reader.text()
            let path = try reader.text()
            let dtype = try reader.text()
            let storage = try reader.text()
            let note = try reader.text()
            return DumpEntry(
                role: role, name: name, path: path, shape: try reader.list(of: Int.self), dtype: dtype,
                samples: try reader.integer(), neurons: try reader.integer(), storage: storage, note: note)
        }
        layerNames = try reader.list { (reader) throws(Garbled) in try reader.text() }
        labelCandidates = try reader.list { (reader) throws(Garbled) in try reader.text() }
    }
}

/// What is known of a matrix without reading it.
struct MatrixFacts: Message {
    var samples: Int
    var neurons: Int
    var element: Element
    var preferredRows: Int?
    var rereadingIsCheap: Bool
    /// Reading r rows takes a workspace of no more than `fixedWorkspace` + r · `workspacePerRow` bytes.
    var fixedWorkspace: Int
    var workspacePerRow: Int
    var plan: ReadingPlan

    /// Sizes may be added up and compared with memory without overflow.
    private static let largest = Int.max / 64

    init(_ matrix: any PlannedMatrix) {
        samples = matrix.samples
        neurons = matrix.neurons
        element = matrix.element
        preferredRows = matrix.preferredRows
        rereadingIsCheap = matrix.rereadingIsCheap
        plan = matrix.plan
        // What a row takes shows where every part is a whole number of cache lines, and what alignment adds is less
        // than one of them for each of a few parts.
        let (some, more) = (matrix.workspaceBytes(rows: 64), matrix.workspaceBytes(rows: 128))
        if more <= Self.largest, some <= more, more - some <= some {
            workspacePerRow = (more - some + 63) / 64
            fixedWorkspace = max(some - 64 * workspacePerRow, 0) + 1024
        } else {
            workspacePerRow = min(matrix.workspaceBytes(rows: 1), Self.largest)
            fixedWorkspace = 0
        }
    }

    func write(to writer: inout MessageWriter) {
        writer.write(samples)
        writer.write(neurons)
        writer.write(element == .float64)
        writer.write(preferredRows) { $0.write($1) }
        writer.write(rereadingIsCheap)
        writer.write(fixedWorkspace)
        writer.write(workspacePerRow)
        for text in [plan.path.rawValue, plan.reason, plan.dtype, plan.conversion, plan.storage] { writer.write(text) }
        writer.write(plan.bytes)
        writer.write(plan.storedBytes)
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        samples = try reader.integer(in: 1...Self.largest)
        neurons = try reader.integer(in: 1...Self.largest)
        element = try reader.flag() ? .float64 : .float32
        guard let bytes = checkedProduct([samples, neurons, element.size]), bytes <= Int.max / 2 else {
            throw Garbled()
        }
        preferredRows = try reader.optional { (reader) throws(Garbled) in try reader.integer(in: 1...Self.largest) }
        rereadingIsCheap = try reader.flag()
        fixedWorkspace = try reader.integer(in: 0...Self.largest)
        workspacePerRow = try reader.integer(in: 0...Self.largest)
        guard let path = ReadingPlan.Path(rawValue: try reader.text()) else { throw Garbled() }
        let reason = try reader.text()
        let dtype = try reader.text()
        let conversion = try reader.text()
        let storage = try reader.text()
        plan = ReadingPlan(
            path: path, reason: reason, dtype: dtype, conversion: conversion, storage: storage,
            bytes: try reader.integer(), storedBytes: try reader.integer())
    }
}

/// Labels, if there are any.
struct LabelsAnswer: Message {
    var labels: Labels?

    init(_ labels: Labels?) { self.labels = labels }

    func write(to writer: inout MessageWriter) {
        writer.write(labels) { writer, labels in
            writer.write(list: labels.codes)
            switch labels.classes {
            case .integers(let values):
                writer.write(true)
                writer.write(list: values)
            case .strings(let names):
                writer.write(false)
                writer.write(list: names) { $0.write($1) }
            }
        }
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        labels = try reader.optional { (reader) throws(Garbled) in
            let codes = try reader.list(of: Int32.self)
            let classes: ClassNames =
                if try reader.flag() {
                    .integers(try reader.list(of: Int64.self))
                } else {
                    .strings(try reader.list { (reader) throws(Garbled) in try reader.text() })
                }
            let known = -1..<Int32(clamping: classes.count)
            guard codes.allSatisfy({ known.contains($0) }) else { throw Garbled() }
            return Labels(codes: codes, classes: classes)
        }
    }
}

/// Dense layers, chained.
struct NetworkAnswer: Message {
    var layers: [StoredDenseLayer]

    init(_ layers: [StoredDenseLayer]) { self.layers = layers }

    func write(to writer: inout MessageWriter) {
        writer.write(list: layers) { writer, layer in
            writer.write(layer.name)
            writer.write(layer.inputs)
            writer.write(layer.neurons)
            writer.write(list: layer.weight)
            writer.write(layer.bias) { $0.write(list: $1) }
            writer.write(layer.activation)
        }
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        layers = try reader.list { (reader) throws(Garbled) in
            let name = try reader.text()
            let inputs = try reader.integer(in: 1...Int.max)
            let neurons = try reader.integer(in: 1...Int.max)
            let weight = try reader.list(of: Double.self)
            let bias = try reader.optional { (reader) throws(Garbled) in try reader.list(of: Double.self) }
            guard checkedProduct([inputs, neurons]) == weight.count, bias == nil || bias?.count == neurons,
                weight.allSatisfy(\.isFinite), bias?.allSatisfy(\.isFinite) ?? true
            else { throw Garbled() }
            let activation = try reader.optional { (reader) throws(Garbled) in try reader.text() }
            return StoredDenseLayer(
                name: name, inputs: inputs, neurons: neurons, weight: weight, bias: bias, activation: activation)
        }
        for (layer, next) in zip(layers, layers.dropFirst()) where next.inputs != layer.neurons { throw Garbled() }
    }
}

/// Why a request failed, as if it had been made in this process.
struct Refusal: Message {
    var error: InfoLensError

    init(_ error: InfoLensError) { self.error = error }

    func write(to writer: inout MessageWriter) {
        writer.write(error.kind.rawValue)
        writer.write(error.description)
    }

    init(from reader: inout MessageReader) throws(Garbled) {
        guard let kind = InfoLensError.Kind(rawValue: try reader.number(Int32.self)),
            // Only this process knows of cancellations and of the caller's functions.
            kind != .cancelled, kind != .callback
        else { throw Garbled() }
        error = InfoLensError(kind, try reader.text())
    }
}
