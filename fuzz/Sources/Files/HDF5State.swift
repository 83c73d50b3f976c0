// SPDX-License-Identifier: Apache-2.0
import CHDF5

@testable import Activations

/// What libhdf5 has open. After an input that must be what it was before.
enum HDF5State {
    private static let kinds: [(type: H5I_type_t, name: String)] = [
        (H5I_FILE, "files"), (H5I_GROUP, "groups"), (H5I_DATATYPE, "types"), (H5I_DATASPACE, "dataspaces"),
        (H5I_DATASET, "datasets"), (H5I_ATTR, "attributes"), (H5I_GENPROP_LST, "property lists"),
        (H5I_ERROR_STACK, "error stacks"),
    ]

    private nonisolated(unsafe) static var before: [hsize_t] = []

    /// Blocks that libhdf5 frees go back to the system's allocator at once, whose keeper then watches over them.
    static func prepare() {
        guard before.isEmpty else { return }
        H5open()
        H5set_free_list_limits(0, 0, 0, 0, 0, 0)
        before = counts()
    }

    static func checkNothingIsOpen() {
        for (index, count) in counts().enumerated() where count != before[index] {
            fail("\(Int64(count) - Int64(before[index])) \(kinds[index].name) of HDF5 were left open")
        }
    }

    private static func counts() -> [hsize_t] {
        kinds.map { kind in
            var count: hsize_t = 0
            H5Inmembers(kind.type, &count)
            return count
        }
    }
}
