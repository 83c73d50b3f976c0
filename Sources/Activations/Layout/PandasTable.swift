// SPDX-License-Identifier: Apache-2.0

/// A frame in pandas' table format: a compound dataset whose fields `values_block_<i>` are arrays of columns.
enum PandasTable {
    static func blocks(of table: ListedDataset, _ contents: FileContents) -> [PandasLayout.Block] {
        guard table.shape.count == 1, table.names.count > 1 else { return [] }
        let key = table.names.dropLast().joined(separator: "/")
        return contents.fields(of: table).compactMap { field -> PandasLayout.Block? in
            guard field.name != "index", field.shape.count <= 1 else { return nil }
            if case .other = field.type { return nil }
            let width = field.shape.first ?? 1
            let isBlock = field.name.hasPrefix("values_block_")
            // A column of its own has its name; floats that are single columns are more likely loss than a layer.
            guard width > 0, isBlock || !field.type.isFloat else { return nil }
            var place = DatasetPlace(path: table.path)
            place.field = field.name
            var candidates: [LabelCandidate] = []
            if !field.type.isFloat {
                let names =
                    isBlock
                    ? contents.text("\(field.name)_kind", of: table.path).flatMap(pickledNames) ?? [] : [field.name]
                candidates = PandasLayout.columns(
                    names, count: width, of: key, rows: table.shape.first ?? 0, dtype: field.type.name
                ) { width == 1 ? .field(table.path, field.name) : .column(table.path, field: field.name, $0) }
            }
            return PandasLayout.Block(
                key: key, name: field.name, place: place, isFloat: field.type.isFloat,
                shape: [table.shape.first ?? 0, width],
                dtype: field.type.name, candidates: candidates)
        }
    }

    /// The texts and numbers of a list that Python pickled as ASCII; nil for anything else in it.
    ///
    /// Each is an opcode with its argument up to the end of the line, after which "p<n>" numbers it and "a" appends it:
    /// "(lp0\nVfirst\np1\naVsecond\np2\na."
    static func pickledNames(_ pickle: String) -> [String]? {
        var lines = pickle.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == "(lp0" else { return nil }
        lines.removeFirst()
        var names: [String] = []
        for var line in lines {
            if line.first == "a" { line = line.dropFirst() }
            switch line.first {
            case nil, ".", "p": continue
            case "V": names.append(unescaped(line.dropFirst()))
            case "I": names.append(String(line.dropFirst()))
            case "L": names.append(String(line.dropFirst().prefix { $0 != "L" }))
            default: return nil
            }
        }
        return names
    }

    /// Letters beyond Latin-1 are written \uXXXX.
    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let backslash = rest.firstIndex(of: "\\") {
            result += rest[..<backslash]
            let digits = rest[backslash...].dropFirst(2).prefix(4)
            guard rest[backslash...].dropFirst().first == "u", digits.count == 4,
                let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
            else { return result + rest[backslash...] }
            result.unicodeScalars.append(scalar)
            rest = rest[digits.endIndex...]
        }
        return result + rest
    }
}
