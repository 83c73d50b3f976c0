// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// One running call: what it may use, how far it is, and whether it shall stop.
///
/// Worker threads report work with `advance(by:)`; only the thread that made the
/// call tells the host, in `checkpoint()`, because a host's callback may belong to
/// its thread.
public final class Run: @unchecked Sendable {
    /// Tells the host; false asks to stop.
    public typealias Report = (_ stage: String, _ done: Int, _ total: Int) -> Bool

    /// Most worker threads, ≥ 1. Results never depend on it.
    public let threads: Int
    /// Bytes of working memory, beyond input and result.
    public private(set) var memory: Int
    /// What it was at first: the budget that the caller set.
    public let budget: Int

    private let report: Report?
    private let isCancelled: () -> Bool
    private let stop = Atomic<Bool>(false)
    private let done = Atomic<Int>(0)
    private var total = 1
    private var stage = ""
    private var lastReport = 0
    private let caller = pthread_self()
    /// The call that this is a part of.
    private let whole: Run?

    public init(threads: Int, memory: Int, report: Report? = nil, isCancelled: @escaping () -> Bool = { false }) {
        self.threads = max(threads, 1)
        self.memory = memory
        budget = memory
        self.report = report
        self.isCancelled = isCancelled
        whole = nil
        lastReport = Run.milliseconds()
    }

    private init(partOf whole: Run, threads: Int) {
        self.threads = max(threads, 1)
        memory = whole.memory
        budget = whole.budget
        report = nil
        isCancelled = { false }
        self.whole = whole
    }

    /// What one of this call's workers does with so many threads of its own. It stops when the call does; its work is
    /// reported by whoever shares it out.
    public func part(threads: Int) -> Run { Run(partOf: self, threads: threads) }

    /// Announces the work of the whole call, in any unit.
    public func begin(total: Int) { self.total = max(total, 1) }

    /// Takes bytes out of the budget for what stays throughout the call. On the thread that made it, before the work.
    public func reserve(_ bytes: Int) { memory = max(memory - bytes, 0) }

    /// Gives back what `body` has reserved.
    public func withReservations<Result>(
        _ body: () throws(InfoLensError) -> Result
    ) throws(InfoLensError) -> Result {
        let before = memory
        defer { memory = before }
        return try body()
    }

    /// Names what is being done from here on.
    public func enter(stage: String) { self.stage = stage }

    /// Adds finished work. Any thread.
    public func advance(by units: Int) {
        if whole == nil { done.wrappingAdd(units, ordering: .relaxed) }
    }

    /// Whether workers shall claim no more work. Any thread.
    public var shouldStop: Bool { whole?.shouldStop ?? stop.load(ordering: .relaxed) }

    /// A place to stop. On the thread that made the call it tells the host, at most about thirty times a
    /// second; on others it only asks whether to go on.
    /// - Throws: `cancelled` when the host asked to stop.
    public func checkpoint() throws(InfoLensError) {
        if let whole { return try whole.checkpoint() }
        if shouldStop { throw cancellation() }
        guard pthread_equal(pthread_self(), caller) != 0 else { return }
        if isCancelled() { throw cancellation() }
        guard let report else { return }
        let now = Run.milliseconds()
        guard now - lastReport >= 33 else { return }
        lastReport = now
        if !report(stage, min(done.load(ordering: .relaxed), total), total) { throw cancellation() }
    }

    /// Tells the host that all is done.
    public func finish() throws(InfoLensError) {
        if isCancelled() { throw cancellation() }
        if let report, !report(stage, total, total) { throw cancellation() }
    }

    // MARK: The thread's call

    /// The call for which this thread works, where it is known: for what waits deep inside, where no call is handed
    /// down, and shall not outwait the host's patience.
    public static var current: Run? {
        guard let key = currentKey, let run = pthread_getspecific(key) else { return nil }
        return Unmanaged<Run>.fromOpaque(run).takeUnretainedValue()
    }

    /// Does this thread's part of the call.
    public func asCurrent<Result>(_ body: () throws(InfoLensError) -> Result) throws(InfoLensError) -> Result {
        guard let key = Run.currentKey else { return try body() }
        // A host may make a call in the callback of another.
        let before = pthread_getspecific(key)
        pthread_setspecific(key, Unmanaged.passUnretained(self).toOpaque())
        defer { pthread_setspecific(key, before) }
        return try withExtendedLifetime(self) { () throws(InfoLensError) in try body() }
    }

    private static let currentKey: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key, nil) == 0 ? key : nil
    }()

    private func cancellation() -> InfoLensError {
        stop.store(true, ordering: .relaxed)
        return InfoLensError(.cancelled, "cancelled on request during \"\(stage)\"")
    }

    private static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1000 &+ time.tv_nsec / 1_000_000
    }
}
