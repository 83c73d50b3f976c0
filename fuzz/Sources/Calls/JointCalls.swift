// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InfoLens

extension Caller {
    func callJoints() {
        let joint = handle(.joint)
        switch choices.below(14) {
        case 0...3:
            make(.joint) { [source = handle(.source), layer = text(["fc1"]), options = jointOptions()] in
                il_joint_from_source($0, source, choices.flag() ? layer : nil, options, $1)
            }
        case 4:
            make(.joint) { [matrix = array(rows: 3), samples = count(50), options = jointOptions()] in
                il_joint_from_covariance($0, matrix, samples, options, $1)
            }
        case 5:
            let patterns = array(rows: 8, columns: 3, integers: true)
            let counts = array(rows: 8, columns: 1, integers: true)
            make(.joint) { [options = jointOptions()] in il_joint_from_counts($0, patterns, counts, options, $1) }
        case 6: make(.table) { il_joint_neurons($0, joint, $1) }
        case 7...8: callOInformation(joint)
        case 9: make(.table) { [modules = count(4)] in il_joint_modules($0, joint, modules, $1) }
        case 10: callValues(joint)
        case 11:
            var count: Int64 = 0
            status(il_search_count(context, joint, searchOptions(), &count, nil))
        default: make(.table) { [options = searchOptions()] in il_search($0, joint, options, $1) }
        }
    }

    private func jointOptions() -> UnsafeMutablePointer<il_joint_options>? {
        options(il_joint_options(), il_joint_options_init) {
            $0.kind = choice(1...3)
            $0.label = choice(0...3)
            $0.ties = choice(0...2)
            $0.bias_correction = choice(0...1)
            $0.alphabet = choice(0...1)
            $0.singular = number([0, 1e-8, 1e-3])
            if $0.kind == IL_JOINT_DISCRETE, choices.flag() {
                $0.quantizer = quantizer()
                $0.estimator = text(Self.estimators)
            }
        }
    }

    private func multiplets() -> (neurons: UnsafePointer<Int64>, orders: UnsafePointer<Int64>, count: Int) {
        let multiplets = (0..<choices.below(4)).map { _ in (0..<2 + choices.below(3)).map { _ in count(3) } }
        let likely = multiplets.map { (0..<Int64($0.count)).map { $0 } }
        let all = choices.flag() ? likely : multiplets
        return (
            UnsafePointer(session.copy(all.flatMap { $0 })), UnsafePointer(session.copy(all.map { Int64($0.count) })),
            all.count
        )
    }

    private func callOInformation(_ joint: OpaquePointer?) {
        let (neurons, orders, number) = multiplets()
        if choices.below(3) == 0 {
            // Of joints of arrays there are at most that many samples.
            let values = session.bytes(8 * 64 * max(1, number))
            let output = values.assumingMemoryBound(to: Double.self)
            status(il_local_o_information(context, joint, neurons, orders, Int64(number), choice(0...2), output))
            return
        }
        let options = options(il_o_information_options(), il_o_information_options_init) {
            $0.unit = choice(0...2)
            $0.measures = choice(0...7)
            $0.target = count(3) - 1
            if choices.below(4) == 0 { $0.bootstrap = count(6) }
            if choices.below(4) == 0 { $0.surrogates = count(6) }
            $0.confidence = self.number([0.95])
        }
        make(.table) { il_o_information($0, joint, neurons, orders, Int64(number), options, $1) }
    }

    private func searchOptions() -> UnsafeMutablePointer<il_search_options>? {
        options(il_search_options(), il_search_options_init) {
            $0.unit = choice(0...2)
            $0.search = choice(1...4)
            $0.extrema = choice(1...3)
            $0.order = count(4)
            $0.smallest_order = count(3)
            $0.top = count(5)
            $0.first = choices.below(3) == 0 ? count(3) : 0
            $0.count = choices.below(3) == 0 ? count(5) : -1
            if choices.below(3) == 0 {
                let domain = (0..<choices.below(5)).map { _ in count(3) }
                $0.domain = UnsafePointer(session.copy(domain))
                $0.domain_count = Int64(domain.count)
            }
            $0.starts = count(5)
            $0.steps = count(20)
        }
    }

    private func callValues(_ joint: OpaquePointer?) {
        let output = options(il_values_options(), il_values_options_init) {
            let number = choices.below(8)
            if choices.flag() {
                $0.values = session.copy([Double](repeating: 0, count: number))
                $0.value_count = Int64(number)
            }
            if choices.below(4) == 0 { $0.path = text(["out.h5", "missing/out.h5"]) }
            if choices.below(4) == 0 { $0.dataset = text(["a", "a/b", "/", "a//b", "."]) }
            $0.bins = count(20)
            $0.low = self.number([.nan, -1])
            $0.high = self.number([.nan, 1])
        }
        make(.table) { [options = searchOptions()] in il_search_values($0, joint, options, output, $1) }
    }
}
