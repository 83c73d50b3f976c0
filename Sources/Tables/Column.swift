// SPDX-License-Identifier: Apache-2.0

/// Values in memory that somebody owns: a column does not copy them.
public struct ColumnMemory<Value: BitwiseCopyable & Sendable>: @unchecked Sendable {
    /// Valid while this value lives.
    public let values: UnsafeBufferPointer<Value>
    /// Who wants the values longer keeps this.
    public let owner: AnyObject

    /// Values that `owner` keeps alive and nobody changes any more.
    public init(_ values: UnsafeBufferPointer<Value>, owner: AnyObject) {
        self.values = values
        self.owner = owner
    }

    /// A copy of few values.
    public init(_ array: [Value]) {
        let copy = OwnedCopy(array)
        self.init(UnsafeBufferPointer(copy.values), owner: copy)
    }
}

private final class OwnedCopy<Value: BitwiseCopyable> {
    let values: UnsafeMutableBufferPointer<Value>

    init(_ array: [Value]) {
        values = .allocate(capacity: max(array.count, 1))
        _ = values.initialize(from: array)
    }

    deinit { values.deallocate() }
}

/// A named column of a table.
public struct Column: Sendable {
    public enum Values: Sendable {
        case doubles(ColumnMemory<Double>, count: Int)
        case integers(ColumnMemory<Int64>, count: Int)
        /// Row r is `names[codes[r]]`: results repeat few names often. Every code is the index
        /// of a name; the names of a column are distinct.
        case strings(codes: ColumnMemory<Int32>, names: [String], count: Int)

        public var count: Int {
            switch self {
            case .doubles(_, let count), .integers(_, let count), .strings(_, _, let count): count
            }
        }
    }

    public let name: String
    /// "bits", "nats", "1" for a pure number, "" for names and indices.
    public let unit: String
    /// One sentence.
    public let description: String
    public let values: Values

    public init(_ name: String, unit: String = "", description: String, values: Values) {
        self.name = name
        self.unit = unit
        self.description = description
        self.values = values.withDistinctNames
    }

    /// A short column of texts.
    public init(_ name: String, description: String, texts: [String]) {
        let codes = ColumnMemory(texts.indices.map { Int32(clamping: $0) })
        self.init(
            name, description: description, values: .strings(codes: codes, names: texts, count: texts.count))
    }

    /// A short column of integers.
    public init(_ name: String, unit: String = "", description: String, integers: [Int64]) {
        self.init(
            name, unit: unit, description: description,
            values: .integers(ColumnMemory(integers), count: integers.count))
    }

    /// A short column of numbers.
    public init(_ name: String, unit: String = "", description: String, doubles: [Double]) {
        self.init(
            name, unit: unit, description: description, values: .doubles(ColumnMemory(doubles), count: doubles.count))
    }
}

extension Column.Values {
    /// Codes that stand for the same text become one. Readers of dictionaries want that, and
    /// callers cannot promise it: what is not UTF-8 is shown as U+FFFD, whatever it was.
    fileprivate var withDistinctNames: Column.Values {
        guard case .strings(let codes, let names, let count) = self else { return self }
        var distinct = DistinctTexts()
        let renumbered = names.map { distinct.code(of: $0) }
        if distinct.texts.count == names.count { return self }
        let changed = (0..<count).map { renumbered[Int(codes.values[$0])] }
        return .strings(codes: ColumnMemory(changed), names: distinct.texts, count: count)
    }
}
