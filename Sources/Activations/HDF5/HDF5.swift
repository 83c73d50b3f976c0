// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// The one door to libhdf5.
///
/// Every call happens inside `locked`, which serialises them (a build without
/// thread safety is then safe too, unless the host calls that same copy), keeps
/// the library from printing, and leaves the host's error handler as it was.
enum HDF5 {
    /// Recursive, so that identifiers may be closed wherever they go out of use.
    private nonisolated(unsafe) static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
        pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
        return mutex
    }()

    /// Why the loaded library cannot be used, or nil.
    ///
    /// Another copy that the process loaded globally can stand in for the one that this
    /// code was compiled for; its structures may differ, so it must not be called.
    private static let defect: String? = {
        chdf5_leave_exit_alone()
        var major: UInt32 = 0
        var minor: UInt32 = 0
        var release: UInt32 = 0
        guard chdf5_version_matches(&major, &minor, &release) == 0 else { return nil }
        return "the process has HDF5 \(major).\(minor).\(release) loaded globally, but InfoLens was built for HDF5 "
            + "\(H5_VERS_MAJOR).\(H5_VERS_MINOR); load InfoLens first, or load the other library with RTLD_LOCAL"
    }()

    /// Whether the library was built to be called from several threads.
    static var isThreadSafe: Bool {
        var result: hbool_t = false
        return H5is_library_threadsafe(&result) >= 0 && result
    }

    /// Runs `body` with libhdf5 to itself.
    static func locked<T: ~Copyable>(_ body: () throws(InfoLensError) -> T) throws(InfoLensError) -> T {
        if let defect { throw InfoLensError(.internal, defect) }
        pthread_mutex_lock(mutex)
        var host = chdf5_auto()
        chdf5_silence(&host)
        defer {
            chdf5_restore(&host)
            pthread_mutex_unlock(mutex)
        }
        return try body()
    }

    /// Gives up one reference to an identifier, which closes it when it was the last.
    static func close(_ id: hid_t) {
        pthread_mutex_lock(mutex)
        var host = chdf5_auto()
        chdf5_silence(&host)
        H5Idec_ref(id)
        chdf5_restore(&host)
        pthread_mutex_unlock(mutex)
    }

    /// The innermost cause of the failure that the calling thread has just met; "" without one.
    static var cause: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            chdf5_error(base, buffer.count)
            return String(cString: base)
        }
    }

    /// An error that says what failed and HDF5's reason, with a way out where the reason is a known one.
    static func failure(_ what: String, kind: InfoLensError.Kind = .format) -> InfoLensError {
        let cause = cause
        if cause.isEmpty { return InfoLensError(kind, what) }
        var text = "\(what): HDF5 says: \(cause)"
        if cause.contains("bad version number") || cause.contains("unknown datatype version") {
            text += "; a newer HDF5 wrote this: rewrite the file with libver='earliest' or h5repack"
        }
        return InfoLensError(kind, text)
    }
}

/// An open HDF5 object, closed when its owner lets go of it.
struct HDF5ID: ~Copyable {
    let raw: hid_t

    /// Takes over `raw`, the result of a call that makes an identifier.
    ///
    /// - Throws: an error of `kind` about `what`, with HDF5's reason, if the call failed.
    init(_ raw: hid_t, _ what: @autoclosure () -> String, kind: InfoLensError.Kind = .format) throws(InfoLensError) {
        guard raw >= 0 else { throw HDF5.failure(what(), kind: kind) }
        self.raw = raw
    }

    deinit { HDF5.close(raw) }
}
