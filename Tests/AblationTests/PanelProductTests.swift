// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels
import TestSupport
import Testing

@testable import Ablation

/// A layer with all that cn_panel_forward may be given, and its outputs in float64.
private struct Product {
    let layer: DenseLayer
    let weightMemory: PackedWeights
    let activation: Activation
    let z: Panel
    let start: Panel
    let minus: Panel?
    let delta: Panel?
    let weights: [Float]
    /// The neurons that take part; nil = all.
    let index: [Int32]?

    init(
        neurons: Int, outputs: Int, _ activation: Activation, index: [Int32]? = nil, hasMinus: Bool = false,
        hasDelta: Bool = false
    ) throws {
        var normals = Normals(seed: UInt64(1000 * neurons + outputs))
        layer = try DenseLayer(
            name: "next", inputs: neurons, neurons: outputs,
            weight: (0..<neurons * outputs).map { _ in Double(normals.next()) },
            bias: (0..<outputs).map { _ in Double(normals.next()) }, activation: .linear)
        weightMemory = try PackedWeights(layer)
        self.activation = activation
        self.index = index
        z = try Panel(neurons) { _, _ in 2 * normals.next() }
        start = try Panel(outputs) { _, _ in normals.next() }
        minus = hasMinus ? try Panel(neurons) { _, _ in normals.next() } : nil
        delta = hasDelta ? try Panel(1) { _, _ in normals.next() } : nil
        weights = (0..<neurons).map { _ in normals.next() }
    }

    var packed: PackedLayer { weightMemory.layer }

    /// Runs the kernel on copies of what it changes.
    func forward() throws -> (out: Panel, z: Panel, bound: Panel) {
        let z = try Panel(self.z.neurons) { Float(self.z[$0, $1]) }
        let out = try Panel(layer.neurons) { _, _ in .nan }
        let bound = try Panel(1) { _, lane in Float(lane) }
        var from = cn_panel_layer()
        from.z = z.pointer
        from.neurons = Int64(layer.inputs)
        from.function = activation.function
        from.parameter = activation.parameter
        from.count = Int64(index?.count ?? layer.inputs)
        from.minus = minus.map { UnsafePointer($0.pointer) }
        from.delta = delta.map { UnsafePointer($0.pointer) }
        (index ?? [0]).withUnsafeBufferPointer { list in
            weights.withUnsafeBufferPointer { weights in
                from.weights = weights.baseAddress
                // An empty list is none at all, and its count is what matters.
                from.index = index == nil ? nil : list.baseAddress
                cn_panel_forward(
                    &from, packed.tiles, start.pointer, Int64(layer.neurons), out.pointer, packed.largest,
                    bound.pointer)
            }
        }
        return (out, z, bound)
    }

    func check(_ comment: String) throws {
        let found = try forward()
        let chosen = index?.map { Int($0) } ?? Array(0..<layer.inputs)
        for lane in 0..<lanes {
            var (said, sizes, bound) = ([Double](), [Double](), Double(lane))
            for neuron in chosen {
                let change = index == nil ? (delta?[0, lane] ?? 0) * Double(weights[neuron]) : 0
                let pre = z[neuron, lane] + change
                // delta * weight + z is rounded once or twice.
                #expect(abs(found.z[neuron, lane] - pre) <= 2 * unit * (abs(z[neuron, lane]) + abs(change)))
                let value = activation(found.z[neuron, lane])
                said.append(value - (minus?[neuron, lane] ?? 0))
                sizes.append((activation.kernelUnits + 1) * max(1, abs(value)) + abs(minus?[neuron, lane] ?? 0))
                bound += (abs(value) + activation.slack(found.z[neuron, lane])) * Double(packed.largest[neuron])
            }
            let terms = Double(chosen.count + 4)
            #expect(abs(found.bound[0, lane] - bound) <= terms * 6 * unit * bound, "\(comment)")
            for output in 0..<layer.neurons {
                var (expected, size) = (start[output, lane], abs(start[output, lane]))
                for (place, neuron) in chosen.enumerated() {
                    let weight = layer.weight[neuron * layer.neurons + output]
                    expected += said[place] * weight
                    size += sizes[place] * abs(weight)
                }
                // A sum of n products is off by n + 1 units of its terms' sizes at most.
                #expect(abs(found.out[output, lane] - expected) <= terms * unit * size, "\(comment), output \(output)")
            }
        }
    }
}

@Suite struct PanelProductTests {
    @Test(arguments: [1, 9, 10, 11, 12, 25], [1, 47, 48, 49, 100])
    func `products of every width are those of float64`(outputs: Int, neurons: Int) throws {
        let some = (0..<Int32(neurons)).filter { $0 % 3 != 1 }
        try forEachInstructionSet { (set) throws in
            try Product(neurons: neurons, outputs: outputs, .relu).check("\(set)")
            try Product(neurons: neurons, outputs: outputs, .tanh, hasMinus: true).check("\(set), minus")
            try Product(neurons: neurons, outputs: outputs, .sigmoid, hasDelta: true).check("\(set), delta")
            try Product(neurons: neurons, outputs: outputs, .silu, hasMinus: true, hasDelta: true).check("\(set), both")
            try Product(neurons: neurons, outputs: outputs, .linear, index: some).check("\(set), index")
            try Product(neurons: neurons, outputs: outputs, .elu(scale: 1.5), index: some, hasMinus: true)
                .check("\(set), index and minus")
        }
    }

