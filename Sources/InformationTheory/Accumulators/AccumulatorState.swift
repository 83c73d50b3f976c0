// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The serialised form: "ILACCUM" and the format's version, the state, a checksum.
/// Numbers are 64-bit little-endian but for counters (32-bit) and retained values.
private let magic: [UInt8] = Array("ILACCUM".utf8) + [1]

extension Accumulator {
    /// Number of bytes that `serialize` writes.
    public var stateSize: Int { serialize(into: nil) }

    /// Writes the state, equal bytes for equal states however they came about.
    /// - Parameter target: at least `stateSize` bytes, or nil to count them only
    /// - Returns: their number
    @discardableResult
    public func serialize(into target: UnsafeMutableRawBufferPointer?) -> Int {
        var writer = StateWriter(into: target)
        writer.append(magic: magic)
        writer.append(quantizer)
        writer.append(samples)
        let order = classes.indices.sorted { classes[$0] < classes[$1] }
        writer.append(order.count)
        for index in order {
            writer.append(classes[index].kind)
            switch classes[index] {
            case .unlabelled: break
            case .integer(let value): writer.append(Int(value))
            case .text(let text): writer.append(text)
            }
            writer.append(classSamples[index])
        }
        switch phase {
        case .empty: writer.append(0)
        case .fitting(let layers):
            writer.append(1)
            writer.append(layers.count)
            for layer in layers { writer.append(layer) }
        case .counting(let layers):
            writer.append(2)
            writer.append(layers.count)
            for layer in layers { writer.append(layer, classes: order) }
        }
        writer.finish()
        return writer.count
    }

    /// The accumulator that gave these bytes.
    /// - Throws: `format` for anything else, whatever it is; `memory`
    public convenience init(serialized bytes: UnsafeRawBufferPointer) throws(InfoLensError) {
        guard bytes.count >= magic.count + 8, bytes.prefix(7).elementsEqual(magic.prefix(7)) else {
            throw InfoLensError(.format, "data: no state of an accumulator; give what serialize returned")
        }
        guard bytes[7] == magic[7] else {
            throw InfoLensError(
                .format, "data: format version \(bytes[7]), but this library reads \(magic[7]); update the library")
        }
        let end = bytes.count - 8
        var tail = StateReader(bytes, from: end)
        guard try tail.word() == checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) else {
            throw StateReader.corrupt("the checksum differs")
        }
        var reader = StateReader(UnsafeRawBufferPointer(rebasing: bytes[..<end]), from: magic.count)
        let quantizer: Quantizer = try reader.quantizer()
        do throws(InfoLensError) { try self.init(quantizer: quantizer) } catch {
            throw StateReader.corrupt(error.description)
        }
        let most = Int(UInt32.max)
        samples = try reader.integer("samples", in: 0...most)
        for _ in 0..<(try reader.length("the number of classes", size: 16)) {
            classes.append(try reader.classKey())
            classSamples.append(try reader.integer("samples of a class", in: 0...most))
        }
        guard zip(classes, classes.dropFirst()).allSatisfy({ $0 < $1 && $0.kind == $1.kind }) else {
            throw StateReader.corrupt("its classes are not in order")
        }
        let kind = try reader.integer("phase", in: 0...2)
        let count = kind == 0 ? 0 : try reader.length("the number of layers", size: 16)
        switch kind {
        case 1:
            var layers: [FittedLayer] = []
            for _ in 0..<count { layers.append(try reader.fittedLayer(quantizer: quantizer, samples: samples)) }
            phase = .fitting(layers)
        case 2:
            var layers: [AccumulatedLayer] = []
            for _ in 0..<count { layers.append(try reader.layer(quantizer: quantizer, classSamples: classSamples)) }
            phase = .counting(layers)
        default: break
        }
        guard reader.rest == 0 else { throw StateReader.corrupt("\(reader.rest) bytes are left over") }
        let names = Set(layers.map { Array($0.name.utf8) })
        guard names.count == layers.count, kind == 0 || !layers.isEmpty,
            kind == 2 ? classSamples.reduce(0, +) == samples : classes.isEmpty, kind != 0 || samples == 0
        else { throw StateReader.corrupt("its numbers contradict each other") }
    }
}

