// SPDX-License-Identifier: Apache-2.0
import CNumerics

/// What random numbers are for; each purpose has streams of its own under a seed.
enum RandomPurpose: UInt32 {
    case permutation = 1
    case bootstrap = 2
}

/// Stream `index` of a purpose under a seed (Philox4x32-10): permutation or replicate
/// number `index` is a function of these three alone, whoever draws it.
func randomStream(seed: UInt64, purpose: RandomPurpose, index: Int) -> cn_philox {
    var generator = cn_philox()
    cn_philox_start(&generator, seed, purpose.rawValue, UInt32(truncatingIfNeeded: index))
    return generator
}
