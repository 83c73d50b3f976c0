// SPDX-License-Identifier: Apache-2.0
import CHDF5

/// What libhdf5 has open. After an input that must be what it was before.
enum HDF5State {
    /// Identifiers that libhdf5 does not count for anybody. They are numbered in the order of their making: those that
    /// were made since are asked one by one whether they still are.
    private static let numbered: [(name: String, make: @Sendable () -> hid_t)] = [
        ("dataspaces", { H5Screate(H5S_SCALAR) }),
        ("types", { H5Tcopy(chdf5_native_int64()) }),
        ("property lists", { H5Pcreate(chdf5_link_access()) }),
    ]

    private nonisolated(unsafe) static var before: [hid_t] = []

    /// Call it before each input. Blocks that libhdf5 frees go back to the system's allocator at once, whose keeper
    /// then watches over them.
    static func prepare() {
        if before.isEmpty {
            H5open()
            H5set_free_list_limits(0, 0, 0, 0, 0, 0)
        }
        before = latest()
    }

    static func checkNothingIsOpen() {
        // All files, and what is in them.
        let open = H5Fget_obj_count(hid_t(chdf5_every_object()), chdf5_every_object())
        check(open == 0, "\(open) files, groups, datasets, types or attributes of HDF5 were left open")
        for ((name, _), (first, last)) in zip(numbered, zip(before, latest())) {
            let left = (first..<last).filter { H5Iis_valid($0) > 0 }
            check(left.isEmpty, "\(left.count) \(name) of HDF5 were left open")
        }
    }

    private static func latest() -> [hid_t] {
        numbered.map { _, make in
            let id = make()
            check(id >= 0, "HDF5 makes nothing any more")
            H5Idec_ref(id)
            return id
        }
    }
}
