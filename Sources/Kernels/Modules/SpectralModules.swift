// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Groups of nodes that are tied among themselves more than to others.
public struct SpectralModules: Sendable {
    /// Of each node, 0 ..< count, in no particular order; −1 for nodes without ties to speak of, which belong nowhere.
    public let modules: [Int]
    /// Σ over the modules of the weights that leave the module over all that its nodes have.
    public let normalizedCut: Double

    /// Partitions whose sums of squares agree to this share are equally good to k-means.
    private static let slack = 1e-3
    /// The least degree of a node, as a share of the mean. Below are nodes whose weights decay has brought near to nothing;
    /// in D^−½ V they would lie far from all others, each a module of its own.
    private static let leastDegree = 1e-6
    private static let mostRestarts = 100
    /// What the progress of a call counts: as much for the eigenvectors as for all restarts.
    public static let workUnits = 2 * mostRestarts
    private static let leastRestarts = 8

    /// Normalised spectral clustering (Shi & Malik 2000; von Luxburg 2007): k-means on the rows of D^−½ V, V being the
    /// eigenvectors of the k largest eigenvalues of D^−½ A D^−½, A the weights and D the degrees of the nodes with a degree
    /// above a millionth of the mean.
    ///
    /// k-means is run from a hundred random starts, fewer in large graphs. Of the partitions whose sum of squares is within a
    /// thousandth of the lowest, the one with the lowest normalised cut is taken, which is what k-means stands in for.
    /// The same call gives the same modules for every number of threads; other seeds draw other starts.
    ///
    /// - Parameter count: k, at least 1
    /// - Throws: `argument` for fewer such nodes than modules; `memory`, `cancelled`
    public init(of graph: WeightedGraph, count: Int, seed: UInt64, run: Run) throws(InfoLensError) {
        let degrees = (0..<graph.nodes).map(graph.degree)
        let mean = degrees.reduce(0, +) / Double(max(degrees.count { $0 > 0 }, 1))
        let nodes = degrees.indices.filter { degrees[$0] > SpectralModules.leastDegree * mean }
        guard count <= nodes.count else {
            throw InfoLensError(
                .argument,
                """
                modules: \(count) modules need as many nodes that have ties, and there are \(nodes.count); ask for fewer
                """)
        }
        let points = try SpectralModules.embedding(graph, nodes: nodes, degrees: degrees, count: count, run: run)
        run.advance(by: SpectralModules.mostRestarts)
        run.enter(stage: "clustering")
        let work = saturatingProduct(nodes.count, count, count)
        let restarts = max(
            min(SpectralModules.mostRestarts, 30_000_000 / max(work, 1)), SpectralModules.leastRestarts)
        let partitions = Mutex<[KMeans?]>(Array(repeating: nil, count: restarts))
        try forEachItem(count: restarts, workers: run.threads, run: run) { _, item throws(InfoLensError) in
            var random = RandomStream(seed: seed, purpose: .clustering, index: item + 1)
            let means = try KMeans(points, dimensions: count, count: count, random: &random, run: run)
            partitions.withLock { $0[item] = means }
            run.advance(by: SpectralModules.mostRestarts / restarts)
        }
        let found = partitions.withLock { $0.compactMap { $0 } }
        let lowest = found.reduce(Double.infinity) { min($0, $1.inertia) }
        var best: (modules: [Int], cut: Double)?
        for means in found where means.inertia <= lowest * (1 + SpectralModules.slack) {
            var modules = Array(repeating: -1, count: graph.nodes)
            for (node, cluster) in zip(nodes, means.clusters) { modules[node] = cluster }
            let cut = graph.normalizedCut(modules, count: count)
            if best.map({ cut < $0.cut }) ?? true { best = (modules, cut) }
        }
        modules = best?.modules ?? []
        normalizedCut = best?.cut ?? 0
    }

    /// The rows of D^−½ V, k values a node.
    private static func embedding(
        _ graph: WeightedGraph, nodes: [Int], degrees: [Double], count: Int, run: Run
    ) throws(InfoLensError) -> [Double] {
        run.enter(stage: "eigenvectors")
        var places = [Int](repeating: -1, count: graph.nodes)
        for (index, node) in nodes.enumerated() { places[node] = index }
        let scales = nodes.map { 1 / degrees[$0].squareRoot() }
        let pieces = (nodes.count + 255) / 256
        let vectors = try LeadingEigenvectors(n: nodes.count, count: count, run: run) {
            (x, width, y) throws(InfoLensError) in
            try forEachItem(count: pieces, workers: run.threads, run: run) { _, piece in
                for index in piece * 256..<min(piece * 256 + 256, nodes.count) {
                    let row = y + index &* width
                    row.update(repeating: 0, count: width)
                    graph.forEach(of: nodes[index]) { other, weight in
                        let place = places[other]
                        guard place >= 0 else { return }
                        let scale = scales[index] * (weight * scales[place])
                        let source = x + place &* width
                        for i in 0..<width { row[i] += scale * source[i] }
                    }
                }
            }
        }.solve()
        var points = [Double](repeating: 0, count: nodes.count * count)
        for (column, vector) in vectors.enumerated() {
            for (index, value) in vector.enumerated() { points[index * count + column] = value * scales[index] }
        }
        return points
    }
}
