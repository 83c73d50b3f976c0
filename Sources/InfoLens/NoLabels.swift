// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What to say where labels are needed and there are none: what needs them, and which datasets of the file could be
/// what is missing.
///
/// - Parameters:
///   - need: what needs them: "accuracy needs them"
///   - candidates: datasets that could be the labels, the likeliest first
///   - otherwise: what to do without labels: ", or ask for entropy alone"
func noLabels(_ need: String, candidates: [String], otherwise: String = "") -> InfoLensError {
    guard !candidates.isEmpty else {
        return InfoLensError(.notFound, "labels: \(need) and there are none; give labels\(otherwise)")
    }
    let shown = candidates.prefix(12).map { "\"\($0)\"" }.joined(separator: ", ")
    let more = candidates.count > 12 ? " and \(candidates.count - 12) more" : ""
    return InfoLensError(
        .notFound,
        """
        labels: \(need) and none were found without doubt; name those that are meant\(otherwise): the file has \
        \(shown)\(more)
        """
    )
}
