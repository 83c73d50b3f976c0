// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A number of every multiplet: what the searches look for the extremes of. They know no more of it.
public protocol MultipletMeasure: Sendable {
    /// Multiplets are sets of 0 ..< variables.
    var variables: Int { get }
    /// Memory of an evaluator for multiplets of up to `order` variables.
    func evaluatorBytes(order: Int) -> Int
    /// An evaluator of one thread's own, for multiplets of up to `order` variables; it holds the empty one.
    /// - Throws: `memory`
    func makeEvaluator(order: Int) throws(InfoLensError) -> any MultipletEvaluator
}

/// One multiplet that a search moves about, and the values of its neighbours.
///
/// Values are in nats, and NaN for singular multiplets. Members keep their places: exchanging one puts the new one
/// where the old was. All variables given are within range, and no multiplet has one twice; the order stays within
/// that of `makeEvaluator`. The current multiplet may become singular by `set` alone; what it is then asked for
/// is NaN.
///
/// Values of neighbours may carry the rounding of many moves, though less than 1e-10. `value(of:)` does not: it is a function
/// of the set alone.
public protocol MultipletEvaluator: AnyObject {
    /// The current multiplet, by place.
    var members: [Int] { get }
    /// Its value.
    var value: Double { get }
    /// The value of another multiplet, ascending, computed from nothing; the current one stays.
    func value(of members: [Int]) -> Double
    /// Makes `members` the current multiplet.
    func set(_ members: [Int])
    /// Adds a variable in a new last place. The result must not be singular.
    func add(_ variable: Int)
    /// Puts another variable in a place. The result must not be singular.
    func exchange(at place: Int, with variable: Int)
    /// What `value` would be after `exchange`; the variable is no member.
    func valueAfterExchange(at place: Int, with variable: Int) -> Double
    /// The values after the addition of each variable, `variables` of them; NaN at members.
    func additions(_ values: UnsafeMutablePointer<Double>)
    /// The values after the exchange of a member for each variable, `variables` of them; NaN at members.
    func exchanges(at place: Int, _ values: UnsafeMutablePointer<Double>)
}

/// The evaluator of a measure whose neighbours are not cheaper than any other multiplet.
public final class PlainMultiplet: MultipletEvaluator {
    public private(set) var members: [Int] = []
    public private(set) var value = Double.nan
    private let variables: Int
    private let evaluate: ([Int]) -> Double

    /// - Parameter evaluate: the value of a multiplet given in ascending order
    public init(variables: Int, evaluate: @escaping ([Int]) -> Double) {
        self.variables = variables
        self.evaluate = evaluate
    }

    public func value(of members: [Int]) -> Double { evaluate(members) }

    public func set(_ members: [Int]) {
        self.members = members
        value = evaluate(members.sorted())
    }

    public func add(_ variable: Int) { set(members + [variable]) }

    public func exchange(at place: Int, with variable: Int) {
        var changed = members
        changed[place] = variable
        set(changed)
    }

    public func valueAfterExchange(at place: Int, with variable: Int) -> Double {
        var changed = members
        changed[place] = variable
        changed.sort()
        return evaluate(changed)
    }

    public func additions(_ values: UnsafeMutablePointer<Double>) {
        for variable in 0..<variables {
            values[variable] = members.contains(variable) ? .nan : evaluate((members + [variable]).sorted())
        }
    }

    public func exchanges(at place: Int, _ values: UnsafeMutablePointer<Double>) {
        for variable in 0..<variables {
            values[variable] =
                members.contains(variable) ? .nan : valueAfterExchange(at: place, with: variable)
        }
    }
}
