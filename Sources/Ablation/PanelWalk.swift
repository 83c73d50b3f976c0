// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Kernels

/// Samples that a worker has before it.
struct LoadedPanel {
    /// Row of the first lane.
    let first: Int
    let count: Int
    /// The lanes that hold samples.
    let lanes: UInt32
    /// The class of each lane; −1 without labels.
    let labels: UnsafePointer<Int32>
    /// For each class that occurs, its lanes.
    let classes: [(index: Int, lanes: UInt32)]
    fileprivate let windows: [NetworkData.Origin: RowWindow]

    /// Fills a panel with what is recorded.
    func load(_ origin: NetworkData.Origin, into panel: UnsafeMutablePointer<Float>) throws(InfoLensError) {
        try windows[origin]?.load(first: first, count: count, into: panel)
    }

    /// What is recorded of these samples and those around them.
    func window(_ origin: NetworkData.Origin) -> RowWindow? { windows[origin] }
}

/// Walks over all samples, panel by panel, on many threads.
///
/// Samples are taken in items of a fixed number of panels, and what the items sum up is added in
/// their order: results do not depend on threads or memory.
struct PanelWalk {
    let data: NetworkData
    let run: Run
    /// What is read.
    let origins: [NetworkData.Origin]
    /// Groups of work: each panel is handed to `body` once for each.
    let groups: Int
    /// Sums that each group makes.
    let sums: [Int]

    /// Panels of an item.
    private static let panels = 8
    private static var rowsPerItem: Int { panels * Int(CN_PANEL) }

    /// - Parameters:
    ///   - bytesPerWorker: what the caller keeps for each worker
    ///   - kept: bytes that the caller has taken otherwise
    ///   - makeWorker: makes what the caller keeps for a worker
    ///   - body: takes a panel for a group and adds to the group's sums
    /// - Returns: the sums of each group
    func forEach<Worker>(
        bytesPerWorker: Int, kept: Int, makeWorker: () throws(InfoLensError) -> Worker,
        body: (Worker, _ group: Int, LoadedPanel, _ sums: UnsafeMutablePointer<Double>) throws(InfoLensError) -> Void
    ) throws(InfoLensError) -> (sums: [[Double]], workers: [Worker]) {
        let samples = data.samples
        let items = (samples - 1) / Self.rowsPerItem + 1
        let matrices = origins.map { data.matrix($0) }
        let rowBytes = matrices.map { $0.map { RowWindow.bytesPerRow(of: $0) } ?? 0 }.saturatingSum()
        let itemBytes = [
            saturatingProduct(rowBytes, Self.rowsPerItem), saturatingProduct(8, sums.saturatingSum()),
        ].saturatingSum()

        let free = run.memory - kept
        guard [bytesPerWorker, itemBytes].saturatingSum() <= free else {
            throw InfoLensError(
                .memory,
                """
                memory: the budget of \(run.budget) bytes cannot hold a panel of samples and what one worker keeps for \
                the curves; give the context at least \
                \([run.budget - run.memory, kept, bytesPerWorker, itemBytes, itemBytes].saturatingSum()) bytes, or ask for \
                fewer curves at a time
                """
            )
        }
        // As many workers as fit in half of it, the rest for rows.
        let workerCount = max(1, min(run.threads, items * groups, free / 2 / max(bytesPerWorker, 1)))
        // Reading what does not lie in memory takes room of its own.
        let left = (free - workerCount * bytesPerWorker) / (rowBytes == 0 ? 1 : 2)
        let window = max(1, min(items, left / max(itemBytes, 1)))

        var workers: [Worker] = []
        for _ in 0..<workerCount { workers.append(try makeWorker()) }
        let crew = workers
        var labels: [AlignedBuffer] = []
        for _ in 0..<workerCount { labels.append(try AlignedBuffer(count: Int(CN_PANEL), of: Int32.self)) }
        let labelMemory = labels

        var totals = sums.map { [Double](repeating: 0, count: $0) }
        let offsets = sums.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        let width = offsets[groups]
        let parts = try AlignedBuffer(count: window * width, of: Double.self)
        for start in stride(from: 0, to: items, by: window) {
            let count = min(window, items - start)
            let rows = start * Self.rowsPerItem..<min((start + count) * Self.rowsPerItem, samples)
            var windows: [NetworkData.Origin: RowWindow] = [:]
            for (origin, matrix) in zip(origins, matrices) {
                guard let matrix else { continue }
                windows[origin] = try RowWindow(of: matrix, rows: rows, memory: max(free / 8, 1 << 16), run: run)
            }
            let loaded = windows
            let values = parts.values(of: Double.self)
            values.update(repeating: 0, count: window * width)
            try forEachItem(count: count * groups, workers: workerCount, run: run) {
                (worker, item) throws(InfoLensError) in
                let (part, group) = (item / groups, item % groups)
                let base = rows.lowerBound + part * Self.rowsPerItem
                for first in stride(from: base, to: min(base + Self.rowsPerItem, samples), by: Int(CN_PANEL)) {
                    let panel = panel(
                        first: first, labels: labelMemory[worker].values(of: Int32.self), windows: loaded)
                    try body(crew[worker], group, panel, values + part * width + offsets[group])
                    try run.checkpoint()
                }
            }
            for part in 0..<count {
                for group in 0..<groups {
                    for index in 0..<sums[group] {
                        totals[group][index] += values[part * width + offsets[group] + index]
                    }
                }
            }
        }
        withExtendedLifetime((parts, labels)) {}
        return (totals, workers)
    }

