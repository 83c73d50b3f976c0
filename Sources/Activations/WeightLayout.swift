// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How a weight matrix is to be read.
public enum WeightLayout: Sendable {
    /// By the file's own word, else as it fits.
    case auto
    /// [inputs, neurons]
    case inOut
    /// [neurons, inputs]
    case outIn
}

/// What is known of a layer's weight before it is read.
struct WeightShape {
    let layer: String
    let rows: Int
    let columns: Int
    /// What the caller or the file say; nil for nothing.
    let stated: WeightLayout?
    /// Length of the bias.
    let bias: Int?
    /// Neurons of the recorded activations.
    let recorded: Int?

    func inputs(_ layout: WeightLayout) -> Int { layout == .outIn ? columns : rows }
    func neurons(_ layout: WeightLayout) -> Int { layout == .outIn ? rows : columns }

    /// Layouts that bias and recorded activations leave possible.
    ///
    /// - Throws: `shape` if there are none.
    func possibleLayouts() throws(InfoLensError) -> [WeightLayout] {
        var layouts: [WeightLayout] = [.inOut, .outIn]
        if let stated, stated != .auto { layouts = [stated] }
        for (width, what) in [(bias, "its bias"), (recorded, "its recorded activations")] {
            guard let width else { continue }
            let fitting = layouts.filter { neurons($0) == width }
            guard !fitting.isEmpty else { throw mismatch(layouts, width: width, what) }
            layouts = fitting
        }
        return layouts
    }

    private func mismatch(_ layouts: [WeightLayout], width: Int, _ what: String) -> InfoLensError {
        let shape = "\(rows) × \(columns)"
        guard layouts.count == 1 else {
            return InfoLensError(
                .shape, "layer '\(layer)': neither axis of its weight, \(shape), is as long as \(what), \(width)")
        }
        let (layout, other) = layouts[0] == .inOut ? ("in_out", "out_in") : ("out_in", "in_out")
        let hint =
            neurons(layouts[0] == .inOut ? .outIn : .inOut) == width ? "; its layout seems to be \(other)" : ""
        return InfoLensError(
            .shape,
            """
            layer '\(layer)': its weight, \(shape) in layout \(layout), has \(neurons(layouts[0])) neurons, but \
            \(what) \(width)\(hint)
            """
        )
    }
}

/// Chooses a layout for each weight so that layers chain: that each takes as many inputs as the one before has neurons.
///
/// Where several choices chain, layers follow those whose layout is certain if these agree, and are in_out otherwise.
///
/// - Throws: `shape` naming the layers that do not fit together.
func chainedLayouts(_ shapes: [WeightShape]) throws(InfoLensError) -> [WeightLayout] {
    var possible: [[WeightLayout]] = []
    for (index, shape) in shapes.enumerated() {
        let layouts = try shape.possibleLayouts()
        guard index > 0 else {
            possible.append(layouts)
            continue
        }
        let before = shapes[index - 1]
        let chaining = layouts.filter { layout in
            possible[index - 1].contains { before.neurons($0) == shape.inputs(layout) }
        }
        guard !chaining.isEmpty else { throw broken(before, possible[index - 1], shape, layouts) }
        possible.append(chaining)
    }
    // What the layers after a layer rule out.
    for index in shapes.indices.dropLast().reversed() {
        let after = possible[index + 1]
        possible[index].removeAll { layout in
            !after.contains { shapes[index].neurons(layout) == shapes[index + 1].inputs($0) }
        }
    }
    let certain = possible.compactMap { $0.count == 1 ? $0[0] : nil }
    let preferred: WeightLayout = certain.contains(.outIn) && !certain.contains(.inOut) ? .outIn : .inOut
    var result: [WeightLayout] = []
    for (index, shape) in shapes.enumerated() {
        let fitting = possible[index].filter { layout in
            index == 0 || shapes[index - 1].neurons(result[index - 1]) == shape.inputs(layout)
        }
        guard let first = fitting.first else {
            throw InfoLensError(.internal, "layer '\(shape.layer)': no layout was left")
        }
        result.append(fitting.contains(preferred) ? preferred : first)
    }
    return result
}

private func broken(
    _ first: WeightShape, _ firstLayouts: [WeightLayout], _ second: WeightShape, _ secondLayouts: [WeightLayout]
) -> InfoLensError {
    func sizes(_ layouts: [WeightLayout], _ size: (WeightLayout) -> Int) -> String {
        layouts.map { String(size($0)) }.joined(separator: " or ")
    }
    return InfoLensError(
        .shape,
        """
        layers '\(first.layer)' and '\(second.layer)' do not chain: '\(first.layer)' has \
        \(sizes(firstLayouts, first.neurons)) neurons, '\(second.layer)' takes \
        \(sizes(secondLayouts, second.inputs)) inputs; name the layers from input to output, or give their layout
        """
    )
}
