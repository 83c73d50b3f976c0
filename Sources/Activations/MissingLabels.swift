// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Labels and condition of the samples that take part, once it is settled what becomes of those without.
public struct LabelledSamples: Sendable {
    public let labels: Labels?
    public let condition: Labels?
    /// The rows that take part, ascending; nil for all.
    public let rows: [Int]?
    /// Samples before any were left out; nil without labels and condition.
    private let total: Int?

    /// - Throws: `numeric` for missing labels where they are refused; `shape` for labels and a condition of different
    ///   lengths, and when fewer than two samples are left
    public init(labels: Labels?, condition: Labels?, missing: MissingLabels) throws(InfoLensError) {
        total = labels?.count ?? condition?.count
        if let labels, let condition, labels.count != condition.count {
            throw InfoLensError(
                .shape, "condition: there are \(condition.count), but \(labels.count) labels; give one a sample")
        }
        switch missing {
        case .refuse:
            try labels?.refuseMissing("labels")
            try condition?.refuseMissing("condition")
            (self.labels, self.condition, rows) = (labels, condition, nil)
        case .ownClass:
            self.labels = labels?.takingMinusOneForMissing().givingMissingAClass()
            self.condition = condition?.takingMinusOneForMissing().givingMissingAClass()
            rows = nil
        case .exclude:
            let labels = labels?.takingMinusOneForMissing()
            let condition = condition?.takingMinusOneForMissing()
            guard labels?.missing ?? 0 > 0 || condition?.missing ?? 0 > 0 else {
                (self.labels, self.condition, rows) = (labels, condition, nil)
                return
            }
            let rows = (0..<(total ?? 0)).filter { labels?.codes[$0] ?? 0 >= 0 && condition?.codes[$0] ?? 0 >= 0 }
            guard rows.count >= 2 else {
                throw InfoLensError(
                    .shape,
                    """
                    labels: \(rows.count) of \(total ?? 0) samples have a label; with the others left out, fewer than \
                    two remain
                    """
                )
            }
            self.rows = rows
            self.labels = try labels.map { (labels) throws(InfoLensError) in try labels.selecting(rows: rows) }
            self.condition = try condition.map { (labels) throws(InfoLensError) in try labels.selecting(rows: rows) }
        }
    }

    /// The samples of a matrix that take part.
    ///
    /// - Throws: `shape` for fewer than two, and for another number of them than there are labels, if some are left out
    public func samples(of matrix: any PlannedMatrix) throws(InfoLensError) -> any ActivationMatrix {
        guard matrix.samples >= 2 else {
            throw InfoLensError(
                .shape,
                """
                activations: layer "\(matrix.name)" has fewer than two samples (axis 0 counts samples); information \
                needs at least two
                """
            )
        }
        guard let rows, let total else { return matrix }
        guard matrix.samples == total else {
            throw InfoLensError(
                .shape,
                """
                labels: there are \(total), but layer "\(matrix.name)" has \(matrix.samples) samples; give one a sample, \
                along axis 0
                """
            )
        }
        return PickedRows(rows, of: matrix)
    }
}

extension Labels {
    fileprivate func refuseMissing(_ argument: String) throws(InfoLensError) {
        guard missing > 0, let first = codes.firstIndex(where: { $0 < 0 }) else { return }
        throw InfoLensError(
            .numeric,
            """
            \(argument): \(missing) of \(count) samples have none (a code of −1, NaN, or a time outside of trials), the \
            first at row \(first); leave these samples out with missing_labels="exclude" (IL_MISSING_EXCLUDE), or make \
            them a class with missing_labels="class" (IL_MISSING_CLASS)
            """
        )
    }

    /// The same with −1 for "none", as many data sets have it: where the class −1 is the only negative one.
    func takingMinusOneForMissing() -> Labels {
        guard case .integers(let classes) = classes, classes.first == -1 else { return self }
        return Labels(
            codes: codes.map { $0 > 0 ? $0 - 1 : -1 }, classes: .integers(Array(classes.dropFirst())))
    }

    /// The same with a last class "missing", or one of a name that is not taken. Integers become texts beside it.
    func givingMissingAClass() -> Labels {
        guard missing > 0 else { return self }
        var names =
            switch classes {
            case .integers(let values): values.map(String.init)
            case .strings(let texts): texts
            }
        var name = "missing"
        while names.contains(where: { isSameText($0, name) }) { name = "no \(name)" }
        let code = Int32(truncatingIfNeeded: names.count)
        names.append(name)
        return Labels(codes: codes.map { $0 < 0 ? code : $0 }, classes: .strings(names))
    }
}
