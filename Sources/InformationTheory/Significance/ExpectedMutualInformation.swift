// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

/// The plug-in information that a neuron and unrelated labels have on average: the mean of
/// I(T;Y) over all permutations of the samples, which leave both margins as they are.
///
/// Vinh, Epps & Bailey 2010 (JMLR 11:2837), eq. 24a: a cell of row a and column b is
/// hypergeometric, and E[I] = Σ Σ E[(n/N) log (N n/(a b))]. Made once for N samples, it is
/// used for any number of neurons by any number of threads.
struct ExpectedMutualInformation: @unchecked Sendable {
    private let samples: Int
    /// log n; 0 for n = 0, whose terms vanish.
    private let logs: UnsafePointer<Double>
    private let logCount: Int
    private let memory: AlignedBuffer

    /// Counts up to here are looked up: 1 MB.
    private static let mostLogs = 1 << 17

    init(samples: Int) throws(InfoLensError) {
        self.samples = samples
        logCount = min(samples + 1, ExpectedMutualInformation.mostLogs)
        memory = try AlignedBuffer(count: logCount, of: Double.self)
        let values = memory.values(of: Double.self)
        for n in 1..<max(logCount, 1) { values[n] = log(Double(n)) }
        logs = UnsafePointer(values)
    }

    /// E[I] in nats; between 0 and the smaller entropy of the margins, up to rounding.
    /// - Parameters: counts of the levels of either variable, whose sums are N; zeros do not matter
    func nats(_ rows: UnsafeBufferPointer<UInt32>, _ columns: UnsafeBufferPointer<UInt32>) -> Double {
        // Cells of equal margins are equal.
        let columns = CountGroup.all(of: columns)
        var sum = 0.0
        for row in CountGroup.all(of: rows) {
            for column in columns {
                sum += Double(row.levels) * Double(column.levels) * cell(Int(row.count), Int(column.count))
            }
        }
        return max(sum, 0)
    }

    /// E[(n/N) log (N n/(a b))] for n hypergeometric: a drawn from N, b of which are marked.
    ///
    /// Probabilities follow from their ratios, outwards from the mode and relative to it, and
    /// are divided by their sum, so that no factorial is needed. Those below 1e-18 of the mode
    /// fall off faster than geometrically and are left out.
    private func cell(_ a: Int, _ b: Int) -> Double {
        let low = max(0, a + b - samples)
        let high = min(a, b)
        let mode = min(max(Int(Double(a + 1) * Double(b + 1) / Double(samples + 2)), low), high)
        let offset = logarithm(samples) - logarithm(a) - logarithm(b)
        let (a, b, rest) = (Double(a), Double(b), Double(samples - a - b))

        var weights = 1.0
        var sum = Double(mode) * (logarithm(mode) + offset)
        var weight = 1.0
        for next in stride(from: mode + 1, through: high, by: 1) {
            let n = Double(next)
            weight *= (a - n + 1) * (b - n + 1) / (n * (rest + n))
            if weight < 1e-18 { break }
            weights += weight
            sum += weight * n * (logarithm(next) + offset)
        }
        weight = 1
        for next in stride(from: mode - 1, through: low, by: -1) {
            let n = Double(next)
            weight *= (n + 1) * (rest + n + 1) / ((a - n) * (b - n))
            if weight < 1e-18 { break }
            weights += weight
            sum += weight * n * (logarithm(next) + offset)
        }
        return sum / weights / Double(samples)
    }

    private func logarithm(_ n: Int) -> Double { n < logCount ? logs[n] : log(Double(n)) }
}

/// Mutual information adjusted for chance, (I − E[I]) / (½ (H(T) + H(Y)) − E[I]), all in one
/// unit (Vinh, Epps & Bailey 2010, with the arithmetic mean).
///
/// 1 where T and Y determine each other, 0 on average where they are unrelated, and negative
/// for less than that. 0 where chance explains everything that there could be: one level of
/// each, or as many as samples.
func adjustedMutualInformation(information: Double, expected: Double, entropies: (Double, Double)) -> Double {
    let most = 0.5 * (entropies.0 + entropies.1)
    let range = most - expected
    return range > 1e-14 * max(most, 1) ? (information - expected) / range : 0
}
