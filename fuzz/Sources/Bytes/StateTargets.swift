// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InfoLens

@testable import InformationTheory

extension Target {
    /// States of accumulators, which may come from anyone.
    static let accumulators = Target(name: "accumulators") { input in
        let session = Session()
        defer { session.end() }
        guard
            let accumulator = session.made({ il_accumulator_deserialize($0, input.baseAddress, Int64(input.count), $1) }
            )
        else { return }
        let state = serialized(accumulator)
        guard let again = session.made({ il_accumulator_deserialize($0, state, Int64(state.count), $1) }) else {
            fail("a state that was written is not read: \(session.error)")
        }
        check(serialized(again) == state, "a state that is read is not written the same")
        // Its tables are as large as the number of neurons that it declares.
        guard state.count < 1 << 16 else { return }
        session.made { il_accumulator_classes($0, accumulator, $1) }
        session.made { il_accumulator_neuron_measures($0, accumulator, nil, $1) }
        session.made { il_accumulator_class_measures($0, accumulator, nil, $1) }
        session.status(il_accumulator_merge(accumulator, again))
        session.status(il_accumulator_fit(session.context, again))
        session.made { il_accumulator_neuron_measures($0, again, nil, $1) }
    } mend: { input in
        guard input.count >= 16 else { return }
        let end = input.count - 8
        let sum = checksum(UnsafeRawBufferPointer(rebasing: input[..<end]))
        input.storeBytes(of: sum.littleEndian, toByteOffset: end, as: UInt64.self)
    }

    /// Tables of parts of searches: what il_search() writes, with values that the input chooses.
    static let searches = Target(name: "searches") { input in
        let session = Session()
        defer { session.end() }
        var choices = Choices(input)
        let tables = (0..<1 + choices.below(4)).map { _ in session.searchTable(&choices) }
        session.made { il_search_merge($0, tables, Int64(tables.count), $1) }
    }
}

private func serialized(_ accumulator: OpaquePointer) -> [UInt8] {
    var size: Int64 = 0
    check(il_accumulator_serialize(accumulator, nil, 0, &size) == IL_OK, "the size of a state is not told")
    var bytes = [UInt8](repeating: 0, count: Int(size))
    check(il_accumulator_serialize(accumulator, &bytes, size, &size) == IL_OK, "a state is not written")
    return bytes
}

extension Session {
    fileprivate func searchTable(_ choices: inout Choices) -> OpaquePointer? {
        let rows = choices.below(6)
        let width = choices.below(5)
        let texts = ["exhaustive", "true", "false", "greedy", "bits", "", "0", "1", "-1", "x"]
        func text() -> String {
            choices.flag() ? "\(choices.integer())" : choices.pick(texts)
        }
        let likely: [(String, String)] = [
            ("search", "exhaustive"), ("complete", "true"), ("first", "\(choices.below(40))"),
            ("count", "\(choices.below(40))"), ("top", "\(1 + choices.below(4))"), ("multiplets", "10"),
            ("unit", "bits"),
        ]
        let metadata = likely.map { (key: $0.0, value: choices.below(12) == 0 ? text() : $0.1) }
        var columns: [(name: String, values: TableValues)] = [
            ("extremum", .strings((0..<rows).map { _ in choices.pick(["min", "max", "min", "max", "none"]) })),
            ("rank", .integers((0..<rows).map { _ in choices.integer() })),
            ("order", .integers((0..<rows).map { _ in choices.flag() ? Int64(width) : choices.integer() })),
            ("o_information", .doubles((0..<rows).map { _ in choices.double() })),
        ]
        for place in 0..<width {
            columns.append(("neuron_\(place)", .integers((0..<rows).map { _ in choices.integer() })))
        }
        if choices.below(10) == 0, !columns.isEmpty { columns.remove(at: choices.below(columns.count)) }
        if choices.below(10) == 0 { columns[0].values = .integers((0..<rows).map { _ in choices.integer() }) }
        return table(columns, rows: rows, metadata: metadata)
    }
}