    private func panel(
        first: Int, labels: UnsafeMutablePointer<Int32>, windows: [NetworkData.Origin: RowWindow]
    ) -> LoadedPanel {
        let count = min(Int(CN_PANEL), data.samples - first)
        var classes: [(index: Int, lanes: UInt32)] = []
        for lane in 0..<Int(CN_PANEL) {
            labels[lane] = data.labels.map { $0[first + min(lane, count - 1)] } ?? -1
            guard lane < count else { continue }
            let label = Int(labels[lane])
            if let known = classes.firstIndex(where: { $0.index == label }) {
                classes[known].lanes |= 1 << UInt32(lane)
            } else {
                classes.append((label, 1 << UInt32(lane)))
            }
        }
        return LoadedPanel(
            first: first, count: count, lanes: count == 32 ? .max : (1 << UInt32(count)) - 1,
            labels: UnsafePointer(labels), classes: classes, windows: windows)
    }
}

/// Panels of layers, computed from what is recorded: each worker has its own.
final class PanelLoader {
    typealias Panel = UnsafeMutablePointer<Float>

    private let network: DenseNetwork
    private let memory: AlignedBuffer
    private let inputs: Panel
    private let z: [Panel]
    private let ignored: Panel

    static func bytes(_ network: DenseNetwork) -> Int {
        saturatingProduct(
            4 * Int(CN_PANEL),
            [network.layers[0].inputs, network.layers.map(\.neurons).saturatingSum(), 1].saturatingSum())
    }

    init(_ network: DenseNetwork) throws(InfoLensError) {
        self.network = network
        memory = try AlignedBuffer(byteCount: Self.bytes(network))
        var next = memory.values(of: Float.self)
        func panel(_ neurons: Int) -> Panel {
            defer { next += neurons * Int(CN_PANEL) }
            return next
        }
        inputs = panel(network.layers[0].inputs)
        z = network.layers.map { panel($0.neurons) }
        ignored = panel(1)
    }

    /// Fills a panel with the activations of `layer`, from those of `origin`, with nothing removed.
    ///
    /// - Parameter visit: is shown the pre-activations of each layer that is computed on the way
    func load(
        _ loaded: LoadedPanel, layer: Int, from origin: NetworkData.Origin, into panel: Panel?,
        visit: (_ layer: Int, _ z: UnsafePointer<Float>) throws(InfoLensError) -> Void = { _, _ in }
    ) throws(InfoLensError) {
        guard let window = loaded.windows[origin] else { return }
        var known = -1
        if case .layer(let index) = origin { known = index }
        if known == layer, let panel {
            try window.load(first: loaded.first, count: loaded.count, into: panel)
            return
        }
        var said = known < 0 ? inputs : z[known]
        try window.load(first: loaded.first, count: loaded.count, into: said)
        var function = Int32(CN_LINEAR)
        var parameter: Float = 0
        if known < 0, network.inputScale != 1 {
            let scale = Float(network.inputScale)
            for index in 0..<network.layers[0].inputs * Int(CN_PANEL) { said[index] *= scale }
        }
        for next in stride(from: known + 1, through: layer, by: 1) {
            let packed = network.packed[next]
            var from = cn_panel_layer()
            from.z = said
            from.neurons = Int64(packed.inputs)
            from.count = Int64(packed.inputs)
            from.function = function
            from.parameter = parameter
            cn_panel_forward(&from, packed.tiles, packed.bias, Int64(packed.neurons), z[next], packed.largest, ignored)
            try visit(next, z[next])
            said = z[next]
            function = packed.function
            parameter = packed.parameter
        }
        guard let panel else { return }
        cn_panel_activate(said, Int64(network.layers[layer].neurons), function, parameter, panel)
    }
}
