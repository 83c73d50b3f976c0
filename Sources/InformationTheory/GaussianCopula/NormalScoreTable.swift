// SPDX-License-Identifier: Apache-2.0
import Kernels

extension NormalScoreTable {
    /// The table of Φ⁻¹, each score to 1e-14 relative.
    /// - Parameter samples: N ≥ 1
    /// - Throws: `shape` for 2³² samples or more; `memory`, `cancelled`
    public convenience init(samples: Int, run: Run) throws(InfoLensError) {
        try self.init(samples: samples, run: run, quantile: normalQuantile)
    }
}
