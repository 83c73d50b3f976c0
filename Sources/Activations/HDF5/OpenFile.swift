// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// A file opened for reading, with what everything in it is opened with.
final class OpenFile: @unchecked Sendable {
    let path: BytePath
    let policy: LinkPolicy
    private let file: HDF5ID
    private let links: HDF5ID
    private let datasets: HDF5ID
    private let uncachedDatasets: HDF5ID

    var id: hid_t { file.raw }
    /// Link access properties that keep to the policy.
    var linkAccess: hid_t { links.raw }
    /// Dataset access properties that keep to the policy.
    var datasetAccess: hid_t { datasets.raw }
    /// The same, and without a cache of chunks.
    var uncachedAccess: hid_t { uncachedDatasets.raw }

    init(path: BytePath, policy: LinkPolicy) throws(InfoLensError) {
        self.path = path
        self.policy = policy
        try checkSignature(of: path)
        file = try HDF5.locked { () throws(InfoLensError) in try HDF5ID.file(path) }
        links = try Self.properties(chdf5_link_access, policy)
        datasets = try Self.properties(chdf5_dataset_access, policy)
        uncachedDatasets = try Self.properties(chdf5_dataset_access, policy)
        let uncached = uncachedDatasets.raw
        try HDF5.locked { () throws(InfoLensError) in
            guard H5Pset_chunk_cache(uncached, 0, 0, 1) >= 0 else {
                throw HDF5.failure("access properties", kind: .internal)
            }
        }
    }

    /// A new property list that keeps to the policy.
    private static func properties(_ kind: () -> hid_t, _ policy: LinkPolicy) throws(InfoLensError) -> HDF5ID {
        try HDF5.locked { () throws(InfoLensError) in
            let list = try HDF5ID(H5Pcreate(kind()), "access properties", kind: .internal)
            try policy.apply(to: list.raw)
            return list
        }
    }
}

extension HDF5ID {
    /// Opens a file for reading with the driver whose descriptor can be read from directly.
    static func file(_ path: BytePath) throws(InfoLensError) -> HDF5ID {
        let access = try HDF5ID(H5Pcreate(chdf5_file_access()), "file access properties", kind: .internal)
        guard H5Pset_fapl_sec2(access.raw) >= 0 else {
            throw HDF5.failure("file access properties", kind: .internal)
        }
        let raw = path.withCString { H5Fopen($0, chdf5_read_only(), access.raw) }
        guard raw < 0 else { return try HDF5ID(raw, "") }
        let cause = HDF5.cause
        if cause.contains("unable to lock file") {
            throw InfoLensError(
                .io,
                "'\(path.text)' is being written by another program, which holds its lock; close it there first "
                    + "(HDF5 says: \(cause))")
        }
        if cause.contains("consistency flags") || cause.contains("already open for write") {
            throw InfoLensError(
                .io,
                "'\(path.text)' is open for writing, or its writer was killed; close the writer, or run h5clear -s on "
                    + "the file (HDF5 says: \(cause))")
        }
        throw HDF5.failure("'\(path.text)' cannot be opened: truncated or corrupt")
    }
}

/// Checks that the path names a regular, readable file with an HDF5 signature, so
/// that the common mistakes get an answer of their own.
private func checkSignature(of path: BytePath) throws(InfoLensError) {
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else {
        let reason = errno
        let missing = reason == ENOENT || reason == ENOTDIR
        throw InfoLensError(
            missing ? .notFound : .io,
            missing ? "'\(path.text)': no such file" : "'\(path.text)': \(String(cString: strerror(reason)))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw InfoLensError(.io, "'\(path.text)' is not a regular file; pass the path of an HDF5 file")
    }
    let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else {
        throw InfoLensError(.io, "'\(path.text)' cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }

    // A user block of 512, 1024, 2048, … bytes may come before the signature.
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var offset = 0
    // Below half of the largest size, which sparse files can have, doubling does not overflow.
    let end = min(Int(status.st_size) - signature.count, Int.max / 4)
    while offset <= end {
        if bytes(of: descriptor, at: offset, count: signature.count) == signature { return }
        offset = offset == 0 ? 512 : offset &* 2
    }
    let head = bytes(of: descriptor, at: 0, count: 40)
    throw InfoLensError(.format, "'\(path.text)' is not an HDF5 file\(suggestion(head))")
}

private func bytes(of descriptor: Int32, at offset: Int, count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        initialized = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
    }
}

/// What the file seems to be instead, and how to make HDF5 of it.
private func suggestion(_ head: [UInt8]) -> String {
    func begins(_ text: String) -> Bool { head.starts(with: text.utf8) }
    if head.isEmpty { return ": it is empty" }
    if begins("MATLAB 5.0") { return " but a MATLAB 5 .mat: save it again with '-v7.3'" }
    if begins("version https://git-lfs") {
        return " but a Git LFS pointer: run 'git lfs pull' to fetch the file itself"
    }
    if begins("PK\u{3}\u{4}") { return " but a zip archive (.npz, .keras, PyTorch .pt): store its arrays with h5py" }
    if begins("CDF") { return " but a classic netCDF file: convert it with 'nccopy -k netCDF-4'" }
    if head.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) {
        return " but a numpy .npy: store its array with h5py"
    }
    if head.starts(with: [0x1F, 0x8B]) { return " but gzip: decompress it first" }
    return ""
}
