// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Multiplets, each a list of distinct neurons of a layer.
public struct MultipletList: Sendable {
    private let neurons: [Int]
    private let starts: [Int]

    /// - Parameters:
    ///   - neurons: of one multiplet after the other
    ///   - orders: numbers of neurons, which add up to all of `neurons`
    public init(neurons: [Int], orders: [Int]) {
        self.neurons = neurons
        var starts = [0]
        starts.reserveCapacity(orders.count + 1)
        for order in orders { starts.append(starts[starts.count - 1] + order) }
        self.starts = starts
    }

    public init(_ multiplets: [[Int]]) {
        self.init(neurons: multiplets.flatMap(\.self), orders: multiplets.map(\.count))
    }

    public var count: Int { starts.count - 1 }
    public var largestOrder: Int { (0..<count).reduce(0) { max($0, order(of: $1)) } }

    public func order(of index: Int) -> Int { starts[index + 1] - starts[index] }

    public subscript(index: Int) -> ArraySlice<Int> { neurons[starts[index]..<starts[index + 1]] }
}

/// What computes the values of one multiplet after another, on one thread.
protocol OInformationEvaluator: AnyObject {
    /// - Parameter neurons: distinct neurons, no more than the evaluator was made for
    /// - Throws: `cancelled`
    func evaluate(
        _ neurons: ArraySlice<Int>, _ request: MultipletRequest, run: Run
    ) throws(InfoLensError) -> MultipletOutcome
}

/// Evaluates multiplets on several threads; each outcome is that of its multiplet alone.
///
/// - Parameters:
///   - toolBytes: memory of one evaluator
///   - makeTool: makes one
/// - Throws: `memory` where the budget holds no evaluator; `cancelled`
func evaluate<Evaluator: OInformationEvaluator>(
    _ multiplets: MultipletList, _ request: MultipletRequest, toolBytes: Int, run: Run,
    makeTool: () throws(InfoLensError) -> Evaluator
) throws(InfoLensError) -> [MultipletOutcome] {
    // Large enough to hide the cost of a claim, small enough to share out.
    let pieceSize = max(1, min(64, multiplets.count / (8 * run.threads)))
    let pieces = (multiplets.count + pieceSize - 1) / pieceSize
    try checkTool(bytes: toolBytes, multiplets, run: run)
    let workers = max(1, min(run.threads, pieces, run.memory / max(toolBytes, 1)))
    var tools: [Evaluator] = []
    for _ in 0..<workers { tools.append(try makeTool()) }
    let outcomes = OutcomeList(count: multiplets.count)
    try forEachItem(count: pieces, workers: workers, run: run) { (worker, piece) throws(InfoLensError) in
        for index in piece * pieceSize..<min((piece + 1) * pieceSize, multiplets.count) {
            outcomes.values[index] = try tools[worker].evaluate(multiplets[index], request, run: run)
            run.advance(by: 1)
        }
    }
    return Array(outcomes.values)
}

/// Refuses what not even one worker has the memory for.
func checkTool(bytes: Int, _ multiplets: MultipletList, run: Run) throws(InfoLensError) {
    guard bytes <= run.memory else {
        throw InfoLensError(
            .memory,
            """
            memory: multiplets of \(multiplets.largestOrder) neurons take \(bytes) bytes, but the budget leaves \
            \(run.memory); give the context more
            """)
    }
}

/// Outcomes that threads write, each to places of its own.
private final class OutcomeList: @unchecked Sendable {
    let values: UnsafeMutableBufferPointer<MultipletOutcome>

    init(count: Int) {
        values = .allocate(capacity: count)
        values.initialize(repeating: .values(MultipletValues(totalCorrelation: .nan, dualTotalCorrelation: .nan)))
    }

    deinit {
        values.deinitialize()
        values.deallocate()
    }
}
