// SPDX-License-Identifier: Apache-2.0

/// A name with brackets behind it, which ask for a part of what is named: `path[:, k]` or `path[field]`.
struct BracketedName: Equatable {
    enum Part: Equatable {
        /// Position k of axis 1; negative ones count from the end.
        case position(Int)
        /// A field of a table.
        case field(String)
    }

    let base: String
    let part: Part

    /// nil for a text without brackets at its end, or with nothing before or in them.
    init?(_ text: String) {
        guard text.hasSuffix("]"), let open = text.lastIndex(of: "["), open > text.startIndex else { return nil }
        let inner = text[text.index(after: open)...].dropLast()
        guard !inner.isEmpty else { return nil }
        base = String(text[..<open])
        let axes = inner.split(separator: ",", omittingEmptySubsequences: false).map { axis in
            axis.drop(while: { $0 == " " }).reversed().drop(while: { $0 == " " }).reversed()
        }.map { String($0) }
        if axes.count == 2, axes[0] == ":", let position = Int(axes[1]) {
            part = .position(position)
        } else {
            part = .field(String(inner))
        }
    }

    /// The columns of position `k` where axis 1 is `length` long and each position has `width` columns; nil if it is
    /// not there.
    static func columns(ofPosition k: Int, length: Int, width: Int) -> Range<Int>? {
        let position = k < 0 ? k &+ length : k
        guard position >= 0, position < length else { return nil }
        return position &* width..<(position &+ 1) &* width
    }
}
