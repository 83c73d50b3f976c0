// SPDX-License-Identifier: Apache-2.0

/// Collects text and hands it on in blocks, so that a table of any length is written in
/// little memory. What `sink` throws ends the writing.
struct TextBlocks<Failure: Error> {
    private static var blockSize: Int { 1 << 16 }

    private var block: [UInt8] = []
    private let sink: ([UInt8]) throws(Failure) -> Void

    init(to sink: @escaping ([UInt8]) throws(Failure) -> Void) {
        block.reserveCapacity(Self.blockSize + 256)
        self.sink = sink
    }

    mutating func append(_ bytes: some Sequence<UInt8>) throws(Failure) {
        block.append(contentsOf: bytes)
        if block.count >= Self.blockSize { try flush() }
    }

    mutating func append(_ text: String) throws(Failure) { try append(text.utf8) }

    /// Hands on what is left.
    mutating func flush() throws(Failure) {
        if block.isEmpty { return }
        try sink(block)
        block.removeAll(keepingCapacity: true)
    }
}
