// SPDX-License-Identifier: Apache-2.0

extension Table {
    /// Writes the table as comma-separated values (RFC 4180, but for lines that end in LF): a
    /// line of names, then one a row.
    ///
    /// Numbers have the fewest digits that read back to the same bits. NaN is `NaN`, infinities
    /// are `Inf` and `-Inf`: the spellings that pandas and R read alike. Texts are quoted only
    /// where they must be. A table without columns is an empty file.
    ///
    /// - Parameter sink: takes the file's bytes in blocks
    public func writeCSV<Failure: Error>(
        to sink: @escaping ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        if columns.isEmpty { return }
        var output = TextBlocks(to: sink)
        let isAlone = columns.count == 1
        try output.append(columns.map { csvField($0.name, isAlone: isAlone) }.joined(separator: ",".utf8))
        try output.append("\n")
        // Texts repeat: each is quoted once.
        let fields = columns.map { $0.values.csvNames(isAlone: isAlone) }
        for row in 0..<rows {
            for (index, column) in columns.enumerated() {
                if index > 0 { try output.append(",") }
                switch column.values {
                case .doubles(let memory, _): try output.append(csvNumber(memory.values[row]))
                case .integers(let memory, _): try output.append("\(memory.values[row])")
                case .strings(let codes, _, _): try output.append(fields[index][Int(codes.values[row])])
                }
            }
            try output.append("\n")
        }
        try output.flush()
    }
}

extension Column.Values {
    fileprivate func csvNames(isAlone: Bool) -> [[UInt8]] {
        guard case .strings(_, let names, _) = self else { return [] }
        return names.map { csvField($0, isAlone: isAlone) }
    }
}

private func csvNumber(_ value: Double) -> String {
    if value.isFinite { return "\(value)" }
    if value.isNaN { return "NaN" }
    return value > 0 ? "Inf" : "-Inf"
}

/// A text as a field, in quotation marks where a comma, a quotation mark or a line break is in
/// it, and where it is the whole of an empty line, which readers would skip.
private func csvField(_ text: String, isAlone: Bool) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    let special: [UInt8] = [quote, UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let bytes = Array(text.utf8)
    guard bytes.contains(where: special.contains) || (bytes.isEmpty && isAlone) else { return bytes }
    return [quote] + bytes.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
}
