// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A struct of the interface that begins with `struct_size`.
///
/// - Returns: a copy, or the defaults for NULL
/// - Throws: `argument` for a struct of another size than this version's
func optionsOrDefaults<Options>(
    _ pointer: UnsafePointer<Options>?, defaults: Options, argument: StaticString, initializer: StaticString
) throws(InfoLensError) -> Options {
    guard let pointer else { return defaults }
    try checkStructSize(pointer, argument: argument, initializer: initializer)
    return pointer.pointee
}

/// Checks `struct_size`, the first member.
func checkStructSize<Options>(
    _ pointer: UnsafePointer<Options>, argument: StaticString, initializer: StaticString
) throws(InfoLensError) {
    let size = Int(UnsafeRawPointer(pointer).load(as: UInt32.self))
    let expected = MemoryLayout<Options>.size
    if size > expected {
        throw InfoLensError(
            .argument,
            """
            \(argument): struct_size is \(size), but this library (\(libraryVersion)) knows \(expected) bytes; it \
            comes from a newer infolens.h: update the library or fill it with \(initializer)
            """
        )
    }
    guard size == expected else {
        throw InfoLensError(
            .argument, "\(argument): struct_size is \(size) instead of \(expected); fill it with \(initializer) first")
    }
}

/// Checks a member of an enumerated type.
func choice<Value>(
    _ value: Int32, of choices: [(Int, Value)], argument: StaticString, names: StaticString
) throws(InfoLensError) -> Value {
    guard let match = choices.first(where: { $0.0 == Int(value) }) else {
        throw InfoLensError(.argument, "\(argument): unknown value \(value); choose \(names)")
    }
    return match.1
}
