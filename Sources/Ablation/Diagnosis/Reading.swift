// SPDX-License-Identifier: Apache-2.0

extension LayerDiagnosis {
    /// The numbers as a sentence.
    ///
    /// It opens with what they say together, if they do: "a few neurons do the work" where at most a quarter suffices;
    /// "much is said more than once" where the layer does without the more informative half; "the information is
    /// spread over the layer" where more than half are needed and not a tenth of the most informative can be spared.
    public var reading: String {
        guard neurons > 0 else { return "no neurons" }
        let clauses = [sufficiency, idleness, toleration, destruction, synergy].compactMap(\.self)
        return (gist.map { $0 + ": " } ?? "") + clauses.joined(separator: "; ")
    }

    private var gist: String? {
        if neurons > 1, inactive == neurons {
            return "quantised so no neuron tells anything of the label, and their order means nothing"
        }
        if counts.suffice == 0 { return nil }
        if counts.suffice <= neurons / 4 { return "a few neurons do the work" }
        if counts.tolerate >= neurons - neurons / 2 { return "much is said more than once" }
        let isSpread = counts.suffice > neurons / 2 && counts.tolerate < (neurons + 9) / 10
        return isSpread ? "the information is spread over the layer" : nil
    }

    private var level: String { "an accuracy within \(decimal(tolerance)) of \(decimal(accuracy))" }

    private var sufficiency: String {
        switch counts.suffice {
        case 0: return "no neuron of \(neurons) is needed for \(level)"
        case neurons where neurons == 1: return "its only neuron is needed for \(level)"
        case neurons: return "without the least informative of \(neurons) neurons \(level) is lost already"
        case let kept:
            let verb = kept == 1 ? "neuron of \(neurons) suffices" : "of \(neurons) neurons suffice"
            return (kept == 1 ? "the most informative " : "the \(kept) most informative ") + "\(verb) for \(level)"
                + (counts.sufficeThroughout > kept ? ", though not every larger number does" : "")
        }
    }

    private var idleness: String {
        switch (inactive, redundant) {
        case (0, 0): "none is inactive or redundant"
        case (0, _): "\(redundant) \(redundant == 1 ? "is" : "are") redundant"
        case (_, 0): "\(inactive) \(inactive == 1 ? "is" : "are") inactive, none redundant"
        default: "\(inactive) \(inactive == 1 ? "is" : "are") inactive, \(redundant) redundant"
        }
    }

    private var toleration: String? {
        let removed = counts.tolerate
        // Of a single neuron, and where none is needed, all has been said.
        guard neurons > 1, counts.suffice > 0 else { return nil }
        if removed == 0 { return "removing the most informative alone costs more than that" }
        let which = removed == 1 ? "the most informative" : "the \(removed) most informative"
        return "\(which) can be removed at no larger loss"
            + (counts.tolerateThroughout < removed ? ", though not every smaller number" : "")
    }

    private var destruction: String {
        let ruin = "\(decimal(chance + margin)) (chance and \(decimal(margin)))"
        switch counts.destroy {
        case nil: return "accuracy never falls to \(ruin)"
        case 0: return "the whole network itself is not above \(ruin)"
        case 1: return "removing the most informative brings it down to \(ruin)"
        case let removed?: return "removing the \(removed) most informative brings it down to \(ruin)"
        }
    }

    private var synergy: String? {
        switch synergistic {
        case 0: nil
        case 1: "1 matters more than its own information says"
        default: "\(synergistic) matter more than their own information says"
        }
    }
}

/// A number with at most three decimals, or more where it would be 0: as few as say the same.
private func decimal(_ value: Double) -> String {
    let scaled = (value * 1000).rounded()
    // The fewest digits that read back to the quotient are those of the decimal.
    return scaled == 0 || !(abs(scaled) < 0x1p53) ? "\(value)" : "\(scaled / 1000)"
}
