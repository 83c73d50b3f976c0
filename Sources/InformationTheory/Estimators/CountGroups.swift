// SPDX-License-Identifier: Apache-2.0

/// Number of levels that occur.
func occupied(_ counts: UnsafeBufferPointer<UInt32>) -> Int {
    var levels = 0
    for count in counts where count != 0 { levels += 1 }
    return levels
}

/// Levels that have the same positive count, for what depends on the count alone.
struct CountGroup {
    let count: UInt32
    var levels: Int

    /// The groups of a histogram in ascending order of count, whatever the order of its levels.
    static func all(of counts: UnsafeBufferPointer<UInt32>) -> [CountGroup] {
        var groups: [CountGroup] = []
        for count in counts.filter({ $0 != 0 }).sorted() {
            if groups.last?.count == count {
                groups[groups.count - 1].levels += 1
            } else {
                groups.append(CountGroup(count: count, levels: 1))
            }
        }
        return groups
    }
}
