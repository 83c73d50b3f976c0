// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import Synchronization

/// A file that takes its place only when it is complete and on the disk.
///
/// Until `commit()` the contents are in a file of another name in the same folder, since only
/// within a file system is renaming atomic; without `commit()` that file is removed again.
public final class ReplacingFile {
    /// Bytes as the system takes them, NUL-terminated.
    private let path: [CChar]
    private let folder: [CChar]
    /// Where the contents are until then, NUL-terminated: a file that is there, for libraries that write by name.
    private(set) var temporary: [CChar] = []
    private var descriptor: Int32 = -1
    private var reserved = 0

    private static let counter = Atomic<UInt64>(0)

    /// - Throws: `argument` for no path, `io` for one that cannot be written
    public init(path: UnsafePointer<CChar>?) throws(InfoLensError) {
        guard let path, path.pointee != 0 else {
            throw InfoLensError(
                .argument, "path: is \(path == nil ? "NULL" : "empty"); pass the path of the file to write")
        }
        // A link is followed, so that it stays one. What does not exist yet has no real path.
        let resolved = realpath(path, nil)
        defer { free(resolved) }
        let start = resolved ?? UnsafeMutablePointer(mutating: path)
        let target = Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
        let slash = target.lastIndex(of: CChar(bitPattern: UInt8(ascii: "/")))
        self.path = target
        folder = slash.map { Array(target[...$0]) } ?? []

        var status = stat()
        if stat(target, &status) == 0 {
            guard status.st_mode & S_IFMT != S_IFDIR else {
                throw InfoLensError(.io, "path: '\(shown)' is a folder; name a file in it")
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw InfoLensError(
                    .io, "path: '\(shown)' is a device or a pipe, which cannot be replaced by a file; name a file")
            }
        }
        // The name may be taken by what a process that was killed left behind.
        repeat {
            let number = Self.counter.wrappingAdd(1, ordering: .relaxed).oldValue
            temporary = folder + ".infolens-\(getpid())-\(number).tmp".utf8CString
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        } while descriptor < 0 && errno == EEXIST
        if descriptor < 0 { throw failure(errno) }
    }

    deinit {
        if descriptor < 0 { return }
        close(descriptor)
        unlink(temporary)
    }

    public func write(_ bytes: [UInt8]) throws(InfoLensError) {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if written < 0 && errno == EINTR { continue }
            if written < 0 { throw failure(errno) }
            done += written
        }
    }

    /// Makes sure that the first `bytes` bytes can be written, so that a full disk is met here and not where
    /// somebody else writes the file by its name.
    func reserve(_ bytes: Int) throws(InfoLensError) {
        guard bytes > reserved else { return }
        var reason: Int32
        repeat { reason = posix_fallocate(descriptor, 0, off_t(bytes)) } while reason == EINTR
        // Some file systems do not know what that is: whether they are full, writing will tell.
        guard reason == 0 || reason == EOPNOTSUPP || reason == EINVAL else { throw failure(reason) }
        reserved = bytes
    }

    /// Gives back what was reserved beyond `bytes` bytes.
    func truncate(to bytes: Int) throws(InfoLensError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
        guard Int(status.st_size) > bytes else { return }
        guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw failure(errno) }
    }

    /// Puts the file in its place.
    public func commit() throws(InfoLensError) {
        guard fsync(descriptor) == 0 else { throw failure(errno) }
        guard rename(temporary, path) == 0 else { throw failure(errno) }
        close(descriptor)
        descriptor = -1
        // So that the new name outlives a power failure too. Not every file system can, and the
        // file is complete either way.
        let directory = open(folder.isEmpty ? [CChar(bitPattern: UInt8(ascii: ".")), 0] : folder + [0], O_RDONLY)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    /// The path, for errors.
    var shown: String { String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self) }

    private func failure(_ reason: Int32) -> InfoLensError {
        let advice =
            switch reason {
            case ENOENT, ENOTDIR: "make its folder first"
            case EACCES, EPERM, EROFS: "choose a folder that you may write to"
            case ENOSPC, EDQUOT, EFBIG: "make room, or choose another disk"
            default: "choose another path"
            }
        return InfoLensError(
            .io, "path: '\(shown)' cannot be written: \(String(cString: strerror(reason))); \(advice)")
    }
}
