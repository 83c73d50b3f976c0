// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What becomes of a dataset's elements on their way into a block.
struct Transfer: Sendable {
    /// Bytes of an element in the dataset.
    let storedSize: Int
    /// Bytes of an element in a block.
    let size: Int
    /// nil where elements stay as they are stored.
    private let conversion: (encoding: Encoding, element: Element)?

    /// Keeps elements as they are stored.
    init(raw size: Int) { (storedSize, self.size, conversion) = (size, size, nil) }

    /// Decodes elements to what kernels read.
    init(_ encoding: Encoding) {
        let element = encoding.dtype.element
        storedSize = encoding.dtype.size
        size = element.size
        conversion = encoding.isKernelElement ? nil : (encoding, element)
    }

    /// Whether the bytes stay the same.
    var isCopy: Bool { conversion == nil }

    /// Moves adjacent elements.
    ///
    /// - Precondition: both places have room for `count` elements and do not overlap.
    /// - Returns: nil, or the index of the first integer that has no exact float64
    func move(_ source: UnsafeRawPointer, count: Int, to target: UnsafeMutableRawPointer) -> Int? {
        guard let conversion else {
            target.copyMemory(from: source, byteCount: count &* size)
            return nil
        }
        return conversion.encoding.convert(
            source, stride: storedSize, count: count, to: conversion.element, target)
    }
}

/// A dataset's elements by samples, which lie along the first axis, or along the last as MATLAB stores them.
struct Slab: Sendable {
    /// Of the dataset, or [1] for a scalar.
    let shape: [Int]
    let samplesAreLast: Bool
    /// For errors.
    let what: String

    /// - Precondition: the product of the lengths fits.
    init(shape: [Int], samplesAreLast: Bool, what: String) {
        self.shape = shape.isEmpty ? [1] : shape
        self.samplesAreLast = samplesAreLast && shape.count > 1
        self.what = what
    }

    var sampleAxis: Int { samplesAreLast ? shape.count &- 1 : 0 }
    var samples: Int { shape[sampleAxis] }
    /// Elements of a sample.
    var rowElements: Int {
        (samplesAreLast ? shape.dropLast() : shape.dropFirst()).reduce(1, &*)
    }

    /// What to say of an integer that has no exact float64, `index` elements into a block of `rows`.
    func inexact(_ index: Int, rows: Range<Int>) -> InfoLensError {
        let (row, element) =
            samplesAreLast
            ? (index % rows.count, index / rows.count) : (index / rowElements, index % rowElements)
        return inexactInteger(in: what, row: rows.lowerBound &+ row, neuron: element)
    }
}
