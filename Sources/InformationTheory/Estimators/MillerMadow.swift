// SPDX-License-Identifier: Apache-2.0

/// What the plug-in entropy lacks on average, to first order in 1/N: (K − 1)/(2N) nats.
///
/// Miller 1955. Added with K the number of levels that occur, it makes the Miller–Madow
/// estimate; with a better guess of K, that of Panzeri & Treves. One level gives 0.
func firstOrderBias(levels: Int, total: Int) -> Double { Double(levels - 1) / (2 * Double(total)) }
