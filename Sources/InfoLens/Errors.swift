// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import CNumerics
import Glibc
import Kernels

/// Runs the body of an entry point: nothing but a status leaves it.
///
/// The host's floating-point environment is put aside for the call, since another
/// library may have set flush-to-zero or another rounding direction.
func guarded(_ body: () throws(InfoLensError) -> Void) -> il_status {
    let environment = cn_enter_default_environment()
    defer { cn_leave_default_environment(environment) }
    do throws(InfoLensError) {
        try body()
        return il_status(IL_OK)
    } catch {
        LastError.set(error.description)
        return error.kind.rawValue
    }
}

/// The pointer behind an argument that must not be NULL.
func required<Pointee>(
    _ pointer: UnsafeMutablePointer<Pointee>?, _ argument: StaticString
) throws(InfoLensError) -> UnsafeMutablePointer<Pointee> {
    guard let pointer else { throw InfoLensError(.argument, "\(argument): is NULL; pass the address of a variable") }
    return pointer
}

/// The text behind an argument that must not be NULL; bytes that are not UTF-8 become U+FFFD.
func requiredText(_ text: UnsafePointer<CChar>?, _ argument: String) throws(InfoLensError) -> String {
    guard let text else { throw InfoLensError(.argument, "\(argument): is NULL; pass a text") }
    return String(cString: text)
}

/// The text about each thread's last failed call.
private enum LastError {
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key, { free($0) }) == 0 ? key : nil
    }()

    static func set(_ text: String) {
        guard let key else { return }
        free(pthread_getspecific(key))
        pthread_setspecific(key, strdup(text))
    }

    static var text: UnsafePointer<CChar> {
        guard let key, let text = pthread_getspecific(key) else { return cText("") }
        return UnsafePointer(text.assumingMemoryBound(to: CChar.self))
    }
}

/// A literal as C sees it: NUL-terminated, in static storage.
func cText(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func il_last_error() -> UnsafePointer<CChar>! { LastError.text }

@c @implementation
public func il_status_name(_ status: il_status) -> UnsafePointer<CChar>! {
    switch Int(status) {
    case Int(IL_OK): cText("IL_OK")
    case Int(IL_ERROR_ARGUMENT): cText("IL_ERROR_ARGUMENT")
    case Int(IL_ERROR_SHAPE): cText("IL_ERROR_SHAPE")
    case Int(IL_ERROR_DTYPE): cText("IL_ERROR_DTYPE")
    case Int(IL_ERROR_IO): cText("IL_ERROR_IO")
    case Int(IL_ERROR_FORMAT): cText("IL_ERROR_FORMAT")
    case Int(IL_ERROR_NOT_FOUND): cText("IL_ERROR_NOT_FOUND")
    case Int(IL_ERROR_NUMERIC): cText("IL_ERROR_NUMERIC")
    case Int(IL_ERROR_CANCELLED): cText("IL_ERROR_CANCELLED")
    case Int(IL_ERROR_MEMORY): cText("IL_ERROR_MEMORY")
    case Int(IL_ERROR_INTERNAL): cText("IL_ERROR_INTERNAL")
    case Int(IL_ERROR_CALLBACK): cText("IL_ERROR_CALLBACK")
    default: cText("IL_ERROR_UNKNOWN")
    }
}
