// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The class of each sample: codes 0 ..< C, and what the classes are called.
///
/// Classes are the distinct labels in ascending order, those of one-hot labels
/// 0 … C−1 whether met or not, and those of categories in the file's order. Each code has
/// its name at the same index. A sample without a label has the code −1 and counts in no class.
public struct Labels: Sendable {
    public let codes: [Int32]
    public let classes: ClassNames
    /// Samples of each class. Zero is possible for one-hot and named classes, and for a selection of samples.
    public let counts: [Int]

    /// Number of samples.
    public var count: Int { codes.count }
    /// Number of samples without a label.
    public var missing: Int { count - counts.reduce(0, +) }

    /// Labels from an array of any integer type, bool or integer-valued floats: [N], [N, 1],
    /// [1, N], or one-hot [N, C] with C ≥ 2. (Thus [1, C] is C labels, never one one-hot row.)
    ///
    /// - Parameter classNames: names of the classes; labels must then be 0 ..< classNames.count.
    /// - Throws: `shape` for other ranks and for no labels, `numeric` for NaN, fractions, rows
    ///   that are not one-hot, and labels outside the names; each names the first bad row.
    public init(array: StridedArray, classNames: [String]?) throws(InfoLensError) {
        var reader = try LabelReader(shape: array.shape, dtype: array.dtype, argument: array.argument)
        guard let base = array.base else {
            throw InfoLensError(.argument, "\(array.argument): data is NULL; pass the array's address")
        }
        // A view of shape [1, N] is read along its second axis.
        let axis = reader.sampleAxis
        let inner = reader.isOneHot ? array.strides[1] : 0
        try reader.append(base, samples: reader.samples, stride: array.strides[axis], innerStride: inner)
        self = try reader.labels(classNames: classNames)
    }

    /// - Precondition: codes are −1 or those of classes
    init(codes: [Int32], classes: ClassNames) {
        var counts = [Int](repeating: 0, count: classes.count)
        for code in codes where code >= 0 { counts[Int(code)] += 1 }
        self.codes = codes
        self.classes = classes
        self.counts = counts
    }
}
