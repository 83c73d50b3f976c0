// SPDX-License-Identifier: Apache-2.0

/// A way to estimate the entropy of a distribution from counts of a sample.
///
/// The plug-in estimate is too small on average, by about (K − 1)/(2N) nats for K
/// occupied levels and N samples; the others correct for that, each in its own way.
/// The raw value is the estimator's name in C and Python.
public enum EntropyEstimator: String, CaseIterable, Sendable {
    case plugIn = "plug-in"
    case millerMadow = "miller-madow"
    case grassberger = "grassberger"
    case chaoShen = "chao-shen"
    case jamesStein = "james-stein"
    case jackknife = "jackknife"
    case panzeriTreves = "panzeri-treves"
    case nsb = "nsb"

    /// Whether it estimates the entropy of one histogram. Otherwise it is a correction of
    /// conditional entropies, which makes sense in a mutual information only.
    public var estimatesEntropy: Bool { self != .panzeriTreves }

    /// Whether it spreads probability over an alphabet, which then has to be chosen. (Panzeri & Treves
    /// count within the levels that are known to occur.)
    public var dependsOnAlphabet: Bool {
        switch self {
        case .jamesStein, .nsb: true
        case .plugIn, .millerMadow, .grassberger, .chaoShen, .jackknife, .panzeriTreves: false
        }
    }

    /// What leaves the estimate of a histogram of samples undefined, as the end of a sentence.
    public var undefinedWhen: StaticString {
        switch self {
        case .chaoShen: "every level occurs only once"
        case .jackknife: "there is only one sample"
        case .plugIn, .millerMadow, .grassberger, .jamesStein, .panzeriTreves, .nsb: "the estimate is not finite"
        }
    }

    /// The name as a literal.
    public var name: StaticString { entry.name }

    /// One sentence with the formula, in nats.
    public var description: StaticString { entry.description }

    /// The paper.
    public var reference: StaticString { entry.reference }

    private var entry: (name: StaticString, description: StaticString, reference: StaticString) {
        switch self {
        case .plugIn:
            (
                "plug-in", "Maximum likelihood, H = -sum p log p with p = n / N.",
                "Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x"
            )
        case .millerMadow:
            (
                "miller-madow", "Plug-in plus its bias to first order, (K - 1) / (2 N), with K occupied levels.",
                "Miller 1955, Note on the bias of information estimates"
            )
        case .grassberger:
            (
                "grassberger", "log N - sum n G(n) / N with G(n) = psi(n) + (-1)^n (psi((n+1)/2) - psi(n/2)) / 2.",
                "Grassberger 2003, arXiv:physics/0307138"
            )
        case .chaoShen:
            (
                "chao-shen",
                "-sum q log q / (1 - (1 - q)^N) with q = C n / N and the coverage C = 1 - (levels seen once) / N.",
                "Chao & Shen 2003, doi:10.1023/A:1026096204727"
            )
        case .jamesStein:
            (
                "james-stein", "Plug-in of frequencies shrunk towards the uniform distribution over the alphabet.",
                "Hausser & Strimmer 2009, arXiv:0811.3579"
            )
        case .jackknife:
            (
                "jackknife", "N H - (N - 1) (mean of the plug-in entropies that leave one sample out).",
                "Zahl 1977, doi:10.2307/1936227"
            )
        case .panzeriTreves:
            (
                "panzeri-treves",
                "Mutual information less its bias (sum (R_y - 1) - (R - 1)) / (2 N), with R_y by Bayesian counting.",
                "Panzeri & Treves 1996, doi:10.1080/0954898X.1996.11978656"
            )
        case .nsb:
            (
                "nsb", "Posterior mean under Dirichlet priors mixed so that the entropy is nearly uniform a priori.",
                "Nemenman, Shafee & Bialek 2002, arXiv:physics/0108025"
            )
        }
    }
}

/// Which levels a histogram could have had: what `james-stein` and `nsb` spread probability over.
public enum Alphabet: Sendable {
    /// Every level that is counted, whether it occurred or not.
    case full
    /// The levels that occurred.
    case observed
}
