// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Kernels
import Synchronization

/// What an opaque pointer of the C interface stands for.
///
/// Handles are numbers in the guise of pointers, never reused and never dereferenced,
/// so that a freed or foreign handle is recognised instead of followed.
protocol HandleObject: AnyObject, Sendable {
    /// The handle's C type.
    static var typeName: StaticString { get }
    /// How to get such a handle.
    static var origin: StaticString { get }
}

enum Handles {
    private struct State {
        var objects: [UInt: any HandleObject] = [:]
        /// Small numbers are no addresses: following one by mistake faults at once.
        var next: UInt = 0x10
    }

    private static let state = Mutex(State())

    /// Makes a handle that keeps `object` alive until it is freed.
    static func insert(_ object: any HandleObject) -> OpaquePointer? {
        state.withLock { state in
            let handle = state.next
            state.next &+= 0x10
            state.objects[handle] = object
            return OpaquePointer(bitPattern: handle)
        }
    }

    /// Frees a handle; NULL and freed handles are ignored, and so is one of another kind.
    static func remove<Object: HandleObject>(_ handle: OpaquePointer?, _ type: Object.Type) {
        guard let handle else { return }
        // The object is destroyed outside the lock: closing a file may take its time.
        let object = state.withLock { state -> (any HandleObject)? in
            guard state.objects[UInt(bitPattern: handle)] is Object else { return nil }
            return state.objects.removeValue(forKey: UInt(bitPattern: handle))
        }
        withExtendedLifetime(object) {}
    }

    /// The object behind a handle.
    /// - Throws: `argument` for NULL, a freed handle, or one of another kind
    static func object<Object: HandleObject>(
        _ handle: OpaquePointer?, _ type: Object.Type, argument: StaticString
    ) throws(InfoLensError) -> Object {
        guard let handle else {
            throw InfoLensError(.argument, "\(argument): is NULL; get an \(Object.typeName) from \(Object.origin)")
        }
        let object = state.withLock { $0.objects[UInt(bitPattern: handle)] }
        if let object = object as? Object { return object }
        let what = object.map { "is an \(Swift.type(of: $0).typeName)" } ?? "was freed or is no handle"
        throw InfoLensError(.argument, "\(argument): \(what); get an \(Object.typeName) from \(Object.origin)")
    }
}
