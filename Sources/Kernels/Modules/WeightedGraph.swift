// SPDX-License-Identifier: Apache-2.0

/// An undirected graph with positive weights and without loops: for each node its neighbours.
public final class WeightedGraph: @unchecked Sendable {
    public let nodes: Int
    /// Of node i: places `starts[i]` ..< `starts[i + 1]`.
    let starts: UnsafeMutablePointer<Int>
    let neighbours: UnsafeMutablePointer<Int32>
    let weights: UnsafeMutablePointer<Double>
    private let memory: [AlignedBuffer]

    /// The graph of what `forEachNeighbour(node, add)` adds, each edge at both its ends; weights of 0 and loops are no
    /// edges.
    ///
    /// - Parameters:
    ///   - nodes: fewer than 2³¹
    ///   - forEachNeighbour: is called twice for each node, and adds the same both times
    /// - Throws: `memory` where the budget, of which they are taken for the whole call, does not hold the edges
    public init(
        nodes: Int, run: Run, forEachNeighbour: (_ node: Int, _ add: (_ other: Int, _ weight: Double) -> Void) -> Void
    ) throws(InfoLensError) {
        self.nodes = nodes
        let starts = try AlignedBuffer(count: nodes + 1, of: Int.self)
        self.starts = starts.values(of: Int.self)
        var edges = 0
        for node in 0..<nodes {
            forEachNeighbour(node) { other, weight in if other != node, weight > 0 { edges += 1 } }
            self.starts[node + 1] = edges
        }
        let size = MemoryLayout<Int32>.size + MemoryLayout<Double>.size
        guard edges <= run.memory / size else {
            throw InfoLensError(
                .memory,
                """
                memory: a graph of \(edges / 2) edges takes \(saturatingProduct(edges, size)) bytes, but the budget leaves \
                \(run.memory); give the context more
                """)
        }
        run.reserve(edges * size)
        let neighbours = try AlignedBuffer(count: edges, of: Int32.self)
        let weights = try AlignedBuffer(count: edges, of: Double.self)
        self.neighbours = neighbours.values(of: Int32.self)
        self.weights = weights.values(of: Double.self)
        memory = [starts, neighbours, weights]
        for node in 0..<nodes {
            var place = self.starts[node]
            forEachNeighbour(node) { other, weight in
                guard other != node, weight > 0 else { return }
                self.neighbours[place] = Int32(truncatingIfNeeded: other)
                self.weights[place] = weight
                place += 1
            }
        }
    }

    /// Calls `body` with each neighbour of a node.
    func forEach(of node: Int, _ body: (_ other: Int, _ weight: Double) -> Void) {
        for place in starts[node]..<starts[node + 1] { body(Int(neighbours[place]), weights[place]) }
    }

    /// The sum of a node's weights.
    func degree(_ node: Int) -> Double {
        var sum = 0.0
        forEach(of: node) { sum += $1 }
        return sum
    }

    /// Σ over the modules of the weights that leave the module over the sum of its nodes' degrees (Shi & Malik 2000).
    ///
    /// - Parameter modules: of each node, within 0 ..< count, or −1 for nodes that have no neighbours
    func normalizedCut(_ modules: [Int], count: Int) -> Double {
        var (leaving, volume) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        for node in 0..<nodes where modules[node] >= 0 {
            forEach(of: node) { other, weight in
                volume[modules[node]] += weight
                if modules[other] != modules[node] { leaving[modules[node]] += weight }
            }
        }
        return zip(leaving, volume).reduce(0) { $1.1 > 0 ? $0 + $1.0 / $1.1 : $0 }
    }
}
