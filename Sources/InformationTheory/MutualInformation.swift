// SPDX-License-Identifier: Apache-2.0

/// Plug-in I(T;Y) = H(T) − H(T|Y).
///
/// It cannot be negative; only a difference of the size of rounding is set to 0, so
/// that a defect would show.
func mutualInformation(entropy: Double, conditionalEntropy: Double) -> Double {
    let difference = entropy - conditionalEntropy
    return difference < 0 && difference > -1e-12 * max(1, entropy) ? 0 : difference
}
