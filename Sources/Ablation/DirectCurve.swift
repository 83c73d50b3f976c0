// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// A curve that takes neurons of one layer only, as the kernel of the layer before the scores wants it.
struct DirectCurve: Sendable {
    /// The neurons in the order of removal.
    let order: [Int32]
    /// For each whether the network is scored with it and none before it removed.
    let judged: [UInt8]

    /// - Parameter points: numbers of removed neurons at which the network is scored
    /// - Returns: nil where the plan takes neurons of several layers
    init?(_ plan: RemovalPlan, points: [Int]) {
        guard plan.order.allSatisfy({ $0.layer == plan.start }) else { return nil }
        order = plan.order.map { Int32(truncatingIfNeeded: $0.neuron) }
        var judged = [UInt8](repeating: 0, count: order.count)
        for point in points where point < order.count { judged[point] = 1 }
        self.judged = judged
    }
}

/// Room for the judgements along a curve.
final class DirectResults {
    let scores: UnsafeMutablePointer<cn_panel_scores>
    let changed: UnsafeMutablePointer<UInt8>

    init(capacity: Int) {
        scores = .allocate(capacity: max(capacity, 1))
        changed = .allocate(capacity: max(capacity, 1))
    }

    deinit {
        scores.deallocate()
        changed.deallocate()
    }
}
