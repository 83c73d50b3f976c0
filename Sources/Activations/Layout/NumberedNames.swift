// SPDX-License-Identifier: Apache-2.0

/// A name that ends in a number: "sample_12", "features_01", "epoch10", "7".
struct NumberedName: Equatable {
    /// What stands before the number, in small letters and without separators at its end; "" for a number alone.
    let word: String
    /// The digits as they are.
    let number: String

    init?(_ name: String) {
        let digits = name.utf8.reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        // Longer ones are no numbers that anybody counts with.
        guard digits > 0, digits <= 18 else { return nil }
        number = String(decoding: name.utf8.suffix(digits), as: UTF8.self)
        var before = name.dropLast(digits)
        while let last = before.last, "_-. =:#".contains(last) { before.removeLast() }
        word = before.lowercased()
    }

    /// The words of `word`: "fc1_part" has two.
    var words: [String] { word.split { "_-. ".contains($0) }.map(String.init) }
}

/// Datasets whose paths differ in one number alone.
struct NumberedFamily {
    /// The groups before the number.
    let prefix: [String]
    /// What stands before the number in its component.
    let word: String
    /// The components behind.
    let suffix: [String]
    /// In the order of their numbers.
    var members: [(number: String, dataset: ListedDataset)]

    /// The families of some datasets, in the order in which they are met.
    ///
    /// - Parameter position: of the component with the number; nil for datasets of no family
    static func find(
        in datasets: [ListedDataset], position: (ListedDataset) -> Int?
    ) -> [NumberedFamily] {
        var families: [NumberedFamily] = []
        var positions: [[String]: Int] = [:]
        for dataset in datasets {
            guard let component = position(dataset), let name = NumberedName(dataset.names[component]) else { continue }
            let prefix = Array(dataset.names[..<component])
            let suffix = Array(dataset.names[(component + 1)...])
            // No component holds a slash, which therefore keeps the parts apart.
            let key = prefix + ["/", name.word, "/"] + suffix
            if let known = positions[key] {
                families[known].members.append((name.number, dataset))
            } else {
                positions[key] = families.count
                families.append(
                    NumberedFamily(
                        prefix: prefix, word: name.word, suffix: suffix, members: [(name.number, dataset)]))
            }
        }
        for index in families.indices {
            families[index].members.sort { naturallyPrecedes($0.number, $1.number) }
        }
        return families
    }

    var numbers: [String] { members.map(\.number) }
    var datasets: [ListedDataset] { members.map(\.dataset) }
}
