// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Labels of several datasets or files, one after the other. A class is known by its name or number, whatever its code
/// in each part.
struct MergedLabels {
    private var parts: [Labels] = []
    /// What errors call each part.
    private var names: [String] = []

    /// - Throws: `dtype` for integers after texts, or texts after integers
    mutating func append(_ labels: Labels, from name: String) throws(InfoLensError) {
        if let first = parts.first, first.classes.areIntegers != labels.classes.areIntegers {
            let (a, b) = first.classes.areIntegers ? ("integers", "texts") : ("texts", "integers")
            throw InfoLensError(
                .dtype, "labels are \(a) in \(names[0]), but \(b) in \(name); write them in one way")
        }
        parts.append(labels)
        names.append(name)
    }

    /// All of them; nil without parts. Classes keep their order where it is the same in all parts, and are in ascending
    /// order otherwise (texts by their bytes).
    func labels() throws(InfoLensError) -> Labels? {
        guard let first = parts.first else { return nil }
        let count = parts.map(\.count).saturatingSum()
        // Where the system has no such amount, that is an error here, and the end in an array.
        _ = try Scratch(bytes: saturatingProduct(count, 2 * MemoryLayout<Int32>.size), for: "labels")
        if parts.allSatisfy({ $0.classes == first.classes }) {
            return Labels(codes: Array(parts.map(\.codes).joined()), classes: first.classes)
        }
        return first.classes.areIntegers
            ? try merged(parts.map(\.classes.integers), { $0.sorted() }, ClassNames.integers)
            : try merged(
                parts.map { $0.classes.texts.map { Array($0.utf8) } },
                { $0.sorted { $0.lexicographicallyPrecedes($1) } },
                { .strings($0.map { String(decoding: $0, as: UTF8.self) }) })
    }

    private func merged<Name: Hashable>(
        _ classes: [[Name]], _ sort: (Set<Name>) -> [Name], _ named: ([Name]) -> ClassNames
    ) throws(InfoLensError) -> Labels {
        let all = sort(Set(classes.joined()))
        guard all.count <= Int(Int32.max) else {
            throw InfoLensError(.shape, "labels: \(all.count) distinct ones; at most \(Int32.max) are supported")
        }
        let codeOf = Dictionary(all.enumerated().map { ($1, Int32(truncatingIfNeeded: $0)) }) { first, _ in first }
        var codes: [Int32] = []
        codes.reserveCapacity(parts.map(\.count).reduce(0, +))
        for (part, names) in zip(parts, classes) {
            let newCodes = names.map { codeOf[$0] ?? -1 }
            codes.append(contentsOf: part.codes.lazy.map { $0 < 0 ? -1 : newCodes[Int($0)] })
        }
        return Labels(codes: codes, classes: named(all))
    }
}

extension ClassNames {
    fileprivate var areIntegers: Bool { if case .integers = self { true } else { false } }
    fileprivate var integers: [Int64] { if case .integers(let values) = self { values } else { [] } }
    fileprivate var texts: [String] { if case .strings(let texts) = self { texts } else { [] } }
}
