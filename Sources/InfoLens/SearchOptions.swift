// SPDX-License-Identifier: Apache-2.0
import CInfoLens
import InformationTheory
import Kernels
import Multiplets

/// What a search is asked for, checked against the joint distribution.
struct SearchRequest {
    enum Method: String {
        case exhaustive, greedy, annealing, evolution
    }

    let context: Context
    let joint: Joint
    let unit: Logarithm
    let method: Method
    let extrema: Set<Extremum>
    /// All orders of an exhaustive search; from the starts' to the last of a greedy one; else one.
    let orders: ClosedRange<Int>
    let top: Int
    /// The neurons among which is searched, ascending; members of multiplets are places in it.
    let domain: [Int]
    /// Places within the enumeration of an exhaustive search.
    let places: Range<Int>
    let starts: Int
    let steps: Int

    init(
        _ contextHandle: OpaquePointer?, _ jointHandle: OpaquePointer?, _ pointer: UnsafePointer<il_search_options>?
    ) throws(InfoLensError) {
        context = try Handles.object(contextHandle, Context.self, argument: "context")
        joint = try Handles.object(jointHandle, Joint.self, argument: "joint")
        let options = try optionsOrDefaults(
            pointer, defaults: SearchRequest.defaults, argument: "options", initializer: "il_search_options_init()")
        unit = try context.unit(options.unit, argument: "options.unit")
        method = try choice(
            options.search,
            of: [
                (Int(IL_SEARCH_EXHAUSTIVE), .exhaustive), (Int(IL_SEARCH_GREEDY), .greedy),
                (Int(IL_SEARCH_ANNEALING), .annealing), (Int(IL_SEARCH_EVOLUTION), .evolution),
            ], argument: "options.search",
            names: "IL_SEARCH_EXHAUSTIVE, IL_SEARCH_GREEDY, IL_SEARCH_ANNEALING or IL_SEARCH_EVOLUTION")
        let both = Int(IL_MINIMUM) + Int(IL_MAXIMUM)
        let choices: [(Int, Set<Extremum>)] = [
            (Int(IL_MINIMUM), [.minimum]), (Int(IL_MAXIMUM), [.maximum]), (both, [.minimum, .maximum]),
        ]
        extrema = try choice(
            options.extrema, of: choices, argument: "options.extrema", names: "IL_MINIMUM, IL_MAXIMUM or their sum")
        domain = try SearchRequest.domain(options, neurons: joint.width)
        guard (1...1_000_000).contains(options.top) else {
            throw InfoLensError(.argument, "options.top: is \(options.top); give 1 to 1000000")
        }
        top = Int(options.top)
        orders = try SearchRequest.orders(options, method, variables: domain.count)
        let all = MultipletOrders(variables: domain.count, orders: orders)
        if method == .exhaustive {
            places = try SearchRequest.places(options, all)
        } else {
            guard options.first == 0, options.count == -1 else {
                throw InfoLensError(
                    .argument, "options.first, options.count: a range is for exhaustive searches; leave them 0 and -1")
            }
            places = 0..<0
        }
        starts = try SearchRequest.number(
            options.starts, of: [.greedy: 10, .annealing: 8, .evolution: 64], method, "options.starts", most: 100_000)
        steps = try SearchRequest.number(
            options.steps, of: [.annealing: 20_000, .evolution: 200], method, "options.steps", most: 1 << 40)
    }

    static var defaults: il_search_options {
        var options = il_search_options()
        options.struct_size = UInt32(MemoryLayout<il_search_options>.size)
        options.search = Int32(IL_SEARCH_EXHAUSTIVE)
        options.extrema = Int32(IL_MINIMUM) + Int32(IL_MAXIMUM)
        options.order = 3
        options.top = 20
        options.count = -1
        return options
    }

