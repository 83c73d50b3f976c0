// SPDX-License-Identifier: Apache-2.0

/// The one result type: columns of equal length, and what made them.
public struct Table: Sendable {
    public let columns: [Column]
    /// Measure, estimator, quantiser, unit, samples, … in the order to be shown.
    public let metadata: [(key: String, value: String)]

    public init(columns: [Column], metadata: [(key: String, value: String)] = []) {
        self.columns = columns
        self.metadata = metadata
    }

    public var rows: Int { columns.first?.values.count ?? 0 }

    /// The column whose name is the same bytes.
    public func column(named name: String) -> Column? { columns.first { $0.name.utf8.elementsEqual(name.utf8) } }
}
