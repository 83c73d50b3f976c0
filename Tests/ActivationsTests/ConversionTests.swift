// SPDX-License-Identifier: Apache-2.0
import CNumerics
import Testing

@Suite("Conversions of elements")
struct ConversionTests {
    @Test("every binary16 value becomes the float that it is, in vector and portable code")
    func halves() {
        let halves = (0...UInt16.max).map { $0 }
        var wide = [Float](repeating: 0, count: halves.count)
        var portable = wide
        cn_half_to_float(halves, Int64(halves.count), &wide)
        cn_half_to_float_portable(halves, Int64(halves.count), &portable)
        var wrong = 0
        for (index, half) in halves.enumerated() {
            let expected = Float(Float16(bitPattern: half))
            let matches = expected.isNaN ? wide[index].isNaN : wide[index].bitPattern == expected.bitPattern
            if !matches || wide[index].bitPattern != portable[index].bitPattern { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test("strided and byte-swapped halves convert like adjacent ones", arguments: [1, 7, 255, 256, 257, 1000])
    func stridedHalves(count: Int) {
        let halves = (0..<count).map { Float16(Double($0) / 4 - 40).bitPattern }
        var expected = [Float](repeating: 0, count: count)
        cn_half_to_float_portable(halves, Int64(count), &expected)
        var result = [Float](repeating: .nan, count: count)
        let spread: [UInt16] = halves.flatMap { half -> [UInt16] in [half, 0xFFFF, 0xFFFF] }
        #expect(cn_convert_float32(1, 0, spread, 6, Int64(count), &result) == -1)
        #expect(result == expected)
        let swapped = halves.map(\.byteSwapped)
        #expect(cn_convert_float32(1, 1, swapped, 2, Int64(count), &result) == -1)
        #expect(result == expected)
        let reversed = Array(halves.reversed())
        reversed.withUnsafeBufferPointer { buffer in
            let last = buffer.baseAddress.map { $0 + (count - 1) }
            #expect(cn_convert_float32(1, 0, last, -2, Int64(count), &result) == -1)
        }
        #expect(result == expected)
    }

    @Test("integers beyond ±2^53 are reported by their index")
    func inexactIntegers() {
        let limit: Int64 = 1 << 53
        var result = [Double](repeating: 0, count: 4)
        #expect(cn_convert_float64(8, 0, [limit, -limit, 0, 1] as [Int64], 8, 4, &result) == -1)
        #expect(result == [0x1p53, -0x1p53, 0, 1])
        #expect(cn_convert_float64(8, 0, [0, limit + 1, 0, 0] as [Int64], 8, 4, &result) == 1)
        #expect(cn_convert_float64(8, 0, [0, 0, -limit - 1, 0] as [Int64], 8, 4, &result) == 2)
        #expect(cn_convert_float64(12, 0, [0, 0, 0, .max] as [UInt64], 8, 4, &result) == 3)
    }

    @Test("types that a conversion does not take are refused")
    func unsupported() {
        var floats: [Float] = [0]
        var integers: [Int64] = [0]
        #expect(cn_convert_float32(4, 0, [1.0] as [Double], 8, 1, &floats) == -2)
        #expect(cn_convert_float32(0, 0, [1.0] as [Double], 8, 1, &floats) == -2)
        #expect(cn_convert_int64(3, 0, [1.0] as [Double], 8, 1, &integers) == -2)
    }

    @Test("shuffled bytes come back in order for any element size and a rest", arguments: [2, 3, 4, 5, 8, 16])
    func unshuffle(size: Int) {
        let count = 37 * size + size / 2
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var shuffled: [UInt8] = []
        for byte in 0..<size { for element in 0..<37 { shuffled.append(bytes[element * size + byte]) } }
        shuffled += bytes[(37 * size)...]
        var result = [UInt8](repeating: 0, count: count)
        cn_unshuffle(shuffled, Int64(count), Int64(size), &result)
        #expect(result == bytes)
    }
}
