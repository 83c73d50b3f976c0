// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What layers are called whose names a file does not give apart from their paths.
enum LayerNaming {
    /// Datasets of these names are a layer's only one: the layer is known by its group.
    private static let general: Set = [
        "activations", "activation", "acts", "act", "features", "outputs", "output", "hidden_states", "values", "data",
    ]

    /// The paths without the groups that all of them begin with, "fc1" for "/activations/fc1", and without a last
    /// component that says no more than that these are layers; the whole paths where that would not tell them apart.
    static func names(of paths: [[String]]) -> [String] {
        guard let first = paths.first else { return [] }
        var leading = first.count - 1
        for path in paths {
            leading = min(leading, path.count - 1, zip(first, path).prefix { isSameText($0, $1) }.count)
        }
        var last = first.last ?? ""
        if !general.contains(last) || !paths.allSatisfy({ $0.last == last }) { last = "" }
        // A layer alone keeps the group that it is known by.
        let trailing = last.isEmpty || paths.contains { $0.count < 2 } ? 0 : 1
        if trailing == 1 { leading = min(leading, first.count - 2) }
        let names = paths.map { path in
            path.dropFirst(min(leading, path.count - 1 - trailing)).dropLast(trailing).joined(separator: "/")
        }
        return areDistinct(names) ? names : paths.map { $0.joined(separator: "/") }
    }

    private static func areDistinct(_ names: [String]) -> Bool {
        // By their bytes: to Swift, composed and decomposed letters are equal.
        Set(names.map { Array($0.utf8) }).count == names.count
    }
}
