// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@testable import Activations

@Suite("Reductions of higher ranks")
struct ReductionTests {
    static let shape = [5, 3, 4, 2]

    private func reference(_ data: [Double], channelAxis: Int, _ combine: ([Double]) -> Double) -> [Double] {
        let shape = Self.shape
        var groups = [[Double]](repeating: [], count: shape[0] * shape[channelAxis])
        for (index, value) in data.enumerated() {
            var rest = index
            var position = [Int](repeating: 0, count: shape.count)
            for axis in shape.indices.reversed() {
                position[axis] = rest % shape[axis]
                rest /= shape[axis]
            }
            groups[position[0] * shape[channelAxis] + position[channelAxis]].append(value)
        }
        return groups.map(combine)
    }

    @Test("mean and max over positions leave one neuron a channel", arguments: [1, 2, 3, -1])
    func meanAndMax(axis: Int) throws {
        var numbers = Numbers(seed: 2)
        let data = numbers.floats(Self.shape.reduce(1, *))
        let owned = OwnedArray(data.map(Float.init))
        let array = try owned.array(.float32, Self.shape)
        let channelAxis = axis == -1 ? 3 : axis

        let mean = try ArrayMatrix(name: "a", array: array, reduction: .mean(channelAxis: axis))
        #expect(mean.element == .float64 && mean.neurons == Self.shape[channelAxis])
        // Sums of multiples of 1/8 are exact, so that the mean is one rounding away.
        let means = reference(data, channelAxis: channelAxis) { $0.reduce(0, +) / Double($0.count) }
        let maxima = reference(data, channelAxis: channelAxis) { $0.max() ?? .nan }
        let maximum = try ArrayMatrix(name: "a", array: array, reduction: .max(channelAxis: axis))
        #expect(maximum.element == .float32)
        for block in [1, 2, 5] {
            #expect(try values(of: mean, block: block) == means)
            #expect(try values(of: maximum, block: block) == maxima)
        }
    }

    @Test("flattening keeps C order, whatever the strides")
    func flatten() throws {
        var numbers = Numbers(seed: 3)
        let data = numbers.floats(Self.shape.reduce(1, *))
        let owned = OwnedArray(data)
        // The same elements with the last two axes exchanged.
        let array = try owned.array(.float64, [5, 3, 2, 4], strides: [192, 64, 8, 16])
        let matrix = try ArrayMatrix(name: "a", array: array, reduction: .flatten)
        var expected: [Double] = []
        for sample in 0..<15 { for i in 0..<2 { for j in 0..<4 { expected.append(data[sample * 8 + j * 2 + i]) } } }
        #expect(matrix.neurons == 24)
        #expect(try values(of: matrix, block: 2) == expected)
    }

    @Test("NaN propagates through both reductions wherever it stands", arguments: 0..<4)
    func notANumber(position: Int) throws {
        var data: [Float] = [1, 2, 3, 4]
        data[position] = .nan
        let owned = OwnedArray(data)
        for reduction in [Reduction.max(channelAxis: 1), .mean(channelAxis: 1), .max(channelAxis: 2)] {
            let shape = if case .max(channelAxis: 2) = reduction { [1, 4, 1] } else { [1, 1, 4] }
            let matrix = try ArrayMatrix(name: "a", array: owned.array(.float32, shape), reduction: reduction)
            #expect(try values(of: matrix, block: 1)[0].isNaN)
        }
    }

    @Test("ranks above two without a reduction name the choices")
    func refusal() throws {
        let owned = OwnedArray([Float](repeating: 0, count: 120))
        let array = try owned.array(.float32, Self.shape)
        let error = failure { () throws(InfoLensError) in try ArrayMatrix(name: "a", array: array, reduction: .none) }
        #expect(error?.kind == .shape)
        for choice in ["mean", "max", "flatten"] { #expect(error?.description.contains(choice) == true) }
        for axis in [0, 4, -2] {
            let error = failure { () throws(InfoLensError) in
                try ArrayMatrix(name: "a", array: array, reduction: .max(channelAxis: axis))
            }
            #expect(error?.kind == .shape)
        }
    }

    @Test("rank two is never reduced")
    func rankTwo() throws {
        let owned = OwnedArray([1, 2, 3, 4] as [Float])
        let matrix = try ArrayMatrix(
            name: "a", array: owned.array(.float32, [2, 2]), reduction: .mean(channelAxis: 7))
        #expect(matrix.element == .float32)
        #expect(try values(of: matrix, block: 2) == [1, 2, 3, 4])
    }
}