    @Test(arguments: Activation.all)
    func `products take every activation`(_ activation: Activation) throws {
        try forEachInstructionSet { (set) throws in
            try Product(neurons: 50, outputs: 13, activation, hasMinus: true, hasDelta: true).check("\(set)")
            try Product(neurons: 50, outputs: 13, activation, index: [0, 1, 30, 49]).check("\(set)")
        }
    }

    @Test(arguments: [1, 12, 25])
    func `no neurons leave the start as it is`(outputs: Int) throws {
        try forEachInstructionSet { (set) throws in
            let product = try Product(neurons: 9, outputs: outputs, .relu, index: [])
            let found = try product.forward()
            #expect(found.out.bits == product.start.bits, "\(set)")
            #expect((0..<lanes).allSatisfy { found.bound[0, $0] == Double($0) }, "\(set)")
        }
    }

    @Test func `all neurons by index are all neurons`() throws {
        try forEachInstructionSet { (set) throws in
            let whole = try Product(neurons: 100, outputs: 25, .gelu, hasMinus: true).forward()
            let listed = try Product(neurons: 100, outputs: 25, .gelu, index: Array(0..<100), hasMinus: true).forward()
            #expect(whole.out.bits == listed.out.bits && whole.bound.bits == listed.bound.bits, "\(set)")
        }
    }

    @Test(arguments: [1, 47, 48, 49, 100], [false, true])
    func `a neuron's share is added to each sum`(neurons: Int, hasMinus: Bool) throws {
        var normals = Normals(seed: 5)
        let before = try Panel(neurons) { _, _ in normals.next() }
        let said = try Panel(1) { _, _ in normals.next() }
        let minus = hasMinus ? try Panel(1) { _, _ in normals.next() } : nil
        let weights = (0..<neurons).map { _ in normals.next() }
        try forEachInstructionSet { (set) throws in
            let z = try Panel(neurons) { Float(before[$0, $1]) }
            let bound = try Panel(1) { _, lane in Float(lane) }
            let isChanged = cn_panel_add(
                z.pointer, Int64(neurons), said.pointer, minus?.pointer, weights, 0.75, bound.pointer)
            #expect(isChanged != 0, "\(set)")
            for lane in 0..<lanes {
                let (own, other) = (said[0, lane], minus?[0, lane] ?? 0)
                let expected = Double(lane) + 0.75 * abs(own - other)
                #expect(abs(bound[0, lane] - expected) <= 3 * unit * (expected + abs(own) + abs(other)), "\(set)")
                for neuron in 0..<neurons {
                    let weight = Double(weights[neuron])
                    let error = abs(z[neuron, lane] - (before[neuron, lane] + (own - other) * weight))
                    let size = abs(before[neuron, lane]) + (abs(own) + abs(other)) * abs(weight)
                    #expect(error <= 3 * unit * size, "\(set)")
                }
            }
        }
    }

