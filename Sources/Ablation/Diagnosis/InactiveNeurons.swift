// SPDX-License-Identifier: Apache-2.0
import InformationTheory

/// What the plug-in information of an unrelated neuron is on average, to first order: (K − 1)(C − 1)/(2N) nats for K
/// levels and C classes that occur among N samples (Miller 1955; Panzeri & Treves 1996, Network 7:87).
/// 0 where there is nothing to relate: one level, one class, or no samples.
public func informationBias(levels: Int, classes: Int, samples: Int, unit: Logarithm) -> Double {
    guard levels > 1, classes > 1, samples > 0 else { return 0 }
    return unit.fromNats(Double(levels - 1) * Double(classes - 1) / (2 * Double(samples)))
}

/// Whether a neuron tells nothing of the label that could be told from chance: its entropy is 0, or its information is
/// below twice its bias. Both are plug-in estimates in `unit`.
///
/// This is about the quantised neuron: one that is always above the threshold is inactive whatever it says by its size.
/// Where only one class occurs there is nothing to tell, and only constant neurons are inactive. A NaN is not inactive.
///
/// - Parameters:
///   - levels: number of levels that the neuron takes
///   - classes: number of classes that occur among the samples
public func isInactive(
    entropy: Double, information: Double, levels: Int, classes: Int, samples: Int, unit: Logarithm
) -> Bool {
    entropy <= 0 || information < 2 * informationBias(levels: levels, classes: classes, samples: samples, unit: unit)
}
