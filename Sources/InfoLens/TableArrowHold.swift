// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels
import Synchronization

/// Exported structs tied to objects of another language, by the objects' addresses.
private enum HeldStructs {
    private static let entries = Mutex([UInt: any Sendable]())

    /// - Returns: false when the owner has one already
    static func add(_ held: any Sendable, owner: UnsafeMutableRawPointer) -> Bool {
        entries.withLock { entries in
            guard entries[UInt(bitPattern: owner)] == nil else { return false }
            entries[UInt(bitPattern: owner)] = held
            return true
        }
    }

    static func remove(owner: UnsafeMutableRawPointer) {
        // Released outside the lock: that may take its time.
        let held = entries.withLock { $0.removeValue(forKey: UInt(bitPattern: owner)) }
        withExtendedLifetime(held) {}
    }
}

/// A struct in the library's memory, released with this object unless somebody took it before.
private final class HeldStruct<Struct: ArrowStruct & BitwiseCopyable>: @unchecked Sendable {
    private let memory: AlignedBuffer

    /// Zeroed: what holds nothing counts as released.
    init() throws(InfoLensError) { memory = try AlignedBuffer(count: 1, of: Struct.self) }

    deinit { Struct.release(place) }

    var place: UnsafeMutablePointer<Struct> { memory.values(of: Struct.self) }

    /// Moves `exported` here for its owner. It is left as it was when that fails.
    static func hold(
        _ exported: UnsafeMutableRawPointer, owner: UnsafeMutableRawPointer
    ) throws(InfoLensError) -> UnsafeMutableRawPointer {
        let exported = exported.assumingMemoryBound(to: Struct.self)
        guard !exported.pointee.isReleased else {
            throw InfoLensError(.argument, "exported: it was released or moved before; pass a struct just exported")
        }
        let held = try HeldStruct()
        guard HeldStructs.add(held, owner: owner) else {
            throw InfoLensError(
                .argument, "owner: a struct is tied to it already; pass an owner of its own, or il_arrow_drop() first")
        }
        held.place.initialize(to: exported.pointee)
        exported.pointee.markReleased()
        return UnsafeMutableRawPointer(held.place)
    }
}

@c @implementation
public func il_arrow_hold(
    _ owner: UnsafeMutableRawPointer!, _ kind: Int32, _ exported: UnsafeMutableRawPointer!,
    _ held: UnsafeMutablePointer<UnsafeMutableRawPointer?>!
) -> il_status {
    guarded { () throws(InfoLensError) in
        guard let owner else { throw InfoLensError(.argument, "owner: is NULL; pass the address of an object") }
        guard let exported else { throw InfoLensError(.argument, "exported: is NULL; pass an exported struct") }
        let output = try required(held, "held")
        switch Int(kind) {
        case Int(IL_ARROW_SCHEMA): output.pointee = try HeldStruct<ArrowSchema>.hold(exported, owner: owner)
        case Int(IL_ARROW_ARRAY): output.pointee = try HeldStruct<ArrowArray>.hold(exported, owner: owner)
        case Int(IL_ARROW_STREAM): output.pointee = try HeldStruct<ArrowArrayStream>.hold(exported, owner: owner)
        default:
            throw InfoLensError(
                .argument, "kind: unknown value \(kind); choose IL_ARROW_SCHEMA, IL_ARROW_ARRAY or IL_ARROW_STREAM")
        }
    }
}

@c @implementation
public func il_arrow_drop(_ owner: UnsafeMutableRawPointer!) {
    if let owner { HeldStructs.remove(owner: owner) }
}
