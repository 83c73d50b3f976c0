// SPDX-License-Identifier: Apache-2.0

/// What a name says about whether a dataset holds labels.
struct LabelName: Sendable {
    /// 0 for the best of the usual names; nil for others.
    let rank: Int?
    /// "one_hot", "target_ids", "true_class".
    let isSimilar: Bool
    /// "sample_id", "timestamps": a number of the sample rather than its class.
    let isIdentifier: Bool
    /// What is said about classes and is none: soft and multiple labels, predictions.
    let isOther: Bool
    /// Whether a matrix of this name is about labels, so that it is no layer: "y_soft", "labels_onehot".
    let isOfLabels: Bool

    init(_ name: String) {
        let (text, words) = Self.words(of: name)
        rank = Self.usual[text]
        isOther = words.contains(where: Self.otherWords.contains)
        let ends = [words.first, words.last].compactMap { $0 }
        let isOneHot = words.contains("onehot") || zip(words, words.dropFirst()).contains { $0 == ("one", "hot") }
        isSimilar = !isOther && (isOneHot || ends.contains(where: Self.labelWords.contains))
        isIdentifier = rank == nil && !isSimilar && (words.last.map(Self.identifierWords.contains) ?? true)
        isOfLabels = isOneHot || (words.first.map(Self.firstWords.contains) ?? false)
    }

    var isUsualOrSimilar: Bool { rank != nil || isSimilar }

    /// Where candidates of this name stand in a list, the likeliest first.
    var likelihood: Int { rank ?? Self.usual.count + (isSimilar ? 0 : isIdentifier ? 2 : 1) }

    /// The name in small letters, and its words: "Y_one-hot" has three. Letters are those of ASCII, for speed; what is
    /// beyond belongs to a word as it is.
    private static func words(of name: String) -> (text: String, words: [String]) {
        let bytes = name.utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }
        let words = bytes.split { byte in
            !((97...122).contains(byte) || (48...57).contains(byte) || byte >= 0x80)
        }
        return (String(decoding: bytes, as: UTF8.self), words.map { String(decoding: $0, as: UTF8.self) })
    }

    /// Names of labels, with their ranks.
    private static let usual = Dictionary(
        uniqueKeysWithValues: [
            "labels", "label", "targets", "target", "y", "y_true", "class_labels", "class_label", "classes", "class",
            "class_ids", "class_id", "class_idx", "category", "categories", "category_id", "ground_truth",
        ].enumerated().map { ($1, $0) })
    private static let labelWords: Set = ["label", "labels", "target", "targets", "y", "class", "category"]
    /// First words that a layer would not have: there are layers called "class_token".
    private static let firstWords: Set = ["label", "labels", "target", "targets", "y"]
    private static let identifierWords: Set = [
        "id", "ids", "idx", "index", "indices", "uuid", "time", "times", "timestamp", "timestamps", "seed", "order",
        "file", "files", "filename", "filenames", "path", "paths", "name", "names", "split", "fold", "epoch", "step",
        "num", "row", "rows", "length", "lengths",
    ]
    private static let otherWords: Set = [
        "soft", "multi", "multihot", "multilabel", "prob", "probs", "probability", "probabilities", "logit", "logits",
        "score", "scores", "pred", "preds", "prediction", "predictions", "predicted", "hat", "weight", "weights",
    ]
}
