// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels

/// The bytes of the file that holds an object, for what is not to be left to libhdf5: it believes what it reads.
///
/// Valid while the object is open.
struct RawFile {
    /// Of addresses and of lengths in the file.
    let addressBytes: Int
    let lengthBytes: Int
    /// For errors.
    let what: String
    private let size: Int
    /// Bytes before the HDF5 file proper, which addresses do not count.
    private let userBlock: Int
    private let descriptor: Int32

    init(of object: hid_t, _ what: String) throws(InfoLensError) {
        let (descriptor, userBlock, addressBytes, lengthBytes) = try HDF5.locked { () throws(InfoLensError) in
            let file = try HDF5ID(H5Iget_file_id(object), "\(what): its file cannot be found", kind: .internal)
            let creation = try HDF5ID(H5Fget_create_plist(file.raw), what, kind: .internal)
            var userBlock: hsize_t = 0
            var addressBytes = 0
            var lengthBytes = 0
            guard H5Pget_userblock(creation.raw, &userBlock) >= 0,
                H5Pget_sizes(creation.raw, &addressBytes, &lengthBytes) >= 0
            else { throw HDF5.failure(what) }
            return (chdf5_descriptor(file.raw), Int(clamping: userBlock), addressBytes, lengthBytes)
        }
        try self.init(
            descriptor: descriptor, userBlock: userBlock, addressBytes: addressBytes, lengthBytes: lengthBytes, what)
    }

    /// - Parameter descriptor: of the file, open for as long as this is used
    init(
        descriptor: Int32, userBlock: Int, addressBytes: Int, lengthBytes: Int, _ what: String
    ) throws(InfoLensError) {
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw InfoLensError(.io, "\(what): its file cannot be read directly")
        }
        self.descriptor = descriptor
        self.userBlock = userBlock
        self.addressBytes = addressBytes
        self.lengthBytes = lengthBytes
        self.what = what
        size = Int(status.st_size)
    }

    /// The address that stands for none, all bits set; −1 where that is beyond Int.
    var undefinedAddress: Int { addressBytes >= 8 ? -1 : 1 << (8 &* addressBytes) &- 1 }

    /// Bytes from the file's start to `address`.
    func offset(of address: Int) -> Int? {
        let (offset, overflow) = address.addingReportingOverflow(userBlock)
        return overflow || address < 0 ? nil : offset
    }

    /// How many bytes the file has from `address` on.
    func available(at address: Int) -> Int {
        let (start, overflow) = address.addingReportingOverflow(userBlock)
        return overflow || address < 0 || start < 0 ? 0 : max(0, size &- start)
    }

    /// Whether `count` bytes from `address` on are in the file.
    func holds(_ count: Int, at address: Int) -> Bool { count >= 0 && count <= available(at: address) }

    /// - Precondition: the file holds the bytes.
    func bytes(at address: Int, count: Int) throws(InfoLensError) -> [UInt8] {
        let offset = address &+ userBlock
        var error: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count, let base = buffer.baseAddress {
                let step = pread(descriptor, base + done, count &- done, off_t(offset &+ done))
                if step > 0 {
                    done &+= step
                } else if step == 0 || errno != EINTR {
                    error = step == 0 ? 0 : errno
                    break
                }
            }
        }
        guard bytes.count == count else {
            throw InfoLensError(
                error == 0 ? .format : .io,
                "\(what): reading failed: \(error == 0 ? "truncated" : String(cString: strerror(error)))")
        }
        return bytes
    }

    /// A little-endian number; nil beyond Int.
    static func integer(_ bytes: some Collection<UInt8>) -> Int? {
        var value: UInt64 = 0
        for (position, byte) in bytes.enumerated() where byte != 0 {
            guard position < 8 else { return nil }
            value |= UInt64(byte) << UInt64(8 &* position)
        }
        return Int(exactly: value)
    }
}