    private static func domain(_ options: il_search_options, neurons: Int) throws(InfoLensError) -> [Int] {
        guard let pointer = options.domain else {
            guard options.domain_count == 0 else {
                throw InfoLensError(
                    .argument, "options.domain: is NULL, but options.domain_count is \(options.domain_count); pass both"
                )
            }
            return Array(0..<neurons)
        }
        guard options.domain_count > 0, options.domain_count <= neurons else {
            throw InfoLensError(
                .argument,
                "options.domain_count: is \(options.domain_count); give 1 to \(neurons) neurons of the layer, each once"
            )
        }
        let list = Array(UnsafeBufferPointer(start: pointer, count: Int(options.domain_count)))
        if let index = list.firstIndex(where: { $0 < 0 || $0 >= neurons }) {
            throw InfoLensError(
                .argument,
                "options.domain[\(index)]: there is no neuron \(list[index]); the layer has \(neurons), 0 to \(neurons - 1)"
            )
        }
        let sorted = list.sorted()
        if let pair = zip(sorted, sorted.dropFirst()).first(where: { $0 == $1 }) {
            throw InfoLensError(.argument, "options.domain: neuron \(pair.0) comes twice; give each once")
        }
        return sorted.map { Int($0) }
    }

    /// The largest number of multiplets for which greedy searches look for their starts by themselves.
    private static let fewMultiplets = 100_000_000

    private static func orders(
        _ options: il_search_options, _ method: Method, variables: Int
    ) throws(InfoLensError) -> ClosedRange<Int> {
        guard options.order >= 2, options.order <= variables else {
            throw InfoLensError(
                .argument,
                """
                options.order: is \(options.order); a multiplet has at least 2 neurons (with 2 and no label its O-information is 0) \
                and at most all \(variables) of the domain
                """)
        }
        let last = Int(options.order)
        var first = Int(clamping: options.smallest_order)
        if first == 0 {
            first = last
            if method == .greedy {
                first = min(last, 6)
                while first > 3, Combinations(variables: variables, order: first).count > fewMultiplets { first -= 1 }
            }
        }
        guard method == .exhaustive || method == .greedy || first == last else {
            throw InfoLensError(
                .argument,
                "options.smallest_order: is \(first); \(method.rawValue) searches one order: leave it 0")
        }
        guard first >= 2, first <= last else {
            throw InfoLensError(
                .argument,
                "options.smallest_order: is \(first); give 2 to options.order, which is \(last), or 0")
        }
        return first...last
    }

    private static func places(_ options: il_search_options, _ all: MultipletOrders) throws(InfoLensError) -> Range<Int>
    {
        guard all.count < .max else {
            throw InfoLensError(
                .argument,
                """
                options.order: \(all.variables) neurons have more than 2^62 multiplets of orders \(all.orders.lowerBound) to \
                \(all.orders.upperBound), too many to count; choose a smaller order or domain, or another search
                """)
        }
        guard options.first >= 0, options.first < all.count else {
            throw InfoLensError(
                .argument,
                "options.first: is \(options.first); there are \(all.count) multiplets, 0 to \(all.count - 1)")
        }
        let rest = all.count - Int(options.first)
        guard options.count == -1 || (1...Int64(rest)).contains(options.count) else {
            throw InfoLensError(
                .argument,
                """
                options.count: is \(options.count), but from options.first on there are \(rest) multiplets; give 1 to \(rest), \
                or -1 for all
                """)
        }
        let first = Int(options.first)
        return first..<first + (options.count == -1 ? rest : Int(options.count))
    }

    private static func number(
        _ value: Int64, of defaults: [Method: Int], _ method: Method, _ argument: StaticString, most: Int
    ) throws(InfoLensError) -> Int {
        guard let standard = defaults[method] else {
            guard value == 0 else {
                throw InfoLensError(
                    .argument, "\(argument): is \(value), but \(method.rawValue) search does not use it; leave it 0")
            }
            return 0
        }
        guard value >= 0, value <= most else {
            throw InfoLensError(.argument, "\(argument): is \(value); give 1 to \(most), or 0 for \(standard)")
        }
        return value == 0 ? standard : Int(value)
    }

    /// All multiplets of an exhaustive search.
    var enumeration: MultipletOrders { MultipletOrders(variables: domain.count, orders: orders) }
}

@c @implementation
public func il_search_options_init(_ options: UnsafeMutablePointer<il_search_options>!, _ structSize: UInt32)
    -> il_status
{
    guarded { () throws(InfoLensError) in
        try fill(options, size: structSize, defaults: SearchRequest.defaults, argument: "options")
    }
}
