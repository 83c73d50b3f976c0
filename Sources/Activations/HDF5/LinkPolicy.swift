// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels

/// Which other files a dump may lead to.
///
/// A dump from somewhere else must not make the process open files of its
/// choosing. Unless the caller allows it, only files inside the dump's own
/// folder are followed; symbolic links count by where they lead.
final class LinkPolicy: @unchecked Sendable {
    let allowsExternal: Bool
    /// Whether data that was never written counts as zeros.
    let allowsMissing: Bool
    /// Canonical folders of the dump: where its name is, and where its bytes are.
    private let folders: [BytePath]
    /// Why the last link was not followed. Guarded by HDF5's lock.
    private var refusal: InfoLensError?

    init(dump path: BytePath, options: OpeningOptions) {
        allowsExternal = options.allowsExternal
        allowsMissing = options.allowsMissing
        folders = [path.directory.canonical, path.canonical?.directory].compactMap { $0 }
    }

    /// Where `file`, named in the file `parent`, lies.
    ///
    /// - Throws: `notFound` if it is missing, `io` if it may not be followed.
    func resolve(_ file: BytePath, from parent: BytePath, what: String) throws(InfoLensError) -> BytePath {
        let path = file.isAbsolute ? file : parent.directory.appending(file)
        // Where the folder itself is out of bounds, not even a file's existence is told.
        let reachable = allowsExternal || path.directory.canonical.map(isInside) ?? !file.isAbsolute
        if reachable {
            guard let target = path.canonical else {
                throw InfoLensError(
                    .notFound, "\(what) leads to the file '\(file.text)', which is missing; put it beside the dump")
            }
            if allowsExternal || isInside(target) { return target }
        }
        throw InfoLensError(
            .io,
            "\(what) leads to '\(file.text)', outside the dump's folder, and was not followed; copy that file beside "
                + "the dump, or open the dump with allow_external if you trust it")
    }

    /// Makes the library ask this policy before it follows an external link.
    ///
    /// - Parameter properties: a link access or dataset access property list, which the policy outlives
    func apply(to properties: hid_t) throws(InfoLensError) {
        guard H5Pset_elink_cb(properties, followExternalLink, Unmanaged.passUnretained(self).toOpaque()) >= 0 else {
            throw HDF5.failure("external links cannot be controlled", kind: .internal)
        }
    }

    /// The reason why a link was not followed since the last call, if any.
    func takeRefusal() -> InfoLensError? {
        defer { refusal = nil }
        return refusal
    }

    fileprivate func follows(_ file: BytePath, from parent: BytePath, object: String) -> Bool {
        if allowsExternal { return true }
        do {
            _ = try resolve(file, from: parent, what: "the external link to '\(object)'")
            return true
        } catch {
            refusal = error
            return false
        }
    }

    private func isInside(_ path: BytePath) -> Bool {
        folders.contains { $0 == path || $0.contains(path) }
    }
}

/// Called by HDF5, inside its lock, before it opens the file of an external link.
private func followExternalLink(
    _ parentFile: UnsafePointer<CChar>?, _ parentGroup: UnsafePointer<CChar>?, _ file: UnsafePointer<CChar>?,
    _ object: UnsafePointer<CChar>?, _ flags: UnsafeMutablePointer<UInt32>?, _ access: hid_t,
    _ user: UnsafeMutableRawPointer?
) -> herr_t {
    guard let user, let parentFile, let file, let object else { return -1 }
    let policy = Unmanaged<LinkPolicy>.fromOpaque(user).takeUnretainedValue()
    // Whatever the file that links was opened for, here the other one is only read.
    flags?.pointee = chdf5_read_only()
    let follows = policy.follows(BytePath(file), from: BytePath(parentFile), object: BytePath(object).text)
    return follows ? 0 : -1
}
