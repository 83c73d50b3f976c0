// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Activations in a Swift array, handed out as a copy in scratch memory, so that
/// budgets, block sizes and scratch handling are all exercised.
public struct MemoryMatrix: ActivationMatrix {
    public let name: String
    public let samples: Int
    public let neurons: Int
    public let element: Element
    public var preferredRows: Int?
    public let values: [Double]

    /// - Parameter values: row-major, samples × neurons; float32 matrices round them
    public init(_ values: [Double], neurons: Int, element: Element = .float64, name: String = "layer") {
        self.name = name
        self.neurons = neurons
        self.element = element
        samples = values.count / neurons
        self.values = element == .float32 ? values.map { Double(Float($0)) } : values
    }

    public func scratchBytes(rows: Int) -> Int { rows * neurons * element.size }

    public func read(rows: Range<Int>, scratch: UnsafeMutableRawBufferPointer) throws(InfoLensError) -> RowBlock {
        guard let base = scratch.baseAddress, scratch.count >= scratchBytes(rows: rows.count) else {
            throw InfoLensError(.internal, "scratch is too small")
        }
        for (offset, index) in (rows.lowerBound * neurons..<rows.upperBound * neurons).enumerated() {
            switch element {
            case .float32: base.assumingMemoryBound(to: Float.self)[offset] = Float(values[index])
            case .float64: base.assumingMemoryBound(to: Double.self)[offset] = values[index]
            }
        }
        return RowBlock(
            base: UnsafeRawPointer(base), firstRow: rows.lowerBound, rows: rows.count, neurons: neurons,
            rowStride: neurons, element: element)
    }

    /// The values of one neuron.
    public func column(_ neuron: Int) -> [Double] { (0..<samples).map { values[$0 * neurons + neuron] } }
}

/// Numbers that are the same in every run (SplitMix64).
public struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// ReLU-like activations: half zeros, the rest in (0, 3), with values that lie on common edges.
public func reluLike(samples: Int, neurons: Int, element: Element = .float32, seed: UInt64 = 1) -> MemoryMatrix {
    var generator = FixedGenerator(seed: seed)
    let values = (0..<samples * neurons).map { _ -> Double in
        switch Int.random(in: 0..<4, using: &generator) {
        case 0, 1: 0
        case 2: Double(Int.random(in: 0...30, using: &generator)) / 10
        default: Double.random(in: 0..<3, using: &generator)
        }
    }
    return MemoryMatrix(values, neurons: neurons, element: element)
}

/// Random classes of 0 ..< count for `samples` samples.
public func randomClasses(samples: Int, count: Int, seed: UInt64 = 2) -> SampleClasses {
    var generator = FixedGenerator(seed: seed)
    return classes((0..<samples).map { _ in Int.random(in: 0..<count, using: &generator) }, count: count)
}

/// Classes from codes.
public func classes(_ codes: [Int], count: Int) -> SampleClasses {
    var samples = [Int](repeating: 0, count: count)
    for code in codes { samples[code] += 1 }
    return SampleClasses(codes: codes.map { Int32($0) }, samples: samples)
}

/// A run without progress.
public func run(threads: Int = 2, memory: Int = 1 << 30) -> Run { Run(threads: threads, memory: memory) }
