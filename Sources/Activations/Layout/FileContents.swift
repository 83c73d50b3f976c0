// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A dataset as layouts look at it. A class since there are many, and every layout makes lists of them.
final class ListedDataset: Sendable {
    let found: FoundDataset
    /// The components of its path; U+FFFD where they are not UTF-8.
    let names: [String]
    /// What its own name says about labels.
    let label: LabelName

    init(_ found: FoundDataset) {
        self.found = found
        names = found.path.components.map { String(decoding: $0, as: UTF8.self) }
        label = LabelName(names.last ?? "")
    }

    var path: BytePath { found.path }
    var facts: DatasetFacts? { found.facts }
    var shape: [Int] { found.facts?.shape ?? [] }
    var name: String { names.last ?? "" }
    var isFloat: Bool { facts?.type.isFloat ?? false }
    var isNumber: Bool { facts?.type.encoding != nil }

    var isText: Bool {
        if case .string = facts?.type { true } else { false }
    }

    /// Integers, bool, enumerations.
    var isInteger: Bool { isNumber && !isFloat }

    var isCompound: Bool { facts?.type == .other("compound") }

    /// Whether it is one column of values.
    var isVector: Bool { shape.count == 1 || (shape.count == 2 && shape.contains(1)) }
}

/// What a file holds, for layouts to look at: its datasets, and, within bounds, attributes, fields of tables and short
/// lists of texts.
///
/// Files can have a hundred thousand objects. What costs a call of libhdf5 for each of them is asked for no more than
/// `maximumQuestions` times; beyond, the answer is that there is nothing.
final class FileContents {
    /// In the order of their paths.
    private(set) var datasets: [ListedDataset]

    private static let maximumQuestions = 20_000
    /// Lists of texts are counted separately: each may cost a read of some megabytes.
    private static let maximumLists = 64
    private let file: OpenFile
    private var questions = FileContents.maximumQuestions
    private var lists = FileContents.maximumLists
    private var knownTexts: [BytePath: [String]] = [:]
    private let byPath: [BytePath: ListedDataset]

    init(_ datasets: [ListedDataset], in file: OpenFile) {
        self.datasets = datasets
        self.file = file
        byPath = Dictionary(datasets.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(path: BytePath) -> ListedDataset? { byPath[path] }

    subscript(path: String) -> ListedDataset? { self[BytePath(path)] }

    /// The dataset beside another, in the same group.
    func sibling(_ name: String, of dataset: ListedDataset) -> ListedDataset? {
        self[dataset.path.directory.appending(BytePath(name))]
    }

    /// Takes these from `datasets`; they can still be asked about.
    func leaveOut(_ paths: some Collection<BytePath>) {
        let paths = Set(paths)
        datasets.removeAll { paths.contains($0.path) }
    }

    // MARK: Attributes

    /// nil for one that is not there, cannot be read, or one too many.
    func attribute(_ name: String, of path: BytePath) -> AttributeValue? {
        guard questions > 0 else { return nil }
        questions -= 1
        return (try? file.attribute(name, of: path)) ?? nil
    }

    func text(_ name: String, of path: BytePath) -> String? {
        guard case .texts(let texts) = attribute(name, of: path), texts.count == 1 else { return nil }
        return texts[0]
    }

    func integers(_ name: String, of path: BytePath) -> [Int]? {
        guard case .numbers(let numbers) = attribute(name, of: path) else { return nil }
        let integers = numbers.compactMap { Int(exactly: $0) }
        return integers.count == numbers.count ? integers : nil
    }

    /// Whether there is such an attribute, of whatever type.
    func hasAttribute(_ name: String, of path: BytePath) -> Bool { attribute(name, of: path) != nil }

    // MARK: Contents

    /// The fields of a table; none for other datasets.
    func fields(of dataset: ListedDataset) -> [StoredField] {
        guard dataset.isCompound, questions > 0 else { return [] }
        let fields = (try? Dataset(file, dataset.path).fields()) ?? []
        questions -= 1 + fields.count
        return fields
    }

    /// The elements of a short vector of strings, in its order; nil for anything else.
    func texts(of dataset: ListedDataset) -> [String]? {
        if let known = knownTexts[dataset.path] { return known }
        guard dataset.isText, dataset.isVector, lists > 0 else { return nil }
        lists -= 1
        let texts = try? ShortTexts.read(Dataset(file, dataset.path))
        knownTexts[dataset.path] = texts
        return texts
    }

    // MARK: Types

    /// Attributes in which frameworks keep the type of what HDF5 has no type for.
    private static let typeAttributes = ["dtype", "torch_dtype", "original_dtype", "orig_dtype", "data_type"]

    /// The type that an attribute gives to elements kept as 16-bit integers.
    func namedType(of dataset: ListedDataset) -> DType? {
        guard case .numeric(let encoding) = dataset.facts?.type, encoding.dtype == .uint16 || encoding.dtype == .int16
        else { return nil }
        for name in Self.typeAttributes {
            guard let text = text(name, of: dataset.path) else { continue }
            switch text.lowercased().split(separator: ".").last {
            case "bfloat16", "bf16": return .bfloat16
            case "float16", "fp16", "half": return .float16
            default: return nil
            }
        }
        return nil
    }

    /// Where the activations of a dataset lie, if its elements can be some.
    func place(of dataset: ListedDataset) -> DatasetPlace? {
        if dataset.isFloat { return DatasetPlace(path: dataset.path) }
        guard let type = namedType(of: dataset) else { return nil }
        var place = DatasetPlace(path: dataset.path)
        place.dtype = type
        return place
    }
}