extension StateWriter {
    fileprivate mutating func append(_ quantizer: Quantizer) {
        switch quantizer {
        case .threshold(.value(let value)):
            append(1)
            append(value)
        case .threshold(.median): append(2)
        case .threshold(.mean): append(3)
        case .uniform(let bins, let range):
            switch range {
            case .neuron: append(4)
            case .layer: append(5)
            case .given(let low, let high):
                append(6)
                append(low)
                append(high)
            }
            append(bins)
        case .quantile(let bins):
            append(7)
            append(bins)
        case .width(let width):
            append(8)
            append(width)
        case .explicit(let edges):
            append(9)
            append(edges)
        case .integer: append(10)
        }
    }

    fileprivate mutating func append(_ layer: Accumulator.FittedLayer) {
        append(Array(layer.name.utf8))
        append(layer.neurons)
        switch layer.range {
        case .nothing: append(0)
        case .extrema(let low, let high):
            append(1)
            append(low)
            append(high)
        case .values(let rows):
            append(rows.element == .float32 ? 2 : 3)
            append(rows.samples)
            for piece in rows.pieces {
                append(rows: piece.values, count: piece.rows * rows.neurons, element: rows.element)
            }
        }
    }

    fileprivate mutating func append(_ layer: AccumulatedLayer, classes order: [Int]) {
        append(Array(layer.name.utf8))
        append(layer.neurons)
        switch layer.rule {
        case .shared: append(0)
        case .threshold(let edge):
            append(1)
            append(edge)
        case .grid(let low, let step, _):
            append(2)
            append(low)
            append(step)
        case .edges(let edges):
            append(3)
            for edges in edges { append(edges) }
        case .cells(_, let first, let levels):
            append(4)
            append(first)
            append(levels)
        case .symbols(let first, let levels):
            append(5)
            append(first)
            append(levels)
        }
        for c in order {
            append(counts: UnsafeBufferPointer(start: layer.counts[c].values(of: UInt32.self), count: layer.cells))
        }
    }
}

extension StateReader {
    fileprivate mutating func quantizer() throws(InfoLensError) -> Quantizer {
        let bins = 0...Quantizer.largestBinCount
        switch try integer("the quantizer", in: 1...10) {
        case 1: return .threshold(.value(try double()))
        case 2: return .threshold(.median)
        case 3: return .threshold(.mean)
        case 4: return .uniform(bins: try integer("bins", in: bins), range: .neuron)
        case 5: return .uniform(bins: try integer("bins", in: bins), range: .layer)
        case 6:
            let (low, high) = (try double(), try double())
            return .uniform(bins: try integer("bins", in: bins), range: .given(low: low, high: high))
        case 7: return .quantile(bins: try integer("bins", in: bins))
        case 8: return .width(try double())
        case 9: return .explicit(edges: try doubles("edges"))
        default: return .integer
        }
    }

    fileprivate mutating func classKey() throws(InfoLensError) -> ClassKey {
        switch try integer("the kind of a class", in: 0...2) {
        case 0: return .unlabelled
        case 1: return .integer(Int64(bitPattern: try word()))
        default:
            let text = try text("the name of a class")
            guard String(validating: text, as: UTF8.self) != nil else {
                throw StateReader.corrupt("a name is no UTF-8")
            }
            return .text(text)
        }
    }

    private mutating func layerName() throws(InfoLensError) -> (name: String, neurons: Int) {
        guard let name = String(validating: try text("a layer's name"), as: UTF8.self) else {
            throw StateReader.corrupt("a layer's name is no UTF-8")
        }
        return (name, try integer("neurons", in: 1...1 << 40))
    }

