// SPDX-License-Identifier: Apache-2.0
import CHDF5
import Glibc
import Kernels
import Testing

@testable import Activations

@Suite("Attributes")
struct AttributeTests {
    let folder = TemporaryFolder()

    @Test("texts of fixed and variable length, numbers and anything else are told apart")
    func kinds() throws {
        let file = try FixtureFile(folder["kinds.h5"])
        try file.floats("a", [1], shape: [1])
        try file.attribute("fixed", "relu", size: 10, of: "a")
        try file.attribute("variable", "ré\u{1F600}", of: "a")
        try file.attribute("list", texts: ["x", "", "yz"], of: "a")
        try file.attribute("pair", texts: ["x", "yz"], size: 4, of: "a")
        try file.attribute("integer", 5 as Int64, of: "a")
        try file.attribute("number", number: 0.25, of: "a")
        // More than fit into one piece of the object's header, and into one heap.
        let many = (0..<300).map { "name \($0) " + String(repeating: "x", count: $0) }
        for number in 0..<20 { try file.attribute("many\(number)", texts: many, of: "a") }
        let path = BytePath("/a")
        let open = try file.dump().file
        #expect(try open.attribute("fixed", of: path) == .texts(["relu"]))
        #expect(try open.attribute("variable", of: path) == .texts(["ré\u{1F600}"]))
        #expect(try open.attribute("list", of: path) == .texts(["x", "", "yz"]))
        #expect(try open.attribute("pair", of: path) == .texts(["x", "yz"]))
        #expect(try open.attribute("integer", of: path) == .numbers([5]))
        #expect(try open.attribute("number", of: path) == .numbers([0.25]))
        for number in [0, 7, 19] {
            let isEqual = try open.attribute("many\(number)", of: path) == .texts(many)
            #expect(isEqual, "\(number)")
        }
        #expect(try open.attribute("none", of: path) == nil)
        #expect(try open.attribute("none", of: BytePath("/nothing")) == nil)
        #expect(try open.text(attribute: "variable", of: path) == "ré\u{1F600}")
        #expect(failure { () throws(InfoLensError) in try open.text(attribute: "pair", of: path) }?.kind == .format)
        #expect(failure { () throws(InfoLensError) in try open.number(attribute: "fixed", of: path) }?.kind == .format)
        #expect(open.integer(attribute: "integer", of: path) == 5 && open.integer(attribute: "number", of: path) == nil)
    }

    @Test("the newest formats are read as far as eight attributes")
    func newest() throws {
        for count in [1, 8, 9] {
            let file = try FixtureFile(folder["newest\(count).h5"], newest: true)
            try file.group("g")
            for number in 0..<count { try file.attribute("text \(number)", "value \(number)", of: "g") }
            let open = try file.dump().file
            for number in 0..<count {
                let result = failure { () throws(InfoLensError) in
                    let text = try open.text(attribute: "text \(number)", of: BytePath("/g"))
                    if text != "value \(number)" { throw InfoLensError(.internal, text ?? "nothing") }
                }
                #expect(result?.kind == (count > 8 ? .format : nil), "\(count): \(result?.description ?? "")")
            }
        }
    }

    @Test("damaged headers and heaps are errors, or texts, and never more than the file", arguments: [false, true])
    func damaged(newest: Bool) throws {
        let path = folder["damaged.h5"]
        let texts = ["one", "two", "three"]
        do {
            let file = try FixtureFile(path, newest: newest)
            try file.group("g")
            for number in 0..<6 { try file.attribute("filler \(number)", Int64(number), of: "g") }
            try file.attribute("texts", texts: texts, of: "g")
        }
        let open = try DumpFile(path: path).file
        var place = chdf5_object()
        let group = try HDF5.locked { () throws(InfoLensError) in
            let group = try HDF5ID(H5Oopen(open.id, "g", chdf5_default()), "g")
            guard chdf5_object_at(group.raw, ".", chdf5_default(), &place) >= 0 else { throw HDF5.failure("g") }
            return group
        }
        let address = Int(place.address)
        func read() throws(InfoLensError) -> [String] {
            let file = try RawFile(of: group.raw, "g")
            guard let elements = try ObjectHeader(file, at: address).elements(of: "texts") else { return [] }
            var heap = GlobalHeap(file, limit: 1 << 20)
            var result: [String] = []
            for index in 0..<3 where elements.count / heap.elementBytes > index {
                let start = elements.startIndex + index * heap.elementBytes
                let text = try heap.text(elements[start..<start + heap.elementBytes], row: index)
                result.append(String(decoding: text, as: UTF8.self))
            }
            return result
        }
        #expect(try read() == texts)

        // Bytes change beneath the open file, which HDF5 does not look at again.
        let descriptor = Glibc.open(path, O_RDWR)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let size = pread(descriptor, &bytes, bytes.count, 0)
        let used = bytes.indices.prefix(size).filter { bytes[$0] != 0 }
        var numbers = Numbers(seed: newest ? 12 : 11)
        var same = 0
        for _ in 0..<1500 {
            let places = (0..<3).map { _ in used[Int(numbers.next() % UInt64(used.count))] }
            for place in places {
                var value = UInt8(truncatingIfNeeded: numbers.next())
                pwrite(descriptor, &value, 1, off_t(place))
            }
            do throws(InfoLensError) {
                if try read() == texts { same += 1 }
            } catch {
                #expect(!error.description.isEmpty)
            }
            for place in places { pwrite(descriptor, &bytes[place], 1, off_t(place)) }
        }
        #expect(same > 0 && same < 1500)
        #expect(try read() == texts)
    }
}
