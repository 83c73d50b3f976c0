// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels

@testable import Activations

extension Target {
    /// Heaps of strings. The input: sizes of addresses and lengths, three elements, and the file.
    static let heaps = Target(name: "heaps") { input in
        var choices = Choices(input)
        let (addressBytes, lengthBytes) = sizes(&choices)
        let elements = (0..<3).map { _ in choices.take(4 + addressBytes + 4) }
        withFile(choices.rest(), addressBytes: addressBytes, lengthBytes: lengthBytes) { (file) throws(InfoLensError) in
            var heap = GlobalHeap(file, limit: 1 << 20)
            for (row, element) in elements.enumerated() {
                let text = try heap.text(element, row: row)
                check(!text.contains(0), "a string goes beyond its NUL")
            }
        }
    }

    /// Headers of objects. The input: sizes of addresses and lengths, the header's address, and the file.
    static let headers = Target(name: "headers") { input in
        var choices = Choices(input)
        let (addressBytes, lengthBytes) = sizes(&choices)
        let address = choices.flag() ? Int(choices.byte()) : Int(truncatingIfNeeded: choices.integer())
        withFile(choices.rest(), addressBytes: addressBytes, lengthBytes: lengthBytes) { (file) throws(InfoLensError) in
            let header = try ObjectHeader(file, at: address)
            for name in ["", "layer_names", "activation", "a"] {
                _ = try header.elements(of: name)
            }
        }
    }
}

private func sizes(_ choices: inout Choices) -> (addressBytes: Int, lengthBytes: Int) {
    (choices.pick([8, 4, 2, 16, 32]), choices.pick([8, 4, 2, 16, 32]))
}

/// Calls `body` with a file of these bytes.
private func withFile(
    _ bytes: UnsafeRawBufferPointer, addressBytes: Int, lengthBytes: Int,
    _ body: (RawFile) throws(InfoLensError) -> Void
) {
    InputFile.write(bytes)
    let descriptor = open(InputFile.path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    do throws(InfoLensError) {
        for userBlock in [0, 512] {
            try body(
                RawFile(
                    descriptor: descriptor, userBlock: userBlock, addressBytes: addressBytes, lengthBytes: lengthBytes,
                    "input"))
        }
    } catch {
        check(error.kind != .internal, error.description)
    }
}
