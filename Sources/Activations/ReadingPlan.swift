// SPDX-License-Identifier: Apache-2.0
import Kernels

/// How the activations of a layer are read, for people.
public struct ReadingPlan: Sendable, Equatable {
    public enum Path: String, Sendable {
        /// From the caller's memory.
        case memory
        /// Straight from the file.
        case blocks
        /// Chunks straight from the file, decoded on all threads.
        case chunks
        /// By libhdf5, one thread at a time.
        case library
        /// By the process that reads for this one.
        case process
    }

    public var path: Path
    /// Why it is not a faster path, and what would make it one; "" where there is none.
    public var reason: String
    /// As stored.
    public var dtype: String
    /// "none", "float16 to float32", …
    public var conversion: String
    public var storage: String
    /// Of the elements as stored, decoded.
    public var bytes: Int
    /// In the file.
    public var storedBytes: Int

    /// Of values that a computation gives.
    public static let computed = ReadingPlan(
        path: .memory, reason: "", dtype: "", conversion: "none", storage: "computed", bytes: 0, storedBytes: 0)

    public init(
        path: Path, reason: String, dtype: String, conversion: String, storage: String, bytes: Int, storedBytes: Int
    ) {
        self.path = path
        self.reason = reason
        self.dtype = dtype
        self.conversion = conversion
        self.storage = storage
        self.bytes = bytes
        self.storedBytes = storedBytes
    }
}

/// What becomes of stored elements, for people: "none", "big-endian int16 to float32", …
func conversionName(_ encoding: Encoding) -> String {
    if encoding.isKernelElement { return "none" }
    let stored = (encoding.swapped ? "byte-swapped " : "") + encoding.dtype.name
    return "\(stored) to \(encoding.dtype.element == .float32 ? "float32" : "float64")"
}

/// A matrix that can say how it is read.
public protocol PlannedMatrix: ActivationMatrix {
    var plan: ReadingPlan { get }
}
