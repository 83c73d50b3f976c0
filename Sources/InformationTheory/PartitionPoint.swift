// SPDX-License-Identifier: Apache-2.0

/// How many of `count` entries come before the place where `isBefore` turns false, which it does once at most.
func partitionPoint(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
    var (from, to) = (0, count)
    while from < to {
        let middle = from + (to - from) / 2
        if isBefore(middle) { from = middle + 1 } else { to = middle }
    }
    return from
}
