// SPDX-License-Identifier: Apache-2.0

extension Table {
    /// Writes the table as one JSON object (RFC 8259, UTF-8), a line for each column:
    ///
    ///     {"metadata": {"measure": "entropy", …},
    ///      "columns": [
    ///     {"name": "entropy", "unit": "bits", "description": "…", "type": "double", "values": [0.5, null]}
    ///     ]}
    ///
    /// `type` is `double`, `integer` or `string`. Numbers have the fewest digits that read back
    /// to the same bits; integers are written in full. What is not finite is `null`, since JSON
    /// has no word for it.
    ///
    /// - Parameter sink: takes the file's bytes in blocks
    public func writeJSON<Failure: Error>(
        to sink: @escaping ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var output = TextBlocks(to: sink)
        try output.append("{\"metadata\": {")
        for (index, entry) in metadata.enumerated() {
            if index > 0 { try output.append(", ") }
            try output.append(jsonText(entry.key))
            try output.append(": ")
            try output.append(jsonText(entry.value))
        }
        try output.append("},\n \"columns\": [")
        for (index, column) in columns.enumerated() {
            try output.append(index > 0 ? ",\n" : "\n")
            try output.appendJSON(column)
        }
        try output.append("\n]}\n")
        try output.flush()
    }
}

extension TextBlocks {
    fileprivate mutating func appendJSON(_ column: Column) throws(Failure) {
        let heading = [("name", column.name), ("unit", column.unit), ("description", column.description)]
        try append("{")
        for (key, text) in heading {
            try append("\"\(key)\": ")
            try append(jsonText(text))
            try append(", ")
        }
        switch column.values {
        case .doubles(let memory, let count):
            try appendJSON(type: "double", count: count) { row in
                let value = memory.values[row]
                return value.isFinite ? Array("\(value)".utf8) : Array("null".utf8)
            }
        case .integers(let memory, let count):
            try appendJSON(type: "integer", count: count) { Array("\(memory.values[$0])".utf8) }
        case .strings(let codes, let names, let count):
            // Texts repeat: each is escaped once.
            let texts = names.map(jsonText)
            try appendJSON(type: "string", count: count) { texts[Int(codes.values[$0])] }
        }
        try append("}")
    }

    private mutating func appendJSON(
        type: String, count: Int, value: (_ row: Int) -> [UInt8]
    ) throws(Failure) {
        try append("\"type\": \"\(type)\", \"values\": [")
        for row in 0..<count {
            if row > 0 { try append(", ") }
            try append(value(row))
        }
        try append("]")
    }
}

/// A text in quotation marks, with escapes for those that RFC 8259 wants escaped.
private func jsonText(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""): bytes += Array("\\\"".utf8)
        case UInt8(ascii: "\\"): bytes += Array("\\\\".utf8)
        case UInt8(ascii: "\n"): bytes += Array("\\n".utf8)
        case UInt8(ascii: "\r"): bytes += Array("\\r".utf8)
        case UInt8(ascii: "\t"): bytes += Array("\\t".utf8)
        case 0..<0x20:
            let digits = String(byte, radix: 16)
            bytes += Array((byte < 0x10 ? "\\u000\(digits)" : "\\u00\(digits)").utf8)
        default: bytes.append(byte)
        }
    }
    bytes.append(UInt8(ascii: "\""))
    return bytes
}
