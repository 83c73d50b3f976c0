// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InfoLens

extension Caller {
    private static let measures = [
        "entropy", "mutual_information", "kl_selectivity", "conditional_mutual_information",
        "jensen_shannon_divergence", "gcmi_model", "gcmi_mixture", "specific_information", "class_entropy", "none",
    ]
    static let estimators = [
        "plug-in", "miller-madow", "james-stein", "nsb", "chao-shen", "jackknife", "grassberger", "panzeri-treves",
    ]

    func callMeasures() {
        let source = handle(.source)
        switch choices.below(10) {
        case 0...2: make(.table) { [options = measureOptions()] in il_neuron_measures($0, source, options, $1) }
        case 3: make(.table) { [options = measureOptions()] in il_class_measures($0, source, options, $1) }
        case 4:
            make(.table) { [options = measureOptions()] in il_pairwise_mutual_information($0, source, options, $1) }
        case 5:
            let number = choices.flag() ? Self.rows : choices.below(20)
            let levels = session.copy([Int32](repeating: 0, count: number))
            status(
                il_quantize(
                    context, source, text(Self.layerNames), count(4), quantizer(), levels, Int64(number)))
        case 6: callEstimators()
        case 7: callDivergences()
        default: callGCMI()
        }
    }

    func measureOptions() -> UnsafeMutablePointer<il_measure_options>? {
        options(il_measure_options(), il_measure_options_init) {
            $0.unit = choice(0...2)
            $0.quantizer = choices.flag() ? quantizer() : nil
            ($0.measures, $0.measure_count) = texts(Self.measures)
            if choices.flag() { $0.estimator = text(Self.estimators) }
            $0.alphabet = choice(0...1)
            $0.undefined = choice(0...1)
            if choices.below(4) == 0 { $0.permutations = count(20) }
            if choices.below(4) == 0 { $0.bootstrap = count(20) }
            $0.confidence = number([0.95, 0.5])
            if choices.below(3) == 0 {
                let groups = (0..<choices.below(5)).map { _ in choice(0...2) }
                $0.groups = UnsafePointer(session.copy(groups))
                $0.group_count = Int64(groups.count)
            }
        }
    }

    private func callEstimators() {
        let counts = (0..<choices.below(8)).map { _ in count(9) }
        var entropy = 0.0
        status(
            il_entropy(
                context, session.copy(counts), Int64(counts.count), text(Self.estimators), choice(0...1), choice(0...2),
                &entropy))
        var info = il_estimator_info()
        info.struct_size = UInt32(MemoryLayout<il_estimator_info>.size)
        status(il_estimator_at(count(8), &info))
    }

    private func callDivergences() {
        let number = choices.below(6)
        let p = session.copy((0..<number).map { _ in self.number([0, 0.5, 1]) })
        let q = session.copy((0..<number).map { _ in self.number([0.25, 0.5, 1]) })
        var divergence = 0.0
        if choices.flag() {
            status(il_kl_divergence(context, p, q, Int64(number), choice(0...2), &divergence))
        } else {
            status(il_jensen_shannon_divergence(context, p, q, Int64(number), choice(0...2), &divergence))
        }
    }

    private func callGCMI() {
        let options = options(il_gcmi_options(), il_gcmi_options_init) {
            $0.unit = choice(0...2)
            $0.ties = choice(0...2)
            $0.bias_correction = choice(0...1)
            $0.sigma_points = choice(0...1)
        }
        let x = array(rows: Self.rows, columns: 1 + choices.below(3))
        let labels = array(rows: Self.rows, columns: 1, integers: true)
        var (information, tied) = (0.0, 0.0)
        switch choices.below(4) {
        case 0: status(il_gcmi_model(context, x, labels, options, &information))
        case 1: status(il_gcmi_mixture(context, x, labels, options, &information, &tied))
        case 2:
            let y = array(rows: Self.rows, columns: 1)
            let condition = choices.flag() ? array(rows: Self.rows, columns: 1) : nil
            status(
                il_gcmi(context, x, y, condition, choices.below(3) == 0 ? labels : nil, options, &information))
        default:
            // Room for what is given back, unless it is more than there can be.
            guard let x, (0...2).contains(x.pointee.ndim) else { return }
            let lengths = (0..<Int(x.pointee.ndim)).map { x.pointee.shape[$0] }
            guard lengths.allSatisfy({ (0...64).contains($0) }) else { return }
            let normalized = session.bytes(8 * max(1, Int(lengths.reduce(1, *))))
            let columns = session.bytes(8 * max(1, Int(lengths.dropFirst().reduce(1, *))))
            status(
                il_copula_normalize(
                    context, x, choice(0...2), normalized.assumingMemoryBound(to: Double.self),
                    choices.flag() ? columns.assumingMemoryBound(to: Double.self) : nil))
        }
    }
}
