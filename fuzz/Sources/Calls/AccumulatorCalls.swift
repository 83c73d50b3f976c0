// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InfoLens

extension Caller {
    func callAccumulators() {
        let accumulator = handle(.accumulator)
        switch choices.below(10) {
        case 0...1: make(.accumulator) { [quantizer = quantizer()] in il_accumulator_new($0, quantizer, $1) }
        case 2...3: status(il_accumulator_update(context, accumulator, handle(.source)))
        case 4: status(il_accumulator_fit(context, accumulator))
        case 5: status(il_accumulator_merge(accumulator, handle(.accumulator)))
        case 6:
            make(.table) { [options = measureOptions()] in
                il_accumulator_neuron_measures($0, accumulator, options, $1)
            }
        case 7:
            make(.table) { [options = measureOptions()] in
                il_accumulator_class_measures($0, accumulator, options, $1)
            }
        case 8:
            make(.table) { il_accumulator_classes($0, accumulator, $1) }
            var isFitting: Int32 = 0
            var samples: Int64 = 0
            status(il_accumulator_state(accumulator, &isFitting, &samples))
            status(il_accumulator_state(accumulator, nil, nil))
        default: passOn(accumulator)
        }
    }

    /// A state as it was written, or with a byte of it changed.
    private func passOn(_ accumulator: OpaquePointer?) {
        var size: Int64 = 0
        guard session.status(il_accumulator_serialize(accumulator, nil, 0, &size)) else { return }
        let room = choices.below(8) == 0 ? choices.below(Int(size)) : Int(size)
        let state = session.bytes(room)
        guard session.status(il_accumulator_serialize(accumulator, state, Int64(room), &size)) else { return }
        if choices.below(4) == 0 {
            state.storeBytes(of: choices.byte(), toByteOffset: choices.below(room), as: UInt8.self)
        }
        make(.accumulator) { il_accumulator_deserialize($0, state, size, $1) }
    }
}
