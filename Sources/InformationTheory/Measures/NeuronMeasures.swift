// SPDX-License-Identifier: Apache-2.0

extension NeuronMeasure {
    /// Every measure, in the order of their columns.
    public static let all: [NeuronMeasure] = [
        NeuronMeasure(
            "entropy", column: "H(T), entropy of the quantised neuron", needs: [], byDefault: true,
            summary: "Entropy of the quantised neuron, H(T) = -sum p(t) log p(t).",
            reference: "Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x"
        ) { neuron, values in values[0] = neuron.entropy },
        NeuronMeasure(
            "conditional_entropy", column: "H(T|Y), entropy left when the class is known", byDefault: true,
            summary: "Entropy of the quantised neuron given the class, H(T|Y) = sum p(y) H(T|Y=y).",
            reference: "Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x"
        ) { neuron, values in values[0] = neuron.conditionalEntropy },
        NeuronMeasure(
            "mutual_information", column: "I(T;Y), information about the class", byDefault: true,
            summary: "Mutual information of the quantised neuron and the class, I(T;Y) = H(T) - H(T|Y).",
            reference: "Liu, Amjad & Geiger 2018, arXiv:1804.06679"
        ) { neuron, values in values[0] = neuron.mutualInformation },
        NeuronMeasure(
            "kl_selectivity",
            columns: [
                Column(
                    name: "kl_selectivity", content: .information,
                    description: "max over y of D_KL(P(T|Y=y) || P(T)), selectivity for one class"),
                Column(
                    name: "kl_selectivity_class", content: .classIndex,
                    description: "the class that attains kl_selectivity, or the first without an estimate"),
            ],
            byDefault: true,
            description: "KL selectivity, max over y of D_KL(P(T|Y=y) || P(T)), and the class that attains it.",
            reference: "Liu, Amjad & Geiger 2018, arXiv:1804.06679"
        ) { neuron, values in
            let selectivity = klSelectivity(of: &neuron)
            values[0] = selectivity.value
            values[1] = Double(selectivity.class)
        },
        NeuronMeasure(
            "normalized_mutual_information",
            columns: [
                Column(name: "normalized_mi_label", content: .number, description: "I(T;Y) / H(Y), share of the label"),
                Column(
                    name: "normalized_mi_geometric", content: .number, description: "I(T;Y) / sqrt(H(T) H(Y))"),
                Column(
                    name: "normalized_mi_arithmetic", content: .number,
                    description: "2 I(T;Y) / (H(T) + H(Y)), symmetric uncertainty"),
                Column(
                    name: "uncertainty_coefficient", content: .number,
                    description: "I(T;Y) / H(T), Theil's U(T|Y), share of the neuron"),
            ],
            description: "Mutual information as a share of H(Y), of sqrt(H(T) H(Y)), of their mean, and of H(T).",
            reference: "Strehl & Ghosh 2002, JMLR 3:583; Theil 1970, doi:10.1086/224909"
        ) { neuron, values in
            let (information, neuronal, label) = (neuron.mutualInformation, neuron.entropy, neuron.labelEntropy)
            values[0] = share(information, of: label)
            values[1] = share(information, of: (neuronal * label).squareRoot())
            values[2] = share(information, of: (neuronal + label) / 2)
            values[3] = share(information, of: neuronal)
        },
        NeuronMeasure(
            "adjusted_mutual_information",
            columns: [
                Column(
                    name: "adjusted_mutual_information", content: .number,
                    description: "mutual information adjusted for chance: 0 on average without relation, 1 at most")
            ],
            adjustsForChance: true,
            description: "Plug-in mutual information adjusted for chance, (I - E[I]) / ((H(T) + H(Y)) / 2 - E[I]).",
            reference: "Vinh, Epps & Bailey 2010, JMLR 11:2837"
        ) { neuron, values in values[0] = adjustedMutualInformation(of: &neuron) },
        NeuronMeasure(
            "g_test",
            columns: [
                Column(name: "g_statistic", content: .number, description: "G = 2 N I(T;Y) in nats, plug-in"),
                Column(
                    name: "g_degrees_of_freedom", content: .number,
                    description: "(levels - 1)(classes - 1) of those that occur"),
                Column(
                    name: "g_p_value", content: .number,
                    description: "p value of independence: the chi-square tail at G"),
            ],
            description: "G-test of independence of neuron and class, the analytic alternative to permutations.",
            reference: "Wilks 1938, doi:10.1214/aoms/1177732360; Sokal & Rohlf, Biometry"
        ) { neuron, values in
            let (information, samples) = (neuron.plugIn.information, neuron.table.samples)
            let (levels, classes) = (neuron.occupiedLevels, neuron.table.classSamples.filter { $0 > 0 }.count)
            values[0] = 2 * Double(samples) * information
            values[1] = Double((levels - 1) * (classes - 1))
            values[2] = gTestProbability(information: information, samples: samples, levels: levels, classes: classes)
        },
        NeuronMeasure(
            "class_selectivity",
            columns: [
                Column(
                    name: "class_selectivity", content: .number,
                    description: "(m_max - m_rest) / (m_max + m_rest) of class means; NaN if activations are negative"),
                Column(
                    name: "class_selectivity_class", content: .classIndex,
                    description: "the class of the highest mean activation"),
            ],
            needs: [.labels, .activations],
            description: "Class selectivity index of non-negative activations: highest class mean against the others.",
            reference: "Morcos, Barrett, Rabinowitz & Botvinick 2018, arXiv:1803.06959"
        ) { neuron, values in
            let selectivity = classSelectivity(of: &neuron)
            values[0] = selectivity.value
            values[1] = Double(selectivity.class)
        },
        NeuronMeasure(
            "conditional_mutual_information", column: "I(T;Y|Z), information about the class beyond the condition",
            needs: [.labels, .condition],
            summary: "Mutual information of neuron and class given a third variable, I(T;Y|Z) = H(T|Z) - H(T|Y,Z).",
            reference: "Cover & Thomas 2006, Elements of Information Theory, 2.5"
        ) { neuron, values in values[0] = conditionalMutualInformation(of: &neuron) },
        NeuronMeasure(
            "jensen_shannon_divergence", column: "JSD of P(T) in the first and the second group of classes, plug-in",
            needs: [.labels, .groups],
            summary: "Jensen-Shannon divergence, weights 1/2, of the neuron's levels in two groups of classes.",
            reference: "Lin 1991, doi:10.1109/18.61115"
        ) { neuron, values in values[0] = groupDivergence(of: neuron) },
        NeuronMeasure(
            "gcmi_model",
            ofSamples: [
                Column(
                    name: "gcmi_model", content: .information,
                    description: "I(X;Y), Gaussian copula, as an analysis of variance; NaN if a class does not vary")
            ],
            description:
                "Gaussian-copula information about the class, H(X) - sum p(y) H(X|Y=y) of normal scores, bias-corrected.",
            reference: "Ince et al. 2017, doi:10.1002/hbm.23471"
        ) { neuron, values in values[0] = neuron.model },
        NeuronMeasure(
            "gcmi_mixture",
            ofSamples: [
                Column(
                    name: "gcmi_mixture", content: .information,
                    description: "I(X;Y), Gaussian copula in each class, entropy of the mixture; shared values counted"),
                Column(
                    name: "tied_fraction", content: .number,
                    description: "share of the samples whose value another has too"),
            ],
            description:
                "Gaussian-copula information about the class by the mixture of its classes, and the share of ties.",
            reference: "Ince et al. 2017, doi:10.1002/hbm.23471"
        ) { neuron, values in
            let mixture = neuron.mixture
            values[0] = mixture.information
            values[1] = mixture.tied
        },
        NeuronMeasure(
            "specific_information", rows: .perNeuronClass,
            column: "D_KL(P(T|Y=y) || P(T)); NaN for a class without samples", byDefault: true,
            summary:
                "Specific information of each class, i(y) = D_KL(P(T|Y=y) || P(T)); its mean over classes is I(T;Y).",
            reference: "DeWeese & Meister 1999, doi:10.1088/0954-898X/10/4/303"
        ) { neuron, values in
            for c in neuron.table.classSamples.indices { values[c] = neuron.specificInformation(ofClass: c) }
        },
        NeuronMeasure(
            "class_entropy", rows: .perNeuronClass, column: "H(T|Y=y); NaN for a class without samples",
            summary: "Entropy of the quantised neuron within each class, H(T|Y=y); its mean over classes is H(T|Y).",
            reference: "Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x"
        ) { neuron, values in
            for c in neuron.table.classSamples.indices { values[c] = neuron.entropy(ofClass: c) }
        },
    ]
}

/// A part of a whole; 0 where the whole is nothing.
private func share(_ part: Double, of whole: Double) -> Double { whole == 0 ? 0 : part / whole }

private func adjustedMutualInformation(of neuron: inout NeuronSummary) -> Double {
    guard let expected = neuron.layer.expected else { return .nan }
    let chance = neuron.layer.classCounts.withUnsafeBufferPointer { expected.nats(neuron.table.marginal, $0) }
    let plugIn = neuron.plugIn
    return adjustedMutualInformation(
        information: plugIn.information, expected: chance, entropies: (plugIn.entropy, plugIn.labelEntropy))
}
