// SPDX-License-Identifier: Apache-2.0
import CInfoLens

extension Caller {
    /// A text; now and then NULL or one that is not UTF-8.
    func text(_ likely: [String]) -> UnsafePointer<CChar>? {
        switch choices.below(24) {
        case 0: return nil
        case 1: return session.text("")
        case 2:
            let bytes = choices.take(choices.below(12)).map { CChar(bitPattern: $0) }
            return UnsafePointer(session.copy(bytes + [0]))
        default: return session.text(choices.pick(likely))
        }
    }

    /// An array of texts, with its length; at times NULL with a length, or a length that is no length.
    func texts(_ likely: [String]) -> (UnsafePointer<UnsafePointer<CChar>?>?, Int64) {
        switch choices.below(12) {
        case 0...5: return (nil, 0)
        case 6: return (nil, choices.integer())
        case 7: return (UnsafePointer(session.copy([text(likely)])), min(0, choices.integer()))
        default:
            let list = (0..<1 + choices.below(3)).map { _ in text(likely) }
            return (UnsafePointer(session.copy(list)), Int64(list.count))
        }
    }

    /// A value for a member that names a choice.
    func choice(_ likely: ClosedRange<Int32>) -> Int32 {
        choices.below(12) == 0
            ? Int32(truncatingIfNeeded: choices.integer())
            : likely.lowerBound + Int32(choices.below(Int(likely.upperBound - likely.lowerBound) + 1))
    }

    /// A count that is most often small.
    func count(_ most: Int) -> Int64 { choices.below(10) == 0 ? choices.integer() : Int64(choices.below(most + 1)) }

    /// A double that is most often in range.
    func number(_ likely: [Double]) -> Double { choices.below(6) == 0 ? choices.double() : choices.pick(likely) }

    /// The options that `initialise` fills and `change` changes; NULL now and then; with the size of another header.
    func options<T: BitwiseCopyable>(
        _ empty: T, _ initialise: (UnsafeMutablePointer<T>?, UInt32) -> il_status, _ change: (inout T) -> Void
    ) -> UnsafeMutablePointer<T>? {
        if choices.below(6) == 0 { return nil }
        let options = session.copy([empty])
        let size = UInt32(MemoryLayout<T>.size)
        session.status(initialise(options, size))
        if choices.below(3) != 0 { change(&options.pointee) }
        if choices.below(24) == 0 {
            // The first member of each is struct_size. A smaller one may be an older header's.
            let odd = choices.flag() ? UInt32(choices.below(Int(size) + 1)) : UInt32(truncatingIfNeeded: choices.word())
            UnsafeMutableRawPointer(options).storeBytes(of: odd, as: UInt32.self)
        }
        return options
    }

    func quantizer() -> UnsafePointer<il_quantizer>? {
        let quantizer = options(il_quantizer(), il_quantizer_init) { quantizer in
            quantizer.kind = choice(1...6)
            quantizer.at = choice(0...2)
            quantizer.range = choice(0...2)
            quantizer.value = number([0, 0.5, 1, 0.1])
            quantizer.low = number([-2, 0])
            quantizer.high = number([2, 5])
            quantizer.bins = count(40)
            if choices.flag() {
                let edges = (0..<choices.below(5)).map { number([Double($0)]) }
                quantizer.edges = UnsafePointer(session.copy(edges))
                quantizer.edge_count = Int64(edges.count)
            }
        }
        return quantizer.map { UnsafePointer($0) }
    }

    // MARK: Arrays

    /// An array whose memory is there, whatever its shape and strides say.
    func array(rows: Int, columns: Int = 3, integers: Bool = false) -> UnsafePointer<il_array>? {
        if choices.below(40) == 0 { return nil }
        let dtype = choices.below(30) == 0 ? choices.integer() : Int64(1 + choices.below(13))
        let size = [0, 2, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1][(0...13).contains(dtype) ? Int(dtype) : 0]
        var shape = [rows, columns]
        switch choices.below(12) {
        case 0: shape = [rows]
        case 1: shape = []
        case 2: shape = [rows, columns, 2, 1 + choices.below(3)]
        case 3: shape[choices.below(2)] = choices.below(9)
        case 4: shape = [rows, 1]
        default: break
        }
        var lengths = shape.map { Int64($0) }
        var strides: [Int64]?
        var bytes = shape.reduce(size, *)
        if choices.below(4) == 0 {
            var step = Int64(size)
            var made: [Int64] = []
            for length in shape.reversed() {
                made.append(choices.below(5) == 0 ? 0 : step)
                step *= Int64(max(length, 1))
            }
            strides = Array(made.reversed())
        }
        if choices.below(60) == 0 {
            // As large as numbers are; only what is broadcast needs no memory.
            lengths = shape.map { _ in choices.integer() }
            strides = shape.map { _ in 0 }
            bytes = max(size, 8)
        }
        var first = 0
        if var turned = strides, choices.below(3) == 0, !turned.isEmpty, lengths == shape.map({ Int64($0) }) {
            // Backwards along an axis, from its end.
            let axis = choices.below(turned.count)
            first = max(0, shape[axis] - 1) * Int(turned[axis])
            turned[axis].negate()
            strides = turned
        }
        let memory = session.bytes(max(bytes, 1))
        fill(
            UnsafeMutableRawBufferPointer(start: memory, count: bytes), dtype: Int(clamping: dtype), integers: integers)
        let array = il_array(
            data: choices.below(60) == 0 ? nil : UnsafeRawPointer(memory + (first < bytes ? first : 0)),
            dtype: Int32(truncatingIfNeeded: dtype),
            ndim: choices.below(60) == 0 ? -1 : Int32(lengths.count),
            shape: UnsafePointer(session.copy(lengths)), strides: strides.map { UnsafePointer(session.copy($0)) })
        return UnsafePointer(session.copy([array]))
    }

    /// Small numbers of the type, or whatever the bits are.
    private func fill(_ memory: UnsafeMutableRawBufferPointer, dtype: Int, integers: Bool) {
        var state = UInt32(choices.byte()) | 1
        let isRaw = choices.below(24) == 0
        func next() -> Int {
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int(state >> 24)
        }
        let levels = integers ? 3 : 40
        func put<T: BitwiseCopyable>(_ value: (Int) -> T) {
            for index in 0..<memory.count / MemoryLayout<T>.size {
                memory.storeBytes(of: value(next() % levels), toByteOffset: index * MemoryLayout<T>.size, as: T.self)
            }
        }
        if isRaw {
            for index in memory.indices { memory[index] = UInt8(next()) }
            return
        }
        let scale = integers ? 1.0 : 0.125
        switch dtype {
        case IL_FLOAT16: put { UInt16(0x3C00 + ($0 << 6)) }
        case IL_BFLOAT16: put { UInt16(truncatingIfNeeded: Float(Double($0) * scale).bitPattern >> 16) }
        case IL_FLOAT32: put { Float(Double($0) * scale) }
        case IL_FLOAT64: put { Double($0) * scale }
        case IL_INT16, IL_UINT16: put { UInt16($0) }
        case IL_INT32, IL_UINT32: put { UInt32($0) }
        case IL_INT64, IL_UINT64: put { UInt64($0) }
        default: put { UInt8($0 % (dtype == IL_BOOL ? 2 : 256)) }
        }
    }
}
