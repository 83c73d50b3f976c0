// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Splits groups of rows by one more column of codes, so that in the end rows are in a group when all their codes are
/// equal: groups of patterns of any width, exactly, without sorting whole rows.
///
/// Groups are numbered in the order in which their first rows come. One object is for one thread.
public final class GroupRefiner {
    private let memory: AlignedBuffer
    private let keys: UnsafeMutablePointer<UInt64>
    private let numbers: UnsafeMutablePointer<UInt32>
    /// Pairs of group and code that a plain table is used for.
    private let tableSize: Int
    private let slotBits: Int

    /// - Parameter rows: the most that there will be, below 2³²
    public init(rows: Int) throws(InfoLensError) {
        slotBits = GroupRefiner.slotBits(rows: rows)
        tableSize = GroupRefiner.tableSize(rows: rows)
        memory = try AlignedBuffer(byteCount: GroupRefiner.bytes(rows: rows), cleared: false)
        keys = memory.values(of: UInt64.self)
        numbers = UnsafeMutableRawPointer(keys + 1 << slotBits).assumingMemoryBound(to: UInt32.self)
    }

    /// At most half of the slots are taken.
    private static func slotBits(rows: Int) -> Int { Int.bitWidth - (2 * max(rows, 2) - 1).leadingZeroBitCount }

    /// Clearing the table must not cost more than going over the rows.
    private static func tableSize(rows: Int) -> Int { max(4 * rows + 1024, 1 << slotBits(rows: rows)) }

    /// Bytes of memory.
    public static func bytes(rows: Int) -> Int { 8 << slotBits(rows: rows) + 4 * tableSize(rows: rows) }

    /// - Parameters:
    ///   - groups: the group of each row, below `count`
    ///   - codes: the code of each row, below `levels`
    ///   - refined: receives the new group of each row; may be `groups`
    /// - Returns: the number of new groups
    public func refine(
        _ groups: UnsafePointer<UInt32>, count: Int, by codes: UnsafePointer<UInt16>, levels: Int, rows: Int,
        into refined: UnsafeMutablePointer<UInt32>
    ) -> Int {
        let (pairs, overflow) = count.multipliedReportingOverflow(by: levels)
        if !overflow, pairs <= tableSize {
            return byTable(groups, codes: codes, levels: levels, pairs: pairs, rows: rows, into: refined)
        }
        return byHash(groups, codes: codes, rows: rows, into: refined)
    }

    private static let unused = UInt32.max

    private func byTable(
        _ groups: UnsafePointer<UInt32>, codes: UnsafePointer<UInt16>, levels: Int, pairs: Int, rows: Int,
        into refined: UnsafeMutablePointer<UInt32>
    ) -> Int {
        memset(numbers, 0xFF, pairs * MemoryLayout<UInt32>.stride)
        var next: UInt32 = 0
        for row in 0..<rows {
            let pair = Int(groups[row]) &* levels &+ Int(codes[row])
            var number = numbers[pair]
            if number == GroupRefiner.unused {
                number = next
                numbers[pair] = next
                next &+= 1
            }
            refined[row] = number
        }
        return Int(next)
    }

    private func byHash(
        _ groups: UnsafePointer<UInt32>, codes: UnsafePointer<UInt16>, rows: Int,
        into refined: UnsafeMutablePointer<UInt32>
    ) -> Int {
        let slots = 1 << slotBits
        memset(numbers, 0xFF, slots * MemoryLayout<UInt32>.stride)
        let shift = UInt64(64 - slotBits)
        var next: UInt32 = 0
        for row in 0..<rows {
            // The key is the pair itself: what is found equal is equal.
            let key = UInt64(groups[row]) << 16 | UInt64(codes[row])
            var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
            while numbers[slot] != GroupRefiner.unused, keys[slot] != key { slot = (slot &+ 1) & (slots &- 1) }
            if numbers[slot] == GroupRefiner.unused {
                numbers[slot] = next
                keys[slot] = key
                next &+= 1
            }
            refined[row] = numbers[slot]
        }
        return Int(next)
    }
}
