// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// How long the file that holds a dataset must be.
///
/// libhdf5 gives zeros for what a file has no longer. Whoever reads data through it asks afterwards whether the file
/// still has all that it had when it was opened.
struct FileLength: Sendable {
    private let descriptor: Int32
    private let expected: Int
    private let what: String

    /// - Parameter dataset: must stay open while this is used
    init(of dataset: Dataset) throws(InfoLensError) {
        (descriptor, _) = try dataset.descriptor()
        what = dataset.what
        let end = try HDF5.locked { () throws(InfoLensError) -> haddr_t in
            let owner = try HDF5ID(H5Iget_file_id(dataset.id), dataset.what, kind: .internal)
            var end: haddr_t = 0
            return H5Fget_eoa(owner.raw, &end) >= 0 ? end : 0
        }
        // A file that this process writes too grows after its end was settled.
        let isWritten = fcntl(descriptor, F_GETFL) & O_ACCMODE != O_RDONLY
        expected = isWritten || end == chdf5_undefined_address() ? 0 : Int(clamping: end)
    }

    /// - Throws: `format` if the file is shorter by now.
    func check() throws(InfoLensError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int(status.st_size) < expected else { return }
        throw InfoLensError(
            .format,
            """
            \(what): truncated: the file had \(expected) bytes when it was opened and has \(status.st_size) now; \
            wait until nothing writes to it
            """
        )
    }
}