    fileprivate mutating func fittedLayer(
        quantizer: Quantizer, samples: Int
    ) throws(InfoLensError) -> Accumulator.FittedLayer {
        let (name, neurons) = try layerName()
        let range: FittedRange
        let kind = try integer("the kind of a range", in: 1...3)
        switch (kind, FittedRange(for: quantizer, neurons: 1, element: .float64, layer: name)) {
        case (1, .extrema):
            let (low, high) = (try doubles("minima"), try doubles("maxima"))
            guard low.count == neurons, high.count == neurons,
                zip(low, high).allSatisfy({ $0.isFinite && $1.isFinite && $0 <= $1 })
            else { throw StateReader.corrupt("its ranges are none") }
            range = .extrema(low: low, high: high)
        case (2, .values), (3, .values):
            let element: Element = kind == 2 ? .float32 : .float64
            let count = try integer("retained rows", in: 1...Int(UInt32.max))
            guard count == samples, neurons <= rest / element.size / count else {
                throw StateReader.corrupt("its retained rows are missing")
            }
            var rows = RetainedRows(name: name, neurons: neurons, element: element)
            try rows.append(
                RetainedRows.Piece(rows: count, values: try self.rows(count * neurons, element: element)))
            range = .values(rows)
        default: throw StateReader.corrupt("its ranges do not belong to its quantizer")
        }
        return Accumulator.FittedLayer(name: name, neurons: neurons, range: range)
    }

    fileprivate mutating func layer(
        quantizer: Quantizer, classSamples: [Int]
    ) throws(InfoLensError) -> AccumulatedLayer {
        let (name, neurons) = try layerName()
        let rule = try rule(for: quantizer, neurons: neurons)
        // Only then is it known that the bytes which follow are as many as the neurons declare.
        let least = neurons.multipliedReportingOverflow(by: 4 * max(classSamples.count, 1))
        if case .shared = rule, least.overflow || classSamples.isEmpty || least.partialValue > rest {
            throw StateReader.corrupt("its counts are missing")
        }
        var layer = AccumulatedLayer(name: name, neurons: neurons, rule: rule)
        for samples in classSamples {
            let counts = try counts(layer.cells)
            let values = counts.values(of: UInt32.self)
            for neuron in 0..<neurons {
                var sum = 0
                for cell in layer.offsets[neuron]..<layer.offsets[neuron + 1] { sum += Int(values[cell]) }
                guard sum == samples else { throw StateReader.corrupt("its counts do not add up") }
            }
            layer.append([counts])
        }
        return layer
    }

    private mutating func rule(for quantizer: Quantizer, neurons: Int) throws(InfoLensError) -> LevelRule {
        func refuse() throws(InfoLensError) -> Never { throw StateReader.corrupt("its edges are none") }
        func check(_ values: [Double], isValid: (Double) -> Bool = { _ in true }) throws(InfoLensError) {
            guard values.count == neurons, values.allSatisfy({ $0.isFinite && isValid($0) }) else { try refuse() }
        }
        switch (try integer("the kind of edges", in: 0...5), quantizer) {
        case (0, .threshold(.value(let value))): return .shared(edges: [value.nextUp])
        case (0, .explicit(let edges)): return .shared(edges: edges)
        case (1, .threshold):
            // An edge above all of float64 is infinite.
            let edge = try doubles("edges")
            guard edge.count == neurons, edge.allSatisfy({ $0 > -.infinity }) else { try refuse() }
            return .threshold(edge: edge)
        case (2, .uniform(let bins, _)):
            let (low, step) = (try doubles("minima"), try doubles("steps"))
            try check(low)
            try check(step) { $0 >= 0 && ($0 * Double(bins)).isFinite }
            return .grid(low: low, step: step, bins: bins)
        case (3, .quantile(let bins)):
            var all: [[Double]] = []
            for _ in 0..<neurons {
                let edges = try doubles("edges")
                guard edges.count == bins - 1, edges.allSatisfy(\.isFinite),
                    zip(edges, edges.dropFirst()).allSatisfy({ $0 <= $1 })
                else { try refuse() }
                all.append(edges)
            }
            return .edges(all)
        case (4, .width(let width)):
            let (first, levels) = try cells(neurons: neurons)
            try check(first)
            return .cells(width: width, first: first, levels: levels)
        case (5, .integer):
            let (first, levels) = try cells(neurons: neurons)
            try check(first, isValid: isSymbol)
            return .symbols(first: first, levels: levels)
        default: try refuse()
        }
    }

    private mutating func cells(neurons: Int) throws(InfoLensError) -> (first: [Double], levels: [Int]) {
        let first = try doubles("cells")
        let levels = try integers("levels", in: 1...Quantizer.largestBinCount)
        guard levels.count == neurons else { throw StateReader.corrupt("its levels are missing") }
        return (first, levels)
    }
}
