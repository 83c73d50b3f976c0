// SPDX-License-Identifier: Apache-2.0

/// The class of each sample, as kernels see it.
public struct SampleClasses: Sendable {
    /// One code of 0 ..< count a sample; empty without labels, when all are 0, and for samples counted before.
    public let codes: [Int32]
    /// N.
    public let total: Int
    /// Samples in each class; may be 0.
    public let samples: [Int]
    /// Number of classes.
    public var count: Int { samples.count }

    /// - Parameter codes: each within 0 ..< samples.count, occurring as often as `samples` says
    public init(codes: [Int32], samples: [Int]) {
        self.codes = codes
        self.samples = samples
        total = codes.count
    }

    /// Classes of samples that were counted before; there are no codes.
    public init(counts: [Int]) {
        codes = []
        samples = counts
        total = counts.reduce(0, +)
    }

    /// All samples in one class: what is measured when there are no labels.
    public init(unlabelled count: Int) {
        codes = []
        samples = [count]
        total = count
    }

    /// Orders the rows `rows` by class.
    /// - Parameters:
    ///   - place: receives the new position of each row
    ///   - ends: receives, for each class, the position after its last row
    func group(rows: Range<Int>, place: UnsafeMutablePointer<Int32>, ends: UnsafeMutablePointer<Int32>) {
        if codes.isEmpty {
            for row in 0..<rows.count { place[row] = Int32(truncatingIfNeeded: row) }
            ends[0] = Int32(truncatingIfNeeded: rows.count)
            return
        }
        codes.withUnsafeBufferPointer { codes in
            ends.update(repeating: 0, count: count)
            for row in rows { ends[Int(codes[row])] &+= 1 }
            var start: Int32 = 0
            for c in 0..<count { (start, ends[c]) = (start &+ ends[c], start) }
            for row in rows {
                let c = Int(codes[row])
                place[row &- rows.lowerBound] = ends[c]
                ends[c] &+= 1
            }
        }
    }

    /// Lends the codes for one call; nil when all are 0.
    func withCodes(_ body: (UnsafePointer<Int32>?) throws(InfoLensError) -> Void) throws(InfoLensError) {
        let result = codes.withUnsafeBufferPointer { buffer -> Result<Void, InfoLensError> in
            let codes = buffer.isEmpty ? nil : buffer.baseAddress
            do throws(InfoLensError) { return .success(try body(codes)) } catch { return .failure(error) }
        }
        try result.get()
    }
}
