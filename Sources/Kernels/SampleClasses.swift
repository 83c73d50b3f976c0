// SPDX-License-Identifier: Apache-2.0

/// The class of each sample, as kernels see it.
public struct SampleClasses: Sendable {
    /// One code of 0 ..< count a sample.
    public let codes: [Int32]
    /// Samples in each class; may be 0.
    public let samples: [Int]
    /// Number of classes.
    public var count: Int { samples.count }

    /// - Parameter codes: each within 0 ..< samples.count, occurring as often as `samples` says
    public init(codes: [Int32], samples: [Int]) {
        self.codes = codes
        self.samples = samples
    }

    /// All samples in one class: what is measured when there are no labels.
    public init(unlabelled count: Int) {
        codes = [Int32](repeating: 0, count: count)
        samples = [count]
    }

    /// Orders the rows `rows` by class.
    /// - Parameters:
    ///   - place: receives the new position of each row
    ///   - ends: receives, for each class, the position after its last row
    func group(rows: Range<Int>, place: UnsafeMutablePointer<Int32>, ends: UnsafeMutablePointer<Int32>) {
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

    /// Lends the codes for one call.
    func withCodes(_ body: (UnsafePointer<Int32>) throws(InfoLensError) -> Void) throws(InfoLensError) {
        let result = codes.withUnsafeBufferPointer { buffer -> Result<Void, InfoLensError> in
            guard let codes = buffer.baseAddress else { return .success(()) }
            do throws(InfoLensError) { return .success(try body(codes)) } catch { return .failure(error) }
        }
        try result.get()
    }
}
