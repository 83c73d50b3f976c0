// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The logarithm of a relative frequency n / total.
///
/// Small counts are looked up: with many classes there are millions of cells and few
/// different counts. A looked-up value has the bits of a computed one.
struct FrequencyLog: @unchecked Sendable {
    let total: Int
    private let unit: Logarithm
    private let small: UnsafePointer<Double>?
    private let smallCount: Int

    /// Looks nothing up: for a single histogram.
    init(total: Int, unit: Logarithm) {
        self.total = total
        self.unit = unit
        small = nil
        smallCount = 0
    }

    fileprivate init(total: Int, unit: Logarithm, small: UnsafeMutablePointer<Double>, smallCount: Int) {
        self.total = total
        self.unit = unit
        self.small = UnsafePointer(small)
        self.smallCount = smallCount
        for n in 1..<max(smallCount, 1) { small[n] = unit(Double(n) / Double(total)) }
    }

    /// n / total.
    func frequency(_ n: UInt32) -> Double { Double(n) / Double(total) }

    /// log(n / total) for 0 < n ≤ total.
    func callAsFunction(_ n: UInt32) -> Double {
        guard let small, Int(n) < smallCount else { return unit(frequency(n)) }
        return small[Int(n)]
    }
}

/// The frequency logarithms of a set of samples and of each of its classes.
final class FrequencyLogs: Sendable {
    /// Of all samples.
    let ofAll: FrequencyLog
    /// Of each class; not to be asked for a class without samples.
    let ofClass: [FrequencyLog]
    private let memory: AlignedBuffer

    init(total: Int, classSamples: [Int], unit: Logarithm) throws(InfoLensError) {
        // At most 8 MB, however many classes there are; equally large ones share a table.
        let sizes = Set(classSamples + [total])
        let most = min(1024, (1 << 20) / sizes.count)
        memory = try AlignedBuffer(count: sizes.count * most, of: Double.self)
        var next = memory.values(of: Double.self)
        var logs: [Int: FrequencyLog] = [:]
        for size in sizes {
            logs[size] = FrequencyLog(total: size, unit: unit, small: next, smallCount: min(most, size + 1))
            next += most
        }
        func log(_ size: Int) -> FrequencyLog {
            logs[size] ?? FrequencyLog(total: size, unit: unit, small: next, smallCount: 0)
        }
        ofAll = log(total)
        ofClass = classSamples.map(log)
    }
}
