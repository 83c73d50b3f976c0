// SPDX-License-Identifier: Apache-2.0

/// Points in clusters, by Lloyd's iterations from means that k-means++ draws (Arthur & Vassilvitskii 2007).
struct KMeans: Sendable {
    /// Of each point, 0 ..< k; every cluster has a point.
    private(set) var clusters: [Int]
    /// The sum of squared distances from the means.
    private(set) var inertia = 0.0

    private static let mostIterations = 300

    private let points: [Double]
    private let dimensions: Int
    private let count: Int
    private var means: [Double]
    private var distances: [Double]

    /// - Parameters:
    ///   - points: `dimensions` values each
    ///   - count: k, 1 ... the number of points
    init(
        _ points: [Double], dimensions: Int, count: Int, random: inout RandomStream, run: Run
    ) throws(InfoLensError) {
        self.points = points
        self.dimensions = dimensions
        self.count = count
        let size = points.count / dimensions
        clusters = Array(repeating: -1, count: size)
        means = Array(repeating: 0, count: count * dimensions)
        distances = Array(repeating: .infinity, count: size)
        drawMeans(&random)
        for _ in 0..<KMeans.mostIterations {
            try run.checkpoint()
            guard assign() else { break }
            fillEmptyClusters()
            average()
        }
        inertia = distances.reduce(0, +)
    }

    /// The first mean is any point, each other a point drawn in proportion to its squared distance from the means so far.
    private mutating func drawMeans(_ random: inout RandomStream) {
        var chosen = random.below(clusters.count)
        for cluster in 0..<count {
            for i in 0..<dimensions { means[cluster * dimensions + i] = points[chosen * dimensions + i] }
            for point in clusters.indices {
                distances[point] = min(distances[point], distance(point, cluster, below: distances[point]))
            }
            var rest = random.uniform() * distances.reduce(0, +)
            chosen = distances.lastIndex { $0 > 0 } ?? random.below(clusters.count)
            for (point, distance) in distances.enumerated() {
                rest -= distance
                if rest < 0 {
                    chosen = point
                    break
                }
            }
        }
    }

    /// - Returns: whether a point changed its cluster
    private mutating func assign() -> Bool {
        var hasChanged = false
        for point in clusters.indices {
            var (nearest, least) = (0, Double.infinity)
            for cluster in 0..<count {
                let distance = distance(point, cluster, below: least)
                if distance < least { (nearest, least) = (cluster, distance) }
            }
            distances[point] = least
            if clusters[point] != nearest {
                clusters[point] = nearest
                hasChanged = true
            }
        }
        return hasChanged
    }

    /// Gives each cluster without points the one that is farthest from its mean among clusters of several.
    private mutating func fillEmptyClusters() {
        var sizes = [Int](repeating: 0, count: count)
        for cluster in clusters { sizes[cluster] += 1 }
        for cluster in 0..<count where sizes[cluster] == 0 {
            var farthest: Int?
            for point in clusters.indices where sizes[clusters[point]] > 1 {
                if farthest.map({ distances[point] > distances[$0] }) ?? true { farthest = point }
            }
            guard let farthest else { return }
            sizes[clusters[farthest]] -= 1
            sizes[cluster] = 1
            clusters[farthest] = cluster
            distances[farthest] = 0
        }
    }

    private mutating func average() {
        var sizes = [Double](repeating: 0, count: count)
        for place in means.indices { means[place] = 0 }
        for (point, cluster) in clusters.enumerated() {
            sizes[cluster] += 1
            for i in 0..<dimensions { means[cluster * dimensions + i] += points[point * dimensions + i] }
        }
        for cluster in 0..<count {
            for i in 0..<dimensions { means[cluster * dimensions + i] /= sizes[cluster] }
        }
    }

    /// The squared distance of a point from a mean, or a part of it that is not below a bound.
    private func distance(_ point: Int, _ cluster: Int, below bound: Double) -> Double {
        points.withUnsafeBufferPointer { points in
            means.withUnsafeBufferPointer { means in
                var sum = 0.0
                for i in 0..<dimensions {
                    let difference = points[point &* dimensions &+ i] - means[cluster &* dimensions &+ i]
                    sum += difference * difference
                    if sum >= bound { break }
                }
                return sum
            }
        }
    }
}
