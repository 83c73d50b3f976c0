// SPDX-License-Identifier: Apache-2.0

/// The G-test of independence: the probability that unrelated T and Y of as many occupied
/// levels show at least the plug-in information that was found, in the χ² approximation
/// G = 2 N I ~ χ²((K − 1)(C − 1)) (Wilks 1938; Sokal & Rohlf). Good where the expected cells
/// hold some five samples.
///
/// - Parameters:
///   - information: plug-in I(T;Y) in nats
///   - levels: occupied levels of T
///   - classes: occupied classes of Y
/// - Returns: 1 where either has one level only
func gTestProbability(information: Double, samples: Int, levels: Int, classes: Int) -> Double {
    let degrees = Double(max(levels - 1, 0)) * Double(max(classes - 1, 0))
    return chiSquareSurvival(2 * Double(samples) * information, degrees: degrees)
}