    @Test func `a neuron that says what is taken away changes nothing`() throws {
        for different in [nil, 0, 13, lanes - 1] {
            let said = try Panel(1) { _, lane in lane == different ? 1 : Float(lane) - 7 }
            let same = try Panel(1) { _, lane in Float(lane) - 7 }
            let zero = try Panel(1) { _, lane in lane % 2 == 0 ? 0 : -0.0 }
            try forEachInstructionSet { (set) throws in
                let (z, bound, change) = (try Panel(3) { _, _ in 2 }, try Panel(1), try Panel(1))
                let isChanged = cn_panel_add(z.pointer, 3, said.pointer, same.pointer, [1, 2, 3], 3, bound.pointer)
                #expect((isChanged != 0) == (different != nil), "\(set)")
                if different == nil { #expect(z.bits.allSatisfy { $0 == Float(2).bitPattern }, "\(set)") }
                let sum = try Panel(1)
                let differs = cn_panel_change(said.pointer, same.pointer, change.pointer, 3, sum.pointer) != 0
                #expect(differs == (different != nil))
                for lane in 0..<lanes { #expect(sum[0, lane] == 3 * abs(change[0, lane]), "\(set)") }
                for lane in 0..<lanes { #expect(change[0, lane] == said[0, lane] - same[0, lane], "\(set)") }
                #expect(cn_panel_change(zero.pointer, nil, change.pointer, 3, sum.pointer) == 0, "\(set)")
                #expect(cn_panel_add(z.pointer, 3, zero.pointer, nil, [1, 2, 3], 3, bound.pointer) == 0, "\(set)")
            }
        }
    }

    @Test func `panels differ by their largest difference`() throws {
        var normals = Normals(seed: 8)
        let a = try Panel(17) { _, _ in normals.next() }
        let b = try Panel(17) { _, _ in normals.next() }
        let places = (0..<17).flatMap { neuron in (0..<lanes).map { (neuron, $0) } }
        let differences = places.map { Double(abs(Float(a[$0, $1]) - Float(b[$0, $1]))) }
        let sizes = places.map { abs(b[$0, $1]) }
        try forEachInstructionSet { (set) throws in
            var (difference, magnitude): (Float, Float) = (-1, -1)
            cn_panel_compare(a.pointer, b.pointer, 17, &difference, &magnitude)
            #expect(Double(difference) == differences.max() && Double(magnitude) == sizes.max(), "\(set)")
            for bad in [Float.nan, .infinity, -.infinity] {
                for place in [0, 5 * lanes + 31, 17 * lanes - 1] {
                    let wrong = try Panel(17) { $0 * lanes + $1 == place ? bad : Float(a[$0, $1]) }
                    cn_panel_compare(wrong.pointer, b.pointer, 17, &difference, &magnitude)
                    #expect(difference == .infinity, "\(set)")
                }
            }
        }
    }

    @Test(arguments: [1, 3, 4, 8, 31, 100])
    func `samples that are computed one by one are so in float64`(count: Int) throws {
        var normals = Normals(seed: 9)
        let (before, weights) = (
            (0..<count).map { _ in Double(normals.next()) }, (0..<count).map { _ in Double(normals.next()) / 3 }
        )
        try forEachInstructionSet { (set) throws in
            var z = before
            cn_add_scaled(&z, 0.1, weights, Int64(count))
            for k in 0..<count {
                let expected = before[k] + 0.1 * weights[k]
                #expect(abs(z[k] - expected) <= 0x1p-52 * (abs(before[k]) + abs(weights[k])), "\(set)")
            }
        }
    }
}

@Suite struct PanelLoadTests {
    @Test(arguments: [1, 2, 31, 32], [1, 15, 16, 17, 100])
    func `rows become panels, the last filling what is left`(count: Int, neurons: Int) throws {
        let stride = neurons + 3
        var normals = Normals(seed: 6)
        // What lies between the rows is nobody's business.
        let values = (0..<count * stride).map { $0 % stride < neurons ? normals.next() : .nan }
        let (single, double) = (try Panel(neurons), try Panel(neurons))
        let wide = values.map { Double($0) }
        #expect(cn_panel_load_f64(wide, Int64(stride), Int64(count), Int64(neurons), double.pointer) == 0)
        for neuron in 0..<neurons {
            for lane in 0..<lanes {
                #expect(double[neuron, lane] == wide[min(lane, count - 1) * stride + neuron])
            }
        }
        forEachInstructionSet { set in
            #expect(cn_panel_load_f32(values, Int64(stride), Int64(count), Int64(neurons), single.pointer) == 0)
            #expect(single.bits == double.bits, "\(set)")
        }
    }

    @Test func `rows may run backwards`() throws {
        let values = (0..<200).map { Float($0) }
        let panel = try Panel(20)
        forEachInstructionSet { set in
            let bad = values.withUnsafeBufferPointer {
                $0.baseAddress.map { cn_panel_load_f32($0 + 180, -20, 10, 20, panel.pointer) }
            }
            #expect(bad == 0, "\(set)")
            #expect(panel[2, 0] == 182 && panel[2, 9] == 2 && panel[19, 31] == 19, "\(set)")
        }
    }

    @Test func `what float32 cannot hold is told, wherever it is`() throws {
        let panel = try Panel(40)
        for bad in [Double.nan, .infinity, -.infinity, 1e39] {
            for place in [0, 39, 40 * 16 + 7, 40 * 20 - 1] {
                var wide = [Double](repeating: 0.5, count: 40 * 20)
                wide[place] = bad
                let narrow = wide.map { Float($0) }
                #expect(cn_panel_load_f64(wide, 40, 20, 40, panel.pointer) == 1)
                forEachInstructionSet { #expect(cn_panel_load_f32(narrow, 40, 20, 40, panel.pointer) == 1, "\($0)") }
                #expect(cn_panel_load_f64(wide, 40, 20, Int64(min(place % 40, 39)), panel.pointer) == 0)
            }
        }
        let large = [Double](repeating: Double(Float.greatestFiniteMagnitude), count: 40)
        #expect(cn_panel_load_f64(large, 40, 1, 40, panel.pointer) == 0)
        #expect(cn_panel_load_f64([Double.leastNonzeroMagnitude], 1, 1, 1, panel.pointer) == 0)
    }
}

extension Activation {
    /// What the kernels add to a value for the bound: a 32nd of what their error is a share of.
    fileprivate func slack(_ z: Double) -> Double {
        switch self {
        case .gelu, .geluTanh: abs(z) / 32
        case .elu(let scale): abs(scale) / 32
        default: 0
        }
    }
}
