// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// Raw data outside HDF5 files, which only an explicit permission lets us read.
enum ExternalFiles {
    /// Checks that the files together hold `bytes`. HDF5 takes zeros for what is missing at their end.
    static func check(_ dataset: Dataset, bytes: Int) throws(InfoLensError) {
        try HDF5.locked { () throws(InfoLensError) in
            var available: UInt64 = 0
            for index in 0..<UInt32(dataset.facts.externalFiles) {
                var name = [CChar](repeating: 0, count: 4096)
                var offset: off_t = 0
                var size: hsize_t = 0
                guard H5Pget_external(dataset.creationProperties, index, name.count - 1, &name, &offset, &size) >= 0
                else {
                    throw HDF5.failure("\(dataset.what): its external files cannot be read")
                }
                let path = BytePath(name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
                var status = stat()
                guard path.withCString({ stat($0, &status) }) == 0 else {
                    throw InfoLensError(
                        .notFound,
                        "\(dataset.what): its external file '\(path.text)' is missing; relative names start in the "
                            + "current folder")
                }
                let held = UInt64(max(0, Int(status.st_size) - max(0, offset)))
                available &+= size == chdf5_unlimited() ? held : min(held, size)
            }
            guard available >= UInt64(bytes) else {
                throw InfoLensError(
                    .format, "\(dataset.what): truncated: its external files hold \(available) of \(bytes) bytes")
            }
        }
    }
}
