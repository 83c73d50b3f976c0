// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// A correlation matrix as the kernels of sweep.h read it: rows padded, variances beside it. Shared by all threads.
public final class SweepMatrix: @unchecked Sendable {
    public let variables: Int
    fileprivate let stride: Int
    fileprivate let start: cn_sweep
    private let memory: AlignedBuffer

    /// - Parameters:
    ///   - matrix: covariances; they are scaled to unit variances, and a variable without variance stays at 0
    ///   - least: residual variances below are nothing
    /// - Throws: `memory`
    public init(_ matrix: SymmetricMatrix, least: Double) throws(InfoLensError) {
        let d = matrix.order
        variables = d
        stride = SweepMatrix.stride(variables: d)
        memory = try AlignedBuffer(count: (d + 2) * stride, of: Double.self)
        let c = memory.values(of: Double.self)
        let (s, scale) = (c + d * stride, c + (d + 1) * stride)
        for i in 0..<d { scale[i] = matrix[i, i] > 0 ? 1 / matrix[i, i].squareRoot() : 0 }
        for i in 0..<d {
            for j in i + 1..<max(d, i + 1) { c[i * stride + j] = matrix[i, j] * (scale[i] * scale[j]) }
            s[i] = scale[i] > 0 ? 1 : 0
        }
        for i in 0..<Int(CN_SWEEP_PAD) { s[d + i] = .nan }
        start = cn_sweep(
            variables: Int64(d), stride: Int64(stride), members: 0, least: least, det: 1, log_det: 0, c: c, s: s,
            v: nil,
            p: nil)
    }

    static func stride(variables: Int) -> Int { (variables + Int(CN_SWEEP_PAD) + 7) / 8 * 8 }

    /// Bytes of a matrix of so many variables.
    public static func bytes(variables: Int) -> Int {
        saturatingProduct(variables + 2, stride(variables: variables), 8)
    }
}

/// One thread's tables for walking the members of multiplets of one matrix, depth first.
///
/// `push` adds a member to the current prefix and `fold` the last but two; prefixes are those of `levels` members at most.
public final class SweepTables {
    private let matrix: SweepMatrix
    private var sweeps: [cn_sweep]
    public var pairs: cn_pairs
    private let memory: AlignedBuffer

    /// Bytes of tables.
    public static func bytes(variables: Int, levels: Int) -> Int {
        let stride = SweepMatrix.stride(variables: variables)
        return [
            saturatingProduct(levels, variables + levels + 2, stride, 8), saturatingProduct(2 * levels + 8, stride, 8),
        ].saturatingSum()
    }

    /// - Parameter levels: most members that are pushed
    /// - Throws: `memory`
    public init(_ matrix: SweepMatrix, levels: Int) throws(InfoLensError) {
        self.matrix = matrix
        let (d, stride) = (matrix.variables, matrix.stride)
        memory = try AlignedBuffer(byteCount: SweepTables.bytes(variables: d, levels: levels))
        var next = memory.values(of: Double.self)
        func take(_ rows: Int) -> UnsafeMutablePointer<Double> {
            defer { next += rows * stride }
            return next
        }
        var sweeps = [matrix.start]
        for level in 0..<levels {
            var sweep = matrix.start
            sweep.c = take(d)
            sweep.s = take(1)
            sweep.v = take(level + 1)
            sweep.p = take(1)
            sweeps.append(sweep)
        }
        self.sweeps = sweeps
        pairs = cn_pairs(
            variables: Int64(d), stride: Int64(stride), members: 0, least: matrix.start.least, det: 1, log_det: 0,
            c: UnsafePointer(matrix.start.c), g: take(1), r: take(1), s: take(1), inverse: take(1), v: take(levels + 1),
            p: take(levels + 1))
    }

    /// Makes the prefix of `level` + 1 members from that of `level`; false when it is singular, as all that follows is.
    public func push(_ member: Int, level: Int) -> Bool {
        sweeps.withUnsafeMutableBufferPointer { sweeps in
            guard let base = sweeps.baseAddress else { return false }
            return cn_sweep_extend(base + level, Int64(member), base + level + 1) != 0
        }
    }

    /// Prepares the pairs after the prefix of `level` members and `last`, or after the prefix alone; false when it is singular.
    public func fold(_ last: Int?, level: Int) -> Bool {
        sweeps.withUnsafeBufferPointer { sweeps in
            guard let base = sweeps.baseAddress else { return false }
            return cn_pairs_fold(base + level, Int64(last ?? -1), &pairs) != 0
        }
    }

    /// `cn_sweep_scan` of the prefix of `level` members.
    public func scan(
        level: Int, last: Range<Int>, bounds: UnsafeMutablePointer<cn_bounds>, hit: @escaping cn_hit,
        user: UnsafeMutableRawPointer
    ) -> Int {
        sweeps.withUnsafeBufferPointer { sweeps in
            guard let base = sweeps.baseAddress else { return 0 }
            return Int(
                cn_sweep_scan(
                    base + level, Int64(last.lowerBound), Int64(last.upperBound), &pairs, bounds, hit, user))
        }
    }
}
