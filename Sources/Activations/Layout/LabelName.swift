// SPDX-License-Identifier: Apache-2.0

/// What a dataset's name says about whether it holds labels.
struct LabelName {
    private let text: String
    /// The words of the name: "y_one_hot" has three.
    private let words: [String]

    init(_ name: String) {
        text = name.lowercased()
        words = text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// Names of labels, best first.
    private static let usual = [
        "labels", "label", "targets", "target", "y", "y_true", "class_labels", "class_label", "classes", "class",
        "class_ids", "class_id", "class_idx", "category", "categories", "category_id", "ground_truth",
    ]
    private static let labelWords: Set = ["label", "labels", "target", "targets", "y", "class", "category"]
    private static let identifierWords: Set = [
        "id", "ids", "idx", "index", "indices", "uuid", "time", "times", "timestamp", "timestamps", "seed", "order",
        "file", "files", "filename", "filenames", "path", "paths", "name", "names", "split", "fold", "epoch", "step",
        "num", "row", "rows", "length", "lengths",
    ]
    /// Of what is said about classes and is none: soft and multiple labels, predictions.
    private static let otherWords: Set = [
        "soft", "multi", "multihot", "multilabel", "prob", "probs", "probability", "probabilities", "logit", "logits",
        "score", "scores", "pred", "preds", "prediction", "predictions", "predicted", "hat", "weight", "weights",
    ]

    /// 0 for the best of the usual names; nil for others.
    var rank: Int? { Self.usual.firstIndex(of: text) }

    /// "labels_onehot", "target_ids", "true_class".
    var isSimilar: Bool {
        !isOther
            && (words.first.map(Self.labelWords.contains) ?? false || words.last.map(Self.labelWords.contains) ?? false)
    }

    var isUsualOrSimilar: Bool { rank != nil || isSimilar }

    /// "sample_id", "timestamps": a number of the sample rather than its class.
    var isIdentifier: Bool { rank == nil && (words.last.map(Self.identifierWords.contains) ?? true) && !isSimilar }

    var isOther: Bool { words.contains { Self.otherWords.contains($0) } }

    /// Where candidates of this name stand in a list, the likeliest first.
    var likelihood: Int { rank ?? Self.usual.count + (isSimilar ? 0 : isIdentifier ? 2 : 1) }

    /// Whether a matrix of this name is about labels, so that it is no layer: "y_soft", "labels_onehot".
    var isOfLabels: Bool {
        words.first.map { ["label", "labels", "target", "targets", "y"].contains($0) } ?? false
            || text.contains("onehot") || text.contains("one_hot")
    }
}
