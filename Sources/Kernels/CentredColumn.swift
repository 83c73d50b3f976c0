// SPDX-License-Identifier: Apache-2.0

extension SampleClasses {
    /// Takes off each value the mean of its class.
    ///
    /// - Parameters:
    ///   - values: N values
    ///   - counts: samples of each class, each as often as it was drawn
    ///   - weights: how often each sample was drawn; nil: once
    /// - Returns: the mean of each class; NaN of those without samples
    func centre(
        _ values: UnsafeMutablePointer<Double>, counts: [Int], weights: UnsafePointer<UInt32>? = nil
    ) -> [Double] {
        var mean = [Double](repeating: 0, count: count)
        // Twice: the second time takes off what rounding left the first time, so that what is constant within
        // a class becomes 0 and not something like it.
        for _ in 0..<2 {
            for (c, error) in means(values, less: mean, counts: counts, weights: weights).enumerated() {
                mean[c] += error
            }
        }
        if codes.isEmpty {
            for i in 0..<total { values[i] -= mean[0] }
        } else {
            for i in 0..<total { values[i] -= mean[Int(codes[i])] }
        }
        return zip(mean, counts).map { $1 > 0 ? $0 : .nan }
    }

    /// The means of values less what is given for their class.
    private func means(
        _ values: UnsafePointer<Double>, less mean: [Double], counts: [Int], weights: UnsafePointer<UInt32>?
    ) -> [Double] {
        // Four sums a class, so that an addition need not wait for the one before.
        var sums = [Double](repeating: 0, count: 4 * count)
        sums.withUnsafeMutableBufferPointer { sums in
            codes.withUnsafeBufferPointer { codes in
                mean.withUnsafeBufferPointer { mean in
                    func add(_ i: Int, _ weight: Double) {
                        let c = codes.isEmpty ? 0 : Int(codes[i])
                        sums[c &* 4 &+ i & 3] += weight * (values[i] - mean[c])
                    }
                    if let weights {
                        for i in 0..<total { add(i, Double(weights[i])) }
                    } else {
                        for i in 0..<total { add(i, 1) }
                    }
                }
            }
        }
        return counts.indices.map { c in
            let sum = (sums[4 * c] + sums[4 * c + 1]) + (sums[4 * c + 2] + sums[4 * c + 3])
            return counts[c] > 0 ? sum / Double(counts[c]) : 0
        }
    }
}
