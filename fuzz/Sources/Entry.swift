// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What is fuzzed, chosen by the program's first argument; the others are libFuzzer's.
struct Target: Sendable {
    let name: String
    /// Takes an input apart. Returning is success, whatever was found; a crash, a trap and `fail` are not.
    let run: @Sendable (UnsafeRawBufferPointer) -> Void
    /// Makes checksums of a mutated input right again, so that what they guard is reached.
    var mend: @Sendable (UnsafeMutableRawBufferPointer) -> Void = { _ in }

    static let all = [
        Target.chunks, .deflated, .heaps, .headers, .json, .keras, .accumulators, .searches, .files, .calls,
    ]
}

private nonisolated(unsafe) var chosen = Target.json

/// libFuzzer calls it once, before anything else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    let names = Target.all.map(\.name).joined(separator: ", ")
    guard count.pointee > 1, let name = arguments.pointee[1].map({ String(cString: $0) }),
        let target = Target.all.first(where: { $0.name == name })
    else { fail("name what to fuzz first: \(names)") }
    chosen = target
    for index in 1..<Int(count.pointee) { arguments.pointee[index] = arguments.pointee[index + 1] }
    count.pointee -= 1
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    chosen.run(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32) -> Int {
    let count = libFuzzerMutate(data, size, limit)
    // Now and then a wrong checksum is what is wanted.
    if seed % 8 != 0 { chosen.mend(UnsafeMutableRawBufferPointer(start: data, count: count)) }
    return count
}

/// libFuzzer's own mutations.
@_silgen_name("LLVMFuzzerMutate")
private func libFuzzerMutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int) -> Int

/// Ends the run: what must not happen has.
func fail(_ what: String) -> Never {
    let text = Array("infolens-fuzz: \(what)\n".utf8)
    write(STDERR_FILENO, text, text.count)
    abort()
}

func check(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { fail(what()) }
}
