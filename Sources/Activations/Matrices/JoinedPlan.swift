// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How several datasets are read that make one layer.
struct JoinedPlan {
    private var parts = 0
    private var first: ReadingPlan?
    /// Of the part with the slowest path.
    private var slowest: ReadingPlan?
    private var dtypes: Set<String> = []
    private var conversions: Set<String> = []
    private var bytes = 0
    private var storedBytes = 0

    mutating func add(_ plan: ReadingPlan) {
        parts += 1
        first = first ?? plan
        if plan.path.rank > slowest?.path.rank ?? -1 { slowest = plan }
        dtypes.insert(plan.dtype)
        conversions.insert(plan.conversion)
        bytes = [bytes, plan.bytes].saturatingSum()
        storedBytes = [storedBytes, plan.storedBytes].saturatingSum()
    }

    var plan: ReadingPlan {
        guard let first, let slowest else { return .computed }
        return ReadingPlan(
            path: slowest.path, reason: slowest.reason, dtype: dtypes.sorted().joined(separator: ", "),
            conversion: conversions.sorted().joined(separator: ", "),
            storage: "rows of \(parts) datasets: \(first.storage)", bytes: bytes, storedBytes: storedBytes)
    }
}

extension ReadingPlan.Path {
    /// From the fastest to the slowest.
    fileprivate var rank: Int {
        switch self {
        case .memory: 0
        case .blocks: 1
        case .chunks: 2
        case .process: 3
        case .library: 4
        }
    }
}
