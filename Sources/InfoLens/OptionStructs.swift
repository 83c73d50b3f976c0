// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A struct of the interface that begins with `struct_size`.
///
/// - Parameter oldest: size of the first version of the struct, where members were appended since
/// - Returns: a copy, with the defaults in members that the caller's header did not have; the defaults for NULL
/// - Throws: `argument` for a struct of a size that no version had
func optionsOrDefaults<Options>(
    _ pointer: UnsafePointer<Options>?, defaults: Options, oldest: Int? = nil, argument: StaticString,
    initializer: StaticString
) throws(InfoLensError) -> Options {
    guard let pointer else { return defaults }
    let size = try structSize(pointer, oldest: oldest, argument: argument, initializer: initializer)
    var options = defaults
    withUnsafeMutableBytes(of: &options) { target in
        target.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: size))
    }
    return options
}

/// The size of the caller's struct by `struct_size`, its first member.
func structSize<Options>(
    _ pointer: UnsafePointer<Options>, oldest: Int? = nil, argument: StaticString, initializer: StaticString
) throws(InfoLensError) -> Int {
    let size = Int(UnsafeRawPointer(pointer).load(as: UInt32.self))
    try check(
        size: size, expected: MemoryLayout<Options>.size, oldest: oldest, argument: argument,
        remedy: "fill it with \(initializer) first")
    return size
}

private func check(
    size: Int, expected: Int, oldest: Int?, argument: StaticString, remedy: String
) throws(InfoLensError) {
    if size > expected {
        throw InfoLensError(
            .argument,
            """
            \(argument): struct_size is \(size), but this library (\(libraryVersion)) knows \(expected) bytes; it \
            comes from a newer infolens.h: update the library, or \(remedy)
            """
        )
    }
    // Every version ends with a whole word.
    guard size == expected || size >= oldest ?? expected, size % 8 == expected % 8 else {
        throw InfoLensError(
            .argument, "\(argument): struct_size is \(size) instead of \(expected); \(remedy)")
    }
}

/// Fills a struct of the interface with its defaults, no further than the caller's version reaches.
func fill<Options>(
    _ pointer: UnsafeMutablePointer<Options>?, size: UInt32, defaults: Options, oldest: Int? = nil,
    argument: StaticString
) throws(InfoLensError) {
    guard let pointer else { throw InfoLensError(.argument, "\(argument): is NULL; pass the address of a variable") }
    let expected = MemoryLayout<Options>.size
    try check(
        size: Int(size), expected: expected, oldest: oldest, argument: argument,
        remedy: "pass the size of your struct")
    withUnsafeBytes(of: defaults) { source in
        UnsafeMutableRawPointer(pointer).copyMemory(
            from: source.baseAddress.unsafelyUnwrapped, byteCount: Int(size))
    }
    UnsafeMutableRawPointer(pointer).storeBytes(of: size, as: UInt32.self)
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
