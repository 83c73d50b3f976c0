// SPDX-License-Identifier: Apache-2.0
import CHDF5
import CNumerics
import Kernels

/// One step that chunks went through when they were written.
struct Filter: Equatable, Sendable {
    let identifier: Int32
    /// Its parameters; for shuffle the element size.
    let values: [UInt32]
    /// The name that the writer's library gave it.
    let label: String

    static let deflate: Int32 = 1
    static let shuffle: Int32 = 2
    static let fletcher32: Int32 = 3
    /// Of h5py.
    static let lzf: Int32 = 32000
    /// What registered filters of plugins are called.
    private static let plugins: [Int32: String] = [
        32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
    ]

    /// For people: "gzip", "shuffle", "blosc (32001)".
    var name: String {
        switch identifier {
        case Self.deflate: "gzip"
        case Self.shuffle: "shuffle"
        case Self.fletcher32: "fletcher32"
        case Self.lzf: "lzf"
        default:
            if let plugin = Self.plugins[identifier] {
                "\(plugin) (\(identifier))"
            } else {
                label.isEmpty ? "filter \(identifier)" : "\(label) (\(identifier))"
            }
        }
    }

    /// Whether we undo it ourselves, outside HDF5's lock and with the sizes checked.
    var isKnown: Bool { (Self.deflate...Self.fletcher32).contains(identifier) || identifier == Self.lzf }

    /// Whether HDF5 can undo it. Called inside HDF5's lock.
    var isAvailable: Bool { H5Zfilter_avail(H5Z_filter_t(identifier)) > 0 }

    /// What to say where nobody can undo it.
    var absence: String {
        """
        its chunks need the HDF5 filter \(name), which is not installed; for Python, 'pip install hdf5plugin'; \
        elsewhere, set HDF5_PLUGIN_PATH to the folder of the filter's plugin before the file is opened; or rewrite \
        the file with gzip
        """
    }

    /// The filters of a creation property list, in the order of writing. Called inside HDF5's lock.
    static func pipeline(of creation: hid_t) -> [Filter] {
        let count = max(0, H5Pget_nfilters(creation))
        return (0..<UInt32(count)).map { index in
            var flags: UInt32 = 0
            var values = [UInt32](repeating: 0, count: 32)
            var valueCount = values.count
            var configuration: UInt32 = 0
            var label = [CChar](repeating: 0, count: 64)
            let identifier = H5Pget_filter2(
                creation, index, &flags, &valueCount, &values, label.count - 1, &label, &configuration)
            // Some plugins add an address to their name, after a semicolon.
            let name = label.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.prefix { $0 != UInt8(ascii: ";") }
            return Filter(
                identifier: identifier, values: Array(values.prefix(valueCount)),
                label: String(decoding: name, as: UTF8.self))
        }
    }
}
