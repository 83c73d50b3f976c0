// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import Glibc
import InfoLens

extension Target {
    /// Sequences of calls with arguments that may be anything but a pointer to memory that is not there.
    static let calls = Target(name: "calls") { input in
        let caller = Caller(input)
        for _ in 0..<24 where !caller.choices.isEmpty { caller.call() }
        caller.session.end()
        HDF5State.checkNothingIsOpen()
    }
}

/// Makes calls as the input chooses.
final class Caller {
    var choices: Choices
    let session = Session(memory: 4 << 20, threads: 2)

    /// Handles made so far by kind; freed ones stay in it.
    private var pool: [Kind: [OpaquePointer]] = [:]

    enum Kind: CaseIterable {
        case dump, source, network, joint, accumulator, table
    }

    init(_ input: UnsafeRawBufferPointer) {
        HDF5State.prepare()
        choices = Choices(input)
    }

    var context: OpaquePointer? { choices.below(64) == 0 ? odd() : session.context }

    /// Most often a handle of that kind, if there is one.
    func handle(_ kind: Kind) -> OpaquePointer? {
        if choices.below(48) == 0 { return odd() }
        guard let known = pool[kind], !known.isEmpty else { return nil }
        // What was made last is the likeliest to be good.
        return choices.flag() ? known[known.count - 1] : choices.pick(known)
    }

    /// A handle of another kind, NULL, or no handle.
    private func odd() -> OpaquePointer? {
        switch choices.below(4) {
        case 0: nil
        case 1: OpaquePointer(bitPattern: UInt(truncatingIfNeeded: choices.word()))
        default: Kind.allCases.compactMap { pool[$0]?.last }.randomElement(by: &choices)
        }
    }

    func make(
        _ kind: Kind, _ make: (_ context: OpaquePointer?, _ output: UnsafeMutablePointer<OpaquePointer?>) -> il_status
    ) {
        let context = context
        let made = session.made { _, output in make(context, output) }
        if let made { pool[kind, default: []].append(made) }
    }

    func status(_ call: @autoclosure () -> il_status) {
        session.begin()
        session.status(call())
    }

    /// Makes one call.
    func call() {
        switch choices.below(16) {
        case 0...3: callSources()
        case 4...7: callMeasures()
        case 8...9: callAccumulators()
        case 10...11: callNetworks()
        case 12...13: callJoints()
        case 14: callTables()
        default: free()
        }
    }

    private func free() {
        let kind = choices.pick(Kind.allCases)
        guard let handle = pool[kind]?.randomElement(by: &choices) else { return }
        session.free(handle: handle)
    }
}

extension Collection {
    fileprivate func randomElement(by choices: inout Choices) -> Element? {
        isEmpty ? nil : self[index(startIndex, offsetBy: choices.below(count))]
    }
}
