// SPDX-License-Identifier: Apache-2.0

/// Whether two texts are the same bytes. Swift's `==` takes texts for equal that Unicode
/// holds to be, such as é and e + U+0301, while files and C tell them apart.
public func isSameText(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
