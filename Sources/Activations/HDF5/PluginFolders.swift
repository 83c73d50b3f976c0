// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Kernels
import Synchronization

/// Folders in which libhdf5 looks for filters, beside its own and those of HDF5_PLUGIN_PATH.
public enum PluginFolders {
    private static let folders = Mutex<[String]>([])

    /// The folders that were added, those that are searched first at first.
    public static var added: [String] { folders.withLock { $0 } }

    /// Has a folder searched before all others. One that was added already stays where it is.
    ///
    /// - Parameter path: the system's bytes, NUL-terminated
    /// - Throws: `io` where libhdf5 does not take it
    public static func add(_ path: UnsafePointer<CChar>) throws(InfoLensError) {
        let text = String(cString: path)
        let isNew = folders.withLock { list in
            if list.contains(where: { isSameText($0, text) }) { return false }
            list.insert(text, at: 0)
            return true
        }
        guard isNew else { return }
        try HDF5.locked { () throws(InfoLensError) in
            guard H5PLprepend(path) >= 0 else {
                throw HDF5.failure("path: '\(text)' cannot be searched for filters", kind: .io)
            }
        }
    }
}
